// What a GPU does beside its operations: memory, recordings, groups, and errors that say what
// failed.
#include <cuda_runtime_api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "manygpcm/kernels/cuda.h"

namespace manygpcm::kernels {
namespace {

class CudaDevice : public testing::Test {
  protected:
    void SetUp() override {
        if (cuda_device_count() == 0) GTEST_SKIP() << "there is no GPU";
        device_ = open_cuda_device(0);
    }
    BackendArray<float> upload(const std::vector<float>& values) {
        BackendArray<float> array(*device_, values.size(), "test");
        device_->upload(array.data(), values.data(), values.size() * sizeof(float));
        return array;
    }
    std::vector<float> download(const BackendArray<float>& array) {
        std::vector<float> values(array.size());
        device_->download(values.data(), array.data(), values.size() * sizeof(float));
        return values;
    }

    std::unique_ptr<Device> device_;
};

TEST_F(CudaDevice, GivesZeroedMemory) {
    const BackendArray<float> array(*device_, 3, "test");
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(array.data()) % 256, 0);
    EXPECT_EQ(download(array), std::vector<float>(3));
}

TEST_F(CudaDevice, ZeroesTheStartOfEveryReplica) {
    const auto array = upload(std::vector<float>(20, 7));
    device_->zero(2, 6, {array.data() + 1, 9});
    const std::vector<float> expected = {7, 0, 0, 0, 0, 0, 0, 7, 7, 7,
                                         0, 0, 0, 0, 0, 0, 7, 7, 7, 7};
    EXPECT_EQ(download(array), expected);
}

TEST_F(CudaDevice, NamesWhatDoesNotFit) {
    try {
        device_->allocate(std::size_t{1} << 50, "arena of 250 replicas");
        FAIL();
    } catch (const OutOfMemory& error) {
        EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("'arena of 250 replicas'"),
                                                 testing::HasSubstr("1048576.00 GiB")));
    }
    EXPECT_EQ(download(upload({1, 2})), (std::vector<float>{1, 2})) << "usable afterwards";
}

TEST_F(CudaDevice, SaysWhichGpusThereAre) {
    EXPECT_THROW(open_cuda_device(-1), DeviceError);
    EXPECT_THROW(open_cuda_device(cuda_device_count()), DeviceError);
    EXPECT_THAT(device_->description(), testing::HasSubstr("compute capability"));
    EXPECT_GT(device_->free_memory(), 0u);
}

TEST_F(CudaDevice, WorksOnAHostsStreamAndLeavesIt) {
    cudaStream_t stream = nullptr;
    ASSERT_EQ(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), cudaSuccess);
    device_ = open_cuda_device(0, {.stream = stream});
    auto array = upload({1, 2});
    device_->begin_recording();
    device_->zero(1, 2, {array.data(), 0});
    cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
    EXPECT_EQ(cudaStreamIsCapturing(stream, &status), cudaSuccess);
    EXPECT_EQ(status, cudaStreamCaptureStatusActive);
    auto recording = device_->end_recording();
    EXPECT_EQ(download(array), (std::vector<float>{1, 2}));
    recording->run();
    EXPECT_EQ(download(array), (std::vector<float>{0, 0}));
    recording.reset();
    array = {};
    device_.reset();
    EXPECT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
    EXPECT_EQ(cudaStreamDestroy(stream), cudaSuccess);
}

TEST_F(CudaDevice, TimesWork) {
    const auto array = upload(std::vector<float>(8));
    EXPECT_GE(device_->time([&] { device_->zero(1, 8, {array.data(), 0}); }), 0);
}

TEST_F(CudaDevice, SaysWhatItsClocksAndWidthsAllow) {
    const DevicePeaks peaks = device_->peaks();
#ifdef MANYGPCM_CUDA_EMULATED
    // 4 multiprocessors of compute capability 8.0, a 64 bit bus, clocks of 1 GHz.
    EXPECT_EQ(peaks.operations, 2 * 4 * 64 * 1e9);
    EXPECT_EQ(peaks.bytes, 2 * 1e9 * 64 / 8);
#else
    EXPECT_GT(peaks.operations, 1e11);  // what a GPU without a clock could not say
    EXPECT_GT(peaks.bytes, 1e10);
#endif
}

TEST_F(CudaDevice, CountsTheLaunchesOfARecording) {
    const BackendArray<float> array = upload({1, 2, 3});
    const auto twice = [&] {
        device_->zero(1, 3, {array.data(), 0});
        device_->zero(1, 2, {array.data(), 0});
    };
    twice();
    device_->begin_recording();
    twice();
    EXPECT_EQ(device_->end_recording()->launches(), 2);
}

/// Sums of rows go through scratch memory, which a larger sum between recording and running moves.
TEST_F(CudaDevice, RunsARecordingAgainAfterItsScratchWasOutgrown) {
    const auto count = [&](std::int32_t n) {
        BackendArray<std::int32_t> array(*device_, 1, "test");
        device_->upload(array.data(), &n, sizeof n);
        return array;
    };
    const BackendArray<std::int32_t> index(*device_, 400000, "test");
    const auto sum = [&](const BackendArray<std::int32_t>& rows, int capacity, const auto& from,
                         const auto& to) {
        device_->run(EmbeddingBackward<float>{
            {rows.data(), 1, capacity}, 1, 1, {index.data(), 0}, {from.data(), 0}, {to.data(), 0}});
    };
    const auto few = count(2), many = count(400000);
    const auto from = upload({1, 2}), to = upload({0});
    const BackendArray<float> much(*device_, 400000, "test");
    sum(few, 2, from, to);
    device_->begin_recording();
    sum(few, 2, from, to);
    auto recording = device_->end_recording();
    EXPECT_EQ(download(to), std::vector<float>{3}) << "a recording doesn't run what it records";
    sum(many, 400000, much, to);
    const std::vector<float> other = {10, 20};
    device_->upload(from.data(), other.data(), 2 * sizeof(float));
    recording->run();
    recording->run();
    EXPECT_EQ(download(to), std::vector<float>{63});
#ifdef MANYGPCM_CUDA_EMULATED  // a GPU counts in larger blocks
    const std::size_t before = device_->free_memory();
    recording.reset();
    EXPECT_GT(device_->free_memory(), before)
        << "the scratch outlives the recording it was kept for";
#endif
}

TEST_F(CudaDevice, GoesOnAfterARecordingThatFailed) {
    device_->begin_recording();
    EXPECT_THROW(device_->allocate(8, "test"), DeviceError);
    device_->begin_recording();
    const auto recording = device_->end_recording();
    recording->run();
    device_->synchronize();
}

/// Two cohorts of different shapes: products at once, then each one's bias and activation.
TEST_F(CudaDevice, RunsLinearMapsOfDifferentShapesAsAGroup) {
    struct Cohort {
        LinearShape shape;
        Rows rows;
        LinearInput<float> in;
        PerReplica<float> y, dy;
        LinearGradient<float> gradient;
    };
    std::vector<BackendArray<float>> arrays;
    const BackendArray<int> counts(*device_, 2, "test");
    const std::vector<int> two = {2, 2};
    device_->upload(counts.data(), two.data(), 2 * sizeof(int));
    const auto array = [&](int replicas, int size) {
        std::vector<float> values(static_cast<std::size_t>(replicas) * size);
        for (std::size_t i = 0; i < values.size(); ++i)
            values[i] = 0.1f * static_cast<float>((i * 7 + arrays.size() * 3) % 11) - 0.5f;
        arrays.push_back(upload(values));
        return PerReplica<float>{arrays.back().data(), size};
    };
    const auto run = [&](bool grouped) {
        arrays.clear();
        std::vector<Cohort> cohorts;
        for (const auto& [replicas, in, out] : {std::tuple{2, 3, 4}, {1, 5, 2}}) {
            Cohort& c = cohorts.emplace_back();
            c.shape = {in, out, in, Activation::tanh};
            c.rows = {counts.data(), replicas, 3};
            c.in.x = array(replicas, 3 * in);
            c.in.weight = array(replicas, out * in);
            c.in.bias = array(replicas, out);
            c.y = array(replicas, 3 * out);
            c.dy = array(replicas, 3 * out);
            device_->zero(replicas, out, {c.dy.data + 2 * out, c.dy.stride});  // beyond the rows
            c.gradient.x = array(replicas, 3 * in);
            c.gradient.weight = array(replicas, out * in);
            c.gradient.bias = array(replicas, out);
        }
        if (grouped) device_->begin_group();
        for (const Cohort& c : cohorts)
            device_->run(LinearForward<float>{c.rows, c.shape, c.in, c.y});
        if (grouped) device_->end_group();
        if (grouped) device_->begin_group();
        for (const Cohort& c : cohorts)
            device_->run(LinearBackward<float>{c.rows, {}, c.shape, c.in, c.y, c.dy, c.gradient});
        if (grouped) device_->end_group();
        std::vector<std::vector<float>> all;
        for (const auto& one : arrays)
            all.push_back(download(one));
        return all;
    };
    const auto grouped = run(true), apart = run(false);
    for (std::size_t i = 0; i < apart.size(); ++i)
        EXPECT_THAT(grouped[i], testing::Pointwise(testing::FloatNear(1e-6f), apart[i])) << i;
}

}  // namespace
}  // namespace manygpcm::kernels
