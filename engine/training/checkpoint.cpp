// Checkpoints of replicas in training: safetensors with the spec they belong to.
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "manygpcm/engine/detail/checksum.h"
#include "manygpcm/engine/detail/hyperparameters_json.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/engine/training.h"
#include "model/safetensors.h"

namespace manygpcm {
namespace {

using Json = nlohmann::json;

constexpr int newest_format = 1;  // files from before there were formats have none

/// What the state depends on. Learners go in by a checksum: there are many, and what they answered
/// isn't known here.
Json json_of(const ReplicaSpec& spec) {
    Checksum learners;
    learners.add(std::span<const int>(spec.train));
    learners.add(std::span<const int>(spec.validation));
    Json json = {{"hyperparameters", to_json(spec.hyperparameters)},
                 {"learners", learners.value()},
                 {"n_train", spec.train.size()},
                 {"seed", spec.seed},
                 {"trial", spec.trial},
                 {"fold", spec.fold}};
    if (spec.hyperparameters.lr_schedule == LrSchedule::cosine)
        json["planned_epochs"] = spec.planned_epochs;
    return json;
}

ReplicaState read_state(const ReplicaSpec& spec, const ModelConfig& config,
                        const std::filesystem::path& file) {
    const SafetensorsReader reader(file);
    if (!reader.has_checksum()) throw reader.error("has no checksum");
    const Json json = reader.config();
    if (json.value("format", 1) > newest_format) throw reader.error("is of a newer format");
    Json of_state = json.at("spec");
    fill_in_missing(of_state.at("hyperparameters"));
    if (of_state != json_of(spec)) throw reader.error("is another replica's");
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
    return state;
}

}  // namespace

void save_checkpoint(const ReplicaSpec& spec, const ReplicaState& state,
                     const std::filesystem::path& file) {
    Json json = {{"format", newest_format},
                 {"spec", json_of(spec)},
                 {"epoch", state.epoch},
                 {"optimizer_steps", state.optimizer_steps},
                 {"dropout_steps", state.dropout_steps},
                 {"lr", state.lr},
                 {"epochs_without_better", state.epochs_without_better}};
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
