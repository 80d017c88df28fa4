// What the columns of a table of answers are, and what its rows say.
#include "data/long_csv.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <climits>
#include <cstring>
#include <exception>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "data/csv_records.h"
#include "data/file_form.h"
#include "data/input_text.h"
#include "data/parsed_pieces.h"
#include "data/time_text.h"
#include "manygpcm/engine/shown.h"

namespace manygpcm {
namespace {

using Path = std::filesystem::path;

struct Columns {
    std::size_t student, item, score;
    std::optional<std::size_t> order, skill;
    std::size_t count;
};

using Header = std::span<const CsvField>;
using Names = std::span<const std::string_view>;

std::optional<std::size_t> find_column(const Path& file, int line, Header header,
                                       std::string_view name) {
    const auto has_name = [&](const CsvField& field) { return trimmed(field.text) == name; };
    const auto found = std::ranges::find_if(header, has_name);
    if (found == header.end()) return std::nullopt;
    if (std::ranges::count_if(header, has_name) > 1)
        throw error_at(file, line,
                       fmt::format("column '{}' appears twice; expected it once", name));
    return static_cast<std::size_t>(found - header.begin());
}

/// The column of one of the names. Others are passed over, so a name misspelt would be left out in
/// silence.
std::optional<std::size_t> find_column(const Path& file, int line, Header header, Names names) {
    if (const auto column = find_column(file, line, header, names.front())) return column;
    std::optional<std::size_t> found;
    for (const std::string_view name : names) {
        const auto column = find_column(file, line, header, name);
        if (found && column)
            throw error_at(
                file, line,
                fmt::format("columns '{}' and '{}' may both be the {}; expected the one "
                            "that is, named '{}'",
                            trimmed(header[*found].text), name, names.front(), names.front()));
        if (column) found = column;
    }
    if (found) return found;
    for (const CsvField& field : header)
        if (const auto meant = std::ranges::find(names, folded(field.text)); meant != names.end())
            throw error_at(file, line,
                           fmt::format("column {}; expected '{}'", shown(field.text), *meant));
    return std::nullopt;
}

Columns read_header(const Path& file, int line, Header header) {
    const auto need = [&](Names names) {
        if (const auto found = find_column(file, line, header, names)) return *found;
        std::vector<std::string> present;
        std::string meant;
        for (const CsvField& field : header) {
            present.emplace_back(field.text);
            if (meant.empty() && !did_you_mean(field.text, names).empty())
                meant = fmt::format(" (is it {}?)", shown(field.text));
        }
        throw error_at(
            file, line,
            fmt::format(
                "no column '{}' in {}{}; expected student, item, score and optionally order "
                "or timestamp, or for '{}' one of {}; manygpcm convert makes such a table of a "
                "wide one, with a column an item",
                names.front(), shown(fmt::format("{}", fmt::join(present, ","))), meant,
                names.front(), fmt::join(names.subspan(1), ", ")));
    };
    std::optional<std::size_t> order = find_column(file, line, header, column::order);
    // Looked for in any case: a name misspelt is refused.
    if (const auto time = find_column(file, line, header, column::timestamp); !order) order = time;
    return {need(column::student),
            need(column::item),
            need(column::score),
            order,
            find_column(file, line, header, column::skill),
            header.size()};
}

/// The name of a column that seems to say when, and isn't called as one that is read; "" for none.
std::string column_that_may_say_when(Header header) {
    constexpr std::string_view names[] = {"time",       "times",       "date",         "datetime",
                                          "date_time",  "time_stamp",  "start_time",   "end_time",
                                          "created_at", "answered_at", "submitted_at", "order_id",
                                          "sequence",   "position"};
    for (const CsvField& field : header)
        if (std::ranges::find(names, folded(field.text)) != std::end(names))
            return std::string(field.text);
    return "";
}

/// Numbers ids in the order of first appearance. Every row looks two up, so that they are found by
/// a table of half filled slots that hold short ids themselves: in the standard's maps, which lie
/// all over memory, it takes half of all the time.
/// @tparam Id  has a name and a line
template <class Id>
class Interner {
  public:
    explicit Interner(std::deque<Id>& ids) : ids_(ids), slots_(fewest_slots) {}

    /// Asks for the place in memory where find() or add() will begin to look: in a large table it
    /// is waited for longer than everything else takes.
    void prefetch(std::string_view name) const {
        __builtin_prefetch(&slots_[first_place_of(slot_of(name).key)]);
    }

    /// The id's number; below 0: it isn't known.
    std::int32_t find(std::string_view name) {
        const Slot wanted = slot_of(name);
        const auto finds = [&](const Slot& other) {
            return other.key == wanted.key && other.is_short == wanted.is_short &&
                   (other.is_short || ids_[static_cast<std::size_t>(other.number)].name == name);
        };
        if (last_.number >= 0 && finds(last_))
            return last_.number;  // one's rows are often together
        const Slot& slot = slots_[place_of(wanted.key, finds)];
        if (slot.number >= 0) last_ = slot;
        return slot.number;
    }

    /// @param id  whose name isn't known
    std::int32_t add(Id id) {
        Slot slot = slot_of(id.name);
        slot.number = static_cast<std::int32_t>(ids_.size());
        ids_.push_back(std::move(id));
        if (2 * ids_.size() > slots_.size()) {
            const std::vector<Slot> before =
                std::exchange(slots_, std::vector<Slot>(2 * slots_.size()));
            for (const Slot& old : before)
                if (old.number >= 0) put(old);
        }
        put(slot);
        last_ = slot;
        return slot.number;
    }

  private:
    static constexpr std::size_t fewest_slots = 64;  // a power of two, as every size is

    struct Slot {
        std::uint64_t key = 0;  ///< a short id, which has no zero bytes, or the hash of a long one
        std::int32_t number = -1;  ///< below 0: the slot is free
        bool is_short = false;
    };
    static_assert(sizeof(Slot) == 16, "of which a cache holds many");

    static Slot slot_of(std::string_view name) {
        if (name.size() <= sizeof(Slot::key)) return {.key = bytes_of(name), .is_short = true};
        return {.key = std::hash<std::string_view>()(name)};
    }

    /// Of at most eight bytes, with two loads instead of a loop.
    static std::uint64_t bytes_of(std::string_view name) {
        static_assert(std::endian::native == std::endian::little);
        const auto load = [&]<class Part>(Part part, std::size_t at) {
            std::memcpy(&part, name.data() + at, sizeof part);
            return std::uint64_t{part} << CHAR_BIT * at;
        };
        // From the end as well as from the beginning: what both have is the same.
        const auto both = [&]<class Part>(Part part) {
            return load(part, 0) | load(part, name.size() - sizeof part);
        };
        if (name.size() >= sizeof(std::uint32_t)) return both(std::uint32_t{});
        if (name.size() >= sizeof(std::uint16_t)) return both(std::uint16_t{});
        return name.empty() ? 0 : load(std::uint8_t{}, 0);
    }

    /// A key's own slot.
    std::size_t first_place_of(std::uint64_t key) const {
        constexpr std::uint64_t golden_ratio = 0x9e3779b97f4a7c15;  // Knuth's multiplicative hash
        // The product's uppermost bits, which all of the key's go into.
        return key * golden_ratio >> std::countl_zero(std::uint64_t{slots_.size() - 1});
    }

    /// Where the search for a key ends: the first slot from its own on that is free or that it
    /// `finds`.
    template <class Finds>
    std::size_t place_of(std::uint64_t key, const Finds& finds) const {
        const std::size_t mask = slots_.size() - 1;
        std::size_t place = first_place_of(key);
        while (slots_[place].number >= 0 && !finds(slots_[place]))
            place = (place + 1) & mask;
        return place;
    }
    void put(const Slot& slot) {
        slots_[place_of(slot.key, [](const Slot&) { return false; })] = slot;
    }

    std::deque<Id>& ids_;
    std::vector<Slot> slots_;
    Slot last_;  ///< that was found or added
};

/// Gathers which skills each item is of.
class SkillsOfItems {
  public:
    /// @param names  becomes those of the skills  @param of_item  becomes each item's
    SkillsOfItems(std::vector<std::string>& names, std::vector<std::vector<std::int32_t>>& of_item)
        : names_(names), of_item_(of_item) {}

    /// @param text of a row's column: most rows repeat what another of the item says
    void add(std::int32_t item, std::string_view text) {
        for (const std::string_view name : parts_of(text))
            add_one(item, name);
    }

    void add_one(std::int32_t item, std::string_view name) {
        if (of_item_.size() <= static_cast<std::size_t>(item))
            of_item_.resize(static_cast<std::size_t>(item) + 1);
        std::vector<std::int32_t>& own = of_item_[static_cast<std::size_t>(item)];
        const auto [entry, is_new] =
            numbers_.try_emplace(std::string(name), static_cast<std::int32_t>(names_.size()));
        if (is_new) names_.emplace_back(name);
        if (std::ranges::find(own, entry->second) == own.end()) own.push_back(entry->second);
    }

  private:
    /// Of several skills that are numbers, as pyKT writes them (12_34), each; else the whole, for
    /// names have underscores, too.
    static std::vector<std::string_view> parts_of(std::string_view text) {
        std::vector<std::string_view> parts = split(text, "_");
        const auto is_number = [](std::string_view part) {
            return !part.empty() &&
                   std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; });
        };
        if (!std::ranges::all_of(parts, is_number)) parts = {text};
        return parts;
    }

    std::vector<std::string>& names_;
    std::vector<std::vector<std::int32_t>>& of_item_;
    std::unordered_map<std::string, std::int32_t> numbers_;
};

/// The rows of a piece, whose ids are numbered as they appear in it.
struct CsvPart {
    TimeColumn times;
    std::vector<std::int32_t> student = {}, item = {};  // [rows], as the next two
    std::vector<std::int8_t> category = {};
    std::vector<double> order = {};  // empty: there is no such column
    RowLines lines = {};
    std::deque<LongCsv::Id> students = {}, items = {};
    std::vector<std::string> skills = {};
    std::vector<std::vector<std::int32_t>> skills_of_item = {};
};

/// What every piece is read with.
struct RowForm {
    const Path& file;
    Columns columns;
    char separator, decimal_mark;
};

/// Some records, read before what they say is looked up: meanwhile the memory comes where their ids
/// are found.
class RecordBlock {
  public:
    struct Record {
        std::vector<CsvField> fields;
        int line = 0;
    };

    RecordBlock(CsvReader& reader, std::size_t n_columns)
        : reader_(reader), n_columns_(n_columns) {}

    /// The next ones; none at the end. @param prefetch  called for each, once it is read
    /// @throws what the reader does, once all records before were given out
    template <class Prefetch>
    std::span<const Record> next(const Prefetch& prefetch) {
        if (error_) std::rethrow_exception(error_);
        std::size_t n = 0;
        try {
            while (n < records_.size() && reader_.next(records_[n].fields, n_columns_)) {
                Record& record = records_[n++];
                record.line = reader_.line();
                prefetch(record.fields);
                if (!reader_.texts_last()) break;
            }
        } catch (...) {
            if (n == 0) throw;
            error_ = std::current_exception();
        }
        return std::span(records_).first(n);
    }

  private:
    CsvReader& reader_;
    std::size_t n_columns_;
    std::array<Record, 32> records_;
    std::exception_ptr error_;
};

/// @param reader  behind the header, where the piece has it  @param times  of the rows before
CsvPart read_rows(const RowForm& form, CsvReader& reader, const TimeColumn& times, StopFlag stop) {
    CsvPart part{times};
    Interner<LongCsv::Id> students(part.students), items(part.items);
    SkillsOfItems skills(part.skills, part.skills_of_item);
    const Columns& columns = form.columns;
    const auto category = [&](const CsvField& score, int line) {
        if (score.text.size() == 1 && score.text[0] >= '0' && score.text[0] <= '9')
            return static_cast<std::int8_t>(score.text[0] - '0');  // as nearly all are
        if (is_missing(score)) return LongCsv::no_category;
        return static_cast<std::int8_t>(
            parse_category(score.text, form.file, line, form.decimal_mark));
    };
    RecordBlock block(reader, columns.count);
    const auto prefetch = [&](const std::vector<CsvField>& fields) {
        students.prefetch(fields[columns.student].text);
        items.prefetch(fields[columns.item].text);
    };
    for (auto records = block.next(prefetch); !records.empty(); records = block.next(prefetch)) {
        throw_if_set(stop);
        for (const RecordBlock::Record& record : records) {
            const std::vector<CsvField>& fields = record.fields;
            const int line = record.line;
            const auto id = [&](std::size_t column, std::string_view name, auto& ids) {
                const CsvField& field = fields[column];
                // One that is known may be a word for a missing value without the quotes it had.
                if (const std::int32_t known = ids.find(field.text);
                    known >= 0 && !means_missing(field))
                    return known;
                return ids.add({std::string(checked_id(field, name, form.file, line)), line});
            };
            part.student.push_back(id(columns.student, "student", students));
            part.item.push_back(id(columns.item, "item", items));
            part.category.push_back(category(fields[columns.score], line));
            if (columns.skill && !is_missing(fields[*columns.skill]))
                skills.add(part.item.back(),
                           checked_id(fields[*columns.skill], "skill", form.file, line));
            if (columns.order)
                part.order.push_back(part.times.read(fields[*columns.order].text, line));
            part.lines.add(line);
        }
    }
    return part;
}

/// Puts parts together, in their order.
class JoinedRows {
  public:
    JoinedRows(LongCsv& csv, const TimeColumn& none)
        : times(none),
          csv_(csv),
          students_(csv.students),
          items_(csv.items),
          skills_(csv.skills, csv.skills_of_item) {}

    void add(CsvPart part) {
        const std::vector<std::int32_t> items = numbers_of(part.items, items_);
        number_anew(part.item, items);
        number_anew(part.student, numbers_of(part.students, students_));
        for (std::size_t item = 0; item < part.skills_of_item.size(); ++item)
            for (const std::int32_t skill : part.skills_of_item[item])
                skills_.add_one(items[item], part.skills[static_cast<std::size_t>(skill)]);
        student.add(part.student);
        csv_.item.add(part.item);
        csv_.category.add(part.category);
        order.add(part.order);
        csv_.lines.add(part.lines);
        times.add(part.times);
    }

    RowColumn<std::int32_t> student;
    RowColumn<double> order;  // none: there is no such column
    TimeColumn times;

  private:
    static std::vector<std::int32_t> numbers_of(const std::deque<LongCsv::Id>& ids,
                                                Interner<LongCsv::Id>& numbered) {
        std::vector<std::int32_t> numbers;
        numbers.reserve(ids.size());
        constexpr std::size_t ahead = 16;
        for (const LongCsv::Id& id : ids) {
            if (numbers.size() + ahead < ids.size())
                numbered.prefetch(ids[numbers.size() + ahead].name);
            const std::int32_t known = numbered.find(id.name);
            numbers.push_back(known >= 0 ? known : numbered.add(id));
        }
        return numbers;
    }

    static void number_anew(std::vector<std::int32_t>& ids,
                            const std::vector<std::int32_t>& numbers) {
        for (std::int32_t& id : ids)
            id = numbers[static_cast<std::size_t>(id)];
    }

    LongCsv& csv_;
    Interner<LongCsv::Id> students_, items_;
    SkillsOfItems skills_;
};

/// Leaves out what has no score, but for the last answers of learners where they may lack it.
void leave_out_unanswered(LongCsv& csv, LastScore last_score) {
    std::size_t row = 0;
    while (row < csv.category.size() && csv.category[row] != LongCsv::no_category)
        ++row;
    if (row == csv.category.size()) return;
    csv.answers.keep_if([&](std::size_t place, std::size_t end) {
        row = csv.answers[place];
        const bool kept = csv.category[row] != LongCsv::no_category ||
                          (last_score == LastScore::optional && place + 1 == end);
        if (!kept) csv.unanswered.add(csv.lines[row]);
        return kept;
    });
}

}  // namespace

LongCsv parse_long_csv(const Path& file, TextStream& text, char separator, LastScore last_score,
                       const Reading& reading) {
    const TextPiece first = *text.next(end_of_records);
    CsvReader reader(file, first.text, separator);
    std::vector<CsvField> header;
    reader.next(header);
    LongCsv csv;
    csv.header_line = reader.line();
    csv.decimal_mark = separator == ';' ? ',' : '.';
    const RowForm form{file, read_header(file, csv.header_line, header), separator,
                       csv.decimal_mark};
    if (!form.columns.order) csv.unread_order = column_that_may_say_when(header);

    JoinedRows rows(csv, TimeColumn(file, csv.decimal_mark));
    rows.add(read_rows(form, reader, rows.times, reading.stop));
    TimeColumn first_times = rows.times;
    const auto read = [&](const TextPiece& piece) {
        CsvReader rest(file, piece.text, separator, piece.first_line);
        return read_rows(form, rest, first_times, reading.stop);
    };
    const auto add = [&](CsvPart part) { rows.add(std::move(part)); };
    // Times are all numbers or all dates, as the first row says.
    while (csv.item.size() == 0) {
        const auto piece = text.next(end_of_records);
        if (!piece)
            throw error_at(file, csv.header_line, "no rows after the header; expected answers");
        add(read(*piece));
        first_times = rows.times;
    }
    take_parsed(text, end_of_records, reading, read, add);

    csv.answers = RowsOfStudents(rows.student, csv.students.size());
    rows.student = {};
    if (form.columns.order) {
        csv.ties = sort_rows(csv.answers, rows.order, csv.item, csv.lines);
        rows.order = {};
        csv.with_zone = rows.times.first_with_zone();
        csv.without_zone = rows.times.first_without_zone();
    }
    if (form.columns.skill) csv.skills_of_item.resize(csv.items.size());
    leave_out_unanswered(csv, last_score);
    if (csv.answers.size() == 0)
        throw error_at(file, csv.unanswered.line,
                       fmt::format("none of the {} has a score; expected answers",
                                   counted(csv.unanswered.n, "row")));
    return csv;
}

}  // namespace manygpcm
