// Asynchronous successive halving whose rungs are raced fold by fold.
#include "manygpcm/search/scheduler.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <utility>

#include "manygpcm/engine/error.h"
#include "scheduler/fold_race.h"

namespace manygpcm::search {
namespace {

constexpr std::array<std::string_view, 2> names = {"halving", "fixed"};

double mean(const std::vector<double>& values) {
    double sum = 0;
    for (const double value : values)
        sum += value;
    return sum / static_cast<double>(values.size());
}

bool has_score(const std::optional<Verdict>& verdict) {
    return verdict &&
           (verdict->kind == Verdict::Kind::paused || verdict->kind == Verdict::Kind::complete);
}

}  // namespace

std::span<const std::string_view> scheduler_names() {
    return names;
}

std::vector<int> rungs_of(std::string_view name, int epochs) {
    if (name == "fixed") return {epochs};
    if (name != "halving")
        throw InputError(
            fmt::format("scheduler '{}' is unknown: expected {}", name, fmt::join(names, ", ")));
    std::vector<int> rungs;
    for (const int part : {8, 2, 1}) {
        const int rung = std::max(1, static_cast<int>(std::lround(double(epochs) / part)));
        if (rungs.empty() || rung > rungs.back()) rungs.push_back(rung);
    }
    return rungs;
}

Scheduler::Scheduler(std::vector<int> rungs, int folds)
    : rungs_(std::move(rungs)), folds_(folds), at_(rungs_.size()) {}

void Scheduler::extend(int trials, int patience) {
    trials_allowed_ = trials;
    patience_ = patience;
    for (TrialState& trial : trials_)
        trial.closed = true;
    for (Rung& rung : at_)
        rung.waiting.clear();
}

std::optional<Assignment> Scheduler::next() {
    if (auto assignment = next_fold()) return assignment;
    if (auto assignment = promotion()) return assignment;
    if (may_start_trial()) {
        trials_.emplace_back();
        return assign(trials_.size() - 1, 0);
    }
    return last_resort();
}

/// The next fold of a trial that has begun a rung: the highest rung first, then the earliest trial.
std::optional<Assignment> Scheduler::next_fold() {
    for (std::size_t rung = rungs_.size(); rung-- > 0;) {
        const bool raced = promotion_line(rung) != nullptr && fold_variance_;
        for (const std::size_t i : at_[rung].open) {
            const AtRung& at = trials_[i].rungs.back();
            if (!raced || at.assigned < last_fold_of_heat(static_cast<int>(at.scores.size())))
                return assign(i, rung);
        }
    }
    return std::nullopt;
}

/// The best trial that waits for promotion and is among the best of its rung.
std::optional<Assignment> Scheduler::promotion() {
    for (std::size_t rung = rungs_.size() - 1; rung-- > 0;) {
        if (at_[rung].waiting.empty()) continue;
        const Ranked best = *at_[rung].waiting.begin();
        if (place_of(best, rung) < promotable(rung)) return assign(best.trial, rung + 1);
    }
    return std::nullopt;
}

/// A sweep too small for its rungs still needs a winner that was trained fully.
std::optional<Assignment> Scheduler::last_resort() {
    if (in_training_ > 0 || !at_.back().ranking.empty()) return std::nullopt;
    for (std::size_t rung = rungs_.size() - 1; rung-- > 0;)
        if (!at_[rung].waiting.empty()) return assign(at_[rung].waiting.begin()->trial, rung + 1);
    return std::nullopt;
}

Assignment Scheduler::assign(std::size_t trial, std::size_t rung) {
    TrialState& state = trials_[trial];
    if (state.rungs.size() == rung) {
        if (rung > 0) {
            AtRung& below = state.rungs.back();
            below.promoted = true;
            at_[rung - 1].waiting.erase({below.verdict->score, trial});
        }
        state.rungs.emplace_back();
        at_[rung].open.insert(trial);
        ++in_training_;
    }
    const int fold = state.rungs.back().assigned++;
    if (fold + 1 == folds_) at_[rung].open.erase(trial);
    return {.trial = static_cast<int>(trial),
            .fold = fold,
            .rung = static_cast<int>(rung),
            .epochs = rungs_[rung]};
}

bool Scheduler::may_start_trial() const {
    return trials_started() < trials_allowed_ && !out_of_patience();
}

std::optional<int> Scheduler::out_of_patience() const {
    if (trials_started() >= trials_allowed_ || patience_ == 0) return std::nullopt;
    const auto without_gain = trials_without_gain();
    return without_gain && *without_gain >= patience_ ? without_gain : std::nullopt;
}

std::optional<int> Scheduler::trials_without_gain() const {
    for (std::size_t rung = rungs_.size(); rung-- > 0;) {
        if (at_[rung].ranking.empty()) continue;
        const auto best = static_cast<std::ptrdiff_t>(at_[rung].ranking.front().trial);
        return static_cast<int>(std::count_if(
            trials_.begin() + best + 1, trials_.end(),
            [](const TrialState& trial) { return trial.rungs.front().verdict.has_value(); }));
    }
    return std::nullopt;
}

std::optional<Verdict> Scheduler::tell(const Assignment& assignment, double score) {
    TrialState& trial = trials_[static_cast<std::size_t>(assignment.trial)];
    AtRung& at = trial.rungs[static_cast<std::size_t>(assignment.rung)];
    if (at.verdict) return std::nullopt;  // of a fold that was on its way when another failed
    at.scores.push_back(score);
    Verdict verdict{.kind = Verdict::Kind::paused,
                    .trial = assignment.trial,
                    .epochs = assignment.epochs,
                    .score = mean(at.scores)};
    const auto rung = static_cast<std::size_t>(assignment.rung);
    if (!std::isfinite(score)) {
        verdict.kind = Verdict::Kind::failed;
        verdict.score = std::numeric_limits<double>::quiet_NaN();
    } else if (static_cast<int>(at.scores.size()) == folds_) {
        if (is_top(rung)) verdict.kind = Verdict::Kind::complete;
    } else {
        const std::vector<double>* line = promotion_line(rung);
        if (line == nullptr || !fold_variance_ || !falls_behind(at.scores, *line, *fold_variance_))
            return std::nullopt;
        verdict.kind = Verdict::Kind::stopped;
        verdict.score = mean(*line) + lead(at.scores, *line);
    }
    at.verdict = verdict;
    judge(verdict, rung);
    return verdict;
}

/// Takes a trial's new verdict into what is kept of its rung.
void Scheduler::judge(const Verdict& verdict, std::size_t rung) {
    const auto trial = static_cast<std::size_t>(verdict.trial);
    Rung& at = at_[rung];
    ++at.judged;
    --in_training_;
    at.open.erase(trial);
    if (!has_score(verdict)) return;
    const Ranked ranked{verdict.score, trial};
    at.ranking.insert(std::ranges::lower_bound(at.ranking, ranked, std::less<>()), ranked);
    if (!is_top(rung) && !trials_[trial].closed) at.waiting.insert(ranked);
    if (rungs_.size() > 1) fold_variance_ = fold_variance();
}

/// How many are better.
std::size_t Scheduler::place_of(const Ranked& ranked, std::size_t rung) const {
    const auto& ranking = at_[rung].ranking;
    return static_cast<std::size_t>(std::ranges::lower_bound(ranking, ranked, std::less<>()) -
                                    ranking.begin());
}

bool Scheduler::waits(int trial) const {
    const TrialState& state = trials_[static_cast<std::size_t>(trial)];
    const std::optional<Verdict>& verdict = state.rungs.back().verdict;
    return !state.closed && verdict && verdict->kind == Verdict::Kind::paused;
}

bool Scheduler::may_go_on(int trial) const {
    const TrialState& state = trials_[static_cast<std::size_t>(trial)];
    if (!state.rungs.back().verdict) return true;
    if (!waits(trial)) return false;
    const Ranked ranked{state.rungs.back().verdict->score, static_cast<std::size_t>(trial)};
    const auto allowed = static_cast<std::size_t>(std::max(1, trials_allowed_ / reduction));
    return place_of(ranked, state.rungs.size() - 1) < allowed;
}

/// How many of the rung's best may go on; of the last rung, how many can win.
std::size_t Scheduler::promotable(std::size_t rung) const {
    return is_top(rung) ? 1 : at_[rung].judged / reduction;
}

/// The folds' scores of the last trial that would be promoted now. Null: there is nothing to race
/// against, as all have one rung or too few came to this one.
const std::vector<double>* Scheduler::promotion_line(std::size_t rung) const {
    if (rungs_.size() == 1) return nullptr;
    const std::size_t places = promotable(rung);
    if (places == 0 || at_[rung].ranking.size() < places) return nullptr;
    return &trials_[at_[rung].ranking[places - 1].trial].rungs[rung].scores;
}

/// Of the better half of every rung: those in contention. Trials that hardly learn differ from fold
/// to fold as others don't.
std::optional<double> Scheduler::fold_variance() const {
    FoldVariance variance(folds_);
    for (std::size_t rung = 0; rung < rungs_.size(); ++rung) {
        const auto& ranking = at_[rung].ranking;
        std::vector<std::vector<double>> table;
        for (std::size_t i = 0; i < (ranking.size() + 1) / 2; ++i)
            table.push_back(trials_[ranking[i].trial].rungs[rung].scores);
        variance.add(table);
    }
    return variance.value();
}

}  // namespace manygpcm::search
