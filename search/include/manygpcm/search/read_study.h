// Studies of a journal file, ours or Optuna's, for whoever only reads.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "manygpcm/search/notice.h"
#include "manygpcm/search/study.h"

namespace manygpcm::search {

/// The names of a journal's studies, in the order they were created. Changes nothing.
/// @throws InputError where it can't be read, with the line that isn't as Optuna writes it.
std::vector<std::string> study_names(const std::filesystem::path& file);

/// Of those the ones that manygpcm wrote.
std::vector<std::string> sweep_names(const std::filesystem::path& file);

/// A study of a journal, ours or one that Optuna wrote, for reporting. Changes nothing and waits
/// for nobody. Of Optuna's, docs/study_journal.md says what becomes of it.
/// @param name  which; empty: the only one
/// @throws InputError for a journal without it (naming those there are), with several where none
/// is named, or a study of more than one objective.
Study read_study(const std::filesystem::path& file, const std::string& name = {},
                 const Notice& notice = {});

}  // namespace manygpcm::search
