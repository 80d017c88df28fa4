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

// Of the winner's final scores beside those of all baselines, on one thread.
constexpr double cost_of_scored_response = 50e-6;

/// The mean of values with so many imagined ones.
double with_imagined(double sum, double n, double value, double n_imagined = imagined) {
    return (sum + n_imagined * value) / (n + n_imagined);
}

}  // namespace

SweepForecast::SweepForecast(ForecastSettings settings) : settings_(std::move(settings)) {}

void SweepForecast::trained(int trial, int fold, int epochs, double cost, double seconds) {
    const auto number = static_cast<std::size_t>(trial), place = static_cast<std::size_t>(fold);
    if (trials_.size() <= number) trials_.resize(number + 1);
    OfTrial& of = trials_[number];
    of.epochs.resize(std::max<std::size_t>(of.epochs.size(), place + 1));
    of.cost = cost;
    cost_done_ += cost * (epochs - of.epochs[place]);
    of.epochs[place] = epochs;
    thread_seconds_ += seconds;
}

void SweepForecast::begin_run() {
    cost_before_ = cost_done_;
    thread_seconds_ = 0;
}

void SweepForecast::judged(int trial, int epochs) {
    const auto number = static_cast<std::size_t>(trial);
    if (trials_.size() <= number) trials_.resize(number + 1);
    trials_[number].judged = std::max(trials_[number].judged, epochs);
}

/// Epochs that the trial has had within the rung, over all folds.
double SweepForecast::fold_epochs(const OfTrial& trial, const OfRung& rung) {
    double sum = 0;
    for (const int epochs : trial.epochs)
        sum += std::clamp(epochs, rung.before, rung.epochs) - rung.before;
    return sum;
}

/// Where patience ends the search: the best of n trials is any of them with the same probability,
/// so with n / (n + m) none of the next m is better.
double SweepForecast::trials_to_begin() const {
    const double most = settings_.trials;
    if (settings_.patience == 0) return most;
    double tried = 0;
    for (const OfTrial& trial : trials_)
        tried += trial.judged > 0;
    double best = std::max(0.0, tried - without_gain_), expected = 0, weight = 1;
    constexpr double negligible = 0.01;
    while (weight > negligible) {
        const double end = best + settings_.patience;
        if (end >= most) return expected + weight * most;
        const double ends = tried / end;
        expected += weight * ends * end;
        weight *= 1 - ends;
        tried = best = (tried + end) / 2;  // where the next best is, if there is one
    }
    return expected + weight * tried;
}

std::vector<SweepForecast::OfRung> SweepForecast::rungs() const {
    std::vector<OfRung> rungs;
    const bool races = settings_.rungs.size() > 1;
    for (const int epochs : settings_.rungs) {
        OfRung& rung = rungs.emplace_back();
        const OfRung* below = rungs.size() > 1 ? &rungs[rungs.size() - 2] : nullptr;
        rung.epochs = epochs;
        rung.before = below ? below->epochs : 0;
        const double whole = double{1} * settings_.folds * (epochs - rung.before);
        double cost = 0, share = 0;
        for (const OfTrial& trial : trials_) {
            const double trained = fold_epochs(trial, rung);
            const bool judged = trial.judged >= epochs;
            if (trained == 0 && !judged) continue;
            ++rung.entered;
            cost += trial.cost;
            if (!judged) continue;
            ++rung.judged;
            share += trained / whole;
        }
        rung.cost = with_imagined(cost, rung.entered,
                                  below ? promoted_cost * below->cost : settings_.usual_cost);
        if (races)
            rung.share = with_imagined(share, rung.judged, below ? later_share : first_share);
        double all = trials_to_begin();
        if (below)
            all = std::max(1.0,
                           (below->entered + below->to_come) *
                               with_imagined(rung.entered, below->judged,
                                             below->before == 0 ? first_promoted : later_promoted,
                                             imagined_promoted));
        rung.to_come = std::max(0.0, all - rung.entered);
    }
    return rungs;
}

SweepForecast::Left SweepForecast::left() const {
    Left left;
    for (const OfRung& rung : rungs()) {
        const double each = rung.share * settings_.folds * (rung.epochs - rung.before);
        left.epochs += rung.to_come * each;
        left.cost += rung.to_come * each * rung.cost;
        for (const OfTrial& trial : trials_) {
            const double trained = fold_epochs(trial, rung);
            if (trained == 0 || trial.judged >= rung.epochs) continue;
            left.epochs += std::max(0.0, each - trained);
            left.cost += std::max(0.0, each - trained) * trial.cost;
        }
    }
    return left;
}

/// Where so many seconds were spent on this run's training.
double SweepForecast::seconds_a_cost(double seconds) const {
    const double done = cost_done_ - cost_before_;
    return done > 0 ? seconds / done : 0;
}

// Trials run side by side, so only the speed over all of them tells of what is left of the search;
// what comes after it runs alone.
double SweepForecast::seconds_left(double elapsed) const {
    return left().cost * seconds_a_cost(elapsed) +
           settings_.rungs.back() * seconds_of_refit_epoch() + seconds_of_scoring();
}

double SweepForecast::seconds_of_refit_epoch() const {
    return rungs().back().cost * settings_.refit_cost * seconds_a_cost(thread_seconds_);
}

double SweepForecast::seconds_of_scoring() const {
    return cost_of_scored_response * static_cast<double>(settings_.scored_responses) *
           seconds_a_cost(thread_seconds_);
}

double SweepForecast::seconds_before(double elapsed) const {
    return cost_before_ * seconds_a_cost(elapsed);
}

}  // namespace manygpcm::search
