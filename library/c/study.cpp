// Studies of the C interface: searched, read, reported.
#include <fmt/format.h>

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "c/configuration.h"
#include "c/handles.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/engine/sequence_limit.h"
#include "manygpcm/report/analysis.h"
#include "manygpcm/report/report.h"
#include "manygpcm/search/choose_space.h"
#include "manygpcm/search/gpu_space.h"
#include "manygpcm/search/read_study.h"
#include "manygpcm/search/sweep.h"

using namespace manygpcm;  // NOLINT(google-build-using-namespace): nothing here is anybody's header
using c::expect;
using c::guarded;

namespace manygpcm::c {
namespace {

constexpr std::int64_t most = 1'000'000;

search::SweepConfig sweep_config(const Configuration& given) {
    search::SweepConfig config;
    search::choose_space(config, given.text("model").value_or(std::string(model_names().front())),
                         given.text("space").value_or(""), given.hyperparameter_names(),
                         [&](ModelKind model) { return given.hyperparameters(model); });
    const auto text = [&](const char* name, auto& value) {
        if (const auto chosen = given.text(name)) value = *chosen;
    };
    const auto whole = [&](const char* name, std::int64_t low, int& value) {
        if (const auto chosen = given.whole(name, low, most)) value = static_cast<int>(*chosen);
    };
    whole("trials", 1, config.trials);
    whole("folds", 2, config.n_folds);
    whole("epochs", 1, config.epochs);
    whole("patience", 0, config.patience);
    whole("workers", 1, config.workers);
    text("objective", config.objective);
    text("sampler", config.sampler);
    text("scheduler", config.scheduler);
    text("cv_on", config.cv_on);
    if (config.cv_on != "train" && config.cv_on != "all")
        throw InputError(fmt::format("cv_on {}: expected train or all", config.cv_on));
    text("study", config.study);
    text("study_name", config.study_name);
    text("weights", config.weights);
    text("fold_weights", config.fold_weights);
    if (const auto seed = given.whole("seed", 0, std::numeric_limits<std::int64_t>::max()))
        config.seed = static_cast<std::uint64_t>(*seed);
    given.expect_no_other();
    if (!config.study.empty() && !search::is_database(config.study))
        ensure_writable_file(config.study);
    if (!config.weights.empty()) ensure_writable_file(config.weights);
    if (!config.fold_weights.empty()) ensure_writable_directory(config.fold_weights);
    return config;
}

manygpcm_progress progress_of(const search::SweepProgress& state) {
    return {.fraction = state.fraction,
            .seconds_elapsed = state.seconds_elapsed,
            .seconds_left = state.seconds_left,
            .epochs_done = state.epochs_done,
            .epochs = state.epochs,
            .trials_done = state.trials_done,
            .trials = state.trials,
            .best_score = state.best_score.value_or(std::numeric_limits<double>::quiet_NaN())};
}

}  // namespace
}  // namespace manygpcm::c

manygpcm_status manygpcm_sweep(manygpcm_context* context, const manygpcm_dataset* dataset,
                               const char* configuration, manygpcm_study** study) {
    return guarded([&] {
        expect(context, "context");
        expect(dataset, "dataset");
        expect(study, "study");
        c::expect_answered(*dataset);
        search::SweepConfig config = c::sweep_config(c::Configuration(configuration));
        static_cast<Context&>(config) = context->context();
        if (config.device) search::expect_runs_on_gpu(config.space, config.bases());
        for (const Hyperparameters& base : config.bases())
            if (const auto line = check_lengths(dataset->data, base.model, dataset->data.name))
                context->tell(*line);
        search::SweepResult result =
            search::run_sweep(dataset->data, config,
                              {.epoch =
                                   [&](const search::SweepProgress& state) {
                                       context->tell(c::progress_of(state));
                                       return true;
                                   },
                               .trial =
                                   [&](const search::Trial& trial) {
                                       context->tell(trial, trial.epochs(), context->on_trial);
                                       return true;
                                   },
                               .promotion =
                                   [&](const search::Trial& trial, int epochs) {
                                       context->tell(trial, epochs, context->on_promotion);
                                       return true;
                                   }});
        *study = new manygpcm_study{std::move(result.study), std::move(result.best)};
        if (result.stopped)
            throw Interrupted(
                "interrupted before the search was done; where it is on record, the same call goes "
                "on");
    });
}

manygpcm_status manygpcm_study_read(manygpcm_context* context, const char* path, const char* name,
                                    manygpcm_study** study) {
    return guarded([&] {
        expect(context, "context");
        c::expect_text(path, "path");
        expect(study, "study");
        *study = new manygpcm_study{
            search::read_study(path, name ? name : "", context->context().notice), std::nullopt};
    });
}

manygpcm_status manygpcm_study_analysis(manygpcm_context* context, const manygpcm_study* study,
                                        char** json) {
    return guarded([&] {
        expect(context, "context");
        expect(study, "study");
        expect(json, "json");
        *json = c::text_of(report::analysis_json(study->study, &context->stop));
    });
}

manygpcm_status manygpcm_study_winner(const manygpcm_study* study, manygpcm_model** model) {
    return guarded([&] {
        expect(study, "study");
        expect(model, "model");
        if (!study->winner)
            throw InputError(
                "the study has no winner's model: it was read from a file, or no trial succeeded; "
                "expected one of manygpcm_sweep");
        *model = new manygpcm_model{*study->winner};
    });
}

manygpcm_status manygpcm_report(manygpcm_context* context, const manygpcm_study* study,
                                const char* directory) {
    return guarded([&] {
        expect(context, "context");
        expect(study, "study");
        c::expect_text(directory, "directory");
        report::write_report(study->study, directory, context->context().notice, &context->stop);
    });
}

void manygpcm_study_free(manygpcm_study* study) {
    delete study;
}
