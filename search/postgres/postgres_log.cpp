// One connection for both: reading and writing, and a thread that says from time to time that this
// process is still at work.
#include "postgres/postgres_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>

#include "manygpcm/engine/detail/process_identity.h"
#include "postgres/followed_study.h"
#include "postgres/operations_sql.h"
#include "postgres/optuna_tables.h"
#include "storage/own_study.h"
#include "storage/replay.h"

namespace manygpcm::search {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// Workers' heartbeats are looked at so often in an interval.
constexpr int looks_per_heartbeat = 6;

/// Whether the transaction may do when it is begun anew: of two that waited for each other, one.
bool passes(const Refused& error) {
    return error.state == "40001" || error.state == "40P01";
}

int direction_of(std::string_view name) {
    const auto found = std::ranges::find(direction_names, name);
    if (found == std::end(direction_names))
        throw std::invalid_argument(fmt::format("a study has the direction '{}'", name));
    return static_cast<int>(found - direction_names);
}

class PostgresLog final : public StudyLog {
  public:
    PostgresLog(const std::string& uri, Access access, const Notice& notice, StopFlag stop,
                PostgresOptions options)
        : options_(options), connection_(uri, notice, stop, options.patience) {
        if (access == Access::append) {
            for (bool made = false; !made;) {
                try {
                    make_optuna_tables(connection_);
                    made = true;
                } catch (const ConnectionLost& error) {
                    connection_.reconnect(error.what());
                }
            }
            heart_ = std::thread([this] { beat(); });
        }
    }

    ~PostgresLog() override {
        {
            const std::lock_guard lock(ending_mutex_);
            ending_ = true;
        }
        ended_.notify_all();
        if (heart_.joinable()) heart_.join();
    }

    std::string name() const override { return connection_.name(); }
    std::string place(std::size_t) const override { return connection_.name(); }

    void follow(const std::string& study) override {
        const std::lock_guard lock(mutex_);
        followed_name_ = study;
    }

    std::vector<Line> read_new() override {
        const std::lock_guard lock(mutex_);
        if (!in_turn_) read_whatever_happens(false);
        return std::exchange(unread_, {});
    }

    [[nodiscard]] std::unique_ptr<Turn> take_turn() override;

    bool is_abandoned(int trial) const override {
        const std::lock_guard lock(mutex_);
        return study_ && study_->silence(study_->trial(trial)) > options_.heartbeat.grace;
    }

  private:
    class Transaction;

    /// All studies, once, with the names of the attributes that tell whose they are.
    void list() {
        if (listed_ || !has_optuna_tables(connection_)) return;
        const auto rows = connection_.run(
            "SELECT study_id, study_name, (SELECT string_agg(direction::text, ',' ORDER BY "
            "objective)"
            " FROM study_directions d WHERE d.study_id = s.study_id) FROM studies s"
            " ORDER BY study_id;"
            "SELECT study_id, key FROM study_user_attributes"
            " WHERE key IN ('hyperparameters', 'space', 'epochs')");
        for (int row = 0; row < rows.at(0).size(); ++row)
            create_study(rows[0].integer(row, 0), std::string(rows[0].text(row, 1)),
                         rows[0].text(row, 2));
        for (int row = 0; row < rows.at(1).size(); ++row) {
            const auto found = log_ids_.find(rows[1].integer(row, 0));
            if (found == log_ids_.end()) continue;
            Record record = {{"op_code", static_cast<int>(Operation::set_study_user_attr)},
                             {"study_id", found->second}};
            record["user_attr"][std::string(rows[1].text(row, 1))] = nullptr;
            unread_.push_back({.number = 0, .record = std::move(record)});
        }
        listed_ = true;
    }

    /// @param directions  names, commas between them
    void create_study(long long id, const std::string& name, std::string_view directions) {
        Record record = {{"op_code", static_cast<int>(Operation::create_study)},
                         {"study_name", name},
                         {"directions", Record::array()}};
        while (!directions.empty()) {
            const auto comma = std::min(directions.find(','), directions.size());
            record["directions"].push_back(direction_of(directions.substr(0, comma)));
            directions.remove_prefix(std::min(comma + 1, directions.size()));
        }
        unread_.push_back({.number = 0, .record = std::move(record)});
        log_ids_[id] = n_studies_++;
    }

    /// Puts into unread_ what is new of the study that is followed, or which studies there are.
    /// With `locked`, in a transaction that is left open and has the study's row locked.
    void read(bool locked);

    void read_followed(bool locked);
    void read_whatever_happens(bool locked);
    std::string find_query(bool locked) const;
    std::string waited_for() const {
        return fmt::format("study '{}', which another process writes to", followed_name_);
    }

    void beat();
    void beat_once();

    PostgresOptions options_;
    mutable std::recursive_mutex mutex_;  ///< of all below but what ends the heartbeats
    Connection connection_;
    std::string followed_name_;
    std::optional<FollowedStudy> study_;
    bool in_turn_ = false, listed_ = false;
    std::vector<Line> unread_;
    std::map<long long, int> log_ids_;  ///< of studies in operations, by study_id
    int n_studies_ = 0, n_trials_ = 0;  ///< that were made in operations
    std::optional<SteadyClock::time_point> workers_seen_;

    std::mutex ending_mutex_;
    std::condition_variable ended_;
    std::atomic<bool> ending_{false};
    std::thread heart_;
};

/// The turn to write, as a transaction that has the study's row locked.
class PostgresLog::Transaction final : public Turn {
  public:
    explicit Transaction(PostgresLog& log) : log_(log), lock_(log.mutex_) {
        log_.read_whatever_happens(true);
        log_.in_turn_ = true;
    }
    ~Transaction() override {
        log_.connection_.roll_back();
        log_.in_turn_ = false;
    }

    bool write(std::span<const Record> records) override {
        if (records.empty()) return true;
        const FollowedStudy* const study = log_.study_ ? &*log_.study_ : nullptr;
        const OperationsSql sql = operations_sql(records, study, log_.followed_name_);
        try {
            const auto rows = log_.connection_.run(sql.guards + sql.statements);
            for (int i = 0; i < sql.n_guards; ++i)
                if (rows.at(static_cast<std::size_t>(i)).size() == 0) return lost();
            log_.connection_.run("COMMIT");
            if (sql.sets_workers) log_.workers_seen_.reset();
            return true;
        } catch (const ConnectionLost&) {
            // Whether it was committed isn't known, nor does it matter: what is on record is read
            // again.
            return lost();
        } catch (const Refused& error) {
            const bool made_by_another = study == nullptr && error.state == "23505";
            if (passes(error) || made_by_another) return lost();
            throw;
        }
    }

  private:
    bool lost() {
        log_.connection_.roll_back();
        log_.workers_seen_.reset();
        return false;
    }

    PostgresLog& log_;
    std::unique_lock<std::recursive_mutex> lock_;
};

std::unique_ptr<StudyLog::Turn> PostgresLog::take_turn() {
    return std::make_unique<Transaction>(*this);
}

void PostgresLog::read_whatever_happens(bool locked) {
    for (;;) {
        try {
            return read(locked);
        } catch (const ConnectionLost& error) {
            connection_.reconnect(error.what());
            if (study_) study_->listen_anew();
        } catch (const Refused& error) {
            connection_.roll_back();
            if (passes(error)) continue;
            if (error.state == "55P03")
                throw InputError(fmt::format("{}; another session holds study '{}'", error.what(),
                                             followed_name_));
            throw;
        } catch (const std::invalid_argument& error) {
            connection_.roll_back();
            throw InputError(fmt::format("{}: study '{}': {}; expected what Optuna writes", name(),
                                         followed_name_, error.what()));
        } catch (...) {
            connection_.roll_back();
            throw;
        }
    }
}

void PostgresLog::read(bool locked) {
    if (followed_name_.empty()) return list();
    if (study_) read_followed(locked);
    if (study_) return;
    // Not known yet, or deleted.
    const std::string begin =
        locked ? fmt::format("BEGIN; SELECT pg_advisory_xact_lock(hashtext({}));",
                             literal("manygpcm study " + followed_name_))
               : "BEGIN READ ONLY; SELECT 1;";
    const auto rows = connection_.run(begin + find_query(locked) + (locked ? "" : "COMMIT;"),
                                      locked ? waited_for() : "");
    const Rows& found = rows.at(2);
    if (found.size() == 0) return;
    connection_.roll_back();
    const long long id = found.integer(0, 0);
    if (!log_ids_.contains(id)) create_study(id, followed_name_, found.text(0, 1));
    study_.emplace(id, log_ids_.at(id), n_trials_);
    workers_seen_.reset();
    read_followed(locked);
}

std::string PostgresLog::find_query(bool locked) const {
    return fmt::format(
        "SELECT study_id, (SELECT string_agg(direction::text, ',' ORDER BY objective)"
        " FROM study_directions d WHERE d.study_id = s.study_id)"
        " FROM studies s WHERE study_name = {}{};",
        literal(followed_name_), locked ? " FOR NO KEY UPDATE" : "");
}

/// Of a study that is there no more its end, with no transaction left open.
void PostgresLog::read_followed(bool locked) {
    const auto now = SteadyClock::now();
    const bool with_workers =
        !workers_seen_ || now - *workers_seen_ >= options_.heartbeat.interval / looks_per_heartbeat;
    const auto rows = connection_.run(
        (locked ? "BEGIN;" : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;") +
            find_query(locked) + study_->query(with_workers) + (locked ? "" : "COMMIT;"),
        locked ? waited_for() : "");
    const Rows& found = rows.at(1);
    if (found.size() == 0 || found.integer(0, 0) != study_->id()) {
        connection_.roll_back();
        unread_.push_back({.number = 0,
                           .record = {{"op_code", static_cast<int>(Operation::delete_study)},
                                      {"study_id", study_->log_id()}}});
        study_.reset();
        return;
    }
    study_->take(std::span(rows).subspan(2, FollowedStudy::n_queries(with_workers)), unread_);
    n_trials_ = study_->first_trial() + static_cast<int>(study_->trials().size());
    if (with_workers) workers_seen_ = now;
}

void PostgresLog::beat() {
    for (;;) {
        std::unique_lock lock(ending_mutex_);
        if (ended_.wait_for(lock, options_.heartbeat.interval, [&] { return ending_.load(); }))
            return;
        lock.unlock();
        beat_once();
    }
}

/// Of all trials in training whose worker this is and, as others may wait for what comes after
/// training, of its last one.
void PostgresLog::beat_once() {
    const std::lock_guard lock(mutex_);
    if (!study_) return;
    if (!connection_.connected()) {
        if (!connection_.connect_once(&ending_)) return;
        study_->listen_anew();
    }
    const std::string mine = fmt::format(
        "trials t JOIN trial_system_attributes a ON a.trial_id = t.trial_id AND a.key = {}"
        " WHERE t.study_id = {} AND a.value_json = {}",
        literal(worker_attribute), study_->id(),
        literal(nlohmann::json(process_identity()).dump()));
    try {
        connection_.run(
            fmt::format("INSERT INTO trial_heartbeats (trial_id, heartbeat)"
                        " SELECT t.trial_id, now() FROM {0} AND (t.state = 'RUNNING'"
                        " OR t.trial_id = (SELECT max(t.trial_id) FROM {0})) ORDER BY t.trial_id"
                        " ON CONFLICT (trial_id) DO UPDATE SET heartbeat = EXCLUDED.heartbeat",
                        mine),
            "", &ending_);
    } catch (const std::exception&) {
        // Whoever reads or writes next meets it as well, and says so.
    }
}

}  // namespace

std::unique_ptr<StudyLog> open_postgres_log(const std::string& uri, StudyLog::Access access,
                                            const Notice& notice, StopFlag stop,
                                            PostgresOptions options) {
    return std::make_unique<PostgresLog>(uri, access, notice, stop, options);
}

}  // namespace manygpcm::search
