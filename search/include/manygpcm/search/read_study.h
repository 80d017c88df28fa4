// Studies of a storage, ours or Optuna's, for whoever only reads: of a journal's file or, by its
// URI, of a PostgreSQL database.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "manygpcm/search/notice.h"
#include "manygpcm/search/study.h"

namespace manygpcm::search {

/// Whether it is a database's URI (postgresql://user\@host/database), not a file.
bool is_database(const std::filesystem::path& where);

/// What a storage is called in messages: a file's path, a database's URI without password and
/// options.
/// @throws InputError for a URI that isn't PostgreSQL's
std::string storage_name(const std::filesystem::path& where);

/// The names of a storage's studies, in the order they were created. Changes nothing.
/// @throws InputError where it can't be read, with the line that isn't as Optuna writes it.
std::vector<std::string> study_names(const std::filesystem::path& where);

/// Of those the ones that manygpcm wrote.
std::vector<std::string> sweep_names(const std::filesystem::path& where);

/// A study of a storage, ours or one that Optuna wrote, for reporting. Changes nothing and waits
/// for nobody. Of Optuna's, docs/study_journal.md says what becomes of it.
/// @param name  which; empty: the only one
/// @throws InputError for a storage without it (naming those there are), with several where none
/// is named, or a study of more than one objective.
Study read_study(const std::filesystem::path& where, const std::string& name = {},
                 const Notice& notice = {});

/// The same of a study that may not have been begun: none where there is no such storage, or none
/// of that name in it.
std::optional<Study> find_study(const std::filesystem::path& where, const std::string& name);

}  // namespace manygpcm::search
