// Metrics and names as text, the same in every command.
#include "output.h"

#include <fmt/format.h>

namespace manygpcm::cli {

std::string metrics_table(const Metrics& metrics) {
    std::string table;
    for (const auto& [name, value] : metrics.scalars())
        table += fmt::format("  {:<28}{:>8.4f}\n", name, value);
    return table;
}

nlohmann::json scalar_metrics_json(const Metrics& metrics) {
    nlohmann::json json{{"n", metrics.n}};
    for (const auto& [name, value] : metrics.scalars())
        json[name] = value;
    return json;
}

nlohmann::json metrics_json(const Metrics& metrics) {
    nlohmann::json json = scalar_metrics_json(metrics);
    const std::size_t n_categories = metrics.categories.size();
    json["confusion"] = nlohmann::json::array();
    json["categories"] = nlohmann::json::array();
    for (std::size_t k = 0; k < n_categories; ++k) {
        const auto row = metrics.confusion.begin() + static_cast<std::ptrdiff_t>(k * n_categories);
        json["confusion"].push_back(
            std::vector(row, row + static_cast<std::ptrdiff_t>(n_categories)));
        const CategoryScores& scores = metrics.categories[k];
        json["categories"].push_back({{"precision", scores.precision},
                                      {"recall", scores.recall},
                                      {"f1", scores.f1},
                                      {"count", scores.count}});
    }
    return json;
}

std::string csv_field(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + '"';
}

std::string question_name(const std::vector<std::string>& question_ids, int question) {
    return question_ids.empty() ? std::to_string(question) : question_ids[question];
}

}  // namespace manygpcm::cli
