// The tables of a dataset: its learners by number, and what in them deserves a word.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/learner_file.h"
#include "data/long_csv.h"

namespace manygpcm {

struct Table {
    std::filesystem::path path;
    LongCsv csv;
};

/// The learners of a table who answered anything, in the order of first appearance.
/// @param question_numbers of every item
LearnerFile to_learners(Table table, std::span<const std::int32_t> question_numbers);

/// @throws InputError for a learner in several tables, who would be tested on having been trained
/// on.
void expect_no_shared_students(std::span<const Table> tables);

/// Adds a line about rows that were left out for want of a score.
void tell_unanswered(const Table& table, std::vector<std::string>& notices);

/// Adds a line about rows that repeat others, and one about rows that no order tells apart.
void tell_ties(const Table& table, std::vector<std::string>& notices);

/// Adds a line about times with and without a zone in one table, and one about a column that may
/// say when, but by its name isn't read.
void tell_times(const Table& table, std::vector<std::string>& notices);

/// Adds a line about items with a single answer in all tables, where others have many: a name that
/// was misspelt makes one.
void tell_answered_once(std::span<const Table> tables, std::vector<std::string>& notices);

/// Adds a line where a number written in two ways, such as 7 and 7.0, counts as two ids.
/// @param what the ids are, in the singular  @param ids LongCsv::students or LongCsv::items
void tell_two_spellings(std::span<const Table> tables, std::string_view what,
                        std::deque<LongCsv::Id> LongCsv::*ids, std::vector<std::string>& notices);

}  // namespace manygpcm
