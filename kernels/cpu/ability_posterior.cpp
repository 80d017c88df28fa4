// Probabilities of a question's categories at all points are computed once a distinct question; a
// step then adds the logarithms of one row of them to what is known of the learner.
#include "manygpcm/kernels/ability_posterior.h"

#include <algorithm>
#include <cmath>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/ability_posterior.cpp"
#include <hwy/foreach_target.h>

#include "cpu/dispatch.h"
#include "cpu/lanes-inl.h"
#include "cpu/scratch.h"
#include "work/elements.h"

#ifndef MANYGPCM_ABILITY_POSTERIOR_ARGUMENTS
#define MANYGPCM_ABILITY_POSTERIOR_ARGUMENTS
namespace manygpcm::kernels {

/// One replica's arrays, as plain pointers.
template <class T>
struct PosteriorInput {
    const std::int32_t *offsets, *question, *question_row, *response, *known_end;
    const T *slope, *step;
};

template <class T>
struct PosteriorOutput {
    T *mean, *deviation, *after, *logits, *spread, *slope, *threshold;
};

}  // namespace manygpcm::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace manygpcm::kernels::HWY_NAMESPACE {

constexpr std::size_t points = n_ability_points;

/// The points and the logarithm of their weights before any response.
template <class T>
struct AbilityGrid {
    alignas(64) T theta[points], log_weight[points];

    AbilityGrid() {
        for (std::size_t i = 0; i < points; ++i) {
            theta[i] = static_cast<T>(ability_point(static_cast<int>(i)));
            log_weight[i] = -theta[i] * theta[i] / 2;
        }
    }
};

/// body(d, i) for the points, i the first of each vector of them.
template <class T, class Body>
HWY_INLINE void for_points(Body body) {
    const hn::CappedTag<T, points> d;
    for (std::size_t i = 0; i < points; i += hn::Lanes(d))
        body(d, i);
}

template <class T, class Term>
HWY_INLINE T sum_points(Term term) {
    const hn::CappedTag<T, points> d;
    auto sum = hn::Zero(d);
    for (std::size_t i = 0; i < points; i += hn::Lanes(d))
        sum = hn::Add(sum, term(d, i));
    return hn::GetLane(hn::SumOfLanes(d, sum));
}

/// log_p and, unless it is null, p [K, points] of one question.
template <class T>
void question_probabilities(int categories, T slope, const T* step, const T* theta, T* log_p,
                            T* p) {
    for_points<T>([=](auto d, std::size_t i) {
        const auto ability = hn::Mul(hn::Set(d, slope), hn::LoadU(d, theta + i));
        auto logit = hn::Zero(d), largest = logit;
        hn::StoreU(logit, d, log_p + i);
        for (int k = 1; k < categories; ++k) {
            logit = hn::Add(logit, hn::Sub(ability, hn::Set(d, step[k - 1])));
            largest = hn::Max(largest, logit);
            hn::StoreU(logit, d, log_p + k * points + i);
        }
        auto sum = hn::Zero(d);
        for (int k = 0; k < categories; ++k)
            sum = hn::Add(sum, hn::Exp(d, hn::Sub(hn::LoadU(d, log_p + k * points + i), largest)));
        const auto log_sum = hn::Add(largest, hn::Log(d, sum));
        for (int k = 0; k < categories; ++k) {
            const auto log = hn::Sub(hn::LoadU(d, log_p + k * points + i), log_sum);
            hn::StoreU(log, d, log_p + k * points + i);
            if (p) hn::StoreU(hn::Exp(d, log), d, p + k * points + i);
        }
    });
}

/// What is known of one learner.
template <class T>
class Posterior {
  public:
    explicit Posterior(const AbilityGrid<T>& grid) : grid_(grid) {
        std::copy_n(grid.log_weight, points, log_weight_);
        settle();
    }

    T mean() const { return mean_; }
    T deviation() const { return deviation_; }

    /// Logarithm of the probability of what has `p` at the points; finite where that rounds to 0.
    T log_probability(const T* p) const {
        const T* weight = weight_;
        const T probability = sum_points<T>([=](auto d, std::size_t i) {
            return hn::Mul(hn::LoadU(d, weight + i), hn::LoadU(d, p + i));
        });
        return std::log(std::max(probability, std::numeric_limits<T>::min()));
    }

    /// A response that has `log_p` at the points.
    void add(const T* log_p) {
        T* log_weight = log_weight_;
        const T largest = largest_;
        for_points<T>([=](auto d, std::size_t i) {
            hn::StoreU(hn::Add(hn::Sub(hn::LoadU(d, log_weight + i), hn::Set(d, largest)),
                               hn::LoadU(d, log_p + i)),
                       d, log_weight + i);
        });
        settle();
    }

  private:
    void settle() {
        T *weight = weight_, *log_weight = log_weight_;
        const T *theta = grid_.theta, largest = *std::max_element(log_weight, log_weight + points);
        largest_ = largest;
        for_points<T>([=](auto d, std::size_t i) {
            hn::StoreU(hn::Exp(d, hn::Sub(hn::LoadU(d, log_weight + i), hn::Set(d, largest))), d,
                       weight + i);
        });
        const T scale =
            1 / sum_points<T>([=](auto d, std::size_t i) { return hn::LoadU(d, weight + i); });
        for_points<T>([=](auto d, std::size_t i) {
            hn::StoreU(hn::Mul(hn::LoadU(d, weight + i), hn::Set(d, scale)), d, weight + i);
        });
        const T mean = sum_points<T>([=](auto d, std::size_t i) {
            return hn::Mul(hn::LoadU(d, weight + i), hn::LoadU(d, theta + i));
        });
        const T variance = sum_points<T>([=](auto d, std::size_t i) {
            const auto away = hn::Sub(hn::LoadU(d, theta + i), hn::Set(d, mean));
            return hn::Mul(hn::LoadU(d, weight + i), hn::Mul(away, away));
        });
        mean_ = mean;
        deviation_ = std::sqrt(variance);
    }

    const AbilityGrid<T>& grid_;
    alignas(64) T log_weight_[points], weight_[points];
    T largest_ = 0, mean_ = 0, deviation_ = 0;
};

template <class T>
void posterior(int sequences, int questions, int categories, const PosteriorInput<T>& in,
               const PosteriorOutput<T>& out) {
    const AbilityGrid<T> grid;
    const std::ptrdiff_t cuts = categories - 1, row_size = std::ptrdiff_t{categories} * points;
    const auto size = static_cast<std::size_t>(questions * row_size);
    ScratchFrame frame;
    T* const log_p = frame.take<T>(size);
    T* const p = out.logits ? frame.take<T>(size) : nullptr;
    for (std::ptrdiff_t row = 0; row < questions; ++row) {
        const std::ptrdiff_t id = in.question[row];
        question_probabilities(categories, in.slope[id], in.step + id * cuts, grid.theta,
                               log_p + row * row_size, p ? p + row * row_size : nullptr);
        if (out.threshold)
            for (std::ptrdiff_t j = 0; j < cuts; ++j)
                out.threshold[row * cuts + j] =
                    item_threshold(in.step[id * cuts + j], in.slope[id]);
    }
    for (int s = 0; s < sequences; ++s) {
        Posterior<T> known(grid);
        const std::ptrdiff_t known_end = in.known_end ? in.known_end[s] : in.offsets[s + 1];
        for (std::ptrdiff_t t = in.offsets[s]; t < in.offsets[s + 1]; ++t) {
            const std::ptrdiff_t row = in.question_row[t], id = in.question[row],
                                 of_question = row * row_size;
            out.mean[t] = known.mean();
            out.deviation[t] = known.deviation();
            if (out.logits)
                for (int k = 0; k < categories; ++k)
                    out.logits[t * categories + k] =
                        known.log_probability(p + of_question + k * points);
            if (out.spread) {
                const T *const logits = out.logits + t * categories, *const step =
                                                                         in.step + id * cuts;
                for (std::ptrdiff_t j = 0; j < cuts; ++j)
                    out.spread[t * cuts + j] =
                        logits[j + 1] - logits[j] - (in.slope[id] * known.mean() - step[j]);
            }
            if (out.slope) out.slope[t] = in.slope[id];
            if (t < known_end) known.add(log_p + of_question + in.response[t] * points);
            out.after[2 * t] = known.mean();
            out.after[2 * t + 1] = known.deviation();
        }
    }
}

}  // namespace manygpcm::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace manygpcm::kernels {

template <class T>
void compute(const AbilityPosterior<T>& args) {
    const auto& [sequences, steps, questions, categories, in, out] = args;
    for (int r = 0; r < sequences.replicas; ++r)
        MANYGPCM_DISPATCH(posterior<T>)
    (sequences[r], questions[r], categories,
     {in.offsets[r], in.question[r], in.question_row[r], in.response[r], in.known_end[r],
      in.slope[r], in.step[r]},
     {out.mean[r], out.deviation[r], out.after[r], out.logits[r], out.spread[r], out.slope[r],
      out.threshold[r]});
}

// A point: a question 5 a category; a step 9, and 2 a category where probabilities are asked for,
// which are one exponential more a question.
template <class T>
Work work(const AbilityPosterior<T>& args) {
    const double n = total(args.steps), questions = total(args.questions), k = args.categories;
    const bool logits = bool(args.out.logits);
    return {
        .operations = n_ability_points * (k * questions * (5 + logits) + n * (9 + 2 * k * logits)),
        .functions = n_ability_points * (k * questions * (1 + logits) + n),
        .read = 2 * n + total(args.sequences) + args.sequences.replicas + questions * (k + 1),
        .written = n * (4 + logits * k) + present(args.out.slope, n) +
                   present(args.out.spread, n * (k - 1)) +
                   present(args.out.threshold, questions * (k - 1))};
}

MANYGPCM_INSTANTIATE_CALL(AbilityPosterior)

}  // namespace manygpcm::kernels
#endif
