// Goes through the learners once with each model, a few at a time, and lets sums grow.
#include "manygpcm/search/psychometrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <span>
#include <utility>

#include "manygpcm/engine/category_counts.h"
#include "manygpcm/engine/item_rest.h"
#include "manygpcm/engine/local_dependence.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/engine/numbers_from.h"
#include "manygpcm/engine/parts_of.h"
#include "manygpcm/engine/statistics.h"
#include "study/usual_seconds.h"

namespace manygpcm::search {
namespace {

constexpr std::size_t steps_held = 1 << 16;  // predictions of so many at once
constexpr std::size_t bins = 40;
constexpr std::size_t most_named = 10;  // pairs and learners that are listed
// Learners whose abilities by the winner are asked for, and questions that each is asked next:
// enough for a picture and a correlation.
constexpr int most_probed_learners = 1000, most_probing_questions = 16;
constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// To six significant digits.
double short_number(double x) {
    if (x == 0 || !std::isfinite(x)) return x;
    const double unit = std::pow(10.0, std::floor(std::log10(std::abs(x))) - 5);
    // Below 1 a unit isn't exact, but its inverse is.
    return unit < 1 ? std::round(x * std::round(1 / unit)) / std::round(1 / unit)
                    : std::round(x / unit) * unit;
}

Histogram histogram_of(const std::vector<double>& values) {
    Histogram histogram{.low = 0, .high = 0, .counts = std::vector<std::int64_t>(bins)};
    if (values.empty()) return histogram;
    const auto [low, high] = std::ranges::minmax(values);
    histogram.low = low;
    histogram.high = high;
    for (const double x : values) {
        const double at = high > low ? (x - low) / (high - low) * bins : 0;
        ++histogram.counts[std::min(bins - 1, static_cast<std::size_t>(at))];
    }
    histogram.low = short_number(low);
    histogram.high = short_number(high);
    return histogram;
}

/// One learner's residuals, of first responses, of the questions that are looked at.
class ResidualsOfLearner {
  public:
    void clear() { residuals_.clear(); }
    void add(std::int32_t question, double residual) {
        residuals_.emplace_back(question, static_cast<float>(residual));
    }
    Residuals of_first_responses() {
        std::ranges::stable_sort(residuals_, {}, &std::pair<std::int32_t, float>::first);
        // Not std::ranges::unique, whose result Clang up to 15 can't take from libstdc++.
        residuals_.erase(
            std::unique(residuals_.begin(), residuals_.end(),
                        [](const auto& a, const auto& b) { return a.first == b.first; }),
            residuals_.end());
        return residuals_;
    }

  private:
    std::vector<std::pair<std::int32_t, float>> residuals_;
};

/// What one model's predictions come to, learner by learner.
class OnlineFit {
  public:
    explicit OnlineFit(const LearnerSet& learners) : learners_(learners) {
        items_.resize(static_cast<std::size_t>(learners.n_questions));
    }

    /// Learners one after another, each once. @param pairs  take their residuals; null: nobody does
    void add(const Predictions& predictions, std::span<const int> which, ResidualPairs* pairs) {
        const auto width = static_cast<std::size_t>(predictions.n_categories);
        for (std::size_t i = 0; i < which.size(); ++i) {
            const Learner& learner = learners_.all[static_cast<std::size_t>(which[i])];
            const auto first = static_cast<std::size_t>(predictions.offsets[i]);
            const bool in_pairs = pairs != nullptr && !pairs->full();
            PersonFitSums person;
            own_.clear();
            for (std::size_t t = 0; t < learner.responses.size(); ++t) {
                const ResponseFit fit = response_fit(
                    std::span(predictions.probabilities).subspan((first + t) * width, width),
                    learner.responses[t]);
                items_[static_cast<std::size_t>(learner.questions[t])].add(fit);
                person.add(fit);
                if (in_pairs && pairs->looks_at(learner.questions[t]))
                    own_.add(learner.questions[t], fit.residual);
            }
            if (in_pairs) pairs->add(own_.of_first_responses());
            lz_.push_back(person.lz());
        }
    }

    std::vector<ItemFit> items() const {
        std::vector<ItemFit> fits;
        for (const ItemFitSums& sums : items_)
            fits.push_back(sums.fit());
        return fits;
    }

    /// @param which learners, all that were added, in order
    PersonFit persons(std::span<const int> which) const {
        PersonFit fit;
        Moments moments;
        std::vector<double> known;
        std::vector<std::pair<double, std::size_t>> places;
        for (std::size_t i = 0; i < lz_.size(); ++i) {
            if (!std::isfinite(lz_[i])) continue;
            known.push_back(lz_[i]);
            moments.add(lz_[i]);
            fit.low += lz_[i] < lz_of_note;
            places.emplace_back(lz_[i], i);
        }
        fit.learners = static_cast<std::int64_t>(known.size());
        fit.mean = short_number(known.empty() ? unknown : moments.mean);
        fit.deviation = short_number(moments.sample_deviation());
        fit.histogram = histogram_of(known);
        const std::size_t named = std::min(places.size(), most_named);
        std::ranges::partial_sort(places, places.begin() + static_cast<std::ptrdiff_t>(named));
        for (const auto& [lz, place] : std::span(places).first(named)) {
            const Learner& learner = learners_.all[static_cast<std::size_t>(which[place])];
            fit.lowest.push_back({learner.id, static_cast<std::int64_t>(learner.responses.size()),
                                  short_number(lz)});
        }
        return fit;
    }

  private:
    const LearnerSet& learners_;
    std::vector<ItemFitSums> items_;
    std::vector<double> lz_;  // by learner
    ResidualsOfLearner own_;
};

/// How many learners answered each question; 0 of those that were answered alike by everybody:
/// where nothing varies residuals are what the predictions are, and correlate as those do.
std::vector<std::int64_t> learners_by_question(const LearnerSet& learners,
                                               std::span<const int> which) {
    const auto n_questions = static_cast<std::size_t>(learners.n_questions);
    std::vector<std::int64_t> answered(n_questions);
    std::vector<int> last(n_questions, -1);  // who answered it
    for (const int i : which)
        for (const std::int32_t question : learners.all[static_cast<std::size_t>(i)].questions) {
            const auto q = static_cast<std::size_t>(question);
            answered[q] += last[q] != i;
            last[q] = i;
        }
    const std::vector<std::int64_t> counts = count_categories(learners, which);
    for (std::size_t q = 0; q < n_questions; ++q) {
        const auto n_categories = static_cast<std::size_t>(learners.n_categories);
        if (!answers_vary(std::span(counts).subspan(q * n_categories, n_categories)))
            answered[q] = 0;
    }
    return answered;
}

/// Lets `predict` predict a few learners at a time.
/// @param pairs  take the learners' residuals; null: nobody does
OnlineFit online_fit(const LearnerSet& learners, std::span<const int> which,
                     const std::function<Predictions(std::span<const int>)>& predict,
                     const WorkObserver& observer, ResidualPairs* pairs = nullptr) {
    OnlineFit fit(learners);
    std::size_t done = 0;
    for (const std::span<const int> part : parts_of(learners.all, which, steps_held)) {
        fit.add(predict(part), part, pairs);
        done += part.size();
        if (observer) observer(static_cast<double>(done) / static_cast<double>(which.size()));
    }
    return fit;
}

/// Adds residuals about the expected score at the ability after all responses.
void add_residuals_at(const std::vector<AbilityEstimate>& abilities, const ClassicalGpcm& model,
                      const LearnerSet& learners, std::span<const int> which, StopFlag stop,
                      const WorkObserver& observer, ResidualPairs& pairs) {
    ResidualsOfLearner own;
    for (std::size_t i = 0; i < which.size() && !pairs.full(); ++i) {
        throw_if_set(stop);
        tell_turn(observer, i, which.size());
        const Learner& learner = learners.all[static_cast<std::size_t>(which[i])];
        own.clear();
        for (std::size_t t = 0; t < learner.responses.size(); ++t) {
            const std::int32_t question = learner.questions[t];
            if (pairs.looks_at(question))
                own.add(question, learner.responses[t] -
                                      expected_score(model, static_cast<std::size_t>(question),
                                                     abilities[i].mean));
        }
        pairs.add(own.of_first_responses());
    }
}

AbilityStatistics statistics_of(const std::vector<double>& means,
                                const std::vector<double>& deviations) {
    Moments between, variances;
    for (std::size_t i = 0; i < means.size(); ++i) {
        between.add(means[i]);
        variances.add(deviations[i] * deviations[i]);
    }
    return {.learners = static_cast<std::int64_t>(means.size()),
            .mean = short_number(means.empty() ? unknown : between.mean),
            .deviation = short_number(between.sample_deviation()),
            .reliability = short_number(reliability(between, variances)),
            .histogram = histogram_of(means)};
}

/// `n` of the numbers 0 .. of - 1, evenly spaced; all where there are no more.
std::vector<int> spread(int n, int of) {
    std::vector<int> chosen;
    for (int i = 0; i < std::min(n, of); ++i)
        chosen.push_back(static_cast<int>(std::int64_t{i} * of / std::min(n, of)));
    return chosen;
}

/// The winner's ability after all responses of some learners, asked a few questions next.
struct ProbedAbilities {
    std::vector<int> learners;              ///< numbers
    std::vector<double> means, deviations;  ///< by learner; means over the questions
    double between_learners = 1;            ///< part of the variance
};
ProbedAbilities probe(const Model& model, const LearnerSet& learners, int n_fitted, StopFlag stop) {
    ProbedAbilities probed;
    probed.learners = spread(most_probed_learners, n_fitted);
    const bool of_question = ability_depends_on_question(model.config.hyperparameters);
    const std::vector<int> questions =
        spread(of_question ? most_probing_questions : 1, learners.n_questions);
    Moments all;
    double within_squares = 0;
    std::vector<Learner> asked;
    const auto ask = [&] {
        const Predictions said =
            predict(model, asked, numbers_from(0, static_cast<int>(asked.size())), stop);
        for (std::size_t i = 0; i < asked.size(); ++i) {
            const auto first =
                static_cast<std::size_t>(said.offsets[i]) + asked[i].responses.size();
            Moments within;
            for (std::size_t q = 0; q < questions.size(); ++q) {
                within.add(said.theta[first + q]);
                all.add(said.theta[first + q]);
            }
            within_squares += within.squares;
            probed.means.push_back(within.mean);
            probed.deviations.push_back(
                said.theta_deviation.empty() ? unknown : double{said.theta_deviation[first]});
        }
        asked.clear();
    };
    std::size_t steps = 0;
    for (const int number : probed.learners) {
        Learner& learner = asked.emplace_back(learners.all[static_cast<std::size_t>(number)]);
        learner.questions.resize(learner.responses.size());
        learner.questions.insert(learner.questions.end(), questions.begin(), questions.end());
        if (steps += learner.questions.size(); steps < steps_held) continue;
        ask();
        steps = 0;
    }
    if (!asked.empty()) ask();
    if (of_question)
        probed.between_learners =
            all.squares > 0 && questions.size() > 1 ? 1 - within_squares / all.squares : unknown;
    return probed;
}

Dependence dependence_of(const LocalDependence& found) {
    return {.pairs = found.pairs,
            .beyond = found.beyond,
            .mean = short_number(found.mean),
            .by_chance = short_number(found.by_chance)};
}

/// The largest of either model's online residuals, with the Q3 of the others.
std::vector<DependentItems> dependent_items(const LocalDependence& classical_online,
                                            const LocalDependence& winner,
                                            const LocalDependence& classical) {
    std::vector<DependentItems> pairs;
    for (const LocalDependence* found : {&classical_online, &winner})
        for (const QuestionPair& pair : found->largest) {
            if (std::ranges::any_of(pairs, [&](const DependentItems& known) {
                    return known.first == pair.first && known.second == pair.second;
                }))
                continue;
            pairs.push_back({.first = pair.first,
                             .second = pair.second,
                             .learners = pair.learners,
                             .classical = classical.q3_of(pair.first, pair.second),
                             .winner = winner.q3_of(pair.first, pair.second),
                             .classical_online = classical_online.q3_of(pair.first, pair.second)});
        }
    const auto larger = [](const DependentItems& pair) {
        const auto size = [](double q3) { return std::isfinite(q3) ? std::abs(q3) : 0; };
        return std::max(size(pair.classical_online), size(pair.winner));
    };
    std::ranges::stable_sort(pairs, std::greater{}, larger);
    for (DependentItems& pair : pairs) {
        pair.classical = short_number(pair.classical);
        pair.winner = short_number(pair.winner);
        pair.classical_online = short_number(pair.classical_online);
    }
    return pairs;
}

ItemFit short_fit(const ItemFit& fit) {
    return {.outfit = short_number(fit.outfit),
            .infit = short_number(fit.infit),
            .z_outfit = short_number(fit.z_outfit),
            .z_infit = short_number(fit.z_infit)};
}

std::vector<ItemStatistics> items_of(const LearnerSet& learners, std::span<const int> which,
                                     const std::vector<ItemFit>& winner,
                                     const std::vector<ItemFit>& classical,
                                     const ClassicalFit& errors) {
    std::vector<ItemStatistics> items;
    const std::vector<double> item_rest = item_rest_correlations(learners, which);
    const std::vector<std::int64_t> counts = count_categories(learners, which);
    std::vector<double> beta_error = errors.beta_error;
    blank_unidentified(counts, learners.n_categories, std::span(beta_error));
    const auto n_categories = static_cast<std::size_t>(learners.n_categories);
    for (std::size_t q = 0; q < static_cast<std::size_t>(learners.n_questions); ++q) {
        ItemStatistics& item = items.emplace_back();
        const std::span of_item = std::span(counts).subspan(q * n_categories, n_categories);
        item.category_counts.assign(of_item.begin(), of_item.end());
        item.item_rest = short_number(item_rest[q]);
        item.alpha_error = short_number(errors.alpha_error[q]);
        for (std::size_t j = 0; j + 1 < n_categories; ++j)
            item.beta_error.push_back(short_number(beta_error[q * (n_categories - 1) + j]));
        item.winner = short_fit(winner[q]);
        item.classical = short_fit(classical[q]);
    }
    return items;
}

/// Of a negative slope thresholds that are in order descend.
bool out_of_order(double alpha, std::span<const double> beta, std::span<const double> beta_error) {
    for (std::size_t j = 1; j < std::min(beta.size(), beta_error.size()); ++j) {
        const double back = (beta[j - 1] - beta[j]) * (alpha < 0 ? -1 : 1);
        if (back > z_of_note * (beta_error[j - 1] + beta_error[j])) return true;
    }
    return false;
}

/// @param predict a few learners at a time
HeldOutFit held_out_fit(const LearnerSet& learners, std::span<const int> which,
                        const std::function<Predictions(std::span<const int>)>& predict,
                        const WorkObserver& observer) {
    const OnlineFit fit = online_fit(learners, which, predict, observer);
    HeldOutFit found;
    for (const ItemFit& item : fit.items()) {
        if (!std::isfinite(item.z_infit)) continue;
        ++found.items;
        found.above += item.infit > 1;
    }
    const PersonFit persons = fit.persons(which);
    found.learners = persons.learners;
    found.lz_mean = persons.mean;
    found.lz_deviation = persons.deviation;
    return found;
}

LikelihoodFit likelihood_of(const ClassicalFit& fit) {
    const auto rounded = [](double x) { return std::round(100 * x) / 100; };
    return {.log_likelihood = rounded(fit.log_likelihood),
            .aic = rounded(fit.aic),
            .bic = rounded(fit.bic),
            .parameters = static_cast<std::int64_t>(fit.parameters)};
}

}  // namespace

std::vector<std::string> item_marks(std::span<const std::int64_t> category_counts, double alpha,
                                    double alpha_error, std::span<const double> beta,
                                    std::span<const double> beta_error) {
    std::vector<std::string> marks;
    const auto seen = [](std::int64_t count) { return count > 0; };
    if (!category_counts.empty() && std::ranges::none_of(category_counts, seen))
        return {"never answered"};
    for (std::size_t k = 0; k < category_counts.size(); ++k)
        if (!seen(category_counts[k])) marks.push_back(fmt::format("category {} never seen", k));
    if (alpha + z_of_note * (std::isfinite(alpha_error) ? alpha_error : 0) < 0)
        marks.emplace_back("negative slope");
    if (out_of_order(alpha, beta, beta_error)) marks.emplace_back("disordered thresholds");
    return marks;
}

std::vector<ItemFit> online_item_fit(const Model& model, const LearnerSet& learners,
                                     std::span<const int> which, StopFlag stop,
                                     const WorkObserver& observer) {
    return online_fit(
               learners, which,
               [&](std::span<const int> some) { return predict(model, learners.all, some, stop); },
               observer)
        .items();
}

Psychometrics psychometrics_of(const Model& winner, const ClassicalGpcm& classical,
                               const LearnerSet& learners, int n_fitted, StopFlag stop,
                               Portrayer* portrayer, const WorkObserver& observer,
                               ItemPrior prior) {
    Psychometrics result;
    const std::vector<int> which = numbers_from(0, n_fitted);
    result.learners = n_fitted;
    for (const int i : which)
        result.responses +=
            static_cast<std::int64_t>(learners.all[static_cast<std::size_t>(i)].responses.size());

    const auto shown = [&](PredictedBy by, std::span<const int> some, Predictions predictions) {
        if (portrayer != nullptr) portrayer->add(by, some, predictions);
        return predictions;
    };
    const auto of_winner = [&](std::span<const int> some) {
        return shown(PredictedBy::winner, some, predict(winner, learners.all, some, stop));
    };
    const ClassicalPredictor predictor(classical);
    const auto of_classical = [&](std::span<const int> some) {
        return shown(PredictedBy::classical, some, predictor.predict(learners.all, some, stop));
    };
    const std::vector<std::int64_t> answered = learners_by_question(learners, which);
    const std::vector<int> held_out = numbers_from(n_fitted, static_cast<int>(learners.all.size()));
    const auto n = static_cast<double>(result.responses),
               n_held_out = responses(learners.all, held_out);
    const double of_winner_usual = usual_seconds_to_predict(winner, learners) / (n + n_held_out);

    Agenda agenda;
    const auto add_passes = [&](const char* kind, double usual, const auto& predict,
                                ModelStatistics& statistics, LocalDependence& online,
                                std::vector<ItemFit>& items) {
        agenda.add(kind, n * usual, [&, predict](const WorkObserver& of_part) {
            ResidualPairs pairs(answered);
            const OnlineFit found = online_fit(learners, which, predict, of_part, &pairs);
            throw_if_set(stop);
            online = pairs.dependence(most_named);
            items = found.items();
            statistics.persons = found.persons(which);
        });
        if (held_out.empty()) return;
        agenda.add(kind, n_held_out * usual, [&, predict](const WorkObserver& of_part) {
            statistics.held_out = held_out_fit(learners, held_out, predict, of_part);
        });
    };
    // One model after the other, as there may be many pairs.
    LocalDependence winner_online, classical_online;
    std::vector<ItemFit> winner_items, classical_items;
    add_passes("winner", of_winner_usual + UsualSeconds::psychometrics, of_winner, result.winner,
               winner_online, winner_items);
    add_passes("classical", UsualSeconds::predict_classical + UsualSeconds::psychometrics,
               of_classical, result.classical, classical_online, classical_items);
    ClassicalFit fit;
    agenda.add("judge", n * UsualSeconds::judge, [&](const WorkObserver& of_part) {
        fit = judge_fit(classical, learners.all, which, stop, prior, of_part);
        result.items = items_of(learners, which, winner_items, classical_items, fit);
        result.likelihood = likelihood_of(fit);
        result.coefficient_alpha = coefficient_alpha(learners, which);
        result.coefficient_alpha.value = short_number(result.coefficient_alpha.value);
    });
    agenda.add("abilities", n * UsualSeconds::psychometrics, [&](const WorkObserver& of_part) {
        std::vector<double> means, deviations;
        for (const AbilityEstimate& of_learner : fit.abilities) {
            means.push_back(of_learner.mean);
            deviations.push_back(of_learner.deviation);
        }
        result.classical.ability = statistics_of(means, deviations);
        const ProbedAbilities probed = probe(winner, learners, n_fitted, stop);
        result.winner.ability = statistics_of(probed.means, probed.deviations);
        result.ability_of_question = ability_depends_on_question(winner.config.hyperparameters);
        result.ability_between_learners = short_number(probed.between_learners);
        std::vector<double> of_probed;
        for (const int i : probed.learners)
            of_probed.push_back(means[static_cast<std::size_t>(i)]);
        result.ability_correlation = short_number(pearson(probed.means, of_probed));

        ResidualPairs pairs(answered);
        add_residuals_at(fit.abilities, classical, learners, which, stop, of_part, pairs);
        const LocalDependence after_all =
            pairs.dependence(most_named, ResidualsAbout::final_ability);
        throw_if_set(stop);
        result.dependence_questions = static_cast<std::int64_t>(after_all.questions.size());
        result.dependence_learners = after_all.learners;
        result.classical.dependence = dependence_of(after_all);
        result.winner.dependence = dependence_of(winner_online);
        result.classical_online = dependence_of(classical_online);
        result.dependent = dependent_items(classical_online, winner_online, after_all);
    });
    agenda.run(observer ? [&](const WorkState& state) { observer(state.fraction); }
                        : std::function<void(const WorkState&)>());
    return result;
}

}  // namespace manygpcm::search
