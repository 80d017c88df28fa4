// What every checkpoint of a replica holds: safetensors with the spec that it belongs to, its
// state, and what whoever writes it adds.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "manygpcm/engine/training.h"
#include "model/safetensors.h"

namespace manygpcm {

/// Parameters by name, each as many as the model has.
using NamedValues = std::vector<std::pair<std::string, std::span<const float>>>;

/// @param more    fields beside the state's
/// @param values  tensors beside the state's
/// @throws InputError where it can't be written
void write_checkpoint(const ReplicaSpec& spec, const ReplicaState& state,
                      const nlohmann::json& more, const NamedValues& values,
                      const std::filesystem::path& file);

/// A checkpoint that is whole and of a format that is known.
class CheckpointReader {
  public:
    /// @throws InputError for another file; nlohmann::json::exception
    explicit CheckpointReader(const std::filesystem::path& file);

    const nlohmann::json& config() const { return config_; }

    /// @throws InputError where it is another spec's; nlohmann::json::exception
    ReplicaState state(const ReplicaSpec& spec, const ModelConfig& config) const;

    /// A tensor with as many values as the model has parameters. @throws InputError
    std::vector<float> values(const std::string& name, const ModelConfig& config) const;

  private:
    SafetensorsReader reader_;
    nlohmann::json config_;
};

}  // namespace manygpcm
