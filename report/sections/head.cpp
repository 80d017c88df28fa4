// What was searched: the report's first lines, and what the analysis says of the study as a whole.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "manygpcm/engine/detail/hyperparameters_json.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/engine/shown.h"
#include "sections/json_values.h"
#include "sections/markdown_text.h"
#include "sections/sections.h"
#include "sections/wording.h"

namespace manygpcm::report {
namespace {

using nlohmann::json;

constexpr int schema_version = 2;

std::string models(const search::Study& study) {
    if (study.further.empty()) return study.model_name();
    std::vector<std::string_view> names;
    for (const Hyperparameters& base : study.bases())
        names.push_back(to_string(base.model));
    return fmt::format("{} ({})", study.model_name(), fmt::join(names, ", "));
}

std::string attention(const Findings& f) {
    for (const Hyperparameters& base : f.study->bases())
        if (uses(base.model, "attention"))
            return f.bidirectional() ? ", bidirectional attention" : ", causal attention";
    return "";
}

std::string origin(const Findings& f, const std::string& generated) {
    const search::Study& study = *f.study;
    if (study.foreign)
        return fmt::format(
            "**Study**: {}, written by Optuna  \n**Generated**: {}\n\n{}; the score is {}, "
            "the {} the better; manygpcm " MANYGPCM_VERSION ".\n",
            markdown_text(study.dataset), generated, counted(std::ssize(study.trials), "trial"),
            markdown_text(study.objective), study.minimize ? "lower" : "higher");
    const char* up_to = f.some_trained_less() ? "up to " : "";
    return fmt::format(
        "**Model**: {}{}  \n**Dataset**: {}  \n**Generated**: {}\n\n{} ({} "
        "cross-validated, {} held out), {}, {}; {} × {}{} × {}{}, sampler {}, scheduler {}, seed "
        "{}{}; manygpcm " MANYGPCM_VERSION ".\n",
        models(study), attention(f), markdown_text(study.dataset), generated,
        counted(study.n_learners + study.n_test_learners, "learner"), study.n_learners,
        study.n_test_learners, counted(study.n_questions, "question"),
        counted(study.n_categories, "category"), counted(std::ssize(study.trials), "trial"), up_to,
        counted(study.n_folds, "fold"), up_to, counted(study.epochs, "epoch"), study.sampler,
        study.scheduler, study.seed,
        study.objective == "qwk" ? ""
                                 : fmt::format(", objective {}{}", spelled(study.metric()),
                                               study.minimize ? " (the lower the better)" : ""));
}

/// Of several models by their names.
json base_json(const search::Study& study) {
    if (study.further.empty()) return to_json(study.base);
    json by_model = json::object();
    for (const Hyperparameters& base : study.bases())
        by_model[std::string(to_string(base.model))] = to_json(base);
    return by_model;
}

json settings_json(const search::Study& study) {
    return {{"sampler", study.sampler}, {"scheduler", study.scheduler}, {"cv_on", study.cv_on},
            {"seed", study.seed},       {"folds", study.n_folds},       {"epochs", study.epochs},
            {"jobs", study.jobs},       {"base", base_json(study)}};
}

/// As in a file: one object, or several of which one holds.
json when_json(const search::Space& space, const search::Condition& condition) {
    json any_of = json::array();
    for (const auto& all_of : condition.any_of) {
        json required = json::object();
        for (const auto& [name, values] : all_of) {
            const search::Parameter& parameter = space.find(name);
            json list = json::array();
            for (const double value : values)
                list.push_back(value_json(parameter, value));
            required[name] = list;
        }
        any_of.push_back(required);
    }
    return any_of.size() == 1 ? any_of.front() : any_of;
}

/// One value, or an object of one by model.
json otherwise_json(const search::Space& space, const search::Parameter& parameter) {
    const std::vector<double>& values = parameter.condition->otherwise;
    if (values.size() == 1) return value_json(parameter, values.front());
    const std::vector<std::string>& models = space.find(search::model_parameter).labels;
    json by_model = json::object();
    for (std::size_t i = 0; i < values.size(); ++i)
        by_model[models.at(i)] = value_json(parameter, values[i]);
    return by_model;
}

json space_json(const search::Space& space) {
    json list = json::array();
    for (const search::Parameter& parameter : space.parameters()) {
        json entry = {{"name", parameter.name}};
        if (parameter.condition) {
            entry["when"] = when_json(space, *parameter.condition);
            entry["otherwise"] = otherwise_json(space, parameter);
        }
        if (parameter.kind == search::Parameter::Kind::choice) {
            entry["kind"] = "choice";
            entry["choices"] = json::array();
            for (const double value : parameter.choices)
                entry["choices"].push_back(value_json(parameter, value));
        } else {
            entry["kind"] = parameter.kind == search::Parameter::Kind::integer ? "integer" : "real";
            entry["low"] = parameter.low;
            entry["high"] = parameter.high;
            entry["log"] = parameter.log;
            entry["step"] = parameter.step > 0 ? json(parameter.step) : json(nullptr);
        }
        list.push_back(entry);
    }
    return list;
}

/// Those that tables show of so many categories, with what a reader needs to show them.
json metrics_json(const search::Study& study) {
    json list = json::array();
    if (study.foreign) return list;
    for (const Metric* metric : metrics_shown(study))
        list.push_back({{"name", metric->name},
                        {"title", metric->title},
                        {"direction", metric->minimize ? "minimize" : "maximize"},
                        {"brief", metric->brief}});
    return list;
}

std::string title_of(const search::Study& study) {
    if (study.foreign) return study.dataset;
    return fmt::format("{} on {}", study.model_name(), study.dataset);
}

}  // namespace

std::string head_markdown(const Findings& f, const std::string& generated) {
    return "# Hyperparameter Optimization Report\n\n" + origin(f, generated);
}

void head_json(const Findings& f, json& analysis) {
    const search::Study& study = *f.study;
    analysis["schema_version"] = schema_version;
    analysis["program"] = "manygpcm " MANYGPCM_VERSION;
    analysis["foreign"] = study.foreign;
    analysis["title"] = title_of(study);
    analysis["model"] = study.foreign ? json(nullptr) : json(study.model_name());
    analysis["dataset"] = {{"name", study.dataset},
                           {"questions", study.n_questions},
                           {"categories", study.n_categories},
                           {"learners", study.n_learners},
                           {"test_learners", study.n_test_learners}};
    analysis["objective"] = study.objective;
    analysis["direction"] = study.minimize ? "minimize" : "maximize";
    analysis["metrics"] = metrics_json(study);
    analysis["settings"] = settings_json(study);
    analysis["space"] = space_json(study.space);
}

}  // namespace manygpcm::report
