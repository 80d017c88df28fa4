// The safetensors format: an 8-byte little-endian length, a JSON header of that length that says
// where every tensor lies, then the tensors' bytes without gaps. Ours hold float32 and, in the
// metadata, one JSON object named config and a checksum of it and the tensors.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "manygpcm/engine/error.h"

namespace manygpcm {

/// The header and the data of a file that is being put together.
class SafetensorsWriter {
  public:
    explicit SafetensorsWriter(const nlohmann::json& config);

    void add(const std::string& name, const std::vector<int>& shape, std::span<const float> values);

    std::string file() const;

  private:
    nlohmann::json header_;
    std::string data_;
};

/// One file in memory: knows its tensors and that they tile the data exactly.
class SafetensorsReader {
  public:
    /// @throws InputError for a file that is truncated, isn't safetensors or has a checksum of
    /// other content.
    explicit SafetensorsReader(const std::filesystem::path& file);

    /// "FILE: MESSAGE"
    InputError error(std::string_view message) const;

    /// Whether the file has a checksum, which then is its own. Files of old have none.
    bool has_checksum() const;

    /// The object in `__metadata__`.config. @throws InputError where there is none.
    nlohmann::json config() const;

    std::vector<std::string> names() const;
    bool contains(const std::string& name) const { return header_.contains(name); }

    /// The bytes of a tensor that must have this shape. @throws InputError where it hasn't.
    std::string_view bytes(const std::string& name, const std::vector<int>& shape) const;

  private:
    std::pair<std::size_t, std::size_t> range(const std::string& name,
                                              const nlohmann::json& entry) const;
    void expect_tiled() const;
    void expect_own_checksum() const;

    std::filesystem::path file_;
    std::string content_;
    std::string_view data_;
    nlohmann::json header_;
};

}  // namespace manygpcm
