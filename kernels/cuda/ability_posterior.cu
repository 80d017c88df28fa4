// A warp follows one learner and holds two points of ability a lane. A question's probabilities are
// computed anew by every step: nothing is stored, and all lanes do the same.
#include <limits>

#include "cuda_device.h"
#include "launch.h"
#include "reductions.cuh"
#include "rows.cuh"

namespace manygpcm::kernels::cuda {
namespace {

constexpr int posterior_threads = 128;  // a learner a warp
constexpr int lane_points = n_ability_points / warp_size;
static_assert(lane_points * warp_size == n_ability_points);

/// A question at the points of a lane. Logits are computed as they are asked for, from category 0
/// on, so that any number of categories takes as few registers.
struct LaneQuestion {
    int categories;
    const float* step;           ///< [K-1]
    float ability[lane_points];  ///< slope theta
    float log_sum[lane_points];  ///< log sum exp of the logits

    __device__ LaneQuestion(int n_categories, float slope, const float* steps,
                            const float (&theta)[lane_points])
        : categories(n_categories), step(steps) {
        float largest[lane_points] = {};
#pragma unroll
        for (int i = 0; i < lane_points; ++i) {
            ability[i] = slope * theta[i];
            log_sum[i] = 0;
        }
        for_logits([&](int, const float(&logit)[lane_points]) {
#pragma unroll
            for (int i = 0; i < lane_points; ++i)
                largest[i] = fmaxf(largest[i], logit[i]);
        });
        for_logits([&](int, const float(&logit)[lane_points]) {
#pragma unroll
            for (int i = 0; i < lane_points; ++i)
                log_sum[i] += expf(logit[i] - largest[i]);
        });
#pragma unroll
        for (int i = 0; i < lane_points; ++i)
            log_sum[i] = largest[i] + logf(log_sum[i]);
    }

    /// body(category, logits at the points)
    template <class Body>
    __device__ void for_logits(Body body) const {
        float logit[lane_points] = {};
        for (int k = 0; k < categories; ++k) {
            if (k > 0) {
                const float cut = step[k - 1];
#pragma unroll
                for (int i = 0; i < lane_points; ++i)
                    logit[i] += ability[i] - cut;
            }
            body(k, logit);
        }
    }
};

/// What a warp knows of its learner.
class Posterior {
  public:
    float theta[lane_points], weight[lane_points];
    float mean, deviation;

    __device__ Posterior() {
#pragma unroll
        for (int i = 0; i < lane_points; ++i) {
            const int point = static_cast<int>(threadIdx.x) % warp_size + i * warp_size;
            theta[i] = static_cast<float>(ability_point(point));
            log_weight_[i] = -theta[i] * theta[i] / 2;
        }
        settle();
    }

    /// A response that has `log_p` at the points.
    __device__ void add(const float (&log_p)[lane_points]) {
#pragma unroll
        for (int i = 0; i < lane_points; ++i)
            log_weight_[i] = (log_weight_[i] - largest_) + log_p[i];
        settle();
    }

    /// The sum of f(i) over all points, where f is given the lane's own.
    template <class F>
    __device__ static float sum(F f) {
        float of_lane = 0;
#pragma unroll
        for (int i = 0; i < lane_points; ++i)
            of_lane += f(i);
        return lanes_sum(of_lane);
    }

  private:
    __device__ void settle() {
        largest_ = log_weight_[0];
#pragma unroll
        for (int i = 1; i < lane_points; ++i)
            largest_ = fmaxf(largest_, log_weight_[i]);
        largest_ = lanes_max(largest_);
#pragma unroll
        for (int i = 0; i < lane_points; ++i)
            weight[i] = expf(log_weight_[i] - largest_);
        const float scale = 1 / sum([&](int i) { return weight[i]; });
#pragma unroll
        for (int i = 0; i < lane_points; ++i)
            weight[i] *= scale;
        mean = sum([&](int i) { return weight[i] * theta[i]; });
        deviation =
            sqrtf(sum([&](int i) { return weight[i] * ((theta[i] - mean) * (theta[i] - mean)); }));
    }

    float log_weight_[lane_points];
    float largest_;
};

__global__ void __launch_bounds__(posterior_threads)
    posterior_kernel(Rows sequences, int categories, AbilityPosteriorInput<float> in,
                     AbilityPosteriorOutput<float> out) {
    const int replica = static_cast<int>(blockIdx.z), thread = static_cast<int>(threadIdx.x);
    const bool first_lane = thread % warp_size == 0;
    const int sequence =
        static_cast<int>(blockIdx.x) * (posterior_threads / warp_size) + thread / warp_size;
    if (sequence >= sequences[replica]) return;  // the whole warp
    Posterior known;
    const int end = in.offsets[replica][sequence + 1];
    for (int t = in.offsets[replica][sequence]; t < end; ++t) {
        const int id = in.question[replica][in.question_row[replica][t]];
        const int response = in.response[replica][t];
        const LaneQuestion question(categories, in.slope[replica][id],
                                    in.step[replica] + std::ptrdiff_t{id} * (categories - 1),
                                    known.theta);
        if (first_lane) {
            out.mean[replica][t] = known.mean;
            out.deviation[replica][t] = known.deviation;
        }
        float of_response[lane_points] = {}, logit_before = 0;
        question.for_logits([&](int k, const float(&logit)[lane_points]) {
            float log_p[lane_points];
#pragma unroll
            for (int i = 0; i < lane_points; ++i) {
                log_p[i] = logit[i] - question.log_sum[i];
                if (k == response) of_response[i] = log_p[i];
            }
            if (!out.logits) return;
            const float p = Posterior::sum([&](int i) { return known.weight[i] * expf(log_p[i]); });
            if (!first_lane) return;
            // Finite where the probability rounds to 0.
            const float of_posterior = logf(fmaxf(p, std::numeric_limits<float>::min()));
            out.logits[replica][std::ptrdiff_t{t} * categories + k] = of_posterior;
            if (out.spread && k > 0)
                out.spread[replica][std::ptrdiff_t{t} * (categories - 1) + k - 1] =
                    of_posterior - logit_before -
                    (in.slope[replica][id] * known.mean - question.step[k - 1]);
            logit_before = of_posterior;
        });
        known.add(of_response);
        if (first_lane) {
            out.after[replica][2 * std::ptrdiff_t{t}] = known.mean;
            out.after[replica][2 * std::ptrdiff_t{t} + 1] = known.deviation;
        }
    }
}

/// Slopes, thresholds, and zeros beyond the counts; a thread has a step and a question.
__global__ void __launch_bounds__(posterior_threads)
    posterior_rows_kernel(Rows steps, Rows questions, int categories,
                          AbilityPosteriorInput<float> in, AbilityPosteriorOutput<float> out) {
    const int replica = static_cast<int>(blockIdx.z), cuts = categories - 1;
    const std::ptrdiff_t row = blockIdx.x * std::ptrdiff_t{posterior_threads} + threadIdx.x;
    if (row < steps.capacity) {
        const bool given = row < steps[replica];
        if (out.slope)
            out.slope[replica][row] =
                given ? in.slope[replica][in.question[replica][in.question_row[replica][row]]] : 0;
        if (!given) {
            out.mean[replica][row] = out.deviation[replica][row] = 0;
            out.after[replica][2 * row] = out.after[replica][2 * row + 1] = 0;
            if (out.logits)
                for (int k = 0; k < categories; ++k)
                    out.logits[replica][row * categories + k] = 0;
            if (out.spread)
                for (int j = 0; j < cuts; ++j)
                    out.spread[replica][row * cuts + j] = 0;
        }
    }
    if (out.threshold && row < questions.capacity) {
        const bool given = row < questions[replica];
        const std::ptrdiff_t id = given ? in.question[replica][row] : 0;
        for (int j = 0; j < cuts; ++j)
            out.threshold[replica][row * cuts + j] =
                given ? item_threshold(in.step[replica][id * cuts + j], in.slope[replica][id]) : 0;
    }
}

}  // namespace

void CudaDevice::run(const AbilityPosterior<float>& args) {
    const auto& [sequences, steps, questions, categories, in, out] = args;
    expect_known_responses(in.known_end, args.name);
    const auto replicas = static_cast<unsigned>(steps.replicas);
    const auto blocks = [](int threads) {
        return static_cast<unsigned>(ceil_div(threads, posterior_threads));
    };
    launch({.grid = dim3(blocks(sequences.capacity * warp_size), 1, replicas),
            .block = posterior_threads,
            .stream = stream(),
            .name = args.name},
           posterior_kernel, sequences, categories, in, out);
    launch({.grid = dim3(blocks(max(steps.capacity, questions.capacity)), 1, replicas),
            .block = posterior_threads,
            .stream = stream(),
            .name = "ability_posterior: rows"},
           posterior_rows_kernel, steps, questions, categories, in, out);
}

}  // namespace manygpcm::kernels::cuda
