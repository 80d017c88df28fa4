// Gathers what a model file has of every question.
#include "manygpcm/search/item_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <utility>

#include "manygpcm/engine/category_counts.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/gpcm_curves.h"
#include "manygpcm/engine/shown.h"
#include "manygpcm/search/psychometrics.h"

namespace manygpcm::search {
namespace {

constexpr double not_known = std::numeric_limits<double>::quiet_NaN();

/// [Q x (K-1)], NaN where training tells of none.
std::vector<double> known_thresholds(const Model& model, StopFlag stop) {
    const std::vector<float> found = item_thresholds(model, stop);
    const auto bad = std::ranges::find_if_not(found, [](float x) { return std::isfinite(x); });
    if (bad != found.end())
        throw InputError(fmt::format(
            "the thresholds of question {} aren't finite; expected a model that was trained",
            shown(question_name(
                model.question_ids,
                static_cast<int>((bad - found.begin()) / (model.config.n_categories - 1))))));
    std::vector<double> thresholds(found.begin(), found.end());
    blank_unidentified(model.category_counts, model.config.n_categories, std::span(thresholds));
    return thresholds;
}

/// The part of a question among values of all.
template <class T>
std::span<const T> own_values(const std::vector<T>& values, std::size_t question,
                              std::size_t size) {
    return values.empty() ? std::span<const T>() : std::span(values).subspan(question * size, size);
}

}  // namespace

ItemTable item_table(const Model& model, StopFlag stop) {
    const auto n_questions = static_cast<std::size_t>(model.config.n_questions);
    const auto n_categories = static_cast<std::size_t>(model.config.n_categories);
    const std::size_t n_thresholds = n_categories - 1;
    const std::vector<double> thresholds = known_thresholds(model, stop);
    std::vector<double> threshold_error = model.threshold_error;
    if (!threshold_error.empty())
        blank_unidentified(model.category_counts, model.config.n_categories,
                           std::span(threshold_error));
    // What training never saw has the weights it was born with, which say nothing.
    const auto alpha = [&](std::size_t q) {
        return model.mean_alpha.empty() ? not_known : model.mean_alpha[q];
    };
    const auto known = [&](std::size_t q, double value) {
        return std::isnan(alpha(q)) ? not_known : value;
    };
    ItemTable table;
    const auto add = [&](std::string name, const auto& value_of) {
        std::vector<double> values;
        for (std::size_t q = 0; q < n_questions; ++q)
            values.push_back(value_of(q));
        table.columns.push_back({std::move(name), std::move(values)});
    };
    const auto add_thresholds = [&](const std::vector<double>& values, const char* behind) {
        for (std::size_t j = 0; j < n_thresholds; ++j)
            add(fmt::format("beta{}{}", j + 1, behind),
                [&](std::size_t q) { return known(q, values[q * n_thresholds + j]); });
    };
    add("alpha", alpha);
    add_thresholds(thresholds, "");
    if (!model.alpha_error.empty()) {
        add("alpha_error", [&](std::size_t q) { return known(q, model.alpha_error[q]); });
        add_thresholds(threshold_error, "_error");
    }
    std::vector<MostInformation> most;
    for (std::size_t q = 0; q < n_questions; ++q)
        most.push_back(most_information(alpha(q), own_values(thresholds, q, n_thresholds)));
    add("information", [&](std::size_t q) { return most[q].information; });
    add("information_at", [&](std::size_t q) { return most[q].theta; });
    const std::vector<std::int64_t>& counts = model.category_counts;
    if (!counts.empty()) {
        add("n", [&](std::size_t q) {
            const auto of = own_values(counts, q, n_categories);
            return static_cast<double>(std::accumulate(of.begin(), of.end(), std::int64_t{0}));
        });
        for (std::size_t k = 0; k < n_categories; ++k)
            add(fmt::format("n{}", k),
                [&](std::size_t q) { return static_cast<double>(counts[q * n_categories + k]); });
    }
    for (std::size_t q = 0; q < n_questions; ++q)
        table.marks.push_back(item_marks(own_values(counts, q, n_categories), alpha(q),
                                         model.alpha_error.empty() ? 0 : model.alpha_error[q],
                                         own_values(thresholds, q, n_thresholds),
                                         own_values(threshold_error, q, n_thresholds)));
    return table;
}

}  // namespace manygpcm::search
