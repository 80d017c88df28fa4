// Tells a dataset from another by its content: FNV-1a of its numbers, byte by byte.
#include <fmt/format.h>

#include <array>
#include <cstdint>

#include "manygpcm/engine/detail/checksum.h"
#include "manygpcm/engine/detail/dataset_fingerprint.h"

namespace manygpcm {
namespace {

class ContentHash {
  public:
    void add(std::int64_t number) {
        std::array<std::uint32_t, sizeof number> bytes{};
        for (std::size_t i = 0; i < bytes.size(); ++i)
            bytes[i] = (static_cast<std::uint64_t>(number) >> (8 * i)) & 0xff;
        checksum_.add(std::span<const std::uint32_t>(bytes));
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
    std::uint64_t value() const { return checksum_.value(); }

  private:
    Checksum checksum_;
};

}  // namespace

std::string fingerprint(const Dataset& dataset) {
    ContentHash hash;
    hash.add(dataset.n_questions);
    hash.add(dataset.n_categories);
    hash.add(dataset.train);
    hash.add(dataset.test);
    return fmt::format("{:016x}", hash.value());
}

}  // namespace manygpcm
