// Questions without a response are laid behind a learner's responses, as many at a time as make one
// more walk through these responses a small part of the work.
#include "manygpcm/engine/next_question.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "manygpcm/engine/models.h"
#include "manygpcm/engine/numbers_from.h"
#include "model/inference.h"

namespace manygpcm {
namespace {

// Questions behind one walk through a learner's responses, or as many as there are responses. Where
// that is all of them, what depends on questions alone is computed once for many learners.
constexpr int questions_at_once = 16384;

// Steps whose predictions are held at once.
constexpr std::size_t steps_at_once = 1 << 18;

/// Some learners with questions behind their responses.
class Group {
  public:
    void add(const Learner& learner, const NextQuestions& next) {
        const std::size_t n = learner.responses.size();
        Learner& asked = learners_.emplace_back(learner);
        asked.questions.resize(n);
        for (int q = next.first_question; q < next.first_question + next.n_questions; ++q)
            asked.questions.push_back(q);
        nexts_.push_back(next);
        nexts_.back().first_step = steps_ + n;
        steps_ += asked.questions.size();
    }

    bool is_full() const { return steps_ >= steps_at_once; }

    bool empty() const { return learners_.empty(); }
    const std::vector<Learner>& learners() const { return learners_; }
    std::vector<int> all() const { return numbers_from(0, static_cast<int>(learners_.size())); }
    /// As they were added.
    std::vector<NextQuestions>& nexts() { return nexts_; }

  private:
    std::vector<Learner> learners_;
    std::vector<NextQuestions> nexts_;
    std::size_t steps_ = 0;
};

/// Visits group after group.
/// @param n_questions that are asked: 0 .. n_questions - 1
void for_groups(Learners learners, int n_questions, const std::function<void(Group&)>& visit) {
    Group group;
    for (int i = 0; i < static_cast<int>(learners.size()); ++i) {
        const Learner& learner = learners[static_cast<std::size_t>(i)];
        const int most = std::max(questions_at_once, static_cast<int>(learner.responses.size()));
        for (int q = 0; q < n_questions; q += most) {
            group.add(learner, {i, q, std::min(most, n_questions - q)});
            if (!group.is_full()) continue;
            visit(group);
            group = {};
        }
    }
    if (!group.empty()) visit(group);
}

std::vector<Ability> abilities_after(const Model& model, Learners learners, StopFlag stop,
                                     const std::function<void(int learner)>& observer) {
    std::vector<Ability> abilities(learners.size());
    const int n_questions =
        ability_depends_on_question(model.config.hyperparameters) ? model.config.n_questions : 1;
    for_groups(learners, n_questions, [&](Group& group) {
        const Predictions said = predict_abilities(model, group.learners(), group.all(), stop);
        for (const NextQuestions& next : group.nexts()) {
            Ability& ability = abilities[static_cast<std::size_t>(next.learner)];
            for (int q = 0; q < next.n_questions; ++q)
                ability.mean +=
                    double{said.theta[next.first_step + static_cast<std::size_t>(q)]} / n_questions;
            ability.deviation = said.theta_deviation.empty()
                                    ? std::numeric_limits<double>::quiet_NaN()
                                    : double{said.theta_deviation[next.first_step]};
        }
        observer(group.nexts().back().learner);
    });
    return abilities;
}

}  // namespace

void for_next_questions(std::span<const Model> models, Learners learners,
                        const std::function<void(const NextQuestions&)>& visit, StopFlag stop) {
    for_groups(learners, models.front().config.n_questions, [&](Group& group) {
        std::vector<Predictions> of_models;
        for (const Model& model : models)
            of_models.push_back(predict(model, group.learners(), group.all(), stop));
        const Consensus consensus = average(std::move(of_models));
        for (NextQuestions& next : group.nexts()) {
            next.consensus = &consensus;
            visit(next);
        }
    });
}

std::vector<Ability> abilities_after(std::span<const Model> models, Learners learners,
                                     StopFlag stop, const std::function<void(double)>& observer) {
    std::vector<std::vector<Ability>> of_models;
    for (const Model& model : models) {
        const auto tell = [&](int learner) {
            const double part = (learner + 1) / static_cast<double>(learners.size());
            if (observer)
                observer((static_cast<double>(of_models.size()) + part) /
                         static_cast<double>(models.size()));
        };
        of_models.push_back(abilities_after(model, learners, stop, tell));
    }
    const auto n = static_cast<double>(models.size());
    std::vector<Ability> abilities(learners.size());
    for (std::size_t i = 0; i < abilities.size(); ++i) {
        for (const std::vector<Ability>& of_model : of_models)
            abilities[i].mean += of_model[i].mean / n;
        double variance = 0;
        for (const std::vector<Ability>& of_model : of_models)
            variance += (std::pow(of_model[i].deviation, 2) +
                         std::pow(of_model[i].mean - abilities[i].mean, 2)) /
                        n;
        abilities[i].deviation = std::sqrt(variance);
    }
    return abilities;
}

}  // namespace manygpcm
