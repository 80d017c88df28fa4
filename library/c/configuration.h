// A configuration of the C interface: a JSON object whose members are known by name, which are
// those that whoever reads it asks for.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manygpcm/engine/hyperparameters.h"

namespace manygpcm::c {

class Configuration {
  public:
    /// @throws InputError for what isn't a JSON object
    explicit Configuration(const char* json);
    Configuration(const Configuration&) = delete;
    Configuration& operator=(const Configuration&) = delete;
    ~Configuration();

    /// @throws InputError where the member is there and is no text
    std::optional<std::string> text(std::string_view name) const;
    /// @throws InputError where the member is there and is no whole number from `low` to `high`
    std::optional<std::int64_t> whole(std::string_view name, std::int64_t low,
                                      std::int64_t high) const;
    /// The members of `hyperparameters`.
    std::vector<std::string> hyperparameter_names() const;
    /// A model's defaults with `hyperparameters` set. @throws InputError as Hyperparameters::set
    Hyperparameters hyperparameters(ModelKind model) const;
    /// To be called when all members that there may be were asked for.
    /// @throws InputError for another, with the names of those
    void expect_no_other() const;

  private:
    struct Members;
    std::unique_ptr<Members> members_;
};

}  // namespace manygpcm::c
