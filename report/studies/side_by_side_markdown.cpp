// Says what several studies found, and which of that can be compared.
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <ctime>

#include "figures/number_text.h"
#include "figures/scoreboard.h"
#include "manygpcm/engine/shown.h"
#include "sections/markdown_text.h"
#include "sections/wording.h"
#include "studies/side_by_side_figures.h"

namespace manygpcm::report {
namespace {

using Rows = std::vector<std::vector<std::string>>;
using search::Study;
using search::Trial;
using search::TrialState;

const Study& study(const SideBySide& f, std::size_t i) {
    return (*f.studies)[i].study;
}

std::string name(const SideBySide& f, std::size_t i) {
    return markdown_text((*f.studies)[i].name);
}

// A row of a table: what, and what it is of each study.
template <class F>
std::vector<std::string> row(const SideBySide& f, const std::string& what, F value) {
    std::vector<std::string> cells = {what};
    for (std::size_t i = 0; i < f.n(); ++i)
        cells.push_back(value(i));
    return cells;
}

std::string table(const SideBySide& f, const std::string& what, const Rows& rows) {
    return markdown_table(row(f, what, [&](std::size_t i) { return name(f, i); }), rows);
}

// "4", or "4, 6 and 8" where they differ.
template <class F>
std::string each(const SideBySide& f, F value) {
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < f.n(); ++i)
        texts.push_back(value(i));
    if (std::ranges::adjacent_find(texts, std::not_equal_to<>()) == texts.end())
        return texts.front();
    return enumeration(texts);
}

std::string score(const SideBySide& f, double value) {
    return std::isfinite(value) ? score_text(f.first().foreign, value) : "–";
}

// What scores are.
std::string word(const SideBySide& f) {
    return markdown_text(f.first().foreign ? f.first().objective : score_word(f.first()));
}

int trained_fully(const Study& study) {
    return static_cast<int>(std::ranges::count_if(study.trials, &Trial::full));
}

std::string searches(const SideBySide& f) {
    const auto count = [&](TrialState state) {
        return [&f, state](std::size_t i) {
            return fmt::format(
                "{}", std::ranges::count_if(study(f, i).trials, [state](const Trial& trial) {
                    return outcome(trial) == state;
                }));
        };
    };
    const bool foreign = f.first().foreign;
    Rows rows = {row(f, "Trials",
                     [&](std::size_t i) { return fmt::format("{}", study(f, i).trials.size()); }),
                 row(f, foreign ? "Complete" : "Trained fully", count(TrialState::complete)),
                 row(f, "Stopped early", count(TrialState::pruned)),
                 row(f, "Failed", count(TrialState::failed))};
    if (!foreign)
        rows.push_back(row(f, "Epochs of a fold, all trials", [&](std::size_t i) {
            const Progress& progress = f.progress[i];
            return fmt::format("{:.0f}", progress.spent.empty() ? 0 : progress.spent.back());
        }));
    rows.push_back(row(f, "Seconds by the clock",
                       [&](std::size_t i) { return fixed(study(f, i).wall_seconds, 1); }));
    return "\n" + table(f, "", rows);
}

std::string differences(const SideBySide& f) {
    std::string text = markdown_heading("What differs");
    if (f.differences.empty())
        return text + (f.first().foreign
                           ? "No parameter's range.\n"
                           : "No setting: the studies differ in their trials alone.\n");
    Rows rows;
    for (const auto& [what, values] : f.differences)
        rows.push_back(row(f, markdown_text(what),
                           [&of_all = values](std::size_t i) { return markdown_text(of_all[i]); }));
    return text + table(f, "Setting", rows);
}

// Where the best of a study stands beside the first study's, on the same folds.
std::string standing(const SideBySide& f, std::size_t i) {
    const double above = *f.above_first[i];
    const auto& interval = f.above_first_interval[i];
    const std::string difference = signed_fixed(above, 4) + over_folds(interval);
    if (!interval)
        return fmt::format(
            "**Whether {}'s best is ahead of {}'s can't be told**: the difference is {}, and {} "
            "make no interval.",
            name(f, i), name(f, 0), difference,
            study(f, 0).n_folds < fewest_folds ? counted(study(f, 0).n_folds, "fold")
                                               : counted(study(f, 0).n_learners, "learner"));
    const bool sure = interval->low > 0 || interval->high < 0;
    if (!sure)
        return fmt::format("**{}'s best can't be told from {}'s**: the difference is {}.",
                           name(f, i), name(f, 0), difference);
    return fmt::format("**{}'s best is {} {}'s**: the difference is {}.", name(f, i),
                       study(f, 0).better(above, 0) ? "ahead of" : "behind", name(f, 0),
                       difference);
}

std::vector<std::string> why_bests_do_not_compare(const SideBySide& f) {
    std::vector<std::string> reasons;
    if (!f.data_known)
        reasons.emplace_back("whether the studies are of the same data isn't on record");
    if (!f.same_epochs)
        reasons.push_back(fmt::format("trials were trained for {} epochs", each(f, [&](auto i) {
                                          return fmt::format("{}", study(f, i).epochs);
                                      })));
    if (f.data_known && !f.same_folds)
        reasons.push_back(fmt::format(
            "folds aren't the same: {}", each(f, [&](auto i) {
                return fmt::format("{} of {} by seed {}", study(f, i).n_folds,
                                   counted(study(f, i).n_learners, "learner"), study(f, i).seed);
            })));
    return reasons;
}

std::string bests(const SideBySide& f) {
    const bool foreign = f.first().foreign;
    std::string text = markdown_heading("Best scores");
    std::vector<std::string> sentences;
    if (std::ranges::any_of(f.best, [](const Trial* best) { return best == nullptr; })) {
        sentences.push_back(fmt::format("Not every study has a trial that {}.",
                                        foreign ? "is complete" : "was trained fully"));
    } else if (foreign) {
        sentences.emplace_back(
            "The values are as recorded: whether trials of the studies were trained and scored "
            "alike isn't on record.");
    } else if (f.same_folds && f.same_epochs) {
        for (std::size_t i = 1; i < f.n(); ++i)
            sentences.push_back(standing(f, i));
        sentences.push_back(fmt::format(
            "The comparison is fair as far as training goes: {} on the same {} of the same "
            "learners.",
            counted(f.first().epochs, "epoch"), counted(f.first().n_folds, "fold")));
    } else {
        sentences.push_back(fmt::format("**Best scores don't compare**: {}.",
                                        enumeration(why_bests_do_not_compare(f))));
    }
    const std::string tried =
        each(f, [&](std::size_t i) { return fmt::format("{}", trained_fully(study(f, i))); });
    if (tried.find(' ') != std::string::npos)
        sentences.push_back(fmt::format(
            "A best score is the best of {} trials: it flatters the study that has more of them.",
            tried));
    text += fmt::format("{}\n\n", fmt::join(sentences, " "));
    Rows rows = {row(f, "Best trial",
                     [&](std::size_t i) {
                         return f.best[i] == nullptr ? "–"
                                                     : fmt::format("{}", f.best[i]->number + 1);
                     }),
                 row(f, word(f), [&](std::size_t i) {
                     return f.best[i] == nullptr ? "–" : score(f, f.best[i]->score());
                 })};
    if (!foreign) {
        const std::vector<double> equal = f.best_for_least_spent();
        rows.push_back(row(
            f, fmt::format("The same when {:.0f} epochs of a fold had been spent", f.least_spent()),
            [&](std::size_t i) { return score(f, equal[i]); }));
    }
    return text + table(f, "", rows);
}

// Of sorted values, linearly between neighbours.
double quantile(const std::vector<double>& sorted, double fraction) {
    if (sorted.empty()) return NAN;
    const double at = fraction * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(at);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

std::string distributions(const SideBySide& f) {
    std::string text = markdown_heading("Scores after equal training");
    std::vector<std::vector<double>> sorted;
    for (const ComparableTrials& alike : f.alike) {
        sorted.push_back(alike.scores);
        std::ranges::sort(sorted.back());
    }
    if (std::ranges::any_of(sorted, [](const auto& scores) { return scores.empty(); }))
        return text + "Not every study has a trial that got as far as one of another.\n";
    const auto reached = [&](std::size_t i) {
        return fmt::format("{} of {}", sorted[i].size(), study(f, i).trials.size());
    };
    if (f.first().foreign)
        text += "Of the trials that are complete, by their values.";
    else
        text += fmt::format(
            "Of the trials after {}, the mean of {} folds: what most trials of every study had.",
            counted(f.alike.front().epochs, "epoch"),
            each(f, [&](std::size_t i) { return fmt::format("{}", study(f, i).n_folds); }));
    text +=
        " They say how good the points were that a search tried: a sampler that learns from its "
        "trials has better ones, and so has a narrower space.";
    if (each(f, [&](auto i) { return fmt::format("{}", study(f, i).n_folds); }).find(' ') !=
        std::string::npos)
        text +=
            " With more folds a model learns from more learners: that much their training isn't "
            "equal.";
    if (!f.same_epochs && !f.first().foreign)
        text +=
            " Where the learning rate follows a schedule, a trial that ends earlier is further "
            "along it.";
    text += "\n\n";
    const auto at = [&](double fraction) {
        return [&f, &sorted, fraction](std::size_t i) {
            return score(f, quantile(sorted[i], f.first().minimize ? 1 - fraction : fraction));
        };
    };
    return text +
           table(f, "",
                 {row(f, "Trials", reached), row(f, "Worst", at(0)), row(f, "Median", at(0.5)),
                  row(f, "Better than three of four", at(0.75)), row(f, "Best", at(1))});
}

std::string parameters(const SideBySide& f) {
    Rows rows;
    for (const auto& [what, values] : f.parameters) {
        const bool same = std::ranges::adjacent_find(values, std::not_equal_to<>()) == values.end();
        rows.push_back(row(f, markdown_text(what) + (same ? "" : " *"),
                           [&of_all = values](std::size_t i) { return markdown_text(of_all[i]); }));
    }
    return markdown_heading("The winners' parameters") + table(f, "Parameter", rows) +
           "\n`*`: not the same.\n";
}

// A predictor's score, with its interval where there is one.
std::string held_out_text(const search::ScoredPredictor* predictor, const Metric& metric) {
    if (predictor == nullptr) return "–";
    const auto found = predictor->intervals.find(metric.name);
    return fixed(predictor->metrics[metric], 4) +
           (found == predictor->intervals.end()
                ? ""
                : fmt::format(" ({} to {})", fixed(found->second.low, 4),
                              fixed(found->second.high, 4)));
}

const search::ScoredPredictor* baseline(const Study& study, const std::string& name) {
    const auto found = std::ranges::find(study.baselines, name, &search::ScoredPredictor::name);
    return found == study.baselines.end() ? nullptr : &*found;
}

std::string held_out(const SideBySide& f) {
    if (f.first().foreign) return "";
    std::string text = markdown_heading("Learners held out");
    if (std::ranges::none_of(*f.studies, [](const auto& one) { return bool(one.study.winner); }))
        return text + "No study has scored its winner on learners held out.\n";
    const bool all =
        std::ranges::all_of(*f.studies, [](const auto& one) { return bool(one.study.winner); });
    if (all && f.data_known)
        text += fmt::format(
            "What came of the searches, compared fairly whatever they did: the winners, each "
            "trained on all learners of its search, scored once on the same {}. Intervals "
            "(95%, bootstrap over learners) are each model's own: two that don't overlap tell a "
            "difference; of two that do nothing follows, as the studies' records don't hold what "
            "the models predicted.\n\n",
            counted(f.first().n_test_learners, "learner"));
    else if (all)
        text +=
            "Whether the winners were scored on the same learners isn't on record: earlier "
            "versions "
            "left no fingerprint of the data.\n\n";
    std::vector<const Metric*> shown = {&f.first().metric()};
    for (const Metric* metric : metrics_shown(f.first()))
        if (metric->brief && metric != shown.front()) shown.push_back(metric);
    Rows rows;
    for (const Metric* metric : shown)
        rows.push_back(row(f, "winner, " + std::string(metric->title), [&](std::size_t i) {
            return held_out_text(study(f, i).winner ? &*study(f, i).winner : nullptr, *metric);
        }));
    for (const search::ScoredPredictor& one : f.first().baselines)
        rows.push_back(
            row(f, fmt::format("{}, {}", one.name, shown.front()->title), [&](std::size_t i) {
                return held_out_text(baseline(study(f, i), one.name), *shown.front());
            }));
    return text + table(f, "", rows);
}

}  // namespace

std::string side_by_side_markdown(const SideBySide& f, const std::string& generated,
                                  const std::vector<std::string>& pictures) {
    std::string text = fmt::format(
        "# Studies Side by Side\n\n**Studies**: {}  \n**Dataset**: {}  \n**Score**: {}, the {} the "
        "better  \n**Generated**: {}\n",
        enumeration([&] {
            std::vector<std::string> names;
            for (std::size_t i = 0; i < f.n(); ++i)
                names.push_back(name(f, i));
            return names;
        }()),
        f.first().foreign ? "not on record" : markdown_text(f.first().dataset), word(f),
        f.first().minimize ? "lower" : "higher",
        generated.empty() ? fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::localtime(std::time(nullptr)))
                          : generated);
    text +=
        searches(f) + bests(f) + held_out(f) + distributions(f) + parameters(f) + differences(f);
    if (!pictures.empty()) {
        std::vector<std::string> lines;
        for (const std::string& line : pictures)
            lines.push_back(markdown_text(line));
        text += markdown_heading("Visualizations") + markdown_list(lines);
    }
    return text + "\n---\n\nGenerated by manygpcm " MANYGPCM_VERSION "\n";
}

std::string side_by_side_markdown(const std::vector<NamedStudy>& studies,
                                  const std::string& generated,
                                  const std::vector<std::string>& pictures) {
    return side_by_side_markdown(side_by_side(studies), generated, pictures);
}

}  // namespace manygpcm::report
