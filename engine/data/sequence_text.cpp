// Reads and writes sequence text. A trailing comma, CRLF and blank lines at the end are let pass.
#include "data/sequence_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "data/input_text.h"
#include "manygpcm/engine/files.h"

namespace manygpcm {
namespace {

/// Calls visit(field) for every field between commas; one comma may follow the last.
template <class Visit>
void for_each_field(std::string_view line, Visit visit) {
    if (line.ends_with(',')) line.remove_suffix(1);
    for (;;) {
        const std::size_t comma = line.find(',');
        visit(line.substr(0, comma));
        if (comma == std::string_view::npos) return;
        line.remove_prefix(comma + 1);
    }
}

class SequenceTextReader {
  public:
    SequenceTextReader(const std::filesystem::path& file, std::string_view text,
                       LastScore last_score)
        : file_(file), lines_(lines_of(text)), last_score_(last_score) {
        // The blank third line of a last learner who hasn't answered the only question yet.
        if (last_score == LastScore::optional && lines_.size() % 3 == 2 &&
            count_in(lines_.end()[-2]) == 1)
            lines_.emplace_back();
    }

    std::vector<Learner> read(StopFlag stop) const {
        std::vector<Learner> learners(lines_.size() / 3);
        for (std::size_t i = 0; i < learners.size(); ++i) {
            throw_if_set(stop);
            learners[i] = learner(i);
        }
        if (lines_.size() % 3 != 0) learner_count(learners.size());
        if (lines_.size() % 3 != 0)
            throw error_at(
                file_, static_cast<int>(lines_.size()),
                fmt::format("the file ends after {} of a learner's lines; expected three: count, "
                            "question ids, categories",
                            lines_.size() % 3));
        return learners;
    }

  private:
    Learner learner(std::size_t i) const {
        const int count = learner_count(i);
        Learner learner{std::to_string(i), {}, {}};
        // As many as there may be, whatever the count says.
        learner.questions.reserve(
            std::min(static_cast<std::size_t>(count), lines_[3 * i + 1].size()));
        learner.responses.reserve(
            std::min(static_cast<std::size_t>(count), lines_[3 * i + 2].size()));
        for_each_field(lines_[3 * i + 1], [&](std::string_view field) {
            const auto question = parse_id(field, max_questions);
            if (!question)
                throw error_at(file_, question_line(i),
                               fmt::format("question {}; expected an integer from 0 to {}",
                                           shown(field), max_questions - 1));
            learner.questions.push_back(*question);
        });
        expect_count(learner.questions.size(), count, "question ids", question_line(i));
        if (last_score_ == LastScore::optional && count == 1 && lines_[3 * i + 2].empty())
            return learner;
        for_each_field(lines_[3 * i + 2], [&](std::string_view field) {
            learner.responses.push_back(parse_category(field, file_, category_line(i)));
        });
        const bool unanswered = last_score_ == LastScore::optional &&
                                learner.responses.size() + 1 == learner.questions.size();
        if (!unanswered)
            expect_count(learner.responses.size(), count, "categories", category_line(i));
        return learner;
    }

    int learner_count(std::size_t i) const {
        const auto count = count_in(lines_[3 * i]);
        if (!count || *count == 0)
            throw error_at(file_, question_line(i) - 1,
                           fmt::format("count {}; expected how many answers follow, at least 1",
                                       shown(without_comma(lines_[3 * i]))));
        return *count;
    }

    static std::string_view without_comma(std::string_view line) {
        if (line.ends_with(',')) line.remove_suffix(1);
        return line;
    }

    static std::optional<std::int32_t> count_in(std::string_view line) {
        return parse_id(without_comma(line), std::numeric_limits<int>::max());
    }

    void expect_count(std::size_t found, int count, std::string_view what, int line) const {
        if (found != static_cast<std::size_t>(count))
            throw error_at(
                file_, line,
                fmt::format("{} {}; expected {}, as the count says{}", found, what, count,
                            last_score_ == LastScore::optional && what == "categories"
                                ? ", or one less where the last isn't known"
                                : ""));
    }

    const std::filesystem::path& file_;
    std::vector<std::string_view> lines_;
    LastScore last_score_;
};

void append_list(std::string& text, std::span<const std::int32_t> values) {
    fmt::format_to(std::back_inserter(text), "{}\n", fmt::join(values, ","));
}

}  // namespace

std::vector<Learner> parse_sequence_text(const std::filesystem::path& file, std::string_view text,
                                         LastScore last_score, StopFlag stop) {
    return SequenceTextReader(file, text, last_score).read(stop);
}

void write_sequence_text(const std::filesystem::path& file, std::span<const Learner> learners) {
    std::string text;
    for (const Learner& learner : learners) {
        fmt::format_to(std::back_inserter(text), "{}\n", learner.questions.size());
        append_list(text, learner.questions);
        append_list(text, learner.responses);
    }
    write_file(file, text);
}

}  // namespace manygpcm
