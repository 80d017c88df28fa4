// manygpcm_schedules TRIALS SEARCHES STUDY...: what schedulers and samplers find, for which work.
//
// The studies are of one command but for the seed: sweep --sampler random --scheduler fixed
// --patience 0, so that the score of every trial is known on every fold after every epoch. The
// search's own samplers and scheduler are given these trials in place of training: a point scores
// what the nearest of them did. A line a sampler and rungs: the epochs and seconds of a search of
// TRIALS trials, and the winner's score; means over the searches, and the standard error of the
// last.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <deque>
#include <exception>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "manygpcm/engine/error.h"
#include "manygpcm/search/read_study.h"
#include "manygpcm/search/sampler.h"
#include "manygpcm/search/scheduler.h"
#include "manygpcm/search/unit_cube.h"

namespace manygpcm::search {
namespace {

constexpr std::size_t window = 16;  // replicas assigned before the first is told of, as in a sweep

/// A trial of a fixed sweep.
struct Known {
    std::vector<double> at;                            // in the unit cube
    std::vector<std::vector<double>> scores, seconds;  // [fold][epoch]; higher scores are better
};

struct Recorded {
    Space space;
    std::string objective;
    int epochs = 0, folds = 0;
    std::vector<Known> trials;

    const Known& nearest(const Point& point) const {
        const std::vector<double> u = unit_of(space, point);
        const auto distance = [&](const Known& trial) {
            double sum = 0;
            for (std::size_t i = 0; i < u.size(); ++i) {
                const double apart = u[i] - trial.at[i];
                sum += space.parameters()[i].ordered() ? apart * apart : (apart == 0 ? 0.0 : 1.0);
            }
            return sum;
        };
        return *std::ranges::min_element(trials, {}, distance);
    }
};

Recorded read(std::span<char*> studies) {
    Recorded recorded;
    std::vector<Known>& trials = recorded.trials;
    for (const char* file : studies) {
        const Study study = read_study(file);
        const bool alike =
            recorded.trials.empty() ||
            (study.epochs == recorded.epochs && study.n_folds == recorded.folds &&
             study.objective == recorded.objective &&
             std::ranges::equal(study.space.parameters(), recorded.space.parameters(), {},
                                &Parameter::name, &Parameter::name));
        if (study.scheduler != "fixed" || !alike)
            throw InputError(
                fmt::format("{}: expected a study of --scheduler fixed, all of the "
                            "same space, objective, epochs and folds",
                            file));
        recorded.space = study.space;
        recorded.objective = study.objective;
        recorded.epochs = study.epochs;
        recorded.folds = study.n_folds;
        for (const Trial& trial : study.trials) {
            if (!trial.full()) continue;
            Known& known = trials.emplace_back();
            known.at = unit_of(study.space, trial.point);
            for (const auto& fold : trial.folds) {
                known.scores.emplace_back();
                known.seconds.emplace_back();
                for (const EpochResult& epoch : fold) {
                    known.scores.back().push_back((study.minimize ? -1 : 1) *
                                                  trial.score_of(epoch));
                    known.seconds.back().push_back(epoch.seconds);
                }
            }
        }
    }
    return recorded;
}

struct Outcome {
    double epochs = 0, seconds = 0, winner = 0;
};

Outcome search(const Recorded& recorded, std::string_view sampler_name, std::uint64_t seed,
               const std::vector<int>& rungs, int n_trials) {
    Scheduler scheduler(rungs, recorded.folds);
    scheduler.extend(n_trials, 0);
    const auto sampler = make_sampler(sampler_name, recorded.space, seed);
    std::vector<Point> points;
    std::vector<const Known*> trials;
    Outcome outcome;
    outcome.winner = -std::numeric_limits<double>::infinity();
    std::deque<Assignment> outstanding;
    for (;;) {
        if (outstanding.size() < window) {
            if (const auto next = scheduler.next()) {
                const auto trial = static_cast<std::size_t>(next->trial);
                if (trial == trials.size()) {
                    points.push_back(sampler->ask(1).front());
                    trials.push_back(&recorded.nearest(points.back()));
                }
                const auto& seconds = trials[trial]->seconds[static_cast<std::size_t>(next->fold)];
                const int before =
                    next->rung == 0 ? 0 : rungs[static_cast<std::size_t>(next->rung) - 1];
                outcome.epochs += next->epochs - before;
                outcome.seconds +=
                    std::accumulate(seconds.begin() + before, seconds.begin() + next->epochs, 0.0);
                outstanding.push_back(*next);
                continue;
            }
        }
        if (outstanding.empty()) return outcome;
        const Assignment oldest = outstanding.front();
        outstanding.pop_front();
        const auto trial = static_cast<std::size_t>(oldest.trial);
        const auto verdict = scheduler.tell(
            oldest, trials[trial]->scores[static_cast<std::size_t>(oldest.fold)]
                                         [static_cast<std::size_t>(oldest.epochs) - 1]);
        if (!verdict) continue;
        sampler->tell({.point = points[trial], .score = verdict->score, .epochs = verdict->epochs});
        if (verdict->kind == Verdict::Kind::complete)
            outcome.winner = std::max(outcome.winner, verdict->score);
    }
}

/// Rungs at these parts of the epochs.
std::vector<int> rungs_at(std::initializer_list<double> parts, int epochs) {
    std::vector<int> rungs;
    for (const double part : parts) {
        const int rung = std::max(1, static_cast<int>(std::lround(epochs * part)));
        if (rungs.empty() || rung > rungs.back()) rungs.push_back(rung);
    }
    return rungs;
}

void compare(int n_trials, int searches, std::span<char*> studies) {
    const Recorded recorded = read(studies);
    const int epochs = recorded.epochs;
    if (recorded.trials.empty())
        throw InputError("no trial was trained fully; expected one or more");
    fmt::print("{} trials of {}, {} epochs, {} folds, {} searches\n", n_trials,
               recorded.trials.size(), epochs, recorded.folds, searches);
    fmt::print("{:<14} {:<14} {:>8} {:>8} {:>8} {:>8}\n", "sampler", "rungs", "epochs", "seconds",
               "winner", "error");
    for (const std::vector<int>& rungs :
         {rungs_at({1}, epochs), rungs_at({0.5, 1}, epochs), rungs_at({0.25, 1}, epochs),
          rungs_at({0.25, 0.5, 1}, epochs), rungs_of("halving", epochs)})
        for (const std::string_view sampler : {"random", "tpe", "gp"}) {
            Outcome sum;
            double squares = 0;
            for (int seed = 1; seed <= searches; ++seed) {
                const Outcome one =
                    search(recorded, sampler, static_cast<std::uint64_t>(seed), rungs, n_trials);
                sum.epochs += one.epochs;
                sum.seconds += one.seconds;
                sum.winner += one.winner;
                squares += one.winner * one.winner;
            }
            const double n = searches, mean = sum.winner / n;
            fmt::print("{:<14} {:<14} {:>8.0f} {:>8.1f} {:>8.4f} {:>8.4f}\n", sampler,
                       fmt::format("{}", fmt::join(rungs, ", ")), sum.epochs / n, sum.seconds / n,
                       mean, std::sqrt(std::max(0.0, squares / n - mean * mean) / n));
        }
}

}  // namespace
}  // namespace manygpcm::search

int main(int argc, char** argv) {
    if (argc < 4 || std::atoi(argv[1]) < 1 || std::atoi(argv[2]) < 1) {
        fmt::print(stderr, "usage: manygpcm_schedules TRIALS SEARCHES STUDY...\n");
        return 2;
    }
    try {
        manygpcm::search::compare(std::atoi(argv[1]), std::atoi(argv[2]),
                                  std::span(argv, static_cast<std::size_t>(argc)).subspan(3));
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "manygpcm_schedules: {}\n", error.what());
        return 2;
    }
}
