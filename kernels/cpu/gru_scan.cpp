// Sequences run side by side, longest first, so that those that still run at a time are the first
// rows: one product a time for all of them, then one pass for the gates. The weight's gradient is
// one product over all steps at the end.
#include "manygpcm/kernels/gru_scan.h"

#include <algorithm>
#include <numeric>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/gru_scan.cpp"
#include <hwy/foreach_target.h>

#include "cpu/dispatch.h"
#include "cpu/gemm.h"
#include "cpu/lanes-inl.h"
#include "cpu/scratch.h"
#include "manygpcm/kernels/operations.h"
#include "work/elements.h"

#ifndef MANYGPCM_GRU_SCAN_ARGUMENTS
#define MANYGPCM_GRU_SCAN_ARGUMENTS
namespace manygpcm::kernels {

/// One step of one sequence, as plain pointers.
template <class T>
struct GruStep {
    const T *input, *hidden, *bias;  ///< [3 H] each: i, W h, b
    T* state;                        ///< [H] h_t, replaced by h_{t+1}
    T *gates, *candidate;            ///< null where nobody asks for them
    T* next;                         ///< [H] h_{t+1}, once more
};

template <class T>
struct GruStepGradient {
    const T *state, *dstate;
    T *gates, *candidate;  ///< replaced by their gradients
    T* hidden;             ///< [3 H] the gradient of W h + b, once more
    T* carried;            ///< [H] dL/dh_{t+1}, replaced by dL/dh_t but for what goes through W
};

}  // namespace manygpcm::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace manygpcm::kernels::HWY_NAMESPACE {

template <class T>
void step_forward(int width, const GruStep<T>& s) {
    for_lanes<T>(width, [=](auto d, std::size_t j) {
        const auto part = [&](const T* array, int gate) {
            return hn::LoadU(d, array + std::size_t(gate) * width + j);
        };
        const auto hidden = [&](int gate) {
            return hn::Add(part(s.hidden, gate), part(s.bias, gate));
        };
        const auto r = sigmoid(d, hn::Add(part(s.input, 0), hidden(0)));
        const auto z = sigmoid(d, hn::Add(part(s.input, 1), hidden(1)));
        const auto hidden_n = hidden(2);
        const auto n = tanh(d, hn::MulAdd(r, hidden_n, part(s.input, 2)));
        const auto h = hn::LoadU(d, s.state + j);
        const auto next = hn::MulAdd(z, hn::Sub(h, n), n);
        hn::StoreU(next, d, s.state + j);
        hn::StoreU(next, d, s.next + j);
        if (!s.gates) return;
        hn::StoreU(r, d, s.gates + j);
        hn::StoreU(z, d, s.gates + width + j);
        hn::StoreU(hidden_n, d, s.gates + 2 * std::size_t(width) + j);
        hn::StoreU(n, d, s.candidate + j);
    });
}

template <class T>
void step_backward(int width, const GruStepGradient<T>& s) {
    for_lanes<T>(width, [=](auto d, std::size_t j) {
        const auto r = hn::LoadU(d, s.gates + j), z = hn::LoadU(d, s.gates + width + j);
        const auto hidden_n = hn::LoadU(d, s.gates + 2 * std::size_t(width) + j);
        const auto n = hn::LoadU(d, s.candidate + j), h = hn::LoadU(d, s.state + j);
        const auto g = hn::LoadU(d, s.carried + j);
        const auto through_z = hn::Mul(g, z);
        const auto dn = hn::Mul(hn::Sub(g, through_z), hn::NegMulAdd(n, n, hn::Set(d, 1)));
        const auto dz = hn::Mul(hn::Mul(g, hn::Sub(h, n)), hn::NegMulAdd(z, z, z));
        const auto dr = hn::Mul(hn::Mul(dn, hidden_n), hn::NegMulAdd(r, r, r));
        const auto dhidden_n = hn::Mul(dn, r);
        hn::StoreU(dr, d, s.gates + j);
        hn::StoreU(dz, d, s.gates + width + j);
        hn::StoreU(dhidden_n, d, s.gates + 2 * std::size_t(width) + j);
        hn::StoreU(dn, d, s.candidate + j);
        hn::StoreU(dr, d, s.hidden + j);
        hn::StoreU(dz, d, s.hidden + width + j);
        hn::StoreU(dhidden_n, d, s.hidden + 2 * std::size_t(width) + j);
        hn::StoreU(hn::Add(through_z, hn::LoadU(d, s.dstate + j)), d, s.carried + j);
    });
}

/// y += x
template <class T>
void add_row(int width, const T* x, T* y) {
    for_lanes<T>(width, [=](auto d, std::size_t j) {
        hn::StoreU(hn::Add(hn::LoadU(d, y + j), hn::LoadU(d, x + j)), d, y + j);
    });
}

}  // namespace manygpcm::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace manygpcm::kernels {
namespace {

/// The sequences of one replica, the longest first. Of the steps whose response isn't known the
/// first alone counts: the others have its state.
class RunningSequences {
  public:
    RunningSequences(ScratchFrame& frame, int sequences, const std::int32_t* offsets,
                     const std::int32_t* known_end)
        : offsets_(offsets),
          known_end_(known_end),
          order_(frame.take<int>(static_cast<std::size_t>(sequences))),
          count_(sequences) {
        std::iota(order_, order_ + count_, 0);
        // The second key makes the order one of its own; std::stable_sort would take memory.
        std::sort(order_, order_ + count_, [&](int a, int b) {
            return length(a) != length(b) ? length(a) > length(b) : a < b;
        });
    }

    int longest() const { return count_ == 0 ? 0 : length(order_[0]); }
    /// How many have a step after step `t` of theirs; they are the first.
    int going_on(int t) const {
        return static_cast<int>(std::partition_point(order_, order_ + count_,
                                                     [&](int s) { return length(s) > t + 1; }) -
                                order_);
    }
    /// The step `t` of the sequence at place `i`.
    std::ptrdiff_t step(int i, int t) const { return std::ptrdiff_t{offsets_[order_[i]]} + t; }

  private:
    int length(int s) const {
        const int end = offsets_[s + 1];
        return (known_end_ ? std::min(end, known_end_[s] + 1) : end) - offsets_[s];
    }

    const std::int32_t *offsets_, *known_end_;
    int* order_;
    int count_;
};

template <class T>
std::ptrdiff_t input_row(const GruScanInput<T>& in, int replica, std::ptrdiff_t step) {
    return in.input_row ? in.input_row[replica][step] : step;
}

/// Its operations beside products, a state and step.
constexpr double gate_operations = 13, gate_gradient_operations = 22;

}  // namespace

template <class T>
void compute(const GruScanForward<T>& args) {
    const auto& [sequences, steps, shape, in, state, gates, candidate] = args;
    const int width = shape.width;
    const std::ptrdiff_t three = 3 * std::ptrdiff_t{width};
    for (int r = 0; r < sequences.replicas; ++r) {
        ScratchFrame frame;
        const RunningSequences running(frame, sequences[r], in.offsets[r], in.known_end[r]);
        const auto rows = static_cast<std::size_t>(sequences[r]);
        T* const now = frame.take<T>(rows * width);
        T* const hidden = frame.take<T>(rows * three);
        // Turned once, so that products may copy it as it lies.
        T* const turned = frame.take<T>(std::size_t(three) * width);
        for (std::ptrdiff_t j = 0; j < three; ++j)
            for (int k = 0; k < width; ++k)
                turned[k * three + j] = in.weight[r][j * width + k];

        std::fill_n(now, rows * width, T{0});
        for (std::size_t s = 0; s < rows; ++s)
            if (in.offsets[r][s] < in.offsets[r][s + 1])
                std::fill_n(state[r] + std::ptrdiff_t{in.offsets[r][s]} * width, width, T{0});
        for (int t = 0; t < running.longest(); ++t) {
            const int n = running.going_on(t);
            gemm(Transpose::no, Transpose::no, n, static_cast<int>(three), width, now, width,
                 turned, static_cast<int>(three), Write::replace, hidden, static_cast<int>(three));
            for (int i = 0; i < n; ++i) {
                const std::ptrdiff_t step = running.step(i, t);
                MANYGPCM_DISPATCH(step_forward<T>)
                (width,
                 {in.input[r] + input_row(in, r, step) * three, hidden + i * three, in.bias[r],
                  now + std::ptrdiff_t{i} * width, gates ? gates[r] + step * three : nullptr,
                  gates ? candidate[r] + step * width : nullptr, state[r] + (step + 1) * width});
            }
        }
        if (const std::int32_t* const known_end = in.known_end[r])
            for (std::size_t s = 0; s < rows; ++s)
                for (std::ptrdiff_t step = known_end[s] + 1; step < in.offsets[r][s + 1]; ++step)
                    std::copy_n(state[r] + std::ptrdiff_t{known_end[s]} * width, width,
                                state[r] + step * width);
    }
}

template <class T>
void compute(const GruScanBackward<T>& args) {
    const auto& [sequences, steps, input_rows, shape, in, state, gates, candidate, dstate, dinput,
                 dweight, dbias] = args;
    const int width = shape.width;
    const std::ptrdiff_t three = 3 * std::ptrdiff_t{width};
    for (int r = 0; r < sequences.replicas; ++r) {
        ScratchFrame frame;
        const RunningSequences running(frame, sequences[r], in.offsets[r], nullptr);
        const auto rows = static_cast<std::size_t>(sequences[r]);
        T* const carried = frame.take<T>(rows * width);
        T* const hidden = frame.take<T>(rows * three);
        for (int t = running.longest() - 1; t >= 0; --t) {
            const int n = running.going_on(t);
            for (int i = 0; i < n; ++i) {
                const std::ptrdiff_t step = running.step(i, t);
                MANYGPCM_DISPATCH(step_backward<T>)
                (width, {state[r] + step * width, dstate[r] + step * width, gates[r] + step * three,
                         candidate[r] + step * width, hidden + i * three,
                         carried + std::ptrdiff_t{i} * width});
            }
            gemm(Transpose::no, Transpose::no, n, width, static_cast<int>(three), hidden,
                 static_cast<int>(three), in.weight[r], width, Write::add, carried, width);
            // The sequences that end here: nobody sees what their last step writes.
            const int all = running.going_on(t - 1);
            for (int i = n; i < all; ++i) {
                const std::ptrdiff_t step = running.step(i, t);
                std::copy_n(dstate[r] + step * width, width, carried + std::ptrdiff_t{i} * width);
                std::fill_n(gates[r] + step * three, three, T{0});
                std::fill_n(candidate[r] + step * width, width, T{0});
            }
        }

        const int count = in.offsets[r][sequences[r]];
        std::fill_n(dinput[r], input_rows[r] * three, T{0});
        for (std::ptrdiff_t step = 0; step < count; ++step) {
            T* const to = dinput[r] + input_row(in, r, step) * three;
            MANYGPCM_DISPATCH(add_row<T>)(2 * width, gates[r] + step * three, to);
            MANYGPCM_DISPATCH(add_row<T>)(width, candidate[r] + step * width, to + 2 * width);
            MANYGPCM_DISPATCH(add_row<T>)
            (static_cast<int>(three), gates[r] + step * three, dbias[r]);
        }
        gemm(Transpose::yes, Transpose::no, static_cast<int>(three), width, count, gates[r],
             static_cast<int>(three), state[r], width, Write::add, dweight[r], width);
    }
}

// A step counts, beside the product with W, 13 operations an element of the state: r and z 3 each,
// n 4, and 3 that join them.
template <class T>
Work work(const GruScanForward<T>& args) {
    const double width = args.shape.width, n = total(args.steps),
                 weight = product(3 * width, width);
    return {.operations = n * (2 * weight + gate_operations * width),
            .functions = n * 3 * width,
            .read = n * (3 * width + 1) + args.sequences.replicas * (weight + 3 * width + 1) +
                    total(args.sequences),
            .written = n * width + present(args.gates, 4 * n * width)};
}

// The gradient goes back through W, and into it: two products; and 22 operations an element, 6 of
// them sums over steps.
template <class T>
Work work(const GruScanBackward<T>& args) {
    const double width = args.shape.width, n = total(args.steps),
                 weight = product(3 * width, width);
    return {.operations = n * (4 * weight + gate_gradient_operations * width),
            .read = n * (6 * width + 1) + args.sequences.replicas * (weight + 1) +
                    total(args.sequences),
            .written = n * 4 * width + total(args.input_rows) * 3 * width,
            .added_to = args.sequences.replicas * (weight + 3 * width)};
}

MANYGPCM_INSTANTIATE_CALL(GruScanForward)
MANYGPCM_INSTANTIATE_CALL(GruScanBackward)

}  // namespace manygpcm::kernels
#endif
