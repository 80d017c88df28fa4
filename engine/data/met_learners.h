// Which learners a file has had so far, and where, for formats that want each of them once or in
// rows that follow one another.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace manygpcm {

class MetLearners {
  public:
    struct Before {
        int line;    ///< where it was met last
        bool apart;  ///< others were met since
    };

    /// The next learner. @returns what there was of it; nothing where it is new
    std::optional<Before> meet(std::string_view id, int line) {
        const auto [known, is_new] = lines_.try_emplace(std::string(id), line);
        const int before = known->second, latest = latest_;
        known->second = latest_ = line;
        if (is_new) return {};
        return Before{.line = before, .apart = before != latest};
    }

  private:
    std::unordered_map<std::string, int> lines_;  ///< the last of each
    int latest_ = 0;
};

}  // namespace manygpcm
