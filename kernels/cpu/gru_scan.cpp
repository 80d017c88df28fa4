// Sequences run side by side, longest first, so that those that still run at a time are the first
// rows: one product a time for all of them, then one pass for the gates. The weight's gradient is
// one product over all steps at the end.
#include "manygpcm/kernels/gru_scan.h"

#include <algorithm>
#include <numeric>
#include <utility>

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

/// The rows of the sequences that go on at some time, and those of the time after.
struct GruRows {
    int n, width;
    const std::ptrdiff_t *step, *input_row;            ///< [n]
    const std::ptrdiff_t *next_step, *next_input_row;  ///< [n_next] to be asked for
    int n_next;
};

/// One replica's arrays, as plain pointers.
template <class T>
struct GruForwardArrays {
    const T *input, *hidden, *bias;  ///< [input rows, 3 H] i; [n, 3 H] W h; [3 H] b
    T* now;                          ///< [n, H] h_t, replaced by h_{t+1}
    T* state;                        ///< [steps, H] h_{t+1}, once more
    T *gates, *candidate;            ///< null where nobody asks for them
    T* spare;                        ///< [3 H] instead of gates
};

template <class T>
struct GruBackwardArrays {
    const T *state, *dstate;
    T *gates, *candidate;  ///< replaced by their gradients
    T* hidden;             ///< [n, 3 H] the gradient of W h + b, once more
    T* carried;            ///< [n, H] dL/dh_{t+1}, replaced by dL/dh_t but for what goes through W
};

}  // namespace manygpcm::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace manygpcm::kernels::HWY_NAMESPACE {

template <class T>
void steps_forward(const GruRows& rows, const GruForwardArrays<T>& a) {
    const int width = rows.width;
    const std::ptrdiff_t three = 3 * std::ptrdiff_t{width};
    for (int i = 0; i < rows.n; ++i) {
        if (i < rows.n_next) prefetch_row(3 * width, a.input + rows.next_input_row[i] * three);
        const T* const input = a.input + rows.input_row[i] * three;
        const T* const hidden = a.hidden + i * three;
        const T* const bias = a.bias;
        T* const gates = a.gates ? a.gates + rows.step[i] * three : a.spare;
        // All of r and z before n, which waits for r.
        for_lanes<T>(2 * width, [=](auto d, std::size_t j) {
            const auto sum = hn::Add(hn::LoadU(d, hidden + j), hn::LoadU(d, bias + j));
            hn::StoreU(sigmoid(d, hn::Add(hn::LoadU(d, input + j), sum)), d, gates + j);
        });
        T* const now = a.now + std::ptrdiff_t{i} * width;
        T* const next = a.state + (rows.step[i] + 1) * width;
        T* const candidate = a.gates ? a.candidate + rows.step[i] * width : nullptr;
        for_lanes<T>(width, [=](auto d, std::size_t j) {
            const auto r = hn::LoadU(d, gates + j), z = hn::LoadU(d, gates + width + j);
            const std::size_t third = 2 * std::size_t(width) + j;
            const auto hidden_n = hn::Add(hn::LoadU(d, hidden + third), hn::LoadU(d, bias + third));
            const auto n = tanh(d, hn::MulAdd(r, hidden_n, hn::LoadU(d, input + third)));
            const auto h = hn::LoadU(d, now + j);
            const auto after = hn::MulAdd(z, hn::Sub(h, n), n);
            hn::StoreU(after, d, now + j);
            hn::StoreU(after, d, next + j);
            if (!candidate) return;
            hn::StoreU(hidden_n, d, gates + third);
            hn::StoreU(n, d, candidate + j);
        });
    }
}

template <class T>
void steps_backward(const GruRows& rows, const GruBackwardArrays<T>& a) {
    const int width = rows.width;
    const std::ptrdiff_t three = 3 * std::ptrdiff_t{width};
    for (int i = 0; i < rows.n; ++i) {
        if (i < rows.n_next) {
            const std::ptrdiff_t next = rows.next_step[i];
            prefetch_row(3 * width, a.gates + next * three);
            for (const T* const array : {const_cast<const T*>(a.candidate), a.state, a.dstate})
                prefetch_row(width, array + next * width);
        }
        T* const gates = a.gates + rows.step[i] * three;
        T* const candidate = a.candidate + rows.step[i] * width;
        const T* const state = a.state + rows.step[i] * width;
        const T* const dstate = a.dstate + rows.step[i] * width;
        T* const hidden = a.hidden + i * three;
        T* const carried = a.carried + std::ptrdiff_t{i} * width;
        for_lanes<T>(width, [=](auto d, std::size_t j) {
            const auto r = hn::LoadU(d, gates + j), z = hn::LoadU(d, gates + width + j);
            const auto hidden_n = hn::LoadU(d, gates + 2 * std::size_t(width) + j);
            const auto n = hn::LoadU(d, candidate + j), h = hn::LoadU(d, state + j);
            const auto g = hn::LoadU(d, carried + j);
            const auto through_z = hn::Mul(g, z);
            const auto dn = hn::Mul(hn::Sub(g, through_z), hn::NegMulAdd(n, n, hn::Set(d, 1)));
            const auto dz = hn::Mul(hn::Mul(g, hn::Sub(h, n)), hn::NegMulAdd(z, z, z));
            const auto dr = hn::Mul(hn::Mul(dn, hidden_n), hn::NegMulAdd(r, r, r));
            const auto dhidden_n = hn::Mul(dn, r);
            hn::StoreU(dr, d, gates + j);
            hn::StoreU(dz, d, gates + width + j);
            hn::StoreU(dhidden_n, d, gates + 2 * std::size_t(width) + j);
            hn::StoreU(dn, d, candidate + j);
            hn::StoreU(dr, d, hidden + j);
            hn::StoreU(dz, d, hidden + width + j);
            hn::StoreU(dhidden_n, d, hidden + 2 * std::size_t(width) + j);
            hn::StoreU(hn::Add(through_z, hn::LoadU(d, dstate + j)), d, carried + j);
        });
    }
}

/// y += x
template <class T>
HWY_INLINE void add_row(int width, const T* x, T* y) {
    for_lanes<T>(width, [=](auto d, std::size_t j) {
        hn::StoreU(hn::Add(hn::LoadU(d, y + j), hn::LoadU(d, x + j)), d, y + j);
    });
}

/// The gradients of inputs and bias from those of the gates, for steps first..last-1.
/// @param input_row null: step i has row i, which is replaced
template <class T>
void add_gate_gradients(std::ptrdiff_t first, std::ptrdiff_t last, int width, const T* gates,
                        const T* candidate, const std::int32_t* input_row, T* dinput, T* dbias) {
    const std::ptrdiff_t three = 3 * std::ptrdiff_t{width};
    for (std::ptrdiff_t step = first; step < last; ++step) {
        const T* const of_gates = gates + step * three;
        const T* const of_candidate = candidate + step * width;
        if (input_row) {
            T* const to = dinput + input_row[step] * three;
            add_row(2 * width, of_gates, to);
            add_row(width, of_candidate, to + 2 * width);
        } else {
            T* const to = dinput + step * three;
            std::copy_n(of_candidate, width, std::copy_n(of_gates, 2 * width, to));
        }
        add_row(3 * width, of_gates, dbias);
    }
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
    int count() const { return count_; }

  private:
    int length(int s) const {
        const int end = offsets_[s + 1];
        return (known_end_ ? std::min(end, known_end_[s] + 1) : end) - offsets_[s];
    }

    const std::int32_t *offsets_, *known_end_;
    int* order_;
    int count_;
};

/// The rows at one time and at the time after, of a scan in either direction.
class RowsInTurn {
  public:
    /// @param input_row null: step i has row i
    RowsInTurn(ScratchFrame& frame, const RunningSequences& running, int width,
               const std::int32_t* input_row)
        : running_(running), width_(width), input_row_(input_row) {
        for (Time* time : {&now_, &next_}) {
            time->step = frame.take<std::ptrdiff_t>(static_cast<std::size_t>(running.count()));
            time->input = frame.take<std::ptrdiff_t>(static_cast<std::size_t>(running.count()));
        }
    }

    /// Those at time `t`.
    GruRows at(int t, int next) {
        if (now_.t != t) fill(now_, t);
        fill(next_, next);
        const GruRows rows{now_.n, width_, now_.step, now_.input, next_.step, next_.input, next_.n};
        std::swap(now_, next_);
        return rows;
    }

  private:
    struct Time {
        int t = -1, n = 0;
        std::ptrdiff_t *step = nullptr, *input = nullptr;
    };
    void fill(Time& time, int t) const {
        time.t = t;
        time.n = t < 0 ? 0 : running_.going_on(t);
        for (int i = 0; i < time.n; ++i) {
            time.step[i] = running_.step(i, t);
            time.input[i] = input_row_ ? input_row_[time.step[i]] : time.step[i];
        }
    }

    const RunningSequences& running_;
    int width_;
    const std::int32_t* input_row_;
    Time now_, next_;
};

/// Its operations beside products, a state and step.
constexpr double gate_operations = 13, gate_gradient_operations = 22;

}  // namespace

template <class T>
void compute(const GruScanForward<T>& args) {
    const auto& [sequences, steps, shape, in, state, gates, candidate] = args;
    const int width = shape.width, three = 3 * width;
    for (int r = 0; r < sequences.replicas; ++r) {
        ScratchFrame frame;
        const RunningSequences running(frame, sequences[r], in.offsets[r], in.known_end[r]);
        RowsInTurn turns(frame, running, width, in.input_row[r]);
        const auto rows = static_cast<std::size_t>(sequences[r]);
        T* const now = frame.take<T>(rows * width);
        T* const hidden = frame.take<T>(rows * three);
        const PackedFactor<T> weight =
            pack(frame, Transpose::yes, three, width, in.weight[r], width);
        const GruForwardArrays<T> arrays{
            in.input[r], hidden,   in.bias[r],   now,
            state[r],    gates[r], candidate[r], frame.take<T>(std::size_t(three))};

        std::fill_n(now, rows * width, T{0});
        for (std::size_t s = 0; s < rows; ++s)
            if (in.offsets[r][s] < in.offsets[r][s + 1])
                std::fill_n(state[r] + std::ptrdiff_t{in.offsets[r][s]} * width, width, T{0});
        for (int t = 0; t < running.longest(); ++t) {
            const GruRows now_rows = turns.at(t, t + 1);
            gemm(Transpose::no, now_rows.n, now, width, weight, Write::replace, hidden, three);
            MANYGPCM_DISPATCH(steps_forward<T>)(now_rows, arrays);
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
    const int width = shape.width, three = 3 * width;
    for (int r = 0; r < sequences.replicas; ++r) {
        ScratchFrame frame;
        const RunningSequences running(frame, sequences[r], in.offsets[r], nullptr);
        RowsInTurn turns(frame, running, width, nullptr);
        const auto rows = static_cast<std::size_t>(sequences[r]);
        T* const carried = frame.take<T>(rows * width);
        T* const hidden = frame.take<T>(rows * three);
        const PackedFactor<T> weight =
            pack(frame, Transpose::no, width, three, in.weight[r], width);
        const GruBackwardArrays<T> arrays{state[r],     dstate[r], gates[r],
                                          candidate[r], hidden,    carried};
        for (int t = running.longest() - 1; t >= 0; --t) {
            const GruRows now = turns.at(t, t - 1);
            MANYGPCM_DISPATCH(steps_backward<T>)(now, arrays);
            gemm(Transpose::no, now.n, hidden, three, weight, Write::add, carried, width);
            // The sequences that end here: nobody sees what their last step writes.
            const int all = running.going_on(t - 1);
            for (int i = now.n; i < all; ++i) {
                const std::ptrdiff_t step = running.step(i, t);
                std::copy_n(dstate[r] + step * width, width, carried + std::ptrdiff_t{i} * width);
                std::fill_n(gates[r] + step * three, three, T{0});
                std::fill_n(candidate[r] + step * width, width, T{0});
            }
        }

        // Blocks of steps that stay in cache from the one use to the other.
        constexpr std::ptrdiff_t block = 128;
        const std::ptrdiff_t count = in.offsets[r][sequences[r]];
        if (in.input_row) std::fill_n(dinput[r], input_rows[r] * three, T{0});
        for (std::ptrdiff_t first = 0; first < count; first += block) {
            const std::ptrdiff_t last = std::min(count, first + block);
            MANYGPCM_DISPATCH(add_gate_gradients<T>)
            (first, last, width, gates[r], candidate[r], in.input_row[r], dinput[r], dbias[r]);
            gemm(Transpose::yes, Transpose::no, three, width, static_cast<int>(last - first),
                 gates[r] + first * three, three, state[r] + first * width, width, Write::add,
                 dweight[r], width);
        }
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
