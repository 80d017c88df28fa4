// Writing and reading of safetensors files; whatever doesn't fit is refused.
#include "model/safetensors.h"

#include <fmt/format.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <map>

#include "manygpcm/engine/detail/checksum.h"
#include "manygpcm/engine/detail/json_text.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/engine/shown.h"

namespace manygpcm {
namespace {

static_assert(std::endian::native == std::endian::little,
              "safetensors are little-endian and copied as they are");

using Json = nlohmann::json;

constexpr std::size_t length_size = sizeof(std::uint64_t);
constexpr std::size_t header_alignment = 8;
constexpr std::uint64_t beyond_any_header = std::uint64_t{1} << 40;
constexpr std::string_view format_name = "manygpcm";
constexpr const char *metadata_name = "__metadata__", *config_name = "config",
                     *checksum_name = "checksum";

/// Text in the metadata; empty where there is none.
std::string metadata_text(const Json& header, const char* name) {
    const auto metadata = header.find(metadata_name);
    if (metadata == header.end() || !metadata->is_object()) return "";
    const auto text = metadata->find(name);
    return text != metadata->end() && text->is_string() ? text->get<std::string>() : "";
}

/// Of config and tensors, whose offsets are right. Where in the file a tensor lies doesn't count:
/// other tools that write it anew may order them otherwise.
std::string checksum_of(const Json& header, std::string_view data) {
    Checksum checksum;
    checksum.add(metadata_text(header, config_name));
    for (const auto& [name, entry] : header.items()) {
        if (name == metadata_name) continue;
        const std::size_t begin = entry["data_offsets"][0], end = entry["data_offsets"][1];
        checksum.add(name);
        checksum.add(entry["dtype"].dump());
        checksum.add(entry["shape"].dump());
        checksum.add(data.substr(begin, end - begin));
    }
    return fmt::format("{:016x}", checksum.value());
}

}  // namespace

SafetensorsWriter::SafetensorsWriter(const Json& config) {
    header_[metadata_name] = {{"format", format_name}, {config_name, config.dump()}};
}

void SafetensorsWriter::add(const std::string& name, const std::vector<int>& shape,
                            std::span<const float> values) {
    const std::size_t begin = data_.size();
    data_.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
    header_[name] = {{"dtype", "F32"}, {"shape", shape}, {"data_offsets", {begin, data_.size()}}};
}

std::string SafetensorsWriter::file() const {
    Json whole = header_;
    whole[metadata_name][checksum_name] = checksum_of(header_, data_);
    std::string header = whole.dump();
    header.resize((header.size() + header_alignment - 1) / header_alignment * header_alignment,
                  ' ');
    const std::uint64_t length = header.size();
    return std::string(reinterpret_cast<const char*>(&length), length_size) + header + data_;
}

SafetensorsReader::SafetensorsReader(const std::filesystem::path& file)
    : file_(file), content_(read_file(file)) {
    // By the format the header's first byte is a brace; a text's first bytes would be a length that
    // no header has.
    std::uint64_t length = 0;
    if (content_.size() > length_size) std::memcpy(&length, content_.data(), length_size);
    if (length == 0 || length >= beyond_any_header || content_[length_size] != '{')
        throw error(fmt::format("{}; expected a model that manygpcm train or sweep wrote",
                                content_.empty() ? "is empty" : "isn't a safetensors file"));
    if (length > content_.size() - length_size)
        throw error(
            fmt::format("is cut off in the header, which has {} bytes, the file {}; expected a "
                        "whole safetensors file",
                        length, content_.size()));
    const std::string_view header = std::string_view(content_).substr(length_size, length);
    data_ = std::string_view(content_).substr(length_size + length);
    header_ = parse_json(header, fmt::format("{}: the header", file_.string()));
    if (!header_.is_object())
        throw error("the header isn't a JSON object; expected a model that manygpcm wrote");
    expect_tiled();
    expect_own_checksum();
}

InputError SafetensorsReader::error(std::string_view message) const {
    return InputError(fmt::format("{}: {}", file_.string(), message));
}

bool SafetensorsReader::has_checksum() const {
    const auto metadata = header_.find(metadata_name);
    return metadata != header_.end() && metadata->is_object() && metadata->contains(checksum_name);
}

Json SafetensorsReader::config() const {
    const std::string text = metadata_text(header_, config_name);
    if (text.empty())
        throw error("no config in the metadata; expected a model written by manygpcm");
    Json config = parse_json(text, fmt::format("{}: the config", file_.string()));
    if (!config.is_object())
        throw error("the config isn't a JSON object; expected a model written by manygpcm");
    return config;
}

std::vector<std::string> SafetensorsReader::names() const {
    std::vector<std::string> names;
    for (const auto& [name, entry] : header_.items())
        if (name != metadata_name) names.push_back(name);
    return names;
}

std::string_view SafetensorsReader::bytes(const std::string& name,
                                          const std::vector<int>& shape) const {
    if (!contains(name))
        throw error(fmt::format("tensor {} is missing; the config asks for it", name));
    const Json& entry = header_[name];
    if (entry["dtype"] != "F32")
        throw error(
            fmt::format("tensor {} is of type {}; expected \"F32\"", name, entry["dtype"].dump()));
    if (entry["shape"] != Json(shape))
        throw error(fmt::format("tensor {} has shape {}; expected {}, as the config says", name,
                                entry["shape"].dump(), Json(shape).dump()));
    const auto [begin, end] = range(name, entry);
    std::size_t size = sizeof(float);
    for (const int n : shape)
        size *= static_cast<std::size_t>(n);
    if (end - begin != size)
        throw error(fmt::format("tensor {} has {} bytes; expected {}, as its shape says", name,
                                end - begin, size));
    return data_.substr(begin, size);
}

std::pair<std::size_t, std::size_t> SafetensorsReader::range(const std::string& name,
                                                             const Json& entry) const {
    const bool complete = entry.is_object() && entry.contains("dtype") && entry.contains("shape") &&
                          entry.contains("data_offsets");
    if (!complete)
        throw error(fmt::format("tensor {}: expected dtype, shape and data_offsets", shown(name)));
    const Json& offsets = entry["data_offsets"];
    if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
        !offsets[1].is_number_unsigned() || offsets[0] > offsets[1] || offsets[1] > data_.size())
        throw error(fmt::format(
            "tensor {} lies at {}; expected two offsets from 0 to {}, as the file has so many "
            "bytes of data",
            shown(name), offsets.dump(), data_.size()));
    return {offsets[0], offsets[1]};
}

void SafetensorsReader::expect_tiled() const {
    std::map<std::pair<std::size_t, std::size_t>, std::string> ranges;
    for (const std::string& name : names()) {
        const auto [entry, is_new] = ranges.emplace(range(name, header_[name]), name);
        if (!is_new)
            throw error(
                fmt::format("tensors {} and {} overlap", shown(entry->second), shown(name)));
    }
    std::size_t position = 0;
    for (const auto& [range, name] : ranges) {
        if (range.first != position)
            throw error(
                fmt::format("tensor {} begins at {}; expected {}, where the one before it ends",
                            shown(name), range.first, position));
        position = range.second;
    }
    if (position != data_.size())
        throw error(
            fmt::format("{} bytes follow the last tensor; expected none", data_.size() - position));
}

void SafetensorsReader::expect_own_checksum() const {
    if (!has_checksum() || metadata_text(header_, checksum_name) == checksum_of(header_, data_))
        return;
    throw error(
        "its checksum is that of other content: it was damaged, or edited; expected it as it was "
        "written (to read it as it is, take checksum out of its metadata)");
}

}  // namespace manygpcm
