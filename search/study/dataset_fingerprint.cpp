// Tells a dataset from another by its content: FNV-1a (64 bit; Fowler, Noll, Vo) of its numbers.
#include <fmt/format.h>

#include <cstdint>

#include "manygpcm/search/journal.h"

namespace manygpcm::search {
namespace {

class Hash {
  public:
    void add(std::int64_t number) {
        constexpr std::uint64_t prime = 1099511628211U;
        for (int shift = 0; shift < 64; shift += 8) {
            value_ ^= (static_cast<std::uint64_t>(number) >> shift) & 0xff;
            value_ *= prime;
        }
    }
    void add(const std::vector<Learner>& learners) {
        add(static_cast<std::int64_t>(learners.size()));
        for (const Learner& learner : learners) {
            add(static_cast<std::int64_t>(learner.responses.size()));
            for (std::size_t step = 0; step < learner.responses.size(); ++step) {
                add(learner.questions[step]);
                add(learner.responses[step]);
            }
        }
    }
    std::uint64_t value() const { return value_; }

  private:
    std::uint64_t value_ = 14695981039346656037U;
};

}  // namespace

std::string fingerprint(const Dataset& dataset) {
    Hash hash;
    hash.add(dataset.n_questions);
    hash.add(dataset.n_categories);
    hash.add(dataset.train);
    hash.add(dataset.test);
    return fmt::format("{:016x}", hash.value());
}

}  // namespace manygpcm::search
