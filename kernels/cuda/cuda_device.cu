// Memory, time and recordings of a GPU's stream.
#include "cuda_device.h"

#include <cstdio>
#include <memory>
#include <utility>

#include "flat.cuh"
#include "launch.h"
#include "manygpcm/kernels/cuda.h"

namespace manygpcm::kernels {
namespace cuda {
namespace {

constexpr std::size_t workspace_grain = std::size_t{1} << 20;

/// None where the host has one.
Stream make_stream(int ordinal, const DeviceOptions& options) {
    MANYGPCM_CHECK(cudaSetDevice(ordinal));
    if (options.stream) return nullptr;
    return make_handle<Stream>("cudaStreamCreateWithFlags", cudaStreamCreateWithFlags,
                               cudaStreamNonBlocking);
}

class GraphRecording final : public Recording {
  public:
    /// @param workspace what the recorded operations use as scratch: kept as long as they may run
    GraphRecording(cudaStream_t stream, GraphExec graph, std::size_t launches,
                   std::shared_ptr<DeviceMemory> workspace)
        : workspace_(std::move(workspace)),
          stream_(stream),
          graph_(std::move(graph)),
          launches_(launches) {}

    void run() override { MANYGPCM_CHECK(cudaGraphLaunch(graph_.get(), stream_), "recording"); }
    std::size_t launches() const override { return launches_; }

  private:
    std::shared_ptr<DeviceMemory> workspace_;
    cudaStream_t stream_;
    GraphExec graph_;
    std::size_t launches_;
};

template <int V>
__global__ void __launch_bounds__(flat_threads)
    zero_kernel(std::size_t vectors, PerReplica<float> array) {
    const std::size_t i = flat_thread();
    if (i < vectors) store(array[static_cast<int>(blockIdx.y)] + i * V, zeros<V>());
}

}  // namespace

CudaDevice::CudaDevice(int ordinal, const DeviceOptions& options)
    : ordinal_(ordinal),
      own_stream_(make_stream(ordinal, options)),
      stream_(options.stream ? static_cast<cudaStream_t>(options.stream) : own_stream_.get()),
      cudnn_(make_handle<Cudnn>("cudnnCreate", cudnnCreate)),
      gemms_(ordinal, stream_, options.tf32) {
    MANYGPCM_CHECK(cudnnSetStream(cudnn_.get(), stream_));
}

CudaDevice::~CudaDevice() {
    cudaSetDevice(ordinal_);
    abandon_recording();
    cudaStreamSynchronize(stream_);
}

cudaStream_t CudaDevice::stream() const {
    MANYGPCM_CHECK(cudaSetDevice(ordinal_));
    return stream_;
}

cudnnHandle_t CudaDevice::cudnn() const {
    MANYGPCM_CHECK(cudaSetDevice(ordinal_));
    return cudnn_.get();
}

std::string CudaDevice::description() const {
    cudaDeviceProp properties{};
    MANYGPCM_CHECK(cudaGetDeviceProperties(&properties, ordinal_));
    char text[128];
    std::snprintf(text, sizeof text, ", compute capability %d.%d, %.1f GiB", properties.major,
                  properties.minor,
                  static_cast<double>(properties.totalGlobalMem) / double(1 << 30));
    return properties.name + std::string(text);
}

std::size_t CudaDevice::free_memory() const {
    std::size_t free = 0, total = 0;
    MANYGPCM_CHECK(cudaSetDevice(ordinal_));
    MANYGPCM_CHECK(cudaMemGetInfo(&free, &total));
    return free;
}

DevicePeaks CudaDevice::peaks() const {
    const auto value = [this](cudaDeviceAttr attribute) {
        int of_gpu = 0;
        MANYGPCM_CHECK(cudaDeviceGetAttribute(&of_gpu, attribute, ordinal_));
        return double{1} * of_gpu;
    };
    // Results of float32 a clock and multiprocessor, by the CUDA programming guide's table.
    const double major = value(cudaDevAttrComputeCapabilityMajor);
    const bool half = major < 8 || (major == 8 && value(cudaDevAttrComputeCapabilityMinor) == 0);
    const double results = value(cudaDevAttrMultiProcessorCount) * (half ? 64 : 128);
    constexpr double hertz = 1e3;  // in a kHz, as clocks are given; memory sends twice a clock
    return {
        2 * results * value(cudaDevAttrClockRate) * hertz,
        2 * value(cudaDevAttrMemoryClockRate) * hertz * value(cudaDevAttrGlobalMemoryBusWidth) / 8};
}

void allow_shared_memory(const void* kernel, std::size_t bytes, const char* name) {
    int gpu = 0, most = 0;
    MANYGPCM_CHECK(cudaGetDevice(&gpu), name);
    MANYGPCM_CHECK(cudaDeviceGetAttribute(&most, cudaDevAttrMaxSharedMemoryPerBlockOptin, gpu),
                   name);
    if (bytes > static_cast<std::size_t>(most))
        throw Unsupported(std::string(name) + ": a block needs " + std::to_string(bytes) +
                          " bytes of shared memory, this GPU has " + std::to_string(most));
    MANYGPCM_CHECK(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, most),
                   name);
}

int multiprocessors(const char* name) {
    int gpu = 0, count = 0;
    MANYGPCM_CHECK(cudaGetDevice(&gpu), name);
    MANYGPCM_CHECK(cudaDeviceGetAttribute(&count, cudaDevAttrMultiProcessorCount, gpu), name);
    return count;
}

void CudaDevice::synchronize() {
    MANYGPCM_CHECK(cudaStreamSynchronize(stream()));
}

double CudaDevice::time(const std::function<void()>& work) {
    const auto make_event = [] {
        return make_handle<Event>("cudaEventCreateWithFlags", cudaEventCreateWithFlags,
                                  cudaEventDefault);
    };
    const cudaStream_t on = stream();
    const Event start = make_event(), end = make_event();
    MANYGPCM_CHECK(cudaEventRecord(start.get(), on));
    work();
    MANYGPCM_CHECK(cudaEventRecord(end.get(), on));
    MANYGPCM_CHECK(cudaEventSynchronize(end.get()));
    float milliseconds = 0;
    MANYGPCM_CHECK(cudaEventElapsedTime(&milliseconds, start.get(), end.get()));
    return milliseconds * 1e-3;
}

void CudaDevice::copy(void* to, const void* from, std::size_t bytes) {
    MANYGPCM_CHECK(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, stream()));
}

void CudaDevice::begin_recording() {
    abandon_recording();
    // Only this thread's calls are held to what a recording allows: others may allocate meanwhile.
    MANYGPCM_CHECK(cudaStreamBeginCapture(stream(), cudaStreamCaptureModeThreadLocal), "recording");
    recording_ = true;
}

std::unique_ptr<Recording> CudaDevice::end_recording() {
    cudaGraph_t captured = nullptr;
    recording_ = false;
    MANYGPCM_CHECK(cudaStreamEndCapture(stream(), &captured), "recording");
    const Graph graph(captured);
    auto runnable = make_handle<GraphExec>("cudaGraphInstantiate", [&](cudaGraphExec_t* exec) {
        return cudaGraphInstantiate(exec, graph.get(), 0);
    });
    std::size_t launches = 0;
    MANYGPCM_CHECK(cudaGraphGetNodes(graph.get(), nullptr, &launches), "recording");
    // Its memory is taken now, not by the first run.
    MANYGPCM_CHECK(cudaGraphUpload(runnable.get(), stream()), "recording");
    return std::make_unique<GraphRecording>(stream(), std::move(runnable), launches, workspace_);
}

/// Ends a recording that an exception left open.
void CudaDevice::abandon_recording() noexcept {
    if (!std::exchange(recording_, false)) return;
    cudaGraph_t captured = nullptr;
    if (cudaStreamEndCapture(stream_, &captured) == cudaSuccess) Graph(captured).reset();
    static_cast<void>(cudaGetLastError());
}

void* CudaDevice::allocate(std::size_t bytes, std::string_view what) {
    const cudaStream_t on = stream();
    DeviceMemory memory = make_device_memory(bytes == 0 ? 1 : bytes, what);
    MANYGPCM_CHECK(cudaMemsetAsync(memory.get(), 0, bytes, on), what);
    return memory.release();
}

void CudaDevice::free(void* memory) noexcept {
    abandon_recording();  // of what an exception ended, which would not let go of the memory
    cudaSetDevice(ordinal_);
    cudaStreamSynchronize(stream_);
    DeviceMemory(memory).reset();
}

void CudaDevice::upload(void* to, const void* from, std::size_t bytes) {
    const cudaStream_t on = stream();
    MANYGPCM_CHECK(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, on));
    MANYGPCM_CHECK(cudaStreamSynchronize(on));
}

void CudaDevice::download(void* to, const void* from, std::size_t bytes) {
    const cudaStream_t on = stream();
    MANYGPCM_CHECK(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, on));
    MANYGPCM_CHECK(cudaStreamSynchronize(on));
}

void CudaDevice::zero(int replicas, std::size_t size, Out array) {
    with_vectors(flat_vector_width(size, array), [&](auto v) {
        const std::size_t vectors = size / v();
        launch({.grid = flat_grid(vectors, replicas),
                .block = dim3(flat_threads),
                .stream = stream(),
                .name = "zero"},
               zero_kernel<v()>, vectors, array);
    });
}

void* CudaDevice::workspace_bytes(std::size_t bytes) {
    if (bytes > workspace_size_) {
        MANYGPCM_CHECK(cudaStreamSynchronize(stream()));
        workspace_.reset();  // before more is asked for, unless a recording needs it
        workspace_size_ = 0;
        const std::size_t size = ceil_div(bytes, workspace_grain) * workspace_grain;
        workspace_ =
            std::make_shared<DeviceMemory>(make_device_memory(size, "workspace of the operations"));
        workspace_size_ = size;
    }
    return workspace_ ? workspace_->get() : nullptr;
}

}  // namespace cuda

int cuda_device_count() {
    int count = 0;
    if (cudaGetDeviceCount(&count) == cudaSuccess) return count;
    static_cast<void>(cudaGetLastError());  // there is no driver, or it offers no GPU
    return 0;
}

std::unique_ptr<Device> open_cuda_device(int ordinal, const DeviceOptions& options) {
    const int count = cuda_device_count();
    if (ordinal < 0 || ordinal >= count)
        throw DeviceError("there is no GPU cuda:" + std::to_string(ordinal) + "; " +
                          (count == 0 ? "this machine offers none"
                                      : "the last is cuda:" + std::to_string(count - 1)));
    return std::make_unique<cuda::CudaDevice>(ordinal, options);
}

}  // namespace manygpcm::kernels
