// Rung by rung: how many trials come to it, what share of its folds they have when races have
// judged them, what their epochs cost. What isn't known yet is filled in by a few imagined trials,
// which count less the more real ones there are.
#include "sweep/sweep_forecast.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "manygpcm/search/scheduler.h"

namespace manygpcm::search {
namespace {

// What sweeps have come to (tests/data/sweep_timings): of the first rung's folds races spare some;
// rungs promote more than their share, as some lead early and others are found late, the first rung
// above all; and small models, which learn faster, are promoted more often than large ones.
constexpr double first_share = 0.85, later_share = 1;
constexpr double first_promoted = 1.7 / Scheduler::reduction,
                 later_promoted = 1.3 / Scheduler::reduction;
constexpr double promoted_cost = 0.85;  // by that of those below
// How many imagined trials that counts for: what is promoted hardly differs between sweeps.
constexpr double imagined = 6, imagined_promoted = 30;

// Of the winner's final scores beside those of all baselines, on one thread. How fast models train
// tells of a faster machine, but not of a slower one: small models take longer than is counted.
constexpr double seconds_of_scored_response = 50e-6, fastest_machine = 0.3, usual_machine = 1;

/// The mean of values with so many imagined ones.
double with_imagined(double sum, double n, double value, double n_imagined = imagined) {
    return (sum + n_imagined * value) / (n + n_imagined);
}

}  // namespace

SweepForecast::SweepForecast(ForecastSettings settings) : settings_(std::move(settings)) {
    int before = 0;
    for (const int epochs : settings_.rungs) {
        Rung& rung = rungs_.emplace_back();
        rung.epochs = epochs;
        rung.before = std::exchange(before, epochs);
    }
}

void SweepForecast::trained(int trial, int fold, int epochs, double cost, double seconds) {
    const auto number = static_cast<std::size_t>(trial), place = static_cast<std::size_t>(fold);
    if (trials_.size() <= number) trials_.resize(number + 1);
    OfTrial& of = trials_[number];
    count(number, -1);
    of.epochs.resize(std::max<std::size_t>(of.epochs.size(), place + 1));
    of.cost = cost;
    cost_done_ += cost * (epochs - of.epochs[place]);
    of.epochs[place] = epochs;
    count(number, 1);
    thread_seconds_ += seconds;
}

void SweepForecast::begin_run() {
    cost_before_ = cost_done_;
    thread_seconds_before_ = std::exchange(thread_seconds_, 0);
}

void SweepForecast::judged(int trial, int epochs) {
    const auto number = static_cast<std::size_t>(trial);
    if (trials_.size() <= number) trials_.resize(number + 1);
    OfTrial& of = trials_[number];
    count(number, -1);
    of.judged = std::max(of.judged, epochs);
    count(number, 1);
}

/// Adds what the trial has come to to the sums over all of them, or takes it out.
void SweepForecast::count(std::size_t trial, int sign) {
    const OfTrial& of = trials_[trial];
    if (of.judged > 0) tried_ += sign;
    for (Rung& rung : rungs_) {
        const double trained = fold_epochs(of, rung);
        const bool judged = of.judged >= rung.epochs;
        if (trained == 0 && !judged) continue;
        rung.entered += sign;
        rung.cost += sign * of.cost;
        if (judged) {
            rung.judged += sign;
            rung.trained += sign * trained;
        } else if (sign > 0) {
            rung.open.insert(trial);
        } else {
            rung.open.erase(trial);
        }
    }
}

/// Epochs that the trial has had within the rung, over all folds.
double SweepForecast::fold_epochs(const OfTrial& trial, const Rung& rung) {
    double sum = 0;
    for (const int epochs : trial.epochs)
        sum += std::clamp(epochs, rung.before, rung.epochs) - rung.before;
    return sum;
}

/// Where patience ends the search: the best of n trials is any of them with the same probability,
/// so with n / (n + m) none of the next m is better. Those that begin before the last of these has
/// come to something are tried, too.
SweepForecast::ToBegin SweepForecast::to_begin() const {
    const double most = settings_.trials;
    if (settings_.patience == 0) return {most, most, most};
    double tried = tried_, expected = 0, weight = 1;
    const double in_training = std::max(0, begun_ - tried_);
    double end = tried + in_training;
    if (without_gain_ < settings_.patience) end += settings_.patience - without_gain_;
    const double least = std::min(end, most);
    constexpr double negligible = 0.01;
    while (weight > negligible) {
        if (end >= most) return {least, expected + weight * most, most};
        const double ends = tried / end;
        expected += weight * ends * end;
        weight *= 1 - ends;
        tried = (tried + end) / 2;  // where the next best is, if there is one
        end = tried + settings_.patience + in_training;
    }
    return {least, expected + weight * tried, most};
}

std::vector<SweepForecast::Expected> SweepForecast::expected(double trials_in_all) const {
    std::vector<Expected> all(rungs_.size());
    const bool races = rungs_.size() > 1;
    for (std::size_t at = 0; at < rungs_.size(); ++at) {
        const Rung& rung = rungs_[at];
        const Rung* below = at > 0 ? &rungs_[at - 1] : nullptr;
        Expected& of = all[at];
        if (below)
            of.cost = with_imagined(rung.cost, rung.entered, promoted_cost * all[at - 1].cost);
        else if (settings_.chosen_by_scores)
            of.cost = with_imagined(rung.cost, rung.entered, settings_.usual_cost);
        else
            of.cost = settings_.usual_cost;
        const double whole = double{1} * settings_.folds * (rung.epochs - rung.before);
        if (races)
            of.share =
                with_imagined(rung.trained / whole, rung.judged, below ? later_share : first_share);
        double trials = trials_in_all;
        if (below) {
            const double promoted =
                with_imagined(rung.entered, below->judged,
                              at == 1 ? first_promoted : later_promoted, imagined_promoted);
            trials = std::max(1.0, (below->entered + all[at - 1].to_come) * promoted);
        }
        of.to_come = std::max(0.0, trials - rung.entered);
    }
    return all;
}

SweepForecast::OfSearch SweepForecast::of_search(double trials) const {
    const std::vector<Expected> all = expected(trials);
    OfSearch left{.cost_of_last = all.back().cost};
    for (std::size_t at = 0; at < rungs_.size(); ++at) {
        const Rung& rung = rungs_[at];
        const double each = all[at].share * settings_.folds * (rung.epochs - rung.before);
        left.epochs += all[at].to_come * each;
        left.cost += all[at].to_come * each * all[at].cost;
        for (const std::size_t open : rung.open) {
            const OfTrial& trial = trials_[open];
            const double epochs = std::max(0.0, each - fold_epochs(trial, rung));
            left.epochs += epochs;
            left.cost += epochs * trial.cost;
        }
    }
    return left;
}

SweepForecast::Left SweepForecast::left(double elapsed) const {
    const ToBegin trials = to_begin();
    const OfSearch search = of_search(trials.expected);
    Left left{.epochs = search.epochs};
    // Trials run side by side, so only the speed over all of them tells of what is left of the
    // search; what comes after it runs alone.
    const double done = cost_done_ - cost_before_;
    if (cost_done_ == 0) return left;
    const bool begun = done > 0;
    const double alone = begun ? thread_seconds_ / done : thread_seconds_before_ / cost_before_;
    const double side_by_side = begun ? elapsed / done : alone / settings_.threads;
    left.seconds_of_refit_epoch = search.cost_of_last * settings_.refit_cost * alone;
    left.seconds_of_scoring = seconds_of_scored_response *
                              static_cast<double>(settings_.scored_responses) *
                              std::clamp(alone, fastest_machine, usual_machine);
    const double after =
        rungs_.back().epochs * left.seconds_of_refit_epoch + left.seconds_of_scoring;
    left.seconds = search.cost * side_by_side + after;
    left.soonest = of_search(trials.least).cost * side_by_side + after;
    left.latest = of_search(trials.most).cost * side_by_side + after;
    left.seconds_before = cost_before_ * side_by_side;
    return left;
}

}  // namespace manygpcm::search
