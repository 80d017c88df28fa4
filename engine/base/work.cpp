// What is left, by what was usual and by what was seen.
#include "manygpcm/engine/work.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace manygpcm {
namespace {

double machine_seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

}  // namespace

WorkObserver share_of(const WorkObserver& whole, double from, double to) {
    if (!whole) return {};
    return [=](double done) { whole(from + (to - from) * done); };
}

Agenda::Agenda(std::function<double()> seconds)
    : seconds_(seconds ? std::move(seconds) : machine_seconds) {}

void Agenda::add(std::string kind, double usual_seconds,
                 std::function<void(const WorkObserver&)> work) {
    usual_in_all_ += usual_seconds;
    parts_.push_back({std::move(kind), usual_seconds, std::move(work)});
}

double Agenda::expected(const Part& part) const {
    const auto seen = of_kind_.find(part.kind);
    if (seen != of_kind_.end() && seen->second.usual > 0)
        return part.usual_seconds * seen->second.taken / seen->second.usual;
    // Little that was done says little of the machine.
    constexpr double doubt = 0.02;
    const double usual = all_.usual + doubt * usual_in_all_;
    return usual > 0 ? part.usual_seconds * (all_.taken + doubt * usual_in_all_) / usual : 0;
}

/// @param elapsed  of the current part
WorkState Agenda::state(std::size_t current, double done, double elapsed) const {
    // The part takes what it was expected to, as long as little of it is done, and then what its
    // own pace says: elapsed / done.
    const Part& part = parts_[current];
    double left = (1 - done) * (elapsed + (1 - done) * expected(part));
    // Others of its kind are as it is and those before were.
    Sums kind = {.usual = part.usual_seconds, .taken = elapsed + left};
    if (const auto seen = of_kind_.find(part.kind); seen != of_kind_.end()) {
        kind.usual += seen->second.usual;
        kind.taken += seen->second.taken;
    }
    for (std::size_t later = current + 1; later < parts_.size(); ++later)
        left += parts_[later].kind == part.kind && kind.usual > 0
                    ? parts_[later].usual_seconds * kind.taken / kind.usual
                    : expected(parts_[later]);
    const double spent = all_.taken + elapsed;
    return {.fraction = spent + left > 0 ? spent / (spent + left) : 0, .seconds_left = left};
}

void Agenda::run(const std::function<void(const WorkState&)>& observer) {
    for (std::size_t at = 0; at < parts_.size(); ++at) {
        const double began = seconds_();
        const auto tell = [&](double done) {
            observer(state(at, std::clamp(done, 0.0, 1.0), seconds_() - began));
        };
        if (observer) tell(0);
        parts_[at].work(observer ? WorkObserver(tell) : WorkObserver());
        const double taken = seconds_() - began;
        for (Sums* sums : {&all_, &of_kind_[parts_[at].kind]}) {
            sums->usual += parts_[at].usual_seconds;
            sums->taken += taken;
        }
    }
    if (observer) observer({.fraction = 1, .seconds_left = 0});
}

}  // namespace manygpcm
