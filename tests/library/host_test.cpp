// What the library leaves as it was in the process that it works in.
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <array>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <limits>
#include <thread>

#include "manygpcm/engine/detail/temporary_directory.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/engine/simulate.h"
#include "manygpcm/report/report.h"
#include "manygpcm/search/sweep.h"

namespace manygpcm {
namespace {

/// What may be done about each signal.
std::array<void*, NSIG> signal_handlers() {
    std::array<void*, NSIG> handlers{};
    for (int signal = 1; signal < NSIG; ++signal) {
        struct sigaction action;
        if (sigaction(signal, nullptr, &action) == 0)
            std::memcpy(&handlers[static_cast<std::size_t>(signal)], &action.sa_handler,
                        sizeof(void*));
    }
    return handlers;
}

std::ptrdiff_t threads() {
    const std::filesystem::directory_iterator tasks("/proc/self/task");
    return std::distance(begin(tasks), end(tasks));
}

/// Data, a search in memory, its report and its winner's predictions.
void use_everything(const std::filesystem::path& directory) {
    simulate({.learners = 30, .questions = 5, .categories = 3, .min_length = 5, .max_length = 9},
             directory);
    const Dataset dataset = read_dataset(directory);
    search::SweepConfig config;
    config.base = default_hyperparameters(parse_model("gru_gpcm"));
    config.trials = 3;
    config.n_folds = 2;
    config.epochs = 2;
    config.jobs = 2;
    const search::SweepResult result = search::run_sweep(dataset, config);
    ASSERT_TRUE(result.best);
    const std::array which = {0, 1};
    EXPECT_FALSE(predict(*result.best, dataset.train, which).probabilities.empty());
    EXPECT_FALSE(report::write_report(result.study, directory / "report").empty());
}

TEST(Host, StaysAsItWas) {
    const TemporaryDirectory directory("host");
    const auto handlers = signal_handlers();
    const auto threads_before = threads();
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    use_everything(directory.path());
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
    volatile float denormal = std::numeric_limits<float>::min();
    denormal = denormal / 2;
    EXPECT_GT(denormal, 0);
    EXPECT_EQ(signal_handlers(), handlers);
    // The kernel takes a moment to forget a thread that was joined.
    for (int wait = 0; wait < 100 && threads() != threads_before; ++wait)
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    EXPECT_EQ(threads(), threads_before);
}

TEST(Host, GetsNoOpenMPRuntime) {
    for (const char* function : {"omp_get_max_threads", "GOMP_parallel", "__kmpc_fork_call"})
        EXPECT_EQ(dlsym(RTLD_DEFAULT, function), nullptr) << function;
}

}  // namespace
}  // namespace manygpcm
