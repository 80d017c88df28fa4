// The winner and the classical GPCM as models of measurement: items, their dependence, abilities
// and persons.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "figures/number_text.h"
#include "manygpcm/engine/category_counts.h"
#include "manygpcm/engine/local_dependence.h"
#include "sections/markdown_text.h"
#include "sections/sections.h"

namespace manygpcm::report {
namespace {

using nlohmann::json;
using Rows = std::vector<std::vector<std::string>>;

constexpr std::size_t most_rows = 20;             // of items
constexpr std::size_t most_dependent_pairs = 10;  // of items, too
constexpr std::size_t most_thresholds = 5;        // in a cell

/// How far the winner reads as the classical model does.
std::string agreement_markdown(const search::Study& study) {
    const search::Portrait& portrait = *study.portrait;
    const search::Agreement agreement = search::agreement_with_classical(portrait.items);
    std::string text = fmt::format(
        "The winner's questions beside the classical GPCM's: Pearson's r is {} of the "
        "discriminations and {} of the thresholds",
        fixed(agreement.discrimination, 3), fixed(agreement.threshold, 3));
    if (study.psychometrics)
        text += fmt::format(", and {} of the abilities",
                            fixed(study.psychometrics->ability_correlation, 3));
    text += '.';
    if (portrait.explained && std::isfinite(*portrait.explained))
        text += fmt::format(
            " Ability and item explain {} of the variance of the winner's steps, the log odds of "
            "neighbouring categories, {}; the rest is what it adds for the question itself.",
            percent(*portrait.explained),
            portrait.held_out ? "on the learners held out" : "on the learners it was fitted to");
    return text + "\n";
}

/// What the winner's ability is an ability of.
std::string dependence_of_ability(const search::Psychometrics& of) {
    if (!of.ability_of_question)
        return "The winner's ability is read from what is known of the learner alone: it is the "
               "same whichever question comes next.";
    const std::string made = std::isfinite(of.ability_between_learners)
                                 ? fmt::format(
                                       ": {} of its variance is between learners, the rest between "
                                       "questions that the same learner might be asked next",
                                       percent(of.ability_between_learners))
                                 : "";
    return fmt::format(
        "The winner's ability depends on the question that is asked, too{}. With "
        "`ability_from=state` it is read from the learner alone.",
        made);
}

std::string least_error_text(const TestInformation& test, double deviation) {
    const auto most = std::ranges::max_element(test.information);
    if (most == test.information.end() || !(*most > 0)) return not_a_number;
    const double at = test.ability[static_cast<std::size_t>(most - test.information.begin())];
    const double error = 1 / std::sqrt(*most);
    return fmt::format("{} at {}, {} of a deviation", fixed(error, 2), fixed(at, 2),
                       fixed(error / deviation, 2));
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

std::string models_table(const search::Study& study) {
    const search::Psychometrics& of = *study.psychometrics;
    Rows rows;
    const auto add = [&](const char* what, auto text) {
        rows.push_back({what, text(of.winner), text(of.classical)});
    };
    add("Reliability of ability (EAP)",
        [](const auto& model) { return fixed(model.ability.reliability, 3); });
    add("Ability: mean ± standard deviation", [](const auto& model) {
        return fmt::format("{} ± {}", fixed(model.ability.mean, 2),
                           fixed(model.ability.deviation, 2));
    });
    rows.push_back({"Least standard error of ability, over one answer to each question",
                    least_error_text(winners_test(study), of.winner.ability.deviation),
                    least_error_text(classical_test(study), of.classical.ability.deviation)});
    const auto misfit = [&](ItemFit search::ItemStatistics::*fit) {
        const Misfit found = infit_misfit(of.items, fit);
        return share(static_cast<std::int64_t>(found.beyond),
                     static_cast<std::int64_t>(found.items));
    };
    rows.push_back({"Questions with an infit beyond chance (z beyond ±1.96)",
                    misfit(&search::ItemStatistics::winner),
                    misfit(&search::ItemStatistics::classical)});
    add("Learners who fit badly (l_z < -1.645)",
        [](const auto& model) { return share(model.persons.low, model.persons.learners); });
    add("l_z: mean ± standard deviation", [](const auto& model) {
        return fmt::format("{} ± {}", fixed(model.persons.mean, 2),
                           fixed(model.persons.deviation, 2));
    });
    add("Pairs of questions with a Q3 beyond ±0.2 (by chance)", [](const auto& model) {
        return model.dependence.pairs == 0
                   ? not_a_number
                   : fmt::format("{} of {} ({})", model.dependence.beyond, model.dependence.pairs,
                                 fixed(model.dependence.by_chance, 1));
    });
    add("Mean Q3", [](const auto& model) { return fixed(model.dependence.mean, 3); });
    return markdown_table({"", "Winner", "Classical GPCM"}, rows);
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
             fmt::format("{} / {}", fixed(of.winner.infit, 2), fixed(of.winner.outfit, 2)),
             fmt::format("{}", fmt::join(f.items[i].marks, "; "))});
    }
    std::string text = markdown_subheading("Questions");
    text +=
        "Item-rest: Pearson's r of the response with the mean of the learner's responses to "
        "other questions. α and β (standard errors in brackets), infit / outfit: of the "
        "classical GPCM, then of the winner.";
    if (!all)
        text += fmt::format(
            " {} of {} questions: those with a mark first, then by how far the classical infit is "
            "from 1 (|z|), last those answered alike. The other {}, and the winner's thresholds, "
            "are in the `*_items.csv` "
            "beside this report, on the page and in the JSON.",
            shown.size(), f.items.size(), f.items.size() - shown.size());
    else
        text +=
            " The winner's thresholds are in the `*_items.csv` beside this report, on the page "
            "and in the JSON.";
    const auto alike = std::ranges::count_if(study.psychometrics->items, [](const auto& item) {
        return std::ranges::any_of(item.category_counts, [](auto n) { return n > 0; }) &&
               !answers_vary(item.category_counts);
    });
    if (alike > 0)
        text +=
            fmt::format(" {} {} answered alike by everybody, which tells nothing of {}.", alike,
                        alike == 1 ? "question was" : "questions were", alike == 1 ? "it" : "them");
    return text + "\n\n" +
           markdown_table({"Question", "n", "Item-rest", "α", "β", "Infit / outfit", "Winner's α",
                           "Winner's infit / outfit", "Mark"},
                          rows);
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
                        fixed(pair.classical, 3)});
        by_winner += beyond_chance(pair.winner, pair.learners, of.winner.dependence.pairs);
        by_classical += beyond_chance(pair.classical, pair.learners, of.classical.dependence.pairs);
    }
    text += fmt::format(
        "The largest |Q3|, correlations of what ability leaves unexplained, of pairs that at least "
        "{} learners answered. Of the classical GPCM the residuals are about the ability after all "
        "responses (Yen 1984), of the winner about what it predicted before each. Of so many pairs "
        "some are large by chance: of those below, {} of the winner's and {} of the classical "
        "GPCM's aren't (Bonferroni, 5%).",
        fewest_in_common, by_winner, by_classical);
    if (of.dependence_questions >= std::int64_t{Q3Limits{}.questions} ||
        of.dependence_learners < of.learners)
        text +=
            fmt::format(" Looked at: the {} questions with most answers, and {} of {} learners.",
                        of.dependence_questions, of.dependence_learners, of.learners);
    return text + "\n\n" +
           markdown_table({"Questions", "Learners", "Winner", "Classical GPCM"}, rows);
}

std::string persons_markdown(const search::Study& study) {
    constexpr std::size_t most_named = 5;
    std::string text = markdown_subheading("Learners who fit least");
    const auto list = [&](const char* model, const search::PersonFit& persons) {
        std::vector<std::string> named;
        for (const search::MisfittingLearner& learner : persons.lowest)
            if (learner.lz < search::lz_of_note && named.size() < most_named)
                named.push_back(fmt::format("{} ({}, {} responses)", markdown_text(learner.learner),
                                            fixed(learner.lz, 2), learner.responses));
        return markdown_field(
            model, named.empty() ? "none below -1.645" : fmt::format("{}", fmt::join(named, ", ")));
    };
    return text + "By l_z, the lowest first.\n\n" +
           list("Winner", study.psychometrics->winner.persons) +
           list("Classical GPCM", study.psychometrics->classical.persons);
}

json finite_or_null(double value) {
    return std::isfinite(value) ? json(value) : json(nullptr);
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

json model_json(const search::ModelStatistics& model, const Misfit& misfit,
                const TestInformation& test) {
    json lowest = json::array();
    for (const search::MisfittingLearner& learner : model.persons.lowest)
        lowest.push_back(
            {{"learner", learner.learner}, {"responses", learner.responses}, {"lz", learner.lz}});
    return {{"ability", ability_json(model.ability)},
            {"test_information", {{"ability", test.ability}, {"information", test.information}}},
            {"items_with_infit", misfit.items},
            {"items_beyond_chance", misfit.beyond},
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
            {"q3",
             {{"pairs", model.dependence.pairs},
              {"beyond", model.dependence.beyond},
              {"by_chance", model.dependence.by_chance},
              {"mean", finite_or_null(model.dependence.mean)}}}};
}

}  // namespace

std::string psychometrics_markdown(const Findings& f) {
    const search::Study& study = *f.study;
    if (!study.portrait) return "";
    std::string text = markdown_heading("Psychometrics");
    if (!study.psychometrics) return text + agreement_markdown(study);
    const search::Psychometrics& of = *study.psychometrics;
    text += fmt::format(
        "The winner and the classical GPCM as models of measurement, on the {} learners ({} "
        "responses) that both were fitted to, which favours whichever has more parameters. Fit is "
        "of what each predicted of a response from those before: mean squares of 1 are expected, "
        "and 5% of the questions and learners beyond the bounds by chance. docs/psychometrics.md "
        "has the formulas and how to read them.\n\n",
        of.learners, of.responses);
    text += models_table(study) + "\n" + agreement_markdown(study) + "\n" +
            dependence_of_ability(of) + "\n";
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
                         {"classical", pair.classical}});
    result = {
        {"learners", of.learners},
        {"responses", of.responses},
        {"winner", model_json(of.winner, infit_misfit(of.items, &search::ItemStatistics::winner),
                              winners_test(study))},
        {"classical",
         model_json(of.classical, infit_misfit(of.items, &search::ItemStatistics::classical),
                    classical_test(study))},
        {"q3_pairs", pairs},
        {"q3_questions", of.dependence_questions},
        {"q3_learners", of.dependence_learners},
        {"ability_of_question", of.ability_of_question},
        {"ability_between_learners", of.ability_between_learners},
        {"striking_items", striking_items(study, f.items)}};
}

}  // namespace manygpcm::report
