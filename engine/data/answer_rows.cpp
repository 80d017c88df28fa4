// Sorts by counting, then student by student.
#include "data/answer_rows.h"

#include <iterator>
#include <numeric>
#include <utility>

namespace manygpcm {

void RowLines::begin_run(int line) {
    if (runs_.empty() || line != runs_.back().line + static_cast<int>(n_ - runs_.back().row))
        runs_.push_back({n_, line});
}

void RowLines::add(int line) {
    begin_run(line);
    ++n_;
}

void RowLines::add(const RowLines& more) {
    const std::uint32_t before = n_;
    for (const Run& run : more.runs_) {
        n_ = before + run.row;
        begin_run(run.line);
    }
    n_ = before + more.n_;
}

int RowLines::operator[](std::size_t row) const {
    const Run& run = *std::prev(std::ranges::upper_bound(runs_, row, {}, &Run::row));
    return run.line + static_cast<int>(row - run.row);
}

RowsOfStudents::RowsOfStudents(const RowColumn<std::int32_t>& student, std::size_t n_students)
    : begins_(n_students + 1) {
    bool together = true;  // as the file has them
    for (std::size_t row = 0; row < student.size(); ++row) {
        ++begins_[static_cast<std::size_t>(student[row]) + 1];
        together = together && (row == 0 || student[row - 1] <= student[row]);
    }
    std::partial_sum(begins_.begin(), begins_.end(), begins_.begin());
    if (together) return;
    std::vector<std::uint32_t> next(begins_.begin(), std::prev(begins_.end()));
    rows_.resize(student.size());
    for (std::size_t row = 0; row < student.size(); ++row)
        rows_[next[static_cast<std::size_t>(student[row])]++] = static_cast<std::uint32_t>(row);
}

void RowsOfStudents::put(std::size_t place, std::size_t row) {
    tell_places_apart();
    rows_[place] = static_cast<std::uint32_t>(row);
}

void RowsOfStudents::tell_places_apart() {
    if (!rows_.empty()) return;
    rows_.resize(size());
    std::iota(rows_.begin(), rows_.end(), std::uint32_t{0});
}

namespace {

struct Ordered {
    double order;
    std::size_t row;
    std::int32_t item;
};

/// Counts in what ties there are among rows of one student and order.
void count_ties(std::span<Ordered> rows, const RowLines& lines, Ties& ties) {
    if (rows.size() == 1) return;
    std::ranges::sort(rows, {}, [](const Ordered& one) { return std::pair(one.item, one.row); });
    const bool differ = rows.front().item != rows.back().item;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (i > 0 && rows[i].item == rows[i - 1].item) ties.repeats.add(lines[rows[i].row]);
        if (differ) ties.tied.add(lines[rows[i].row]);
    }
}

}  // namespace

Ties sort_rows(RowsOfStudents& rows, const RowColumn<double>& order,
               const RowColumn<std::int32_t>& item, const RowLines& lines) {
    Ties ties;
    std::vector<Ordered> own;
    for (std::size_t student = 0; student < rows.n_students(); ++student) {
        const std::size_t first = rows.begin(student), last = rows.end(student);
        const auto before = [&](std::size_t place) {
            return order[rows[place]] < order[rows[place + 1]];
        };
        std::size_t place = first;
        while (place + 1 < last && before(place))
            ++place;
        if (place + 1 >= last) continue;  // each is later than the one before it
        own.clear();
        for (place = first; place < last; ++place)
            own.push_back({order[rows[place]], rows[place], item[rows[place]]});
        if (!std::ranges::is_sorted(own, {}, &Ordered::order)) {
            std::ranges::sort(own, {},
                              [](const Ordered& one) { return std::pair(one.order, one.row); });
            for (std::size_t i = 0; i < own.size(); ++i)
                rows.put(first + i, own[i].row);
        }
        for (auto at = own.begin(); at != own.end();) {
            const auto end = std::find_if(
                at, own.end(), [&](const Ordered& other) { return other.order != at->order; });
            count_ties({at, end}, lines, ties);
            at = end;
        }
    }
    return ties;
}

}  // namespace manygpcm
