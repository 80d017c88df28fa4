// A learner's sum less what belongs to the question itself, one pass over the responses.
#include "manygpcm/engine/item_rest.h"

#include <cmath>
#include <cstddef>
#include <limits>
#include <unordered_map>

namespace manygpcm {
namespace {

/// Of pairs, about their means (Welford 1962): responses may be many.
class PairMoments {
  public:
    void add(double x, double y) {
        ++n_;
        const double from_x = x - mean_x_, from_y = y - mean_y_;
        mean_x_ += from_x / n_;
        mean_y_ += from_y / n_;
        xx_ += from_x * (x - mean_x_);
        yy_ += from_y * (y - mean_y_);
        xy_ += from_x * (y - mean_y_);
    }
    double correlation() const {
        constexpr double fewest = 3;  // two lie on a line
        // What doesn't vary but for rounding has none.
        constexpr double nothing = 1e-12;
        return n_ >= fewest && xx_ > nothing * n_ && yy_ > nothing * n_
                   ? xy_ / std::sqrt(xx_ * yy_)
                   : std::numeric_limits<double>::quiet_NaN();
    }

  private:
    double n_ = 0, mean_x_ = 0, mean_y_ = 0, xx_ = 0, yy_ = 0, xy_ = 0;
};

}  // namespace

std::vector<double> item_rest_correlations(const LearnerSet& learners, std::span<const int> which) {
    std::vector<PairMoments> moments(static_cast<std::size_t>(learners.n_questions));
    struct OfQuestion {
        double sum = 0, n = 0;
    };
    std::unordered_map<std::int32_t, OfQuestion> own;
    for (const int i : which) {
        const Learner& learner = learners.all[static_cast<std::size_t>(i)];
        own.clear();
        OfQuestion all;
        for (std::size_t t = 0; t < learner.responses.size(); ++t) {
            OfQuestion& of = own[learner.questions[t]];
            of.sum += learner.responses[t];
            all.sum += learner.responses[t];
            ++of.n;
            ++all.n;
        }
        for (std::size_t t = 0; t < learner.responses.size(); ++t) {
            const OfQuestion& of = own[learner.questions[t]];
            if (all.n > of.n)
                moments[static_cast<std::size_t>(learner.questions[t])].add(
                    learner.responses[t], (all.sum - of.sum) / (all.n - of.n));
        }
    }
    std::vector<double> correlations;
    for (const PairMoments& of_question : moments)
        correlations.push_back(of_question.correlation());
    return correlations;
}

}  // namespace manygpcm
