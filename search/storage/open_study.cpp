// A study of ours in a storage: what the sweep records, as Optuna's operations.
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>

#include "manygpcm/engine/detail/epoch_json.h"
#include "manygpcm/engine/detail/process_identity.h"
#include "manygpcm/engine/detail/time_text.h"
#include "manygpcm/engine/random.h"
#include "storage/enqueued_trial.h"
#include "storage/open_study.h"
#include "storage/own_study.h"
#include "storage/replay.h"
#include "storage/replayed_log.h"
#include "storage/settings_difference.h"
#include "storage/study_attributes.h"
#include "storage/study_log.h"

namespace manygpcm::search {
namespace {

using nlohmann::json;
using Record = StudyLog::Record;

// Keeps the random numbers of enqueued trials apart from the samplers'.
constexpr std::uint64_t enqueued_stream = 3;

/// Local time in ISO 8601 with microseconds, as Python's datetime.now().isoformat() has it.
std::string now() {
    using namespace std::chrono;
    const auto time = time_point_cast<microseconds>(system_clock::now());
    const auto second = floor<seconds>(time);
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}",
                       fmt::localtime(system_clock::to_time_t(second)), (time - second).count());
}

std::string prefixed(const std::string& key) {
    return std::string(attribute_prefix) + key;
}

json found_or_null(const json& attributes, const std::string& key) {
    const auto found = attributes.find(key);
    return found == attributes.end() ? json(nullptr) : *found;
}

json found_or_null(const std::map<std::string, Attribute>& attributes, const std::string& key) {
    const auto found = attributes.find(key);
    return found == attributes.end() ? json(nullptr) : json::parse(found->second.json);
}

/// What is given of an enqueued trial: what Optuna would fix, and what it has already.
json given_of(const StoredTrial& enqueued) {
    json given = json::object();
    const auto fixed = enqueued.system_attrs.find("fixed_params");  // Optuna's name
    if (fixed != enqueued.system_attrs.end()) given = json::parse(fixed->second.json);
    if (!given.is_object()) given = json::object();
    for (const auto& [name, parameter] : enqueued.parameters)
        given[name] = parameter.value;
    return given;
}

}  // namespace

double wall_seconds(const ReplayedLog& replayed, const StoredStudy& stored) {
    std::optional<double> first, last;
    for (const int id : stored.trials) {
        const StoredTrial& trial = replayed.replay.trials().at(static_cast<std::size_t>(id));
        const auto started = parse_time(trial.started), completed = parse_time(trial.completed);
        if (started) first = std::min(first.value_or(*started), *started);
        if (completed) last = std::max(last.value_or(*completed), *completed);
    }
    return first && last ? *last - *first : 0;
}

/// One study of the storage, and this process as one of its workers.
struct OpenStudy::State {
    ReplayedLog replayed;
    std::string name;
    // Optuna's form: a random UUID a process, and the thread.
    std::string worker_id = fmt::format("{}-{}", random_uuid(), ::getpid());
    std::string identity = process_identity();
    Study settings;  ///< without trials

    std::optional<int> id = {};        ///< the study's, once it is there
    std::optional<OwnStudy> own = {};  ///< it, kept up

    const StoredStudy& study() const {
        const auto found = replayed.replay.studies().find(id.value());
        if (found == replayed.replay.studies().end())
            throw replayed.error(name,
                                 "was deleted or renamed by another program; the same "
                                 "command goes on with what is there");
        return found->second;
    }
    int trial_id(int number) const { return study().trials.at(static_cast<std::size_t>(number)); }
    const StoredTrial& trial(int number) const {
        return replayed.replay.trials().at(static_cast<std::size_t>(trial_id(number)));
    }
    json worker_of(int number) const {
        return found_or_null(trial(number).system_attrs, worker_attribute);
    }
    const Study& known() {
        study();  // that it is there
        return own->study();
    }
    const Trial& known(int number) { return known().trials.at(static_cast<std::size_t>(number)); }
    void sync() {
        replayed.sync([&](const Change& change) {
            if (own) own->take_in(change);
        });
    }

    Record record(Operation operation) const {
        return {{"op_code", static_cast<int>(operation)}, {"worker_id", worker_id}};
    }
    Record study_record(Operation operation) const {
        Record result = record(operation);
        study();  // that it is there
        result["study_id"] = *id;
        return result;
    }
    Record trial_record(Operation operation, int number) const {
        Record result = record(operation);
        result["trial_id"] = trial_id(number);
        return result;
    }
    Record attribute_record(Operation operation, int number, const std::string& key,
                            const json& value) const {
        const bool user = operation == Operation::set_trial_user_attr;
        Record result = trial_record(operation, number);
        result[user ? "user_attr" : "system_attr"][key] = value;
        return result;
    }

    /// Writes what `build` makes of the record as it is when it is this process's turn; made anew
    /// where the turn was lost meanwhile.
    template <class Build>
    void write(Build build) {
        for (bool written = false; !written;) {
            const auto turn = replayed.log->take_turn();
            sync();
            const std::vector<Record> records = build();
            written = turn->write(records);
        }
        sync();
    }

    std::vector<Record> summary_records(int number) {
        std::vector<Record> records;
        for (const auto& [key, value] : summary_of(known(number)))
            records.push_back(attribute_record(Operation::set_trial_user_attr, number, key, value));
        return records;
    }

    /// A trial whole in one line, as Optuna writes one that it is given (enqueue_trial, add_trial):
    /// there never is one without its parameters.
    Record create_record(const Point& point, const json& attributes) const {
        Record result = study_record(Operation::create_trial);
        result["datetime_start"] = now();
        result["state"] = static_cast<int>(TrialState::running);
        result["value"] = nullptr;
        result["values"] = nullptr;
        Record distributions = Record::object(), params = Record::object();
        for (const Parameter* parameter : settings.space.searched_at(point)) {
            distributions[parameter->name] = distribution_json(*parameter);
            params[parameter->name] = internal_value(*parameter, point.at(parameter->name));
        }
        result["distributions"] = distributions;
        result["params"] = params;
        result["user_attrs"] = attributes;
        result["system_attrs"] = {{worker_attribute, identity}};
        result["intermediate_values"] = Record::object();
        return result;
    }

    Record running_record(int number) const {
        Record result = trial_record(Operation::set_trial_state_values, number);
        result["state"] = static_cast<int>(TrialState::running);
        result["values"] = nullptr;
        result["datetime_start"] = now();
        return result;
    }

    /// Makes an enqueued trial this process's, at `point`. Its worker stands behind its parameters:
    /// where the write is torn between them it is still one that waits.
    std::vector<Record> claim_records(int number, const Point& point) const {
        std::vector<Record> records;
        for (const Parameter* parameter : settings.space.searched_at(point)) {
            if (trial(number).parameters.contains(parameter->name)) continue;
            Record& set = records.emplace_back(trial_record(Operation::set_trial_param, number));
            set["param_name"] = parameter->name;
            set["param_value_internal"] = internal_value(*parameter, point.at(parameter->name));
            set["distribution"] = distribution_json(*parameter);
        }
        records.push_back(attribute_record(Operation::set_trial_user_attr, number, origin_attribute,
                                           word_of(Origin::given)));
        records.push_back(
            attribute_record(Operation::set_trial_system_attr, number, worker_attribute, identity));
        records.push_back(running_record(number));
        return records;
    }

    std::vector<Record> refusal_records(int number, const std::string& why) const {
        std::vector<Record> records = {
            attribute_record(Operation::set_trial_user_attr, number, "refused", why),
            trial_record(Operation::set_trial_state_values, number)};
        records.back()["state"] = static_cast<int>(TrialState::failed);
        records.back()["values"] = nullptr;
        records.back()["datetime_complete"] = now();
        return records;
    }

    /// A parameter that Optuna wouldn't let a trial set, for the study's first trial with it has it
    /// from another kind of distribution; empty: there is none.
    std::string unsettable() const {
        for (const Parameter& parameter : settings.space.parameters()) {
            const Distribution ours = parse_distribution(distribution_json(parameter));
            for (const int one : study().trials) {
                const auto& there = replayed.replay.trials()[static_cast<std::size_t>(one)];
                const auto first = there.parameters.find(parameter.name);
                if (first == there.parameters.end()) continue;
                if (!first->second.distribution.compatible(ours)) return parameter.name;
                break;
            }
        }
        return "";
    }

    void expect_same_settings(const StoredStudy& there) const;
    void create_or_check();
};

/// Validation scores by trial, fold and epoch: those on record and those about to be.
class OpenStudy::RecordedScores {
  public:
    explicit RecordedScores(State& state) : state_(state) {}

    void add(const FoldEpoch& one) {
        added_[{one.trial, one.fold, one.result.epoch}] =
            one.result.validation[state_.settings.metric()];
    }
    std::optional<double> find(int trial, int fold, int epoch) const {
        const auto added = added_.find({trial, fold, epoch});
        if (added != added_.end()) return added->second;
        const auto& epochs = state_.known(trial).folds.at(static_cast<std::size_t>(fold));
        if (epoch > static_cast<int>(epochs.size())) return std::nullopt;
        return epochs[static_cast<std::size_t>(epoch) - 1].validation[state_.settings.metric()];
    }
    /// Over the folds; nothing unless every fold has the epoch.
    std::optional<double> mean(int trial, int epoch) const {
        double sum = 0;
        for (int fold = 0; fold < state_.settings.n_folds; ++fold) {
            const auto score = find(trial, fold, epoch);
            if (!score) return std::nullopt;
            sum += *score;
        }
        return sum / state_.settings.n_folds;
    }

  private:
    State& state_;
    std::map<std::tuple<int, int, int>, double> added_;
};

/// Of those on record; others are still to be written.
void OpenStudy::State::expect_same_settings(const StoredStudy& there) const {
    std::string difference;
    try {
        const json filled = with_missing_settings(there.user_attrs);
        if (const int format = format_of(filled); format > newest_format)
            throw replayed.error(
                name, fmt::format("is of format {}, which a newer program writes; expected that "
                                  "program, {}",
                                  format, or_new_study));
        difference = settings_difference(settings, filled);
    } catch (const BadAttribute& error) {
        throw replayed.error_in(name, there.attribute_lines, error.attribute, error.what());
    }
    if (!difference.empty()) throw replayed.error(name, difference);
}

/// A study that was killed while it was created has some of its settings and no trial: the others
/// are added.
void OpenStudy::State::create_or_check() {
    write([&] {
        std::vector<Record> records;
        id = replayed.replay.find(name);
        const StoredStudy created;
        const StoredStudy& there = id ? replayed.replay.studies().at(*id) : created;
        const Direction direction = settings.minimize ? Direction::minimize : Direction::maximize;
        if (!there.trials.empty() && !has_settings(there.user_attrs))
            throw replayed.error(name,
                                 "wasn't written by manygpcm; expected one that was, or "
                                 "another --out or --study");
        if (id) expect_same_settings(there);
        if (id && there.directions != std::vector{direction})
            throw replayed.error(name, fmt::format("doesn't {} one value; expected a study of "
                                                   "manygpcm, or another --out or --study",
                                                   settings.minimize ? "minimize" : "maximize"));
        int study_id = 0;
        if (id) {
            study_id = *id;
        } else {
            study_id = replayed.replay.next_study();
            records.push_back(record(Operation::create_study));
            records.back()["study_name"] = name;
            records.back()["directions"] = Record::array({static_cast<int>(direction)});
        }
        const auto set = [&](Operation operation, const char* field, const std::string& key,
                             const json& value) {
            records.push_back(record(operation));
            records.back()["study_id"] = study_id;
            records.back()[field][key] = value;
        };
        if (!there.system_attrs.contains(metric_names_attribute))
            set(Operation::set_study_system_attr, "system_attr", metric_names_attribute,
                json::array({settings.objective}));
        // The format first: it says of a setting that is missing whether that is yet to be written.
        for (const auto& [key, value] : circumstances_of(settings))
            if (!there.user_attrs.contains(key) || there.user_attrs.at(key) != value)
                set(Operation::set_study_user_attr, "user_attr", key, value);
        for (const Asked& setting : settings_of(settings))
            if (!there.user_attrs.contains(setting.name))
                set(Operation::set_study_user_attr, "user_attr", setting.name, setting.value);
        return records;
    });
    id = replayed.replay.find(name);
    own.emplace(replayed, *id);
}

OpenStudy::OpenStudy(const std::filesystem::path& where, const std::string& name,
                     const Study& study, Notice notice, StopFlag stop)
    : state_(new State{
          .replayed = ReplayedLog(where, StudyLog::Access::append, std::move(notice), stop, name),
          .name = name,
          .settings = study}) {
    state_->settings.trials.clear();
    state_->create_or_check();
}

OpenStudy::~OpenStudy() = default;

std::string OpenStudy::storage() const {
    return state_->replayed.log->name();
}

const std::string& OpenStudy::name() const {
    return state_->name;
}

void OpenStudy::sync() {
    state_->sync();
}

const Study& OpenStudy::study() const {
    return state_->known();
}

int OpenStudy::create_trial(const Point& point, const json& attributes) {
    int number = 0;
    state_->write([&] {
        number = static_cast<int>(state_->study().trials.size());
        return std::vector{state_->create_record(point, attributes)};
    });
    return number;
}

void OpenStudy::begin_trial(int place, const Point& proposed, std::optional<Origin> origin) {
    State& state = *state_;
    std::vector<std::string> refusals;
    state.write([&] {
        std::vector<Record> records;
        refusals.clear();
        if (state.known().begun.size() != static_cast<std::size_t>(place)) return records;
        for (const int number : state.own->enqueued()) {
            EnqueuedPoint enqueued = enqueued_point(
                state.settings.space, given_of(state.trial(number)), proposed,
                RandomStream(state.settings.seed, RandomUse::sampler,
                             stream_id({enqueued_stream, static_cast<std::uint64_t>(place)})));
            if (const std::string name = state.unsettable(); enqueued.point && !name.empty())
                enqueued = {.refusal = name + " has another kind of distribution in this study"};
            const auto more = enqueued.point ? state.claim_records(number, *enqueued.point)
                                             : state.refusal_records(number, enqueued.refusal);
            records.insert(records.end(), more.begin(), more.end());
            if (enqueued.point) return records;
            refusals.push_back(fmt::format("trial {}, which was enqueued, is refused: {}",
                                           number + 1, enqueued.refusal));
        }
        json attributes = json::object();
        if (origin) attributes[origin_attribute] = word_of(*origin);
        records.push_back(state.create_record(proposed, attributes));
        return records;
    });
    if (state.known().begun.size() <= static_cast<std::size_t>(place))
        throw state.replayed.error(state.name, "a trial that was begun isn't on record");
    for (const std::string& refusal : refusals)
        if (state.replayed.notice) state.replayed.notice(fmt::format("{}: {}", storage(), refusal));
}

void OpenStudy::record_epochs(std::span<const FoldEpoch> epochs) {
    state_->write([&] {
        std::vector<Record> records;
        RecordedScores scores(*state_);
        for (const FoldEpoch& one : epochs) {
            const int epoch = one.result.epoch;
            if (state_->trial(one.trial).finished() || scores.find(one.trial, one.fold, epoch))
                continue;
            if (epoch > 1 && !scores.find(one.trial, one.fold, epoch - 1))
                throw std::logic_error(
                    fmt::format("trial {}, fold {}: epoch {} without the one "
                                "before",
                                one.trial, one.fold, epoch));
            scores.add(one);
            // Before the epoch: where the write is torn between them, the epoch is recorded again,
            // and this with it.
            if (const auto mean = scores.mean(one.trial, epoch)) {
                records.push_back(
                    state_->trial_record(Operation::set_trial_intermediate_value, one.trial));
                records.back()["step"] = epoch;
                records.back()["intermediate_value"] = *mean;
            }
            records.push_back(state_->attribute_record(Operation::set_trial_system_attr, one.trial,
                                                       epoch_key(one.fold, epoch),
                                                       epoch_to_json(one.result)));
        }
        return records;
    });
}

void OpenStudy::fail_fold(int trial, int fold, const std::string& why) {
    state_->write([&]() -> std::vector<Record> {
        if (state_->trial(trial).finished()) return {};
        return {state_->attribute_record(Operation::set_trial_system_attr, trial,
                                         fold_failure_key(fold), why)};
    });
}

void OpenStudy::finish(int trial, TrialState state) {
    state_->write([&]() -> std::vector<Record> {
        if (state_->trial(trial).finished()) return {};
        const Trial& now_there = state_->known(trial);
        const bool alike = std::ranges::all_of(now_there.folds, [&](const auto& fold) {
            return fold.size() == now_there.folds.front().size();
        });
        const double score = now_there.score();
        const bool valued = state != TrialState::failed && alike && std::isfinite(score);
        if (state == TrialState::complete && !valued) state = TrialState::failed;
        auto records = state_->summary_records(trial);
        if (state == TrialState::failed)
            records.push_back(state_->attribute_record(Operation::set_trial_user_attr, trial,
                                                       failure_attribute, now_there.why_failed()));
        // Last, for it ends the trial: where the write is torn before, finish() is called again.
        records.push_back(state_->trial_record(Operation::set_trial_state_values, trial));
        records.back()["state"] = static_cast<int>(state);
        records.back()["values"] = valued ? Record::array({score}) : Record(nullptr);
        records.back()["datetime_complete"] = now();
        return records;
    });
}

Worker OpenStudy::worker(int trial) const {
    const json identity = state_->worker_of(trial);
    if (!identity.is_string() || identity.get_ref<const std::string&>().empty())
        return Worker::unknown;
    if (identity == state_->identity) return Worker::self;
    switch (state_of(identity.get<std::string>())) {
        case ProcessState::running:
            return Worker::alive;
        case ProcessState::gone:
            return Worker::dead;
        case ProcessState::unknown:
            break;
    }
    return Worker::unknown;
}

bool OpenStudy::is_abandoned(int trial) const {
    return state_->replayed.log->is_abandoned(state_->trial_id(trial));
}

bool OpenStudy::take_over(int trial) {
    const json before = state_->worker_of(trial);
    state_->write([&]() -> std::vector<Record> {
        const StoredTrial& there = state_->trial(trial);
        if (there.finished() || state_->worker_of(trial) != before) return {};
        std::vector<Record> records = {state_->attribute_record(
            Operation::set_trial_system_attr, trial, worker_attribute, state_->identity)};
        // Of one that was enqueued: whoever claimed it was killed before it said so.
        if (there.state == TrialState::waiting) records.push_back(state_->running_record(trial));
        return records;
    });
    return !state_->trial(trial).finished() && state_->worker_of(trial) == state_->identity;
}

void OpenStudy::set_study_system_attribute(const std::string& key, const json& value) {
    state_->write([&] {
        Record record = state_->study_record(Operation::set_study_system_attr);
        record["system_attr"][prefixed(key)] = value;
        return std::vector{record};
    });
}

json OpenStudy::study_system_attribute(const std::string& key) const {
    return found_or_null(state_->study().system_attrs, prefixed(key));
}

void OpenStudy::record_results(const Study& study) {
    state_->write([&] {
        std::vector<Record> records;
        for (const auto& [key, value] : results_of(study)) {
            records.push_back(state_->study_record(Operation::set_study_user_attr));
            records.back()["user_attr"][key] = value;
        }
        return records;
    });
}

}  // namespace manygpcm::search
