// pyKT's sequence files (Liu et al. 2022: pyKT, a Python library to benchmark deep learning based
// knowledge tracing models): a CSV row holds a sequence, or a part of a long one, as lists.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "data/convert.h"
#include "data/csv_records.h"
#include "data/file_form.h"
#include "data/input_text.h"
#include "data/long_table.h"
#include "data/met_learners.h"
#include "manygpcm/engine/shown.h"

namespace manygpcm {
namespace {

using Path = std::filesystem::path;

constexpr std::string_view padding = "-1";

class PyktReader {
  public:
    PyktReader(const Path& file, TextStream& text, const ConversionOptions& options)
        : file_(file), options_(options), reader_(file, text, separator_of(text.begin())) {
        reader_.next(row_);
        for (const CsvField& field : row_)
            header_.emplace_back(trimmed(field.text));
        for (const char* name : {"uid", "responses"})
            if (!column(name))
                throw error_at(file_, reader_.line(),
                               fmt::format("no column '{}'; expected uid, responses, and questions "
                                           "or concepts",
                                           name));
        if (!column("questions") && !column("concepts"))
            throw error_at(file_, reader_.line(),
                           "neither column 'questions' nor 'concepts'; expected one of them");
    }

    Conversion convert() {
        LongTable table(file_);
        while (reader_.next(row_, header_.size()))
            add_row(table);
        std::vector<std::string> said = {
            !by_question_        ? "questions: column 'concepts', since there are no questions"
            : column("concepts") ? "questions: column 'questions', skills: 'concepts'"
                                 : "questions: column 'questions'"};
        if (unanswered_ > 0) said.push_back(counted(unanswered_, "entry") + " without an answer");
        if (repeats_ > 0)
            said.push_back(fmt::format("left out: {} of a question's other concepts",
                                       counted(repeats_, "entry")));
        if (again_.n > 0)
            said.push_back(fmt::format(
                "rows that say the same as the learner's row before: {}, the first in line {}; all "
                "of their answers are written",
                again_.n, again_.line));
        if (apart_.n > 0)
            said.push_back(fmt::format(
                "rows of a uid that has others' rows since its last: {}, the first in line {}; "
                "joined, as one learner's",
                apart_.n, apart_.line));
        if (padded_ > 0)
            said.push_back(fmt::format("left out: {} of padding", counted(padded_, "entry")));
        return table.finish(std::move(said));
    }

  private:
    std::optional<std::size_t> column(std::string_view name) const {
        const auto found = std::ranges::find(header_, name);
        if (found == header_.end()) return {};
        return static_cast<std::size_t>(found - header_.begin());
    }

    /// The values of a column; none where there is no such column, or it says nothing.
    std::vector<std::string_view> values(std::string_view name) const {
        const auto c = column(name);
        if (!c || is_missing(row_[*c])) return {};
        return split(row_[*c].text, ",");
    }

    void expect_marks(const std::vector<std::string_view>& marks, std::string_view name) const {
        for (const std::string_view mark : marks)
            if (mark != "0" && mark != "1" && mark != padding)
                throw error_at(
                    file_, reader_.line(),
                    fmt::format("{} {}; expected 0, 1 or {}", name, shown(mark), padding));
    }

    /// At a learner's part: other programs write them in one place, each once.
    void look_for_another(std::string_view student) {
        const auto before = met_.meet(student, reader_.line());
        const auto alike = [](const CsvField& field, std::string_view text) {
            return field.text == text;
        };
        if (before && before->apart)
            apart_.add(reader_.line());
        else if (before && std::ranges::equal(row_, row_before_, alike))
            again_.add(reader_.line());
        row_before_.resize(row_.size());
        for (std::size_t c = 0; c < row_.size(); ++c)
            row_before_[c] = row_[c].text;
    }

    void add_row(LongTable& table) {
        const std::string_view student = row_[*column("uid")].text;
        look_for_another(student);
        const auto responses = values("responses"), questions = values("questions"),
                   concepts = values("concepts"), times = values("timestamps"),
                   masks = values("selectmasks"), repeats = values("is_repeat");
        const auto expect_as_long = [&](const auto& other, std::string_view name) {
            if (!other.empty() && other.size() != responses.size())
                throw error_at(file_, reader_.line(),
                               fmt::format("{} has {} beside {}; expected as many", name,
                                           counted(std::ssize(other), "entry"),
                                           counted(std::ssize(responses), "response")));
        };
        expect_as_long(questions, "questions");
        expect_as_long(concepts, "concepts");
        expect_as_long(times, "timestamps");
        expect_as_long(masks, "selectmasks");
        expect_as_long(repeats, "is_repeat");
        expect_marks(masks, "selectmasks");
        expect_marks(repeats, "is_repeat");
        for (std::size_t t = 0; t < responses.size(); ++t) {
            if ((!masks.empty() && masks[t] == padding) || responses[t] == padding) {
                ++padded_;
                continue;
            }
            if (!repeats.empty() && repeats[t] == "1") {
                ++repeats_;
                continue;
            }
            if (stands_for_none(responses[t], options_)) {
                ++unanswered_;
                continue;
            }
            const bool asked = !questions.empty() && questions[t] != padding;
            by_question_ = by_question_ || asked;
            const std::string_view concept_id = concepts.empty() ? "" : concepts[t];
            if (!asked && concept_id.empty())
                throw error_at(
                    file_, reader_.line(),
                    fmt::format("entry {} has neither question nor concept; expected one", t + 1));
            const auto score = score_of(responses[t]);
            if (!score)
                throw error_at(
                    file_, reader_.line(),
                    fmt::format("response {}; {}", shown(responses[t]), expected_score()));
            table.add(LongTable::Lines::all(reader_.line()), student,
                      asked ? questions[t] : concept_id, *score, times.empty() ? "" : times[t],
                      asked ? concept_id : "");
        }
    }

    const Path& file_;
    const ConversionOptions& options_;
    CsvRecords reader_;
    std::vector<std::string> header_;
    std::vector<CsvField> row_;
    std::vector<std::string> row_before_;
    MetLearners met_;
    SomeRows again_, apart_;
    bool by_question_ = false;
    std::int64_t repeats_ = 0, padded_ = 0, unanswered_ = 0;
};

}  // namespace

bool is_pykt(std::string_view text) {
    const char separator = separator_of(text);
    std::string header(header_of(text));
    std::erase(header, '"');
    const std::vector<std::string_view> names = split(header, {&separator, 1});
    const auto has = [&](std::string_view name) { return std::ranges::count(names, name) > 0; };
    return has("uid") && has("responses") && (has("questions") || has("concepts"));
}

Conversion convert_pykt(const Path& file, TextStream& text, const ConversionOptions& options) {
    return PyktReader(file, text, options).convert();
}

}  // namespace manygpcm
