// The order of a table's rows: whose they are, which was answered when, and on which line each is.
// There may be hundreds of millions, so that every byte a row counts.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace manygpcm {

/// A value a row, in blocks, so that there is never room for more than there are and what is
/// given back can be used by others.
template <class Value>
class RowColumn {
  public:
    /// @param values  of the rows that follow
    void add(std::span<const Value> values) {
        while (!values.empty()) {
            if (n_ % rows_a_block == 0) blocks_.emplace_back().reserve(rows_a_block);
            const auto part =
                values.first(std::min(values.size(), rows_a_block - n_ % rows_a_block));
            blocks_.back().insert(blocks_.back().end(), part.begin(), part.end());
            n_ += part.size();
            values = values.subspan(part.size());
        }
    }

    void add(Value value) { add(std::span<const Value>(&value, 1)); }

    std::size_t size() const { return n_; }
    Value operator[](std::size_t row) const {
        return blocks_[row / rows_a_block][row % rows_a_block];
    }
    /// Asks for the memory where the row's is.
    void prefetch(std::size_t row) const {
        __builtin_prefetch(&blocks_[row / rows_a_block][row % rows_a_block]);
    }

  private:
    static constexpr std::size_t rows_a_block = std::size_t{1} << 16;
    std::vector<std::vector<Value>> blocks_;
    std::size_t n_ = 0;
};

/// The lines of rows, of which nearly all are one below the row before.
class RowLines {
  public:
    /// Of the next row.
    void add(int line);
    /// Of the rows that follow, as those have them.
    void add(const RowLines& more);
    int operator[](std::size_t row) const;

  private:
    /// From a row on, each is one line below the row before.
    struct Run {
        std::uint32_t row;
        std::int32_t line;
    };
    void begin_run(int line);

    std::vector<Run> runs_;
    std::uint32_t n_ = 0;
};

/// Which rows are whose, in the order in which they were answered.
class RowsOfStudents {
  public:
    RowsOfStudents() = default;
    /// In the order of the file. @param student  of each row, below `n_students`
    RowsOfStudents(const RowColumn<std::int32_t>& student, std::size_t n_students);

    std::size_t size() const { return begins_.back(); }
    std::size_t n_students() const { return begins_.size() - 1; }
    /// A student's rows are those at the places from begin() to before end().
    std::size_t begin(std::size_t student) const { return begins_[student]; }
    std::size_t end(std::size_t student) const { return begins_[student + 1]; }
    std::size_t operator[](std::size_t place) const { return rows_.empty() ? place : rows_[place]; }

    void put(std::size_t place, std::size_t row);

    /// Leaves out the rows at places for which !keep(place, end), `end` being the student's.
    template <class Keep>
    void keep_if(const Keep& keep) {
        tell_places_apart();
        std::size_t kept = 0;
        for (std::size_t student = 0, first = 0; student + 1 < begins_.size(); ++student) {
            const std::size_t last = begins_[student + 1];
            begins_[student] = static_cast<std::uint32_t>(kept);
            for (std::size_t place = first; place < last; ++place)
                if (keep(place, last)) rows_[kept++] = rows_[place];
            first = last;
        }
        begins_.back() = static_cast<std::uint32_t>(kept);
        rows_.resize(kept);
    }

  private:
    void tell_places_apart();

    std::vector<std::uint32_t> begins_ = {0};  ///< [students + 1]
    std::vector<std::uint32_t> rows_;  ///< [places]; empty: each place has the row of its number
};

/// Some of the rows: how many and the first line of them.
struct SomeRows {
    int n = 0;
    int line = 0;
    void add(int of_another) { line = n++ == 0 ? of_another : std::min(line, of_another); }
};

struct Ties {
    SomeRows repeats;  ///< those of the order, student and item of a row before
    SomeRows tied;     ///< those of the order and student of another item's row
};

/// Puts each student's rows in their `order`, those of an equal one as they were.
/// @param order, item  of each row
Ties sort_rows(RowsOfStudents& rows, const RowColumn<double>& order,
               const RowColumn<std::int32_t>& item, const RowLines& lines);

}  // namespace manygpcm
