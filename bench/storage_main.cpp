// manygpcm_storage STORAGE WRITERS SECONDS: how many operations a second so many processes get done
// on one study in a storage, a journal or a database's URI. Each writes the epochs of a trial of
// its own, one after the other, as a worker does, and then reads what is new, as one that waits
// does. Prints one line.
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <string>
#include <thread>
#include <vector>

#include "manygpcm/engine/error.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/search/space.h"
#include "storage/open_study.h"

namespace manygpcm::search {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int n_folds = 5, epochs = 1000;

Study settings() {
    Study study;
    study.base = default_hyperparameters(parse_model("deep_gpcm"));
    study.space = search::default_space(study.base.model);
    study.dataset = "benchmark";
    study.n_questions = 200;
    study.n_categories = 4;
    study.n_learners = 400;
    study.n_folds = n_folds;
    study.epochs = epochs;
    return study;
}

EpochResult epoch_result(int epoch) {
    EpochResult result;
    result.epoch = epoch;
    result.train_loss = 1.0 / epoch;
    result.lr = 0.002;
    result.seconds = 0.5;
    result.validation.n = 12'000;
    for (const Metric& metric : metric_table())
        result.validation[metric] = 1.0 / (epoch + 3);
    result.validation.confusion.assign(16, 750);
    result.validation.categories.assign(4, {0.5, 0.5, 0.5, 3000});
    return result;
}

/// What a process got done, where its parent sees it.
struct Done {
    double writes_per_second = 0, slowest_write = 0, reads_per_second = 0;
};

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

void work(const std::string& where, Clock::time_point begin, double seconds, Done& done) {
    OpenStudy study(where, "benchmark", settings());
    std::this_thread::sleep_until(begin);
    Point point;
    for (const Parameter& parameter : study.study().space.parameters())
        point[parameter.name] =
            parameter.choices.empty() ? parameter.low : parameter.choices.front();
    const int trial = study.create_trial(study.study().space.settled(point));
    auto start = Clock::now();
    int n = 0;
    for (; seconds_since(start) < seconds; ++n) {
        const auto before = Clock::now();
        const int epoch = n / n_folds + 1;
        study.record_epochs(
            {{{.trial = trial, .fold = n % n_folds, .result = epoch_result(epoch)}}});
        done.slowest_write = std::max(done.slowest_write, seconds_since(before));
    }
    done.writes_per_second = n / seconds_since(start);
    // When all have written.
    std::this_thread::sleep_until(start + std::chrono::duration_cast<Clock::duration>(
                                              std::chrono::duration<double>(1.5 * seconds)));
    start = Clock::now();
    for (n = 0; seconds_since(start) < seconds / 2; ++n)
        study.sync();
    done.reads_per_second = n / seconds_since(start);
}

int run(const std::string& where, int writers, double seconds) {
    { const OpenStudy made(where, "benchmark", settings()); }
    constexpr int readable = PROT_READ | PROT_WRITE;
    auto* const done = static_cast<Done*>(
        mmap(nullptr, sizeof(Done) * writers, readable, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    const auto begin = Clock::now() + std::chrono::seconds(1);
    for (int i = 0; i < writers; ++i) {
        if (fork() != 0) continue;
        try {
            work(where, begin, seconds, done[i]);
        } catch (const std::exception& error) {
            fmt::print(stderr, "{}\n", error.what());
            _exit(1);
        }
        _exit(0);
    }
    bool good = true;
    for (int i = 0, status = 0; i < writers; ++i)
        good = wait(&status) > 0 && status == 0 && good;
    if (!good) return 1;
    Done all;
    for (int i = 0; i < writers; ++i) {
        all.writes_per_second += done[i].writes_per_second;
        all.slowest_write = std::max(all.slowest_write, done[i].slowest_write);
        all.reads_per_second += done[i].reads_per_second;
    }
    fmt::print("{:2} writers: {:.0f} writes a second, the slowest {:.0f} ms, {:.0f} reads\n",
               writers, all.writes_per_second, 1000 * all.slowest_write, all.reads_per_second);
    return 0;
}

}  // namespace
}  // namespace manygpcm::search

int main(int argc, char** argv) {
    if (argc != 4) {
        fmt::print(stderr, "usage: manygpcm_storage STORAGE WRITERS SECONDS\n");
        return 2;
    }
    return manygpcm::search::run(argv[1], std::atoi(argv[2]), std::atof(argv[3]));
}
