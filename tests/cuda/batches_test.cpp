// Batches packed on a device against those of the engine.
#include "model/batch.h"

#include <numeric>

#include "cuda/cohort.h"

namespace manygpcm::kernels::testing {
namespace {

struct Batches {
    int n_questions, n_categories, batch_size;
    std::vector<Learner> learners;
    std::vector<std::vector<int>> order;  ///< replicas

    Batches(int questions, int categories, int size, int n_learners, int longest,
            const std::vector<int>& n_of_replica)
        : n_questions(questions), n_categories(categories), batch_size(size) {
        Random random;
        for (int i = 0; i < n_learners; ++i) {
            Learner learner;
            for (int t = 0, n = 1 + random.below(longest); t < n; ++t) {
                learner.questions.push_back(random.below(questions));
                learner.responses.push_back(random.below(categories));
            }
            learners.push_back(learner);
        }
        for (const int n : n_of_replica) {
            std::vector<int> all;
            for (int i = 0; i < n; ++i)
                all.push_back(random.below(n_learners));
            order.push_back(all);
        }
    }

    int replicas() const { return static_cast<int>(order.size()); }
    std::vector<int> batch(std::size_t replica, int number) const {
        const auto& all = order[replica];
        const int n = static_cast<int>(all.size());
        const int first = std::min(n, number * batch_size), end = std::min(n, first + batch_size);
        return {all.begin() + first, all.begin() + end};
    }
    int steps(const std::vector<int>& which) const {
        int sum = 0;
        for (const int i : which)
            sum += static_cast<int>(learners[static_cast<std::size_t>(i)].questions.size());
        return sum;
    }

    void check() const {
        if (cuda_device_count() == 0) GTEST_SKIP() << "no GPU here";
        const auto device = open_cuda_device(0);
        int batches = 0, capacity = 0;
        for (std::size_t r = 0; r < order.size(); ++r) {
            batches = std::max(batches,
                               (static_cast<int>(order[r].size()) + batch_size - 1) / batch_size);
            for (int b = 0; b < batches; ++b)
                capacity = std::max(capacity, steps(batch(r, b)));
        }
        for (int b = 0; b <= batches; ++b)
            check_batch(*device, b, capacity + 3);
    }

    void check_batch(Device& device, int number, int capacity) const {
        Cohort cohort(device, Lengths{std::vector<std::vector<int>>(order.size())});
        std::vector<int> offsets{0}, questions, responses;
        for (const Learner& learner : learners) {
            questions.insert(questions.end(), learner.questions.begin(), learner.questions.end());
            responses.insert(responses.end(), learner.responses.begin(), learner.responses.end());
            offsets.push_back(static_cast<int>(questions.size()));
        }
        std::size_t longest = 0;
        for (const auto& of_replica : order)
            longest = std::max(longest, of_replica.size());
        std::vector<int> orders, counts;
        for (auto of_replica : order) {
            counts.push_back(static_cast<int>(of_replica.size()));
            of_replica.resize(longest, -1);
            orders.insert(orders.end(), of_replica.begin(), of_replica.end());
        }
        const auto array = [&](int stride) {
            // Nothing of what was there before may be left.
            return PerReplica<std::int32_t>{
                cohort.upload(std::vector<int>(product(replicas(), stride), -7)).data, stride};
        };
        const auto n = [&] { return cohort.upload(std::vector<int>(order.size(), -7)).data; };
        const BatchArrays out{.steps = n(),
                              .sequences = n(),
                              .questions = n(),
                              .pairs = n(),
                              .offsets = array(batch_size + 1),
                              .question = array(capacity),
                              .response = array(capacity),
                              .distinct_question = array(capacity),
                              .question_row = array(capacity),
                              .pair_row = array(capacity),
                              .pair_question = array(capacity),
                              .pair_response = array(capacity),
                              .capacity_steps = capacity,
                              .capacity_sequences = batch_size};
        device.pack_batch(
            replicas(), n_questions, n_categories,
            {cohort.upload(offsets).data, cohort.upload(questions).data,
             cohort.upload(responses).data},
            {.order = {cohort.upload(orders).data, static_cast<std::ptrdiff_t>(longest)},
             .count = cohort.upload(counts).data,
             .batch = cohort.upload(std::vector{number}).data,
             .batch_size = batch_size},
            out);

        for (int r = 0; r < replicas(); ++r) {
            SCOPED_TRACE("batch " + std::to_string(number) + ", replica " + std::to_string(r) +
                         ", seed " + std::to_string(Random::seed()));
            // A fresh one, whose arrays are zero beyond the counts.
            PackedBatch expected(1, {batch_size, capacity}, n_questions, n_categories);
            const std::vector<int> which = batch(static_cast<std::size_t>(r), number);
            if (!which.empty()) expected.pack(0, learners, which);
            const auto rows = [&](int* actual, RowKind kind) {
                EXPECT_EQ(cohort.download<int>(actual + r, 1)[0],
                          which.empty() ? 0 : expected.rows(kind)[0]);
            };
            rows(out.steps, RowKind::steps);
            rows(out.sequences, RowKind::sequences);
            rows(out.questions, RowKind::questions);
            rows(out.pairs, RowKind::pairs);
            const auto same = [&](PerReplica<std::int32_t> actual, BatchIndex index) {
                const int* const from = expected.index(index)[0];
                EXPECT_EQ(cohort.download<int>(actual[r], static_cast<std::size_t>(actual.stride)),
                          std::vector<int>(from, from + actual.stride))
                    << static_cast<int>(index);
            };
            same(out.offsets, BatchIndex::offsets);
            same(out.question, BatchIndex::question);
            same(out.response, BatchIndex::response);
            same(out.distinct_question, BatchIndex::distinct_question);
            same(out.question_row, BatchIndex::question_row);
            same(out.pair_row, BatchIndex::pair_row);
            same(out.pair_question, BatchIndex::pair_question);
            same(out.pair_response, BatchIndex::pair_response);
        }
    }
};

TEST(CudaPackBatch, MakesTheArraysOfTheEngine) {
    Batches(20, 3, 4, 9, 12, {9, 0, 3, 8}).check();  // a row a step
    Batches(5, 2, 16, 20, 30, {30, 1}).check();      // a row a pair
    Batches(3000, 4, 64, 40, 50, {64}).check();      // more questions than threads
    Batches(70, 5, 1, 6, 1100, {3}).check();         // more steps than threads
}

TEST(CudaAppendRows, PutsBatchesBehindEachOther) {
    if (cuda_device_count() == 0) GTEST_SKIP() << "no GPU here";
    const auto device = open_cuda_device(0);
    Cohort all_rows(*device, {{{1}, {1}}});
    constexpr int width = 3;
    const std::size_t size = 40 * width;
    const PerReplica<float> all = all_rows.floats(size, 0, [] { return 0; });
    int* const position = all_rows.upload(std::vector{0, 2}).data;
    std::vector<std::vector<float>> expected(2, std::vector<float>(size));
    std::vector<std::size_t> at{0, 2 * width};
    for (const auto& lengths : {Lengths{{{5, 2}, {1}}}, Lengths{{{}, {9}}}, Lengths{{{3}, {}}}}) {
        Cohort cohort(*device, lengths);
        const Rows steps = cohort.steps();
        const PerReplica<float> x = cohort.normals(product(steps.capacity, width));
        device->append_rows(steps, width, x, position, all);
        for (std::size_t r = 0; r < 2; ++r)
            for (const float value :
                 cohort.download<float>(x[static_cast<int>(r)], product(lengths.steps()[r], width)))
                expected[r][at[r]++] = value;
    }
    EXPECT_EQ(all_rows.download(all, size), expected);
    EXPECT_EQ(all_rows.download<int>(position, 2), (std::vector{10, 12}));
}

}  // namespace
}  // namespace manygpcm::kernels::testing
