// The winner and the classical GPCM as models of measurement: items, their dependence, abilities
// and persons.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "figures/number_text.h"
#include "manygpcm/engine/category_counts.h"
#include "manygpcm/engine/local_dependence.h"
#include "manygpcm/engine/shown.h"
#include "sections/json_values.h"
#include "sections/markdown_text.h"
#include "sections/sections.h"
#include "sections/wording.h"

namespace manygpcm::report {
namespace {

using nlohmann::json;
using Rows = std::vector<std::vector<std::string>>;

constexpr std::size_t most_rows = 10;            // of items
constexpr std::size_t most_dependent_pairs = 5;  // of items, too
constexpr std::size_t most_thresholds = 5;       // in a cell

/// A share of which something is left to speak of.
bool leaves_a_rest(double share) {
    constexpr double all_but_nothing = 0.999;  // 100.0% with a decimal, or next to it
    return std::isfinite(share) && share <= all_but_nothing;
}

/// How far the winner reads as the classical model does.
std::string agreement_markdown(const search::Study& study) {
    const search::Portrait& portrait = *study.portrait;
    const search::Agreement with_classical = agreement(study);
    Rows rows;
    for (const auto& [what, likeness] :
         {std::pair("Discriminations per deviation of ability", &with_classical.discrimination),
          std::pair("Intercepts: log odds at the average learner", &with_classical.intercept)})
        rows.push_back({what, fixed(likeness->r, 3),
                        std::isfinite(likeness->slope)
                            ? fmt::format("{} ({})", fixed(likeness->slope, 2),
                                          fixed(likeness->slope_error, 2))
                            : not_a_number,
                        fixed(likeness->rmsd, 2)});
    if (study.psychometrics)
        rows.push_back({"Abilities", fixed(study.psychometrics->ability_correlation, 3), "", ""});
    std::string text =
        "The winner beside the classical GPCM: Pearson's r, slope of the line (standard error), "
        "root mean square difference.\n\n" +
        markdown_table({"", "r", "Slope", "RMSD"}, rows);
    const auto differs = differs_from_classical(study);
    if (!differs) return text;
    return text +
           (differs->empty()
                ? "\nThe winner reads as item response theory does"
                : fmt::format("\nThe winner doesn't read as the classical GPCM does: {}",
                              enumeration(*differs))) +
           (*portrait.explained >= enough_explained && leaves_a_rest(*portrait.explained)
                ? fmt::format("; {}.\n", explained_text(study))
                : ".\n");
}

/// What the winner's ability is an ability of.
std::string dependence_of_ability(const search::Psychometrics& of) {
    if (!of.ability_of_question || of.ability_between_learners > 0.999)
        return "Its ability is the same whichever question comes next.";
    const std::string made = leaves_a_rest(of.ability_between_learners)
                                 ? fmt::format(
                                       ": {} of its variance is between learners, the rest between "
                                       "next questions of the "
                                       "same learner",
                                       percent(of.ability_between_learners))
                                 : "";
    return fmt::format(
        "Its ability depends on the question that is asked, too{}. With `ability_from=state` it is "
        "read from the learner alone.",
        made);
}

/// In standard deviations of the learners' abilities, as is where it is: models' scales differ.
std::string least_error_text(const TestInformation& test,
                             const search::AbilityStatistics& ability) {
    const auto most = std::ranges::max_element(test.information);
    if (most == test.information.end() || !(*most > 0)) return not_a_number;
    const double at = test.ability[static_cast<std::size_t>(most - test.information.begin())];
    return fmt::format("{} at {}", fixed(1 / std::sqrt(*most) / ability.deviation, 2),
                       signed_fixed((at - ability.mean) / ability.deviation, 1));
}

/// "12 of 200 (6.0%)"
std::string share(std::int64_t n, std::int64_t of) {
    return of == 0 ? not_a_number
                   : fmt::format("{} of {} ({})", n, of,
                                 percent(static_cast<double>(n) / static_cast<double>(of)));
}

TestInformation winners_test(const search::Study& study) {
    return test_information(study.portrait->items, &search::ItemPortrait::winner,
                            study.psychometrics->winner.ability);
}
TestInformation classical_test(const search::Study& study) {
    return test_information(study.portrait->items, &search::ItemPortrait::classical,
                            study.psychometrics->classical.ability);
}

std::string dependence_text(const search::Dependence& of) {
    return fmt::format("{} of {} ({}); {}", of.beyond, of.pairs, fixed(of.by_chance, 1),
                       fixed(of.mean, 3));
}

std::string models_table(const search::Study& study) {
    const search::Psychometrics& of = *study.psychometrics;
    Rows rows;
    const auto add = [&](const char* what, auto text) {
        rows.push_back({what, text(of.winner), text(of.classical)});
    };
    add("Reliability of ability (EAP)",
        [](const auto& model) { return fixed(model.ability.reliability, 3); });
    add("Scale of ability: mean ± standard deviation", [](const auto& model) {
        return fmt::format("{} ± {}", fixed(model.ability.mean, 2),
                           fixed(model.ability.deviation, 2));
    });
    rows.push_back(
        {"Least standard error of ability in such deviations, every question answered once",
         least_error_text(winners_test(study), of.winner.ability),
         least_error_text(classical_test(study), of.classical.ability)});
    const Misfit winner = infit_misfit(of.items, &search::ItemStatistics::winner),
                 classical = infit_misfit(of.items, &search::ItemStatistics::classical);
    const auto add_infit = [&](const char* what, std::size_t Misfit::*count) {
        const auto text = [&](const Misfit& misfit) {
            return share(static_cast<std::int64_t>(misfit.*count),
                         static_cast<std::int64_t>(misfit.items));
        };
        rows.push_back({what, text(winner), text(classical)});
    };
    add_infit("Infits with z beyond ±1.96", &Misfit::beyond);
    rows.push_back({"Median infit", fixed(winner.median, 3), fixed(classical.median, 3)});
    add("Learners with l_z < -1.645",
        [](const auto& model) { return share(model.persons.low, model.persons.learners); });
    add("l_z: mean ± standard deviation", [](const auto& model) {
        return fmt::format("{} ± {}", fixed(model.persons.mean, 2),
                           fixed(model.persons.deviation, 2));
    });
    if (of.classical.dependence.pairs > 0) {
        rows.push_back(
            {"Residual correlations of questions beyond ±0.2 (by chance); mean",
             dependence_text(of.winner.dependence),
             of.classical_online ? dependence_text(*of.classical_online) : "not on record"});
        rows.push_back(
            {"Yen's Q3 more than 0.2 above its mean (by chance); mean", "",
             of.q3_above_mean ? dependence_text(of.classical.dependence) : "not on record"});
    }
    if (of.likelihood)
        rows.push_back({fmt::format("Log-likelihood; AIC; BIC ({})",
                                    counted(of.likelihood->parameters, "parameter")),
                        "",
                        fmt::format("{}; {}; {}", fixed(of.likelihood->log_likelihood, 1),
                                    fixed(of.likelihood->aic, 1), fixed(of.likelihood->bic, 1))});
    return markdown_table({"", "Winner", "Classical GPCM"}, rows);
}

/// Where a model's probabilities are too sure of themselves, or not sure enough.
std::string scatter_text(const char* model, const std::optional<search::HeldOutFit>& fit) {
    const Scatter found = fit ? scatter(*fit) : Scatter::as_predicted;
    if (found == Scatter::as_predicted) return "";
    const bool more = found == Scatter::more;
    return fmt::format(
        " {} is {}: their responses scatter {} than its probabilities say, by infits ({} of {} {} "
        "1) and l_z ({} on average), both beyond chance.",
        model, more ? "overconfident" : "underconfident", more ? "more" : "less",
        more ? fit->above : fit->items - fit->above, fit->items, more ? "above" : "below",
        fixed(fit->lz_mean, 2));
}

/// Questions that go against the ability though not against the other questions, or against both.
std::string negative_slopes_text(const search::Study& study) {
    constexpr std::size_t most_named = 5;
    const NegativeSlopes found = negative_slopes(study);
    const std::vector<search::ItemPortrait>& items = study.portrait->items;
    std::string text;
    // "2 questions (q5, q7) have"; of many the first.
    const auto questions = [&](const std::vector<std::size_t>& positions) {
        std::vector<std::string> names;
        for (const std::size_t i : positions)
            if (names.size() < most_named) names.push_back(markdown_text(items[i].question));
        if (positions.size() > most_named) names.emplace_back("…");
        return fmt::format("{} ({}) {}",
                           counted(static_cast<std::int64_t>(positions.size()), "question"),
                           fmt::join(names, ", "), positions.size() == 1 ? "has" : "have");
    };
    if (!found.with_negative_rest.empty())
        text += fmt::format(
            " {} a negative slope and item-rest correlation: look for a reversed key or wording.",
            questions(found.with_negative_rest));
    if (!found.with_positive_rest.empty())
        text += fmt::format(
            " {} a negative slope, but a positive item-rest correlation: the key is right, but the "
            "questions measure more than one trait.",
            questions(found.with_positive_rest));
    return text;
}

/// "-0.52 (0.11), 0.70 (0.12)"; of many the first and the last.
std::string thresholds_text(const std::vector<double>& beta, const std::vector<double>& errors) {
    std::vector<std::string> texts;
    for (std::size_t j = 0; j < beta.size(); ++j)
        texts.push_back(std::isfinite(beta[j])
                            ? fmt::format("{} ({})", fixed(beta[j], 2), fixed(errors[j], 2))
                            : not_a_number);
    if (texts.size() > most_thresholds) texts = {texts.front(), "…", texts.back()};
    return fmt::format("{}", fmt::join(texts, ", "));
}

std::string items_markdown(const Findings& f) {
    const search::Study& study = *f.study;
    const std::vector<std::size_t> order = striking_items(study, f.items);
    std::vector<std::size_t> shown(
        order.begin(),
        order.begin() + static_cast<std::ptrdiff_t>(std::min(order.size(), most_rows)));
    const bool all = shown.size() == f.items.size();
    const bool marked =
        std::ranges::any_of(shown, [&](std::size_t i) { return !f.items[i].marks.empty(); });
    if (all) std::ranges::sort(shown);
    Rows rows;
    for (const std::size_t i : shown) {
        const search::ItemPortrait& item = study.portrait->items[i];
        const search::ItemStatistics& of = study.psychometrics->items[i];
        rows.push_back(
            {markdown_text(item.question), fmt::format("{}", item.responses),
             fixed(of.item_rest, 2),
             fmt::format("{} ({})", fixed(item.classical.alpha, 2), fixed(of.alpha_error, 2)),
             thresholds_text(item.classical.beta, of.beta_error),
             fmt::format("{} / {}", fixed(of.classical.infit, 2), fixed(of.classical.outfit, 2)),
             fixed(item.winner.alpha, 2),
             fmt::format("{} / {}", fixed(of.winner.infit, 2), fixed(of.winner.outfit, 2))});
        if (marked) rows.back().push_back(fmt::format("{}", fmt::join(f.items[i].marks, "; ")));
    }
    std::string text = markdown_subheading("Questions");
    text +=
        "Item-rest: Pearson's r of the response with the mean of the learner's other ones. α and "
        "β (standard errors), infit / outfit: of the classical GPCM, then of the winner, on its "
        "own scale.";
    if (!errors_are_joint(study.n_questions, study.n_categories))
        text +=
            " Standard errors are a question's by itself, a little too small: with more than 1,000 "
            "parameters what questions tell of each other is left out.";
    if (!all) {
        using Urgency = ItemFigures::Urgency;
        const Urgency first = f.items[shown.front()].urgency;
        text += fmt::format(
            " {} of {} questions: {} the larger |z| of both infits. `*_items.csv` has all.",
            shown.size(), f.items.size(),
            first == Urgency::negative_slope ? "negative slopes first, then other marks, then by"
            : first == Urgency::marked       ? "those with a mark first, then by"
                                             : "by");
        if (first != Urgency::none) text += " A category never seen alone doesn't come first.";
    }
    const auto alike = std::ranges::count_if(study.psychometrics->items, [](const auto& item) {
        return std::ranges::any_of(item.category_counts, [](auto n) { return n > 0; }) &&
               !answers_vary(item.category_counts);
    });
    if (alike > 0)
        text += fmt::format(" {} {} answered alike by everybody, which tells nothing of {}.",
                            counted(alike, "question"), alike == 1 ? "was" : "were",
                            alike == 1 ? "it" : "them");
    std::vector<std::string> titles = {"Question",   "n",
                                       "Item-rest",  "α",
                                       "β",          "Infit / outfit",
                                       "Winner's α", "Winner's infit / outfit"};
    if (marked) titles.emplace_back("Mark");
    return text + negative_slopes_text(study) + "\n\n" + markdown_table(titles, rows);
}

/// Whether a Q3 is larger than the largest of so many independent pairs is in 95% of cases:
/// Fisher's z, Bonferroni.
bool beyond_chance(double q3, std::int64_t learners, std::int64_t pairs) {
    const double z = std::atanh(std::abs(q3)) * std::sqrt(static_cast<double>(learners) - 3);
    return std::erfc(z / std::sqrt(2.0)) * static_cast<double>(pairs) < 0.05;
}

std::string pairs_markdown(const search::Study& study) {
    const search::Psychometrics& of = *study.psychometrics;
    std::string text = markdown_subheading("Local dependence");
    if (of.dependent.empty())
        return text + fmt::format("No two questions have {} learners in common: Q3 isn't told.\n",
                                  fewest_in_common);
    Rows rows;
    int by_winner = 0, by_classical = 0;
    for (std::size_t i = 0; i < std::min(of.dependent.size(), most_dependent_pairs); ++i) {
        const search::DependentItems& pair = of.dependent[i];
        const auto name = [&](std::int32_t item) {
            return markdown_text(study.portrait->items[static_cast<std::size_t>(item)].question);
        };
        rows.push_back({fmt::format("{}, {}", name(pair.first), name(pair.second)),
                        fmt::format("{}", pair.learners), fixed(pair.winner, 3),
                        fixed(pair.classical_online, 3), fixed(pair.classical, 3)});
        by_winner += beyond_chance(pair.winner, pair.learners, of.winner.dependence.pairs);
        by_classical += of.classical_online && beyond_chance(pair.classical_online, pair.learners,
                                                             of.classical_online->pairs);
    }
    text += fmt::format(
        "The largest correlations of residuals (response less what was predicted before it) of "
        "pairs that {} learners or more answered, and Yen's Q3, of residuals about the ability "
        "after all responses. {} of the winner's{} are larger than chance makes the largest of so "
        "many (Bonferroni, 5%).",
        fewest_in_common, by_winner,
        of.classical_online ? fmt::format(" and {} of the classical GPCM's", by_classical) : "");
    if (of.dependence_questions >= std::int64_t{Q3Limits{}.questions} ||
        of.dependence_learners < of.learners)
        text += fmt::format(" Looked at: the {} with most answers, and {} of {}.",
                            counted(of.dependence_questions, "question"), of.dependence_learners,
                            counted(of.learners, "learner"));
    return text + "\n\n" +
           markdown_table({"Questions", "Learners", "Winner", "Classical GPCM", "Its Q3"}, rows);
}

std::string persons_markdown(const search::Study& study) {
    constexpr std::size_t most_named = 5;
    std::string text = markdown_subheading("Learners who fit least");
    const auto list = [&](const char* model, const search::PersonFit& persons) {
        std::vector<std::string> named;
        for (const search::MisfittingLearner& learner : persons.lowest)
            if (learner.lz < search::lz_of_note && named.size() < most_named)
                named.push_back(fmt::format("{} ({}, {})", markdown_text(learner.learner),
                                            fixed(learner.lz, 2),
                                            counted(learner.responses, "response")));
        return markdown_field(
            model, named.empty() ? "none below -1.645" : fmt::format("{}", fmt::join(named, ", ")));
    };
    return text + "By l_z, the lowest first.\n\n" +
           list("Winner", study.psychometrics->winner.persons) +
           list("Classical GPCM", study.psychometrics->classical.persons);
}

json ability_json(const search::AbilityStatistics& ability) {
    return {{"learners", ability.learners},
            {"mean", finite_or_null(ability.mean)},
            {"sd", finite_or_null(ability.deviation)},
            {"reliability", finite_or_null(ability.reliability)},
            {"histogram",
             {{"low", ability.histogram.low},
              {"high", ability.histogram.high},
              {"counts", ability.histogram.counts}}}};
}

json dependence_json(const std::optional<search::Dependence>& of) {
    if (!of) return nullptr;
    return {{"pairs", of->pairs},
            {"beyond", of->beyond},
            {"by_chance", of->by_chance},
            {"mean", finite_or_null(of->mean)}};
}

json scatter_json(const std::optional<search::HeldOutFit>& fit) {
    constexpr const char* scatters[] = {"as_predicted", "more", "less"};
    if (!fit) return nullptr;
    return {{"items_with_infit", fit->items},
            {"items_above_one", fit->above},
            {"lz",
             {{"learners", fit->learners},
              {"mean", finite_or_null(fit->lz_mean)},
              {"sd", finite_or_null(fit->lz_deviation)}}},
            {"scatter", scatters[static_cast<int>(scatter(*fit))]}};
}

json likelihood_json(const std::optional<search::LikelihoodFit>& of) {
    if (!of) return nullptr;
    return {{"log_likelihood", of->log_likelihood},
            {"aic", of->aic},
            {"bic", of->bic},
            {"parameters", of->parameters}};
}

/// @param online of residuals about what was predicted before each response
json model_json(const search::ModelStatistics& model, const Misfit& misfit,
                const TestInformation& test, const std::optional<search::Dependence>& online) {
    json lowest = json::array();
    for (const search::MisfittingLearner& learner : model.persons.lowest)
        lowest.push_back(
            {{"learner", learner.learner}, {"responses", learner.responses}, {"lz", learner.lz}});
    return {{"ability", ability_json(model.ability)},
            {"test_information", {{"ability", test.ability}, {"information", test.information}}},
            {"items_with_infit", misfit.items},
            {"items_beyond_chance", misfit.beyond},
            {"items_above_one", misfit.above},
            {"median_infit", finite_or_null(misfit.median)},
            {"lz",
             {{"learners", model.persons.learners},
              {"mean", finite_or_null(model.persons.mean)},
              {"sd", finite_or_null(model.persons.deviation)},
              {"low", model.persons.low},
              {"lowest", lowest},
              {"histogram",
               {{"low", model.persons.histogram.low},
                {"high", model.persons.histogram.high},
                {"counts", model.persons.histogram.counts}}}}},
            {"residual_correlation", dependence_json(online)},
            {"held_out", scatter_json(model.held_out)}};
}

}  // namespace

std::string psychometrics_markdown(const Findings& f) {
    const search::Study& study = *f.study;
    if (!study.portrait) return "";
    std::string text = markdown_heading("Psychometrics");
    if (!study.psychometrics) return text + agreement_markdown(study) + '\n' + not_on_record;
    const search::Psychometrics& of = *study.psychometrics;
    text += fmt::format(
        "The winner and the classical GPCM as models of measurement, on the {} ({}) that both were "
        "fitted to.{} Fit is of what each predicted from the responses "
        "before, and so depends a little on their order, be it as arbitrary as a questionnaire's: "
        "of a right model and other learners infits are about 1, l_z about 0 ± 1, 5% "
        "beyond the bounds; of its own learners it does better. Formulas: "
        "docs/psychometrics.md.\n\n",
        counted(of.learners, "learner"), counted(of.responses, "response"),
        of.learners < fewest_fitted
            ? " These are few: the classical parameters say more of their priors than of the "
              "questions."
            : "");
    text += models_table(study) + "\n";
    if (winner_is_classical(study))
        text += "The winner is the classical GPCM: both columns are of the same model.\n";
    else
        text += agreement_markdown(study) + "\n" + dependence_of_ability(of) + "\n";
    const std::string sure = scatter_text("The winner", of.winner.held_out) +
                             scatter_text("The classical GPCM", of.classical.held_out);
    if (!sure.empty()) text += "\nOn the learners held out:" + sure + '\n';
    if (std::isfinite(of.coefficient_alpha.value))
        text += fmt::format("\nCoefficient alpha of the raw scores is {} ({} who answered all).\n",
                            fixed(of.coefficient_alpha.value, 3),
                            counted(of.coefficient_alpha.learners, "learner"));
    if (!std::isfinite(of.winner.ability.reliability))
        text += "\nThe winner has no posterior of ability, and so no reliability.\n";
    return text + items_markdown(f) + pairs_markdown(study) + persons_markdown(study);
}

void psychometrics_json(const Findings& f, json& analysis) {
    json& result = analysis["psychometrics"] = nullptr;
    const search::Study& study = *f.study;
    if (!study.portrait || !study.psychometrics) return;
    const search::Psychometrics& of = *study.psychometrics;
    json pairs = json::array();
    for (const search::DependentItems& pair : of.dependent)
        pairs.push_back({{"items", {pair.first, pair.second}},
                         {"learners", pair.learners},
                         {"winner", pair.winner},
                         {"classical", pair.classical_online},
                         {"q3", pair.classical}});
    result = {
        {"learners", of.learners},
        {"responses", of.responses},
        {"winner", model_json(of.winner, infit_misfit(of.items, &search::ItemStatistics::winner),
                              winners_test(study), of.winner.dependence)},
        {"classical",
         model_json(of.classical, infit_misfit(of.items, &search::ItemStatistics::classical),
                    classical_test(study), of.classical_online)},
        {"likelihood", likelihood_json(of.likelihood)},
        {"coefficient_alpha",
         {{"value", finite_or_null(of.coefficient_alpha.value)},
          {"learners", of.coefficient_alpha.learners}}},
        {"q3", of.q3_above_mean ? dependence_json(of.classical.dependence) : json(nullptr)},
        {"q3_pairs", pairs},
        {"q3_questions", of.dependence_questions},
        {"q3_learners", of.dependence_learners},
        {"ability_of_question", of.ability_of_question},
        {"ability_between_learners", of.ability_between_learners},
        {"striking_items", striking_items(study, f.items)}};
}

}  // namespace manygpcm::report
