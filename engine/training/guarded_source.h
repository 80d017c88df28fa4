// A source of jobs whose exceptions can be told from those of training.
#pragma once

#include <exception>
#include <utility>

#include "base/source_failure.h"
#include "manygpcm/engine/training.h"

namespace manygpcm {

/// Passes everything on to `source`; throws SourceFailure for whatever that throws.
class GuardedSource : public JobSource {
  public:
    explicit GuardedSource(JobSource& source) : source_(source) {}

    std::optional<TrainingJob> next(bool wait) override {
        return guard([&] { return source_.next(wait); });
    }
    bool epoch_done(std::int64_t id, const EpochResult& epoch, const StateReader& state) override {
        return guard([&] { return source_.epoch_done(id, epoch, state); });
    }
    void job_done(std::int64_t id, ReplicaState state, Model model) override {
        guard([&] { source_.job_done(id, std::move(state), std::move(model)); });
    }
    void job_stopped(std::int64_t id, ReplicaState state) override {
        guard([&] { source_.job_stopped(id, std::move(state)); });
    }
    void job_failed(std::int64_t id, std::exception_ptr why) override {
        guard([&] { source_.job_failed(id, std::move(why)); });
    }
    void abandon() override { source_.abandon(); }

  private:
    template <class Call>
    auto guard(Call call) -> decltype(call()) {
        try {
            return call();
        } catch (...) {
            throw SourceFailure{std::current_exception()};
        }
    }

    JobSource& source_;
};

}  // namespace manygpcm
