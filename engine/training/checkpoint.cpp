// Checkpoints of replicas in training.
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "manygpcm/engine/detail/checksum.h"
#include "manygpcm/engine/detail/hyperparameters_json.h"
#include "manygpcm/engine/detail/json_numbers.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/files.h"
#include "training/checkpoint_content.h"

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

}  // namespace

void write_checkpoint(const ReplicaSpec& spec, const ReplicaState& state, const Json& more,
                      const NamedValues& values, const std::filesystem::path& file) {
    Json json = {{"format", newest_format},
                 {"spec", json_of(spec)},
                 {"epoch", state.epoch},
                 {"optimizer_steps", state.optimizer_steps},
                 {"dropout_steps", state.dropout_steps},
                 {"lr", state.lr},
                 {"epochs_without_better", state.epochs_without_better}};
    // JSON has no infinity: none is no score so far.
    if (std::isfinite(state.best_score)) json["best_score"] = state.best_score;
    json.update(more);
    SafetensorsWriter writer(json);
    const std::vector<int> shape = {static_cast<int>(state.parameters.size())};
    writer.add("parameters", shape, state.parameters);
    writer.add("first_moment", shape, state.first_moment);
    writer.add("second_moment", shape, state.second_moment);
    for (const auto& [name, parameters] : values)
        writer.add(name, shape, parameters);
    write_file(file, writer.file());
}

CheckpointReader::CheckpointReader(const std::filesystem::path& file)
    : reader_(file), config_(reader_.config()) {
    if (!reader_.has_checksum()) throw reader_.error("has no checksum");
    if (config_.value("format", 1) > newest_format) throw reader_.error("is of a newer format");
}

ReplicaState CheckpointReader::state(const ReplicaSpec& spec, const ModelConfig& config) const {
    Json of_state = config_.at("spec");
    fill_in_missing(of_state.at("hyperparameters"));
    if (of_state != json_of(spec)) throw reader_.error("is another replica's");
    const auto whole = [&](const char* name) { return whole_number_in<int>(config_.at(name), 0); };
    ReplicaState state{.epoch = whole("epoch"),
                       .optimizer_steps = whole("optimizer_steps"),
                       .dropout_steps = whole_number_in<std::uint32_t>(config_.at("dropout_steps")),
                       .lr = number_in(config_.at("lr")),
                       .epochs_without_better = whole("epochs_without_better"),
                       .parameters = values("parameters", config),
                       .first_moment = values("first_moment", config),
                       .second_moment = values("second_moment", config)};
    if (config_.contains("best_score")) state.best_score = number_in(config_.at("best_score"));
    return state;
}

std::vector<float> CheckpointReader::values(const std::string& name,
                                            const ModelConfig& config) const {
    std::vector<float> values(ParameterLayout(config).size());
    const std::string_view bytes = reader_.bytes(name, {static_cast<int>(values.size())});
    std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
}

void save_checkpoint(const ReplicaSpec& spec, const ReplicaState& state,
                     const std::filesystem::path& file) {
    write_checkpoint(spec, state, Json::object(), {}, file);
}

std::optional<ReplicaState> load_checkpoint(const ReplicaSpec& spec, const ModelConfig& config,
                                            const std::filesystem::path& file) {
    std::error_code error;
    if (!std::filesystem::exists(file, error)) return std::nullopt;
    try {
        return CheckpointReader(file).state(spec, config);
    } catch (const InputError&) {
        return std::nullopt;
    } catch (const Json::exception&) {
        return std::nullopt;
    } catch (const std::invalid_argument&) {
        return std::nullopt;
    }
}

}  // namespace manygpcm
