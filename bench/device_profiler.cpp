// A step is looked at while it runs as it is, before it is recorded. What looks at it costs time,
// so replays of the recording, which nothing of this is in, say what the whole step takes.
#include "device_profiler.h"

#include <algorithm>
#include <limits>
#include <type_traits>
#include <utility>

namespace manygpcm::bench {
namespace {

// Calls one after the other, so that the device works on one while the host launches the next.
constexpr int calls_at_once = 5;
constexpr int replays_of_nothing = 10;

class TimedRecording final : public kernels::Recording {
  public:
    TimedRecording(kernels::Device& device, std::unique_ptr<kernels::Recording> recording,
                   DeviceProfile& profile)
        : device_(device), recording_(std::move(recording)), profile_(profile) {}

    void run() override {
        profile_.replays.push_back(device_.time([this] { recording_->run(); }));
    }
    std::size_t launches() const override { return recording_->launches(); }

  private:
    kernels::Device& device_;
    std::unique_ptr<kernels::Recording> recording_;
    DeviceProfile& profile_;
};

template <class Args>
constexpr bool is_linear = std::is_same_v<Args, kernels::LinearForward<float>> ||
                           std::is_same_v<Args, kernels::LinearBackward<float>>;

}  // namespace

DeviceProfiler::DeviceProfiler(std::unique_ptr<kernels::Device> device, DeviceProfile& profile)
    : device_(std::move(device)), profile_(profile) {}

DeviceProfiler::~DeviceProfiler() = default;

DeviceProfile::Entry* DeviceProfiler::entry(const char* operation) {
    if (!looking_) return nullptr;
    auto& entries = profile_.operations;
    const auto found = std::ranges::find(entries, operation, &DeviceProfile::Entry::operation);
    DeviceProfile::Entry& booked =
        found == entries.end() ? entries.emplace_back(DeviceProfile::Entry{operation}) : *found;
    ++booked.calls;
    return &booked;
}

template <class Call>
double DeviceProfiler::seconds_of(const Call& call) {
    call();  // which may load a kernel or look for an algorithm
    const auto calls = [&] {
        for (int i = 0; i < calls_at_once; ++i)
            call();
    };
    return device_->time(calls) / calls_at_once;
}

template <class Call>
DeviceProfile::Entry* DeviceProfiler::book(const char* operation, const Call& call) {
    DeviceProfile::Entry* const booked = entry(operation);
    if (booked)
        booked->seconds += seconds_of(call);
    else
        call();
    return booked;
}

template <class Call>
void DeviceProfiler::book_once(const char* operation, const Call& call) {
    if (DeviceProfile::Entry* const booked = entry(operation))
        booked->seconds += device_->time(call);
    else
        call();
}

void DeviceProfiler::begin_recording() {
    looking_ = false;
    recorded_ = true;
    device_->begin_recording();
}

std::unique_ptr<kernels::Recording> DeviceProfiler::end_recording() {
    auto recording = device_->end_recording();
    profile_.launches = recording->launches();
    return std::make_unique<TimedRecording>(*device_, std::move(recording), profile_);
}

#define MANYGPCM_RUN(Args)                                          \
    void DeviceProfiler::run(const kernels::Args<float>& args) {    \
        const auto call = [&] { device_->run(args); };              \
        DeviceProfile::Entry* const booked = book(args.name, call); \
        if (booked && is_linear<kernels::Args<float>>)              \
            booked->grouped_seconds += seconds_of([&] {             \
                device_->begin_group();                             \
                call();                                             \
                device_->end_group();                               \
            });                                                     \
    }
MANYGPCM_CALLS(MANYGPCM_RUN)
#undef MANYGPCM_RUN

void DeviceProfiler::zero(int replicas, std::size_t size, Out array) {
    book("zero", [&] { device_->zero(replicas, size, array); });
}

void DeviceProfiler::pack_batch(int replicas, int n_questions, int n_categories,
                                const kernels::DeviceLearners& learners,
                                const kernels::BatchOrder& order, const kernels::BatchArrays& out) {
    looking_ = !recorded_;  // a step begins
    book_once("pack_batch", [&] {
        device_->pack_batch(replicas, n_questions, n_categories, learners, order, out);
    });
}

void DeviceProfiler::append_rows(kernels::Rows steps, int width, In x, int* position, Out all) {
    book_once("append_rows", [&] { device_->append_rows(steps, width, x, position, all); });
}

void DeviceProfiler::confusion_counts(kernels::Rows steps, int categories, In logits,
                                      kernels::RowIndex responses, int* counts) {
    book_once("confusion_counts",
              [&] { device_->confusion_counts(steps, categories, logits, responses, counts); });
}

void DeviceProfiler::ordinal_losses(int replicas, int categories,
                                    const kernels::OrdinalLoss* losses,
                                    kernels::PerReplica<const double> statistics, double* loss) {
    book_once("ordinal_losses",
              [&] { device_->ordinal_losses(replicas, categories, losses, statistics, loss); });
}

void DeviceProfiler::clip_and_adam(kernels::Rows steps, std::size_t size, const double* loss,
                                   kernels::OptimizerState* states, Out parameters, In gradient,
                                   Out m, Out v) {
    book_once("clip_and_adam", [&] {
        device_->clip_and_adam(steps, size, loss, states, parameters, gradient, m, v);
    });
}

void DeviceProfiler::next_batch(kernels::Rows steps, int* batch, kernels::DropoutKey* keys) {
    book_once("next_batch", [&] { device_->next_batch(steps, batch, keys); });
}

double empty_launches_seconds(kernels::Device& device, std::size_t launches) {
    const kernels::BackendArray<float> array(device, 1, "one float");
    const auto launch = [&] { device.zero(1, 1, {array.data(), 0}); };
    launch();
    device.begin_recording();
    for (std::size_t i = 0; i < launches; ++i)
        launch();
    const auto recording = device.end_recording();
    double best = std::numeric_limits<double>::infinity();
    for (int i = 0; i < replays_of_nothing; ++i)
        best = std::min(best, device.time([&] { recording->run(); }));
    return best;
}

}  // namespace manygpcm::bench
