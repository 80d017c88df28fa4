// Checkpoints by trial and fold.
#include "sweep/checkpoint_directory.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "manygpcm/engine/error.h"
#include "manygpcm/engine/files.h"

namespace manygpcm::search {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view suffix = ".safetensors";

/// The trial and fold of a name as file_of() makes them; none of another's.
std::optional<std::pair<int, int>> parse_name(std::string_view name) {
    int trial = 0, fold = 0;
    const auto take_text = [&](std::string_view text) {
        if (!name.starts_with(text)) return false;
        name.remove_prefix(text.size());
        return true;
    };
    const auto take_number = [&](int& value) {
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), value);
        if (error != std::errc()) return false;
        name.remove_prefix(static_cast<std::size_t>(end - name.data()));
        return true;
    };
    if (take_text("trial-") && take_number(trial) && take_text("-fold-") && take_number(fold) &&
        name == suffix)
        return std::pair(trial, fold);
    return std::nullopt;
}

}  // namespace

CheckpointDirectory::CheckpointDirectory(const fs::path& study)
    : directory_(study.string() + ".checkpoints") {
    std::error_code error;
    if (fs::symlink_status(directory_, error).type() == fs::file_type::none)
        throw InputError(fmt::format("{}: can't be the directory beside the study: {}",
                                     directory_.string(), error.message()));
    remove_abandoned_files(directory_);
}

fs::path CheckpointDirectory::file_of(int trial, int fold) const {
    return directory_ / fmt::format("trial-{}-fold-{}{}", trial, fold, suffix);
}

void CheckpointDirectory::save(const ReplicaSpec& spec, const ReplicaState& state) const {
    const auto write = [&] {
        fs::create_directories(directory_);
        save_checkpoint(spec, state, file_of(spec.trial, spec.fold));
    };
    try {
        write();
    } catch (const InputError&) {
        write();  // once more, for another process may just have cleared the directory
    }
}

std::shared_ptr<const ReplicaState> CheckpointDirectory::load(const ReplicaSpec& spec,
                                                              const ModelConfig& config,
                                                              int epochs) const {
    auto state = load_checkpoint(spec, config, file_of(spec.trial, spec.fold));
    if (!state || state->epoch > epochs) return nullptr;
    return std::make_shared<ReplicaState>(*std::move(state));
}

void CheckpointDirectory::keep(const std::function<bool(int trial, int fold)>& needed) const {
    std::error_code error;  // what can't be removed is left: it does no harm
    for (const fs::directory_entry& entry : fs::directory_iterator(directory_, error)) {
        const auto name = parse_name(entry.path().filename().string());
        if (name && !needed(name->first, name->second)) fs::remove(entry.path(), error);
    }
}

void CheckpointDirectory::clear() const {
    keep([](int, int) { return false; });
    remove_abandoned_files(directory_);
    std::error_code error;
    fs::remove(directory_, error);  // not if anything else is in it
}

}  // namespace manygpcm::search
