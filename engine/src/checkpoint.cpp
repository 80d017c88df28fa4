// Checkpoints of replicas in training: safetensors with the spec they belong to and a checksum.
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "manygpcm/engine/error.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/engine/training.h"
#include "safetensors.h"

namespace manygpcm {
namespace {

using Json = nlohmann::json;

/// FNV-1a (Fowler, Noll, Vo) over words of 32 bits: finds a damaged file, no more.
class Checksum {
  public:
    template <class T>
    void add(std::span<const T> values) {
        for (const T value : values) {
            std::uint32_t word = 0;
            static_assert(sizeof value == sizeof word);
            std::memcpy(&word, &value, sizeof word);
            hash_ = (hash_ ^ word) * 0x100000001b3;
        }
    }
    std::uint64_t value() const { return hash_; }

  private:
    std::uint64_t hash_ = 0xcbf29ce484222325;
};

/// What the state depends on. Learners go in by a checksum: there are many, and what they answered
/// isn't known here.
Json json_of(const ReplicaSpec& spec) {
    Checksum learners;
    learners.add(std::span(spec.train));
    learners.add(std::span(spec.validation));
    return {{"hyperparameters", spec.hyperparameters.to_json()},
            {"learners", learners.value()},
            {"n_train", spec.train.size()},
            {"seed", spec.seed},
            {"trial", spec.trial},
            {"fold", spec.fold}};
}

std::uint64_t checksum_of(const ReplicaState& state) {
    Checksum checksum;
    for (const auto* values : {&state.parameters, &state.first_moment, &state.second_moment})
        checksum.add(std::span(*values));
    return checksum.value();
}

ReplicaState read_state(const ReplicaSpec& spec, const ModelConfig& config,
                        const std::filesystem::path& file) {
    const SafetensorsReader reader(file);
    const Json json = reader.config();
    if (json.at("spec") != json_of(spec)) throw reader.error("is another replica's");
    ReplicaState state{.epoch = json.at("epoch"),
                       .optimizer_steps = json.at("optimizer_steps"),
                       .dropout_steps = json.at("dropout_steps"),
                       .lr = json.at("lr"),
                       .epochs_without_better = json.at("epochs_without_better"),
                       .parameters = {},
                       .first_moment = {},
                       .second_moment = {}};
    // JSON has no infinity: none is no score so far.
    if (json.contains("best_score")) state.best_score = json.at("best_score");
    const std::size_t n = ParameterLayout(config).size();
    const auto read = [&](const char* name, std::vector<float>& values) {
        values.resize(n);
        const std::string_view bytes = reader.bytes(name, {static_cast<int>(n)});
        std::memcpy(values.data(), bytes.data(), bytes.size());
    };
    read("parameters", state.parameters);
    read("first_moment", state.first_moment);
    read("second_moment", state.second_moment);
    if (json.at("checksum") != checksum_of(state)) throw reader.error("is damaged");
    return state;
}

}  // namespace

void save_checkpoint(const ReplicaSpec& spec, const ReplicaState& state,
                     const std::filesystem::path& file) {
    Json json = {{"spec", json_of(spec)},
                 {"epoch", state.epoch},
                 {"optimizer_steps", state.optimizer_steps},
                 {"dropout_steps", state.dropout_steps},
                 {"lr", state.lr},
                 {"epochs_without_better", state.epochs_without_better},
                 {"checksum", checksum_of(state)}};
    if (std::isfinite(state.best_score)) json["best_score"] = state.best_score;
    SafetensorsWriter writer(json);
    const std::vector<int> shape = {static_cast<int>(state.parameters.size())};
    writer.add("parameters", shape, state.parameters);
    writer.add("first_moment", shape, state.first_moment);
    writer.add("second_moment", shape, state.second_moment);
    write_file(file, writer.file());
}

std::optional<ReplicaState> load_checkpoint(const ReplicaSpec& spec, const ModelConfig& config,
                                            const std::filesystem::path& file) {
    std::error_code error;
    if (!std::filesystem::exists(file, error)) return std::nullopt;
    try {
        return read_state(spec, config, file);
    } catch (const InputError&) {
        return std::nullopt;
    } catch (const Json::exception&) {
        return std::nullopt;
    }
}

}  // namespace manygpcm
