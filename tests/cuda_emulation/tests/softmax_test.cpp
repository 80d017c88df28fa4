// The emulated cuDNN's softmax.
#include <cudnn.h>

#include <cmath>

#include "device.h"

namespace {

using testing::FloatNear;
using testing::HasSubstr;
using testing::Pointwise;

/// Two rows of three, each a softmax, in a matrix with rows of four.
class Softmax : public Emulation {
  protected:
    void SetUp() override {
        Emulation::SetUp();
        cudnnCreate(&handle_);
        cudnnCreateTensorDescriptor(&rows_);
        cudnnSetTensor4dDescriptorEx(rows_, CUDNN_DATA_FLOAT, 2, 3, 1, 1, 4, 1, 1, 1);
    }
    void TearDown() override {
        cudnnDestroyTensorDescriptor(rows_);
        cudnnDestroy(handle_);
        Emulation::TearDown();
    }

    cudnnHandle_t handle_ = nullptr;
    cudnnTensorDescriptor_t rows_ = nullptr;
    const float one_ = 1, zero_ = 0;
    const std::vector<float> logits_{0, std::log(2.0f), std::log(5.0f), 9, 100, 100, 100, 9};
    const std::vector<float> probabilities_{0.125f,   0.25f,    0.625f,   -1,
                                            1 / 3.0f, 1 / 3.0f, 1 / 3.0f, -1};
};

TEST_F(Softmax, ForwardAndBackwardTouchTheirRowsOnly) {
    Array<float> x(logits_), y(std::vector<float>(8, -1.0f)),
        dy(std::vector<float>{1, 0, 0, 7, 3, 3, 3, 7}), dx(std::vector<float>(8, -1.0f));
    ASSERT_EQ(cudnnSoftmaxForward(handle_, CUDNN_SOFTMAX_ACCURATE, CUDNN_SOFTMAX_MODE_CHANNEL,
                                  &one_, rows_, x.data(), &zero_, rows_, y.data()),
              CUDNN_STATUS_SUCCESS);
    EXPECT_THAT(y.values(), Pointwise(FloatNear(1e-6f), probabilities_));
    ASSERT_EQ(
        cudnnSoftmaxBackward(handle_, CUDNN_SOFTMAX_ACCURATE, CUDNN_SOFTMAX_MODE_CHANNEL, &one_,
                             rows_, y.data(), rows_, dy.data(), &zero_, rows_, dx.data()),
        CUDNN_STATUS_SUCCESS);
    const std::vector<float> expected{
        0.125f * 0.875f, -0.125f * 0.25f, -0.125f * 0.625f, -1, 0, 0, 0, -1};
    EXPECT_THAT(dx.values(), Pointwise(FloatNear(1e-6f), expected));
}

TEST_F(Softmax, ChecksItsArrays) {
    Array<float> x(8), y(std::vector<float>(5, 0.0f)), whole(logits_);
    cudnnSoftmaxForward(handle_, CUDNN_SOFTMAX_ACCURATE, CUDNN_SOFTMAX_MODE_CHANNEL, &one_, rows_,
                        x.data(), &zero_, rows_, whole.data());
    EXPECT_THAT(cuda_emulation::last_report(), HasSubstr("x isn't initialised at byte 0"));
    cuda_emulation::reset();
    cudnnSoftmaxForward(handle_, CUDNN_SOFTMAX_ACCURATE, CUDNN_SOFTMAX_MODE_CHANNEL, &one_, rows_,
                        whole.data(), &zero_, rows_, y.data());
    EXPECT_THAT(cuda_emulation::last_report(), HasSubstr("y touches 0 bytes behind"));
    EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
}

TEST_F(Softmax, RefusesUnsetOrOtherTensors) {
    Array<float> x(logits_), y(8);
    cudnnTensorDescriptor_t other;
    cudnnCreateTensorDescriptor(&other);
    const auto forward = [&] {
        return cudnnSoftmaxForward(handle_, CUDNN_SOFTMAX_ACCURATE, CUDNN_SOFTMAX_MODE_CHANNEL,
                                   &one_, rows_, x.data(), &zero_, other, y.data());
    };
    EXPECT_EQ(forward(), CUDNN_STATUS_BAD_PARAM);
    cudnnSetTensor4dDescriptor(other, CUDNN_TENSOR_NCHW, CUDNN_DATA_FLOAT, 2, 4, 1, 1);
    EXPECT_EQ(forward(), CUDNN_STATUS_BAD_PARAM);
    EXPECT_THAT(cuda_emulation::last_report(), HasSubstr("different sizes"));
    cudnnSetTensor4dDescriptor(other, CUDNN_TENSOR_NCHW, CUDNN_DATA_HALF, 2, 3, 1, 1);
    EXPECT_EQ(forward(), CUDNN_STATUS_NOT_SUPPORTED);
    cudnnDestroyTensorDescriptor(other);
}

}  // namespace
