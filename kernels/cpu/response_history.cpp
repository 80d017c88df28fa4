#include "manygpcm/kernels/response_history.h"

#include <algorithm>
#include <cmath>

#include "cpu/dispatch.h"
#include "cpu/scratch.h"
#include "work/elements.h"

namespace manygpcm::kernels {
namespace {

/// What is on record of one question.
struct Practice {
    double successes, count;
    std::ptrdiff_t last;  ///< step of the last response; below the sequence's first: none
};

}  // namespace

template <class T>
void compute(const ResponseHistory<T>& args) {
    const double most = args.categories - 1;
    for (int r = 0; r < args.sequences.replicas; ++r) {
        const std::int32_t *offsets = args.offsets[r], *question = args.question_row[r],
                           *response = args.response[r], *known_end = args.known_end[r];
        ScratchFrame frame;
        const auto questions = static_cast<std::size_t>(args.questions[r]);
        auto* const practice = frame.take<Practice>(questions);
        std::fill_n(practice, questions, Practice{0, 0, -1});
        T* to = args.history[r];
        for (int s = 0; s < args.sequences[r]; ++s) {
            const std::ptrdiff_t known = known_end ? known_end[s] : offsets[s + 1];
            for (std::ptrdiff_t t = offsets[s]; t < offsets[s + 1]; ++t, to += history_width) {
                Practice& of = practice[question[t]];
                const bool seen = of.last >= offsets[s];
                if (!seen) of = {0, 0, -1};  // what stands there is another learner's
                to[0] = static_cast<T>(std::log1p(of.successes));
                to[1] = static_cast<T>(std::log1p(of.count - of.successes));
                to[2] = seen ? static_cast<T>(2 * response[of.last] / most - 1) : T{0};
                to[3] = seen ? 1 / static_cast<T>(std::min(t, known) - of.last) : T{0};
                if (t < known) of = {of.successes + response[t] / most, of.count + 1, t};
            }
        }
    }
}

// Two logarithms and 6 operations a step.
template <class T>
Work work(const ResponseHistory<T>& args) {
    const double n = total(args.steps);
    return {.operations = 8 * n,
            .functions = 2 * n,
            .read = 2 * n + total(args.sequences) + args.sequences.replicas,
            .written = history_width * n};
}

MANYGPCM_INSTANTIATE_CALL(ResponseHistory)

}  // namespace manygpcm::kernels
