// One study of the tables: what of it has been read, the queries for what is new, and the
// operations that lead there.
#pragma once

#include <chrono>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "postgres/connection.h"
#include "storage/study_log.h"

namespace manygpcm::search {

/// The states of trials and the directions in the tables, [as operations number them].
inline constexpr const char* state_names[] = {"RUNNING", "COMPLETE", "PRUNED", "FAIL", "WAITING"};
inline constexpr const char* direction_names[] = {"NOT_SET", "MINIMIZE", "MAXIMIZE"};

/// A trial as it was read last.
struct TableTrial {
    long long id = 0;       ///< trial_id
    int state = 0;          ///< [state_names]
    std::string worker;     ///< its attribute, as JSON; empty: none
    std::string heartbeat;  ///< a time; empty: none
};

/// Rows are read once, by the serial numbers of their tables: under the lock of the study's row, by
/// which our writers take turns, these grow as they are committed. What Optuna writes beside it is
/// read again where the search looks at it: the states of unfinished trials, the study's
/// attributes. Optuna sets the attributes of a trial with the trial, or they don't matter here.
class FollowedStudy {
  public:
    /// @param id  study_id
    /// @param log_id  the study's in operations
    /// @param first_trial  the first trial's in operations
    FollowedStudy(long long id, int log_id, int first_trial);

    long long id() const { return id_; }
    int log_id() const { return log_id_; }
    int first_trial() const { return first_trial_; }
    /// [place in the study]
    const std::vector<TableTrial>& trials() const { return trials_; }
    /// By its id in operations. @throws std::out_of_range
    const TableTrial& trial(int log_id) const {
        return trials_.at(static_cast<std::size_t>(log_id - first_trial_));
    }

    /// SELECTs of what is new.
    /// @param with_workers  of the workers of trials and their heartbeats, too
    std::string query(bool with_workers) const;
    /// How many there are.
    static std::size_t n_queries(bool with_workers) { return with_workers ? 8 : 7; }

    /// Their rows as operations.
    /// @throws std::invalid_argument or InputError for what Optuna doesn't write
    void take(std::span<const Rows> rows, std::vector<StudyLog::Line>& lines);

    /// How long the worker of a trial has been seen not to change its heartbeats.
    std::chrono::steady_clock::duration silence(const TableTrial& trial) const;
    /// Heartbeats are looked at from now on, as nothing was heard of them meanwhile.
    void listen_anew();

  private:
    using Lines = std::vector<StudyLog::Line>;
    struct Ending {
        std::string completed;
        std::map<long long, StudyLog::Record> values;  ///< by objective
    };

    int place_of(long long trial) const;  ///< -1: none of the study's
    StudyLog::Record trial_record(int operation, int place) const;
    void take_study_attributes(const Rows& rows, Lines& lines);
    void take_parameters(const Rows& rows, int first_new, Lines& lines);
    void take_trials(const Rows& rows, const Rows& parameters, Lines& lines,
                     std::vector<int>& ended);
    void take_attributes(const Rows& rows, bool user, Lines& lines);
    void take_intermediate_values(const Rows& rows, Lines& lines);
    void take_values(const Rows& rows);
    void take_workers(const Rows& rows, Lines& lines);
    void end_trials(const std::vector<int>& ended, Lines& lines);

    long long id_;
    int log_id_, first_trial_;
    std::vector<TableTrial> trials_;
    std::map<long long, int> places_;                ///< by trial_id
    std::set<long long> running_, waiting_;          ///< trial_ids
    std::map<std::string, std::string> attributes_;  ///< versions of the study's, by row
    /// The last serial numbers read.
    long long last_trial_ = 0, last_parameter_ = 0, last_user_ = 0, last_system_ = 0,
              last_intermediate_ = 0, last_value_ = 0;
    std::map<long long, Ending> endings_;                                 ///< by trial_id
    std::map<std::string, std::chrono::steady_clock::time_point> heard_;  ///< by worker
};

}  // namespace manygpcm::search
