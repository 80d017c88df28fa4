// A device that has another one compute, and looks at the first recorded step of what trains on it:
// what each operation takes by the device's clock, what linear maps would take as cuBLAS's grouped
// product, how many launches the recording has and what a replay of it takes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "manygpcm/kernels/device.h"

namespace manygpcm::bench {

struct DeviceProfile {
    struct Entry {
        std::string operation;
        int calls = 0;
        double seconds = 0;
        /// Of linear maps, each as a group of its own (Device::begin_group()); 0 of all else.
        double grouped_seconds = 0;
    };
    std::vector<Entry> operations;  ///< of a step, in the order of first calls
    std::size_t launches = 0;       ///< of the recorded step
    std::vector<double> replays;    ///< seconds of each
};

class DeviceProfiler final : public kernels::Device {
  public:
    /// @param profile of one training of one cohort; outlives it
    DeviceProfiler(std::unique_ptr<kernels::Device> device, DeviceProfile& profile);
    ~DeviceProfiler() override;

    std::string description() const override { return device_->description(); }
    std::size_t free_memory() const override { return device_->free_memory(); }
    kernels::DevicePeaks peaks() const override { return device_->peaks(); }
    void synchronize() override { device_->synchronize(); }
    double time(const std::function<void()>& work) override { return device_->time(work); }
    void copy(void* to, const void* from, std::size_t bytes) override {
        device_->copy(to, from, bytes);
    }
    void begin_recording() override;
    std::unique_ptr<kernels::Recording> end_recording() override;
    void begin_group() override { device_->begin_group(); }
    void end_group() override { device_->end_group(); }

    void* allocate(std::size_t bytes, std::string_view what) override {
        return device_->allocate(bytes, what);
    }
    void free(void* memory) noexcept override { device_->free(memory); }
    void upload(void* to, const void* from, std::size_t bytes) override {
        device_->upload(to, from, bytes);
    }
    void download(void* to, const void* from, std::size_t bytes) override {
        device_->download(to, from, bytes);
    }
    std::size_t memory_scan_checkpoint_size(const kernels::MemoryScanShape& shape, int steps,
                                            int sequences) const override {
        return device_->memory_scan_checkpoint_size(shape, steps, sequences);
    }
    void zero(int replicas, std::size_t size, Out array) override;
#define MANYGPCM_RUN(Args) void run(const kernels::Args<float>& args) override;
    MANYGPCM_CALLS(MANYGPCM_RUN)
#undef MANYGPCM_RUN

    void pack_batch(int replicas, int n_questions, int n_categories,
                    const kernels::DeviceLearners& learners, const kernels::BatchOrder& order,
                    const kernels::BatchArrays& out) override;
    void append_rows(kernels::Rows steps, int width, In x, int* position, Out all) override;
    void confusion_counts(kernels::Rows steps, int categories, In logits,
                          kernels::RowIndex responses, int* counts) override;
    void ordinal_losses(int replicas, int categories, const kernels::OrdinalLoss* losses,
                        kernels::PerReplica<const double> statistics, double* loss) override;
    void clip_and_adam(kernels::Rows steps, std::size_t size, const double* loss,
                       kernels::OptimizerState* states, Out parameters, In gradient, Out m,
                       Out v) override;
    void next_batch(kernels::Rows steps, int* batch, kernels::DropoutKey* keys) override;

  private:
    /// The entry of a call; null where it isn't looked at.
    DeviceProfile::Entry* entry(const char* operation);
    /// Has the device do what may be done several times, as it is while it is looked at.
    /// @return the entry, null where it isn't looked at
    template <class Call>
    DeviceProfile::Entry* book(const char* operation, const Call& call);
    /// Has it do what moves something on.
    template <class Call>
    void book_once(const char* operation, const Call& call);
    template <class Call>
    double seconds_of(const Call& call);

    std::unique_ptr<kernels::Device> device_;
    DeviceProfile& profile_;
    bool looking_ = false;   // at a step that runs as it is
    bool recorded_ = false;  // a step is or was
};

/// Seconds of a recording of so many launches of a kernel that writes one float.
double empty_launches_seconds(kernels::Device& device, std::size_t launches);

}  // namespace manygpcm::bench
