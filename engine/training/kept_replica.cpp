// Checkpoints of a list of replicas: a replica's state as in any checkpoint, and with it its
// epochs.
#include "training/kept_replica.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>

#include "manygpcm/engine/detail/epoch_json.h"
#include "manygpcm/engine/detail/json_numbers.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/files.h"
#include "training/checkpoint_content.h"

namespace manygpcm {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

fs::path file_of(const fs::path& directory, int i) {
    return directory / fmt::format("replica-{}.safetensors", i);
}

ReplicaProgress read_progress(const TrainingCheckpoints& checkpoints, const ReplicaSpec& spec,
                              const ModelConfig& config, const fs::path& file) {
    const CheckpointReader reader(file);
    const Json& json = reader.config();
    if (json.at("settings") != Json::parse(checkpoints.settings))
        throw InputError(file.string() + ": is of other settings");
    ReplicaProgress progress{.state = reader.state(spec, config), .epochs = {}, .best = {}};
    for (const Json& epoch : json.at("epochs"))
        progress.epochs.push_back(
            epoch_from_json(epoch, static_cast<int>(progress.epochs.size()) + 1));
    if (static_cast<int>(progress.epochs.size()) != progress.state.epoch)
        throw InputError(file.string() + ": has other epochs than its state");
    if (const auto best = json.find("best"); best != json.end())
        progress.best = {.epoch = whole_number_in<int>(best->at("epoch"), 0),
                         .cross_entropy = number_in(best->at("cross_entropy")),
                         .parameters = reader.values("best_parameters", config)};
    return progress;
}

void write_progress(const fs::path& file, const Json& settings, const ReplicaSpec& spec,
                    const ReplicaProgress& progress) {
    Json json = {{"settings", settings}, {"epochs", Json::array()}};
    for (const EpochResult& epoch : progress.epochs)
        json["epochs"].push_back(epoch_to_json(epoch));
    const BestEpoch& best = progress.best;
    NamedValues more;
    if (!best.parameters.empty()) {
        json["best"] = {{"epoch", best.epoch},
                        {"cross_entropy", number_to_json(best.cross_entropy)}};
        more.emplace_back("best_parameters", best.parameters);
    }
    write_checkpoint(spec, progress.state, json, more, file);
}

}  // namespace

void save_progress(const TrainingCheckpoints& checkpoints, int i, const ReplicaSpec& spec,
                   const ReplicaProgress& progress) {
    std::error_code error;  // what can't be made can't be written to
    fs::create_directories(checkpoints.directory, error);
    write_progress(file_of(checkpoints.directory, i), Json::parse(checkpoints.settings), spec,
                   progress);
}

std::optional<ReplicaProgress> load_progress(const TrainingCheckpoints& checkpoints, int i,
                                             const ReplicaSpec& spec, const ModelConfig& config) {
    const fs::path file = file_of(checkpoints.directory, i);
    std::error_code error;
    if (!fs::exists(file, error)) return std::nullopt;
    try {
        return read_progress(checkpoints, spec, config, file);
    } catch (const InputError&) {
    } catch (const Json::exception&) {
    } catch (const std::invalid_argument&) {
    }
    return std::nullopt;
}

std::vector<KeptReplica> kept_replicas(const fs::path& directory, int n) {
    std::vector<KeptReplica> kept;
    for (int i = 0; i < n; ++i) {
        const fs::path file = file_of(directory, i);
        std::error_code error;
        if (!fs::exists(file, error)) continue;
        KeptReplica& one = kept.emplace_back();
        one.replica = i;
        one.file = file;
        try {
            const CheckpointReader reader(file);
            one.epochs = whole_number_in<int>(reader.config().at("epoch"), 0);
            if (const auto best = reader.config().find("best"); best != reader.config().end())
                one.best = whole_number_in<int>(best->at("epoch"), 0);
            if (const Json& settings = reader.config().at("settings"); settings.is_object())
                one.settings = settings.dump();
        } catch (const InputError&) {
        } catch (const Json::exception&) {
        } catch (const std::invalid_argument&) {
        }
    }
    return kept;
}

void remove_kept_replicas(const fs::path& directory) {
    std::error_code error;  // what can't be removed is left: it does no harm
    for (const fs::directory_entry& entry : fs::directory_iterator(directory, error)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with("replica-") && name.ends_with(".safetensors"))
            fs::remove(entry.path(), error);
    }
    remove_abandoned_files(directory);
    fs::remove(directory, error);  // not if anything else is in it
}

}  // namespace manygpcm
