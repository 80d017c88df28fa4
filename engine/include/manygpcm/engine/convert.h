// Long CSV from the other forms that answers are kept in.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "manygpcm/engine/dataset.h"

namespace manygpcm {

/// The forms by name: `wide`, a table with a row a person and a column an item; `pykt`, pyKT's
/// sequence files, a row of lists a sequence; `lines`, three or four lines a learner (DKVMN, AKT)
/// or six (pyKT's data.txt).
std::span<const std::string_view> foreign_forms();

struct ConversionOptions {
    std::string form = {};     ///< empty: told by what the file holds
    std::string student = {};  ///< of a wide table, the column of ids; empty: one that is named so
    std::vector<std::string> items = {};  ///< of a wide table, columns; empty: all that hold scores
    std::vector<std::string> drop = {};   ///< of a wide table, columns that are no items
    std::vector<std::string> missing = {};  ///< what stands for no answer, besides nothing and NA
};

/// Takes the next part of a text, and hears how much of it there is with that, up to 1.
using TextSink = std::function<void(std::string_view part, double done)>;

struct Conversion {
    std::vector<std::string> said;  ///< what was taken for what, a line each
    /// Gives the CSV part by part: student, item, score, and timestamp and skill where known.
    std::function<void(const TextSink&)> write;
};

/// Holds the answers, nothing of the file's text.
/// @throws InputError naming file, line, value and expectation
Conversion convert_to_long(const std::filesystem::path& file, const ConversionOptions& options,
                           const ReadingObserver& observer = {});

}  // namespace manygpcm
