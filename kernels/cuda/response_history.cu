// Steps are listed by question, in their own order; a thread takes a step and walks back through
// the list as far as its learner goes.
#include "cuda_device.h"
#include "launch.h"
#include "rows.cuh"

namespace manygpcm::kernels::cuda {
namespace {

__global__ void __launch_bounds__(row_threads)
    history_kernel(Rows sequences, Rows steps, int categories, RowIndex offsets,
                   RowIndex question_row, RowIndex response, RowLists lists,
                   PerReplica<float> history) {
    const int replica = static_cast<int>(blockIdx.z);
    const int place = static_cast<int>(blockIdx.x * row_threads + threadIdx.x);
    if (place >= steps.capacity) return;
    float columns[history_width] = {};
    int step = place;  // beyond the count, there is nothing
    if (place < steps[replica]) {
        const int* const list = lists.list[replica];
        const std::int32_t* const of = offsets[replica];
        step = list[place];
        const int learner = of[sequence_of(of, sequences[replica], step)];
        const int first = lists.start[replica][question_row[replica][step]];
        int oldest = place;  // of the learner's steps with this question
        int sum = 0;         // of responses
        while (oldest > first && list[oldest - 1] >= learner)
            sum += response[replica][list[--oldest]];
        if (const int count = place - oldest; count > 0) {
            const int before = list[place - 1], most = categories - 1;
            const auto share = [=](int responses) {
                return static_cast<float>(responses) / static_cast<float>(most);
            };
            columns[0] = log1pf(share(sum));
            columns[1] = log1pf(share(count * most - sum));
            columns[2] = share(2 * response[replica][before] - most);
            columns[3] = 1 / static_cast<float>(step - before);
        }
    }
    for (int i = 0; i < history_width; ++i)
        history[replica][std::ptrdiff_t{step} * history_width + i] = columns[i];
}

}  // namespace

void CudaDevice::run(const ResponseHistory<float>& args) {
    const auto& [sequences, steps, questions, categories, offsets, question_row, response, history,
                 known_end] = args;
    expect_known_responses(known_end, args.name);
    const RowLists lists = list_rows(steps, questions.capacity, question_row, args.name);
    launch({.grid = dim3(static_cast<unsigned>(ceil_div(steps.capacity, row_threads)), 1,
                         static_cast<unsigned>(steps.replicas)),
            .block = row_threads,
            .stream = stream(),
            .name = args.name},
           history_kernel, sequences, steps, categories, offsets, question_row, response, lists,
           history);
}

}  // namespace manygpcm::kernels::cuda
