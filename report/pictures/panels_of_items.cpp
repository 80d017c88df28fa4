// Draws what models say of items out of an analysis.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <numeric>

#include "figures/number_text.h"
#include "manygpcm/engine/gpcm_curves.h"
#include "manygpcm/engine/shown.h"
#include "manygpcm/engine/statistics.h"
#include "pictures/item_panels.h"
#include "sections/markdown_text.h"

namespace manygpcm::report {
namespace {

using nlohmann::json;
using Table = std::vector<std::vector<double>>;

constexpr double gap = std::numeric_limits<double>::quiet_NaN();
constexpr int curve_points = 81;
constexpr std::size_t longest_name = 24;
// Of thresholds that are named one by one; more are bars.
constexpr std::size_t most_named_thresholds = 60;
constexpr int wright_bins = 32, wright_lines = 28;  // of bars; of names, which are 12 pixels high
// Colours of thresholds 1, 2, .. and of categories 0, 1, ..
constexpr const char* series_colours[] = {colour::blue,       colour::orange, colour::green,
                                          colour::vermillion, colour::sky,    colour::black,
                                          colour::grey};

const char* series_colour(std::size_t i) {
    return series_colours[i % std::size(series_colours)];
}

/// Why a panel has nothing to show, in its middle.
void say(PlotScript& script, const std::string& why) {
    script.line(fmt::format("set label 903 {} at graph 0.5, graph 0.5 center font 'Sans,11'",
                            gnuplot_lines(wrapped(why, 40))));
    script.line("set label 901 ''\nset label 902 ''\nunset border\nunset tics");
    script.range('x', 0, 1);
    script.range('y', 0, 1);
    script.line("plot -1 notitle");
}

double number_or_gap(const json& value) {
    return value.is_number() ? value.get<double>() : gap;
}

PlottedParameters parameters_of(const json& model, const AbilityScale& scale) {
    PlottedParameters parameters{
        .alpha = number_or_gap(model.at("alpha")) * scale.deviation,
        .infit = number_or_gap(model.at("infit")),
        .information = number_or_gap(model.at("information")) * scale.deviation * scale.deviation,
        .beta = {}};
    for (const json& threshold : model.at("beta"))
        parameters.beta.push_back(scale.standardized(number_or_gap(threshold)));
    return parameters;
}

/// An axis for ability: where learners are and where most thresholds are.
std::pair<double, double> ability_range(double low, double high, std::vector<double> thresholds) {
    if (!thresholds.empty()) {
        // A threshold that lies far out, as of a category hardly ever seen, would leave no room.
        const double middle = quantile(thresholds, 0.5);
        const double reach =
            std::max(high - low, quantile(thresholds, 0.9) - quantile(thresholds, 0.1));
        low = std::min(low, std::max(std::ranges::min(thresholds), middle - reach));
        high = std::max(high, std::min(std::ranges::max(thresholds), middle + reach));
    }
    const std::vector<double> both = {low, high};
    return padded_range(both);
}

/// An axis for points: all of them, but those beyond three times the width of the middle 80% from
/// the median, which would leave the others no room: the panel says how many it is without.
std::pair<double, double> axis_of(const std::vector<double>& values) {
    const double middle = quantile(values, 0.5),
                 reach = 3 * (quantile(values, 0.9) - quantile(values, 0.1));
    std::vector<double> shown;
    for (const double value : values)
        if (reach == 0 || std::abs(value - middle) <= reach) shown.push_back(value);
    return padded_range(shown);
}

/// Says in the lower right corner how many points (x, y) lie outside of the axes, where any do.
void say_outside(PlotScript& script, const std::vector<double>& x, const std::vector<double>& y,
                 const std::pair<double, double>& across, const std::pair<double, double>& up) {
    const auto within = [](double value, const std::pair<double, double>& range) {
        return value >= range.first && value <= range.second;
    };
    std::size_t outside = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
        outside += !within(x[i], across) || !within(y[i], up);
    if (outside > 0)
        script.line(
            fmt::format("set label {} at graph 0.97, graph 0.05 right font 'Sans,11'",
                        gnuplot_string(fmt::format("{} of {} outside", outside, x.size()))));
}

struct Threshold {
    std::string question;
    std::size_t number;  ///< from 0
    bool alone;          ///< its question has no other
    double at;

    /// @param length of the question's name, at most, in characters
    std::string label(std::size_t length) const { return elided(question, length) + suffix(); }
    std::string suffix() const { return alone ? "" : fmt::format(".{}", number + 1); }
};

/// Of negative slopes none: there who is above a threshold answers below it.
std::vector<Threshold> thresholds_of(const std::vector<PlottedItem>& items,
                                     PlottedParameters PlottedItem::*parameters) {
    std::vector<Threshold> thresholds;
    for (const PlottedItem& item : items) {
        if ((item.*parameters).alpha < 0) continue;
        const std::vector<double>& beta = (item.*parameters).beta;
        for (std::size_t j = 0; j < beta.size(); ++j)
            if (std::isfinite(beta[j]))
                thresholds.push_back({item.name, j, beta.size() == 1, beta[j]});
    }
    return thresholds;
}

/// Thresholds of about the same ability, in `bins` bins from `low` to `high`.
std::map<int, std::vector<const Threshold*>> binned(const std::vector<Threshold>& thresholds,
                                                    int bins, double low, double high) {
    std::map<int, std::vector<const Threshold*>> in_bin;
    for (const Threshold& one : thresholds)
        if (one.at >= low && one.at <= high)
            in_bin[std::min(bins - 1, static_cast<int>((one.at - low) / (high - low) * bins))]
                .push_back(&one);
    for (auto& [bin, of_bin] : in_bin)
        std::ranges::stable_sort(of_bin, {}, &Threshold::number);
    return in_bin;
}

/// How many characters of a question's name have room where `most` labels stand beside each other
/// on `width` pixels; 0 where that would be so few that names wouldn't be told apart.
std::size_t room_for_names(const std::vector<Threshold>& thresholds, std::size_t most, int width) {
    constexpr std::size_t longest = 8, shortest = 4;
    constexpr int pixels_of_character = 7;  // of Sans, 9
    if (thresholds.size() > most_named_thresholds) return 0;
    const auto characters =
        static_cast<std::size_t>(width / static_cast<int>(most) / pixels_of_character);
    std::size_t suffix = 0;
    for (const Threshold& one : thresholds)
        suffix = std::max(suffix, one.suffix().size());
    constexpr std::size_t apart = 1;
    if (characters < shortest + suffix + apart) return 0;
    const std::size_t length = std::min(longest, characters - suffix - apart);
    std::map<std::string, std::string> questions;  // by what is left of their names
    for (const Threshold& one : thresholds)
        if (questions.try_emplace(elided(one.question, length), one.question).first->second !=
            one.question)
            return 0;
    return length;
}

std::size_t most_in_bin(const std::map<int, std::vector<const Threshold*>>& in_bin) {
    std::size_t most = 1;
    for (const auto& [bin, of_bin] : in_bin)
        most = std::max(most, of_bin.size());
    return most;
}

/// To the right of 0, as far as 1: names beside each other where they have room on `width` pixels,
/// else bars one behind the other.
void draw_thresholds(PlotScript& script, const std::vector<Threshold>& thresholds, double low,
                     double high, int width) {
    std::size_t last = 0;
    for (const Threshold& one : thresholds)
        last = std::max(last, one.number);
    const auto in_line = binned(thresholds, wright_lines, low, high);
    const std::size_t length =
        in_line.empty() ? 0 : room_for_names(thresholds, most_in_bin(in_line), width);
    const bool named = length > 0;
    const auto in_bin = named ? in_line : binned(thresholds, wright_bins, low, high);
    const double step = 0.98 / static_cast<double>(most_in_bin(in_bin)),
                 bin_height = (high - low) / (named ? wright_lines : wright_bins);
    std::vector<Table> bars(last + 1);
    for (const auto& [bin, of_bin] : in_bin) {
        const double middle = low + (bin + 0.5) * bin_height;
        for (std::size_t i = 0; i < of_bin.size(); ++i) {
            const double from = 0.01 + step * static_cast<double>(i);
            if (named)
                script.line(
                    fmt::format("set label {} at {:.6g},{:.6g} left font 'Sans,9' tc rgb {}",
                                gnuplot_string(of_bin[i]->label(length)), from, middle,
                                series_colour(of_bin[i]->number)));
            else
                bars[of_bin[i]->number].push_back({from, middle, from, from + step,
                                                   middle - 0.45 * bin_height,
                                                   middle + 0.45 * bin_height});
        }
    }
    for (std::size_t j = 0; j <= last; ++j)
        script.data(fmt::format("thresholds{}", j), bars[j]);
}

/// How many thresholds a model has, at most.
std::size_t n_thresholds(const std::vector<Threshold>& thresholds) {
    std::size_t n = 0;
    for (const Threshold& one : thresholds)
        n = std::max(n, one.number + 1);
    return n;
}

/// A scatter of the winner's against the classical GPCM's, with the line where they are equal.
void scatter_panel(PlotScript& script, const PanelPlace& place, const std::string& title,
                   const Table& points, const json& r, const json& line) {
    script.panel(place, title, "Classical GPCM", "Winner");
    std::vector<double> x, y;
    for (const auto& point : points) {
        x.push_back(point[0]);
        y.push_back(point[1]);
    }
    if (points.empty()) return say(script, "No question has both.");
    const auto across = axis_of(x), up = axis_of(y);
    script.range('x', across.first, across.second);
    script.range('y', up.first, up.second);
    say_outside(script, x, y, across, up);
    script.data("points", points);
    script.line(
        fmt::format("set label {} at graph 0.03, graph 0.95 left font 'Sans,11'",
                    gnuplot_string(fmt::format("r = {}, slope {}", fixed(number_or_gap(r), 3),
                                               fixed(number_or_gap(line.at("slope")), 2)))));
    script.line(
        fmt::format("plot x with lines lc rgb {} dt 2 title 'equal', $points using 1:2 "
                    "with points pt 7 ps {} lc rgb {} notitle",
                    colour::grey, points.size() > 200 ? "0.5" : "0.9", colour::blue));
}

}  // namespace

AbilityScale ability_scale(const json& psychometrics, const char* model) {
    const json& ability = psychometrics.at(model).at("ability");
    const AbilityScale scale{number_or_gap(ability.at("mean")), number_or_gap(ability.at("sd"))};
    return scale.deviation > 0 && std::isfinite(scale.mean) ? scale : AbilityScale();
}

std::vector<double> PlottedParameters::intercepts() const {
    std::vector<double> odds;
    for (const double threshold : beta)
        odds.push_back(-alpha * threshold);
    return odds;
}

double PlottedParameters::difficulty() const {
    double sum = 0;
    int known = 0;
    for (const double threshold : beta) {
        if (!std::isfinite(threshold)) continue;
        sum += threshold;
        ++known;
    }
    return known > 0 ? sum / known : gap;
}

std::vector<PlottedItem> plotted_items(const json& analysis) {
    const json& psychometrics = analysis.at("psychometrics");
    const AbilityScale winner = ability_scale(psychometrics, "winner"),
                       classical = ability_scale(psychometrics, "classical");
    std::vector<PlottedItem> items;
    for (const json& item : analysis.at("items"))
        if (item.at("responses").get<std::int64_t>() > 0)
            items.push_back({one_line(item.at("question").get<std::string>()),
                             parameters_of(item.at("winner"), winner),
                             parameters_of(item.at("classical"), classical)});
    return items;
}

std::pair<double, double> wright_range(const std::vector<PlottedItem>& items,
                                       const json& psychometrics,
                                       std::span<const PlottedModel> models) {
    std::pair<double, double> all = {0, 0};
    for (const PlottedModel& model : models) {
        const json& histogram = psychometrics.at(model.field).at("ability").at("histogram");
        const AbilityScale scale = ability_scale(psychometrics, model.field);
        std::vector<double> at;
        for (const Threshold& one : thresholds_of(items, model.parameters))
            at.push_back(one.at);
        const auto [low, high] = ability_range(scale.standardized(histogram.at("low")),
                                               scale.standardized(histogram.at("high")), at);
        all = {std::min(all.first, low), std::max(all.second, high)};
    }
    return all;
}

void wright_panel(PlotScript& script, const PanelPlace& place,
                  const std::vector<PlottedItem>& items, const json& psychometrics,
                  const PlottedModel& model, const std::pair<double, double>& range) {
    const auto [low, high] = range;
    const json& ability = psychometrics.at(model.field).at("ability");
    const json& histogram = ability.at("histogram");
    const auto counts = histogram.at("counts").get<std::vector<double>>();
    const std::vector<Threshold> thresholds = thresholds_of(items, model.parameters);
    script.panel(place, fmt::format("Wright map, {}", model.name), "",
                 "Ability and thresholds\nin standard deviations of the learners'");
    const double most = counts.empty() ? 0 : std::ranges::max(counts);
    if (!(most > 0)) return say(script, "No ability is known.");
    const AbilityScale scale = ability_scale(psychometrics, model.field);
    const double from = scale.standardized(histogram.at("low")),
                 to = scale.standardized(histogram.at("high"));
    const double width = (to - from) / static_cast<double>(counts.size());
    Table learners;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const double bottom = from + width * static_cast<double>(i), length = counts[i] / most;
        learners.push_back({-length, bottom, -length, 0, bottom, bottom + width});
    }
    script.range('x', -1.05, 1.05);
    script.range('y', low, high);
    script.line(
        "unset xtics\nset grid noxtics\nset arrow from 0, graph 0 to 0, graph 1 nohead lc "
        "rgb '#606060'");
    script.line("set label 'learners' at graph 0.25, graph -0.04 center font 'Sans,11'");
    script.line("set label 'thresholds' at graph 0.75, graph -0.04 center font 'Sans,11'");
    const auto beyond = std::ranges::count_if(
        thresholds,
        [low = low, high = high](const Threshold& one) { return one.at < low || one.at > high; });
    const auto negative = std::ranges::count_if(
        items, [&](const PlottedItem& item) { return (item.*model.parameters).alpha < 0; });
    std::vector<std::string> left_out;
    if (beyond > 0) left_out.push_back(fmt::format("{} beyond", beyond));
    if (negative > 0)
        left_out.push_back(
            fmt::format("without {} of negative slope", counted(negative, "question")));
    if (!left_out.empty())
        script.line(fmt::format("set label {} at graph 0.99, graph -0.1 right font 'Sans,9'",
                                gnuplot_string(fmt::format("{}", fmt::join(left_out, ", ")))));
    script.data("learners", learners);
    // The axis is 2.1 wide, and thresholds have 1 of it.
    draw_thresholds(script, thresholds, low, high, static_cast<int>(place.axis_width() / 2.1));
    std::string plot = fmt::format(
        "plot $learners using 1:2:3:4:5:6 with boxxyerror fs solid 0.6 noborder lc rgb {} notitle",
        colour::grey);
    for (std::size_t j = 0; j < n_thresholds(thresholds); ++j)
        plot += fmt::format(
            ", $thresholds{} using 1:2:3:4:5:6 with boxxyerror fs solid 0.9 noborder lc rgb {} "
            "title "
            "{}",
            j, series_colour(j), gnuplot_string(fmt::format("β{}", j + 1)));
    script.line(plot);
}

void test_information_panel(PlotScript& script, const PanelPlace& place, const json& psychometrics,
                            std::span<const PlottedModel> models) {
    script.panel(place, "Information of all questions together",
                 "Ability, in standard deviations of the learners'",
                 "Information per squared deviation");
    std::vector<double> all = {0};
    std::string plot;
    for (const PlottedModel& model : models) {
        const json& of = psychometrics.at(model.field);
        const AbilityScale scale = ability_scale(psychometrics, model.field);
        Table rows;
        const json &ability = of.at("test_information").at("ability"),
                   &information = of.at("test_information").at("information");
        for (std::size_t i = 0; i < ability.size(); ++i) {
            rows.push_back({scale.standardized(ability[i].get<double>()),
                            information[i].get<double>() * scale.deviation * scale.deviation});
            if (std::isfinite(rows.back()[1])) all.push_back(rows.back()[1]);
        }
        script.data(fmt::format("information_{}", model.field), rows);
        plot +=
            fmt::format("{}$information_{} using 1:2 with lines lw 2.5 dt {} lc rgb {} title {}",
                        plot.empty() ? "plot " : ", ", model.field, plot.empty() ? 1 : 2,
                        model.colour, gnuplot_string(model.name));
    }
    script.range('x', -4, 4);
    script.range('y', 0, padded_range(all).second);
    script.line(plot);
}

void item_information_panel(PlotScript& script, const PanelPlace& place,
                            const std::vector<PlottedItem>& items) {
    constexpr std::size_t most_curves = 300, most_coloured = 5;
    script.panel(place, "Information of questions, classical GPCM",
                 "Ability, in standard deviations of the learners'",
                 "Information per squared deviation");
    std::vector<const PlottedItem*> order;
    for (const PlottedItem& item : items)
        if (std::isfinite(item.classical.information)) order.push_back(&item);
    if (order.empty()) return say(script, "No question's parameters are known.");
    std::ranges::stable_sort(order, std::greater{},
                             [](const PlottedItem* item) { return item->classical.information; });
    order.resize(std::min(order.size(), most_curves));
    Table others;
    std::string plot =
        fmt::format("plot $others using 1:2 with lines lw 0.7 lc rgb '#b0b0b0' notitle");
    for (std::size_t i = 0; i < order.size(); ++i) {
        Table rows;
        for (int point = 0; point < curve_points; ++point) {
            const double theta = -4 + 8.0 * point / (curve_points - 1);
            rows.push_back({theta, item_information(theta, order[i]->classical.alpha,
                                                    order[i]->classical.beta)});
        }
        if (i >= most_coloured) {
            others.insert(others.end(), rows.begin(), rows.end());
            others.push_back({gap, gap});
            continue;
        }
        script.data(fmt::format("item{}", i), rows);
        plot += fmt::format(", $item{} using 1:2 with lines lw 2 lc rgb {} title {}", i,
                            series_colour(i), gnuplot_string(elided(order[i]->name, 10)));
    }
    script.data("others", others);
    script.range('x', -4, 4);
    script.line("set yrange [0:*]");
    script.line(plot);
}

void infit_panel(PlotScript& script, const PanelPlace& place, const std::vector<PlottedItem>& items,
                 std::span<const PlottedModel> models) {
    script.panel(place, "Infit of questions", "Difficulty (mean threshold, classical GPCM)",
                 "Infit, 1 is expected");
    std::vector<double> x, y;
    std::string plot = fmt::format("plot 1 with lines lc rgb {} dt 2 notitle", colour::grey);
    for (const PlottedModel& model : models) {
        Table points;
        for (const PlottedItem& item : items) {
            const double difficulty = item.classical.difficulty(),
                         infit = (item.*model.parameters).infit;
            if (!std::isfinite(difficulty) || !std::isfinite(infit)) continue;
            points.push_back({difficulty, infit});
            x.push_back(difficulty);
            y.push_back(infit);
        }
        script.data(fmt::format("infit_{}", model.field), points);
        plot += fmt::format(", $infit_{} using 1:2 with points pt {} ps {} lc rgb {} title {}",
                            model.field, &model == &models.front() ? 7 : 4,
                            items.size() > 200 ? "0.5" : "0.9", model.colour,
                            gnuplot_string(model.name));
    }
    if (x.empty()) return say(script, "No question has an infit and a difficulty.");
    std::vector<double> range = y;
    range.insert(range.end(), {0.9, 1.1});
    const auto across = axis_of(x), up = padded_range(range);
    script.range('x', across.first, across.second);
    script.range('y', up.first, up.second);
    say_outside(script, x, y, across, up);
    script.line(plot);
}

void discrimination_panel(PlotScript& script, const PanelPlace& place,
                          const std::vector<PlottedItem>& items, const json& agreement) {
    Table points;
    for (const PlottedItem& item : items)
        if (std::isfinite(item.classical.alpha) && std::isfinite(item.winner.alpha))
            points.push_back({item.classical.alpha, item.winner.alpha});
    scatter_panel(script, place, "Discriminations per deviation of ability", points,
                  agreement.at("discrimination"), agreement.at("discrimination_line"));
}

void intercepts_panel(PlotScript& script, const PanelPlace& place,
                      const std::vector<PlottedItem>& items, const json& agreement) {
    Table points;
    for (const PlottedItem& item : items) {
        const std::vector<double> x = item.classical.intercepts(), y = item.winner.intercepts();
        for (std::size_t j = 0; j < x.size(); ++j)
            if (std::isfinite(x[j]) && std::isfinite(y[j])) points.push_back({x[j], y[j]});
    }
    scatter_panel(script, place, "Intercepts: log odds for the average learner", points,
                  agreement.at("intercept"), agreement.at("intercept_line"));
}

void categories_panel(PlotScript& script, PanelPlace place, const PlottedItem* item,
                      const std::string& why) {
    place.margin_bottom += 16;  // for a second line
    script.panel(place,
                 item == nullptr
                     ? why
                     : fmt::format("{}: question {}", why, elided(item->name, longest_name)),
                 "Ability, in standard deviations of the learners'\n"
                 "solid: classical GPCM, dashed: winner",
                 "Probability of a category");
    if (item == nullptr) return say(script, "There is no other question.");
    const std::size_t n_categories = item->classical.beta.size() + 1;
    const auto curves = [&](const char* name, const PlottedParameters& of) {
        Table rows;
        for (int point = 0; point < curve_points; ++point) {
            const double theta = -4 + 8.0 * point / (curve_points - 1);
            rows.push_back({theta});
            for (const double p : category_probabilities(theta, of.alpha, of.beta))
                rows.back().push_back(p);
        }
        script.data(name, rows);
    };
    curves("classical", item->classical);
    curves("winner", item->winner);
    script.range('x', -4, 4);
    script.range('y', 0, 1);
    std::string plot;
    for (std::size_t k = 0; k < n_categories; ++k) {
        plot += fmt::format("{}$classical using 1:{} with lines lw 2.5 lc rgb {} title {}",
                            plot.empty() ? "plot " : ", ", k + 2, series_colour(k),
                            n_categories > 8 ? "''" : gnuplot_string(fmt::format("{}", k)));
        plot += fmt::format(", $winner using 1:{} with lines lw 1.5 dt 2 lc rgb {} notitle", k + 2,
                            series_colour(k));
    }
    script.line(plot);
}

}  // namespace manygpcm::report
