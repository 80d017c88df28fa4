// What help has beside the options: the forms of data, the hyperparameters, what is searched.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace manygpcm::cli {

/// Their names, as `manygpcm help NAME` takes them.
std::span<const std::string_view> help_topics();

/// The text of a topic; empty where there is none of that name.
std::string help_topic(std::string_view name);

/// Below the options of commands that read data and don't train.
constexpr const char* about_data = "manygpcm help data: the forms of files.";

/// Below the options of commands that train.
constexpr const char* about_topics =
    "manygpcm help data: the forms of files; help hyperparameters: what --set takes, with defaults "
    "and ranges; help space: what a sweep searches, and how to say otherwise.";

}  // namespace manygpcm::cli
