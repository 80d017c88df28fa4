// Text of several lines a learner, the first with the count of answers, perhaps beside an id: three
// lines (DKVMN, Zhang et al. 2017: questions, answers), four (AKT, Ghosh et al. 2020: problems,
// skills, answers, or skills before problems) or six (pyKT's data.txt: questions, concepts,
// responses, timestamps, times taken, NA where there are none).
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <limits>
#include <list>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "data/convert.h"
#include "data/input_text.h"
#include "data/long_table.h"
#include "data/met_learners.h"
#include "manygpcm/engine/shown.h"

namespace manygpcm {
namespace {

using Path = std::filesystem::path;
using Fields = std::vector<std::string_view>;

/// A comma or tab may follow the last.
Fields fields_of(std::string_view line) {
    while (line.ends_with(',') || line.ends_with('\t') || line.ends_with(' '))
        line.remove_suffix(1);
    return split(line, ",\t");
}

/// What a learner's first line says.
struct Head {
    int count = 0;
    std::optional<std::string_view> id = {};
};

/// @param n_fields of the learner's next line, which tells count from id
std::optional<Head> head_of(std::string_view line, std::size_t n_fields) {
    const Fields fields = fields_of(line);
    constexpr int any = 1 << 30;
    const auto count = [&](std::size_t i) {
        const auto n = parse_id(fields[i], any);
        return n && static_cast<std::size_t>(*n) == n_fields ? *n : 0;
    };
    if (fields.size() == 1 && count(0) > 0) return Head{count(0)};
    if (fields.size() == 2 && count(0) > 0) return Head{count(0), fields[1]};
    if (fields.size() == 2 && count(1) > 0) return Head{count(1), fields[0]};
    return {};
}

bool says_nothing(std::string_view line) {
    return line == "NA";
}

/// Takes a text to have so many lines a learner, as long as it fits. Where it doesn't, it goes on
/// to count the learners that would.
class LinesReader {
  public:
    LinesReader(const Path& file, std::size_t per_learner, const ConversionOptions& options)
        : file_(file), per_learner_(per_learner), options_(options), table_(std::in_place, file) {}

    bool fits() const { return misfit_.empty(); }
    bool fits_surely() const {
        constexpr int more_than_by_chance = 16;
        return fits() && learners_ >= more_than_by_chance;
    }
    /// How much of the text has so many lines a learner: the lines of those who do, and whether it
    /// ends with a learner.
    std::pair<std::int64_t, bool> likeness() const {
        return {learners_ * static_cast<std::int64_t>(per_learner_), own_.empty()};
    }
    /// What doesn't fit.
    InputError misfit() const {
        return error_at(
            file_, misfit_line_,
            fmt::format("{}; expected {}", misfit_,
                        misfit_begins_
                            ? "three, four or six lines a learner, the first the count "
                              "of answers, perhaps beside an id"
                            : fmt::format("{} lines a learner, as before", per_learner_)));
    }

    /// The next line of the text. @param number from 1
    void add(std::string_view line, int number) {
        own_.emplace_back(line);
        last_line_ = number;
        if (own_.size() < per_learner_) return;
        add_learner(number + 1 - static_cast<int>(per_learner_));
        own_.clear();
    }

    /// That was all.
    void end() {
        if (!own_.empty())
            does_not_fit(last_line_, fmt::format("the file ends after {} of a learner's {} lines",
                                                 own_.size(), per_learner_));
    }

    /// To be called once, where it fits.
    Conversion convert() {
        if (wrong_) std::rethrow_exception(wrong_);
        std::vector<std::string> said;
        if (per_learner_ == 6) {
            said.emplace_back(
                "six lines a learner: questions, concepts, responses, timestamps, times");
        } else if (per_learner_ == 4) {
            const bool swapped = third_line_.size() > second_line_.size();
            if (swapped) table_->swap_items_and_skills();
            said.push_back(fmt::format(
                "four lines a learner: questions in line {}, which has more of them, skills in "
                "line {}",
                swapped ? 3 : 2, swapped ? 2 : 3));
        } else {
            said.emplace_back("three lines a learner");
        }
        if (joined_.n > 0)
            said.push_back(fmt::format(
                "joined to the same id's answers right before: those of {}, the first in line {}",
                counted(joined_.n, "more count"), joined_.line));
        if (unanswered_ > 0) said.push_back(counted(unanswered_, "entry") + " without an answer");
        return table_->finish(std::move(said));
    }

  private:
    void does_not_fit(int line, std::string why) {
        if (!fits()) return;
        misfit_line_ = line;
        misfit_ = std::move(why);
        misfit_begins_ = learners_ == 0;
        table_.reset();
    }

    void add_learner(int first_line) {
        std::vector<Fields> rows(per_learner_);  // none where nothing is said
        std::size_t n = 0;
        const bool may_say_nothing = per_learner_ == 6;
        const auto nothing_in = [&](std::size_t i) {
            return may_say_nothing && says_nothing(own_[i]);
        };
        for (std::size_t i = 1; i < per_learner_; ++i) {
            if (!nothing_in(i)) rows[i] = fields_of(own_[i]);
            if (n == 0 && !says_nothing(own_[i])) n = rows[i].size();
        }
        const auto head = head_of(own_[0], n);
        if (!head)
            return does_not_fit(first_line,
                                fmt::format("{} isn't the count of the {} below", shown(own_[0]),
                                            counted(static_cast<std::int64_t>(n), "answer")));
        for (std::size_t i = 1; i < per_learner_; ++i)
            if (!nothing_in(i) && rows[i].size() != n)
                return does_not_fit(
                    first_line + static_cast<int>(i),
                    fmt::format("{}, but the learner has {}", counted(std::ssize(rows[i]), "entry"),
                                counted(static_cast<std::int64_t>(n), "answer")));
        if (fits() && !wrong_) try {
                add_answers(*head, rows, first_line);
            } catch (const InputError&) {
                wrong_ = std::current_exception();  // perhaps these aren't the learner's lines
            }
        ++learners_;
    }

    void add_answers(const Head& head, std::vector<Fields>& rows, int first_line) {
        for (std::size_t i = 1; i < per_learner_; ++i)
            if (says_nothing(own_[i])) rows[i].clear();  // as a lone answer's may in all forms
        const bool pykt = per_learner_ == 6;
        const std::size_t answer = pykt ? 3 : per_learner_ - 1;
        Fields none, &questions = rows[1], &skills = pykt || per_learner_ == 4 ? rows[2] : none;
        const Fields &answers = rows[answer], &times = pykt ? rows[4] : none;
        // Of four lines it isn't known yet which are which.
        const bool concepts_alone = questions.empty() && per_learner_ != 4;
        if (concepts_alone) std::swap(questions, skills);
        if ((questions.empty() && skills.empty()) || answers.empty())
            throw error_at(file_, first_line + 1,
                           "neither questions nor concepts, or no responses; expected both");
        // One by its place could be another's id.
        if (head.id && head.id->empty())
            throw error_at(file_, first_line, "the learner has no id; expected one, or no comma");
        if (learners_ == 0) have_ids_ = head.id.has_value();
        if (head.id.has_value() != have_ids_)
            throw error_at(file_, first_line,
                           have_ids_
                               ? "the learner has no id; expected one, as those before have"
                               : "the learner has an id; expected the count alone, as before");
        const std::string student = head.id ? std::string(*head.id) : std::to_string(learners_);
        const auto before =
            head.id ? met_.meet(student, first_line) : std::optional<MetLearners::Before>();
        if (before) {
            if (before->apart)
                throw error_at(
                    file_, first_line,
                    fmt::format("learner {} has line {} already, and others are between; expected "
                                "all of a learner's lines together, and each learner's id once",
                                shown(student), before->line));
            joined_.add(first_line);
        }
        const int answer_line = first_line + static_cast<int>(answer);
        LongTable::Lines lines{.student = first_line,
                               .item = first_line + 1,
                               .timestamp = first_line + 4,
                               .skill = first_line + 2};
        if (concepts_alone) std::swap(lines.item, lines.skill);
        for (std::size_t t = 0; t < answers.size(); ++t) {
            const std::string_view question = questions.empty() ? "" : questions[t],
                                   skill = skills.empty() ? "" : skills[t];
            if (per_learner_ == 4) {
                second_line_.emplace(question);
                third_line_.emplace(skill);
            }
            if (stands_for_none(answers[t], options_)) {
                ++unanswered_;
                continue;
            }
            const auto score = score_of(answers[t]);
            if (!score)
                throw error_at(file_, answer_line,
                               fmt::format("answer {}; {}", shown(answers[t]), expected_score()));
            table_->add(lines, student, question, *score, times.empty() ? "" : times[t], skill);
        }
    }

    const Path& file_;
    std::size_t per_learner_;
    const ConversionOptions& options_;
    std::optional<LongTable> table_;
    std::vector<std::string> own_;  ///< lines of the learner that is read
    int last_line_ = 0, misfit_line_ = 0;
    std::string misfit_;
    bool misfit_begins_ = false;  ///< the text: no learner is before it
    std::exception_ptr wrong_;    ///< what is, where the lines fit
    std::int64_t learners_ = 0, unanswered_ = 0;
    bool have_ids_ = false;  ///< the learners
    MetLearners met_;
    SomeRows joined_;  ///< to the part of the learner's sequence before
    std::unordered_set<std::string> second_line_,
        third_line_;  ///< ids, of four: problems are finer
};

}  // namespace

bool is_lines(std::string_view text) {
    const std::vector<std::string_view> lines = lines_of(text);
    const Fields first = fields_of(lines.front());
    const auto is_number = [](std::string_view field) {
        return parse_id(field, std::numeric_limits<int>::max()).has_value();
    };
    if (first.size() == 1) return is_number(first.front());  // a column has a name
    if (first.size() != 2 || !std::ranges::any_of(first, is_number) || lines.size() < 3)
        return false;
    std::size_t n = fields_of(lines[1]).size();
    if (says_nothing(lines[1])) n = fields_of(lines[2]).size();
    if (head_of(lines.front(), n)) return true;
    // The first learner may have an error in it. A table's rows, however, are as its header.
    return n != first.size() || fields_of(lines[2]).size() != first.size();
}

Conversion convert_lines(const Path& file, TextStream& text, const ConversionOptions& options) {
    std::list<LinesReader> readers;
    for (const std::size_t per_learner : {3, 4, 6})
        readers.emplace_back(file, per_learner, options);
    const auto end_of_lines = [](std::string_view piece) { return piece.rfind('\n') + 1; };
    while (const std::optional<TextPiece> piece = text.next(end_of_lines)) {
        int number = piece->first_line;
        for (const std::string_view line :
             piece->last ? lines_of(piece->text) : all_lines_of(piece->text)) {
            for (LinesReader& reader : readers)
                reader.add(line, number);
            // Those that don't fit needn't count where one does.
            if (std::ranges::any_of(readers, &LinesReader::fits_surely))
                readers.remove_if([](const LinesReader& reader) { return !reader.fits(); });
            ++number;
        }
    }
    for (LinesReader& reader : readers) {
        reader.end();
        if (reader.fits()) return reader.convert();
    }
    throw std::ranges::max_element(readers, {}, &LinesReader::likeness)->misfit();
}

}  // namespace manygpcm
