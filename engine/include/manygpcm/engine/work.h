// Long work whose parts are known before it begins: while one after another is done, somebody hears
// how long the rest will take.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace manygpcm {

/// Told of a piece of work, again and again, which part of it is done: from 0 to 1.
using WorkObserver = std::function<void(double done)>;

/// Of a piece that is done between `from` and `to` of the whole. @param whole  may be empty
WorkObserver share_of(const WorkObserver& whole, double from, double to);

/// Of a loop that is at turn `at` of `n`; not of each turn, as many are short.
inline void tell_turn(const WorkObserver& observer, std::size_t at, std::size_t n) {
    constexpr std::size_t turns_between = 256;
    if (observer && at % turns_between == 0)
        observer(static_cast<double>(at) / static_cast<double>(n));
}

struct WorkState {
    double fraction = 0;  ///< of the time that all of it takes
    double seconds_left = 0;
};

class Agenda {
  public:
    /// @param seconds  a clock's, whenever it began; empty: the machine's
    explicit Agenda(std::function<double()> seconds = {});

    /// Adds a part that usually takes so long. Parts of one kind are expected to be as much slower
    /// or faster than usual as those of it before were, those of others as all before were.
    void add(std::string kind, double usual_seconds, std::function<void(const WorkObserver&)> work);

    /// Does all parts in their order. @param observer  may be empty
    void run(const std::function<void(const WorkState&)>& observer);

  private:
    struct Part {
        std::string kind;
        double usual_seconds = 0;
        std::function<void(const WorkObserver&)> work;
    };
    /// Of parts that are done.
    struct Sums {
        double usual = 0, taken = 0;
    };
    double expected(const Part& part) const;
    WorkState state(std::size_t current, double done, double elapsed) const;

    std::function<double()> seconds_;
    std::vector<Part> parts_;
    double usual_in_all_ = 0;
    Sums all_;
    std::map<std::string, Sums, std::less<>> of_kind_;
};

}  // namespace manygpcm
