// manygpcm_forecast PATIENCE DATA STUDY...: how far off is what a sweep says of its time.
//
// Each study is searched once more on one thread, with what is on record in place of training, and
// with this patience (0: none). Its epochs take what training_cost.h counts for them, so that
// nothing is off but how many there will be and of which models. A line a study: the seconds
// foretold over those that came, after parts of the sweep; between which of these they lay from its
// first tenth on; how many estimates were within a fifth; the mean size of the logarithm; and how
// many ranges, from an end by patience at once to none, a fifth wider either way, held what came.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/search/read_study.h"
#include "manygpcm/search/sampler.h"
#include "sweep/sweep_costs.h"
#include "sweep/sweep_forecast.h"
#include "sweep/sweep_plan.h"

namespace manygpcm::search {
namespace {

constexpr int window = 16;  // replicas assigned before the first is told of, as in a sweep

struct Estimate {
    double elapsed = 0, total = 0, soonest = 0, latest = 0;
};

/// The study as it would be after each epoch, and what the forecast says then.
class Replay {
  public:
    Replay(const Study& study, const Dataset& dataset, int patience)
        : study_(study),
          learners_(dataset, study.cv_on == "all"),
          costs_(costs_of(study, learners_)),
          rungs_(rungs_of(study.scheduler, study.epochs)),
          trials_(static_cast<int>(study.begun.size())),
          forecast_({.rungs = rungs_,
                     .folds = study.n_folds,
                     .trials = trials_,
                     .patience = patience,
                     .usual_cost = costs_.usual,
                     .chosen_by_scores = points_before_learning(study.sampler).has_value(),
                     .refit_cost = costs_.refit,
                     .scored_responses = costs_.scored_responses}),
          plan_(make_sampler("random", study.space, study.seed), rungs_, study.n_folds,
                {{.trials = trials_, .patience = patience}}, window) {
        record_ = study;
        record_.trials.clear();
        record_.begun.clear();
        while (const std::optional<Assignment> next = advance())
            train(*next);
        const SweepForecast::Left left = forecast_.left(elapsed_);
        seconds_ = elapsed_ + left.seconds_of_scoring;
        // No trial may have come through where what it would have taken isn't on record.
        if (const Trial* best = record_.best())
            seconds_ += costs_.of_fold_epoch(best->point) * costs_.refit * study.epochs;
    }

    const std::vector<Estimate>& estimates() const { return estimates_; }
    double seconds() const { return seconds_; }  ///< that the sweep took
    int trials() const { return static_cast<int>(record_.trials.size()); }

  private:
    /// What is to be trained next.
    std::optional<Assignment> advance() {
        plan_.advance(record_, [&](int place, const Point&, std::optional<Origin>) {
            Trial trial = *trial_at(study_, place);
            trial.number = place;
            trial.state = TrialState::running;
            trial.folds.assign(static_cast<std::size_t>(study_.n_folds), {});
            trial.fold_failures.assign(trial.folds.size(), "");
            record_.begun.push_back(place);
            record_.trials.push_back(std::move(trial));
        });
        for (const Verdict& verdict : plan_.take_judged())
            forecast_.judged(verdict.trial, verdict.epochs);
        for (const Verdict& verdict : plan_.take_ended())
            record_.trials[static_cast<std::size_t>(verdict.trial)].state =
                verdict.kind == Verdict::Kind::complete ? TrialState::complete : TrialState::pruned;
        forecast_.begun(plan_.trials_begun(), plan_.trials_without_gain());
        for (const Assignment& assignment : plan_.outstanding())
            if (!score_on_record(record_, assignment)) return assignment;
        return std::nullopt;
    }

    void train(const Assignment& assignment) {
        const auto fold = static_cast<std::size_t>(assignment.fold);
        Trial& trial = record_.trials[static_cast<std::size_t>(assignment.trial)];
        const auto& known = trial_at(study_, assignment.trial)->folds[fold];
        auto& epochs = trial.folds[fold];
        const double cost = costs_.of_fold_epoch(trial.point);
        while (std::ssize(epochs) < assignment.epochs) {
            if (epochs.size() == known.size()) {
                trial.fold_failures[fold] = "isn't on record";
                return;
            }
            epochs.push_back(known[epochs.size()]);
            elapsed_ += cost;
            forecast_.trained(assignment.trial, assignment.fold, static_cast<int>(epochs.size()),
                              cost, cost);
            const SweepForecast::Left left = forecast_.left(elapsed_);
            estimates_.push_back({elapsed_, elapsed_ + left.seconds, elapsed_ + left.soonest,
                                  elapsed_ + left.latest});
        }
    }

    const Study& study_;
    LearnerPool learners_;
    SweepCosts costs_;
    std::vector<int> rungs_;
    int trials_;
    SweepForecast forecast_;
    SweepPlan plan_;
    Study record_;
    double elapsed_ = 0, seconds_ = 0;
    std::vector<Estimate> estimates_;
};

void print(const std::string& name, const Replay& replay) {
    std::string line;
    double low = 10, high = 0, within = 0, held = 0, n = 0, size = 0;
    constexpr double first = 0.1, fifth = 0.2;
    for (const double part : {first, 0.2, 0.3, 0.5, 0.7, 0.9}) {
        const auto at = std::ranges::find_if(replay.estimates(), [&](const Estimate& one) {
            return one.elapsed >= part * replay.seconds();
        });
        line += at == replay.estimates().end()
                    ? fmt::format(" {:>5}", "")
                    : fmt::format(" {:>5.2f}", at->total / replay.seconds());
    }
    for (const auto& [elapsed, total, soonest, latest] : replay.estimates()) {
        if (elapsed < first * replay.seconds()) continue;
        const double ratio = total / replay.seconds();
        low = std::min(low, ratio);
        high = std::max(high, ratio);
        within += std::abs(ratio - 1) <= fifth;
        held +=
            (1 - fifth) * soonest <= replay.seconds() && replay.seconds() <= (1 + fifth) * latest;
        size += std::abs(std::log(ratio));
        ++n;
    }
    fmt::print("{:<40} {:>6}{}   {:.2f}..{:<5.2f} {:>4.0f} % {:>6.3f} {:>4.0f} %\n", name,
               replay.trials(), line, low, high, 100 * within / n, size / n, 100 * held / n);
}

void run(int patience, const std::string& data, std::span<char*> studies) {
    const Dataset dataset = read_dataset(data);
    fmt::print("{:<40} {:>6} {:>5} {:>5} {:>5} {:>5} {:>5} {:>5}\n", "study", "trials", "10 %",
               "20 %", "30 %", "50 %", "70 %", "90 %");
    for (const char* file : studies) {
        const Study study = read_study(file);
        if (study.foreign || study.begun.empty())
            throw InputError(fmt::format("{}: expected a study of manygpcm sweep", file));
        print(std::filesystem::path(file).parent_path().filename().string(),
              Replay(study, dataset, patience));
    }
}

}  // namespace
}  // namespace manygpcm::search

int main(int argc, char** argv) {
    if (argc < 4) {
        fmt::print(stderr, "usage: manygpcm_forecast PATIENCE DATA STUDY...\n");
        return 2;
    }
    try {
        manygpcm::search::run(std::atoi(argv[1]), argv[2],
                              std::span(argv, static_cast<std::size_t>(argc)).subspan(3));
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "manygpcm_forecast: {}\n", error.what());
        return 2;
    }
}
