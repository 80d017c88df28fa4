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
#include "data/parsed_pieces.h"
#include "manygpcm/engine/files.h"

namespace manygpcm {
namespace {

/// Reads lists of numbers.
class NumberLists {
  public:
    /// The numbers between a line's commas, one of which may follow the last. Nearly all are a few
    /// digits; read(field) is asked for the others, and throws for what is no number below `limit`.
    template <class Read>
    std::vector<std::int32_t> read(std::string_view line, std::int32_t limit, const Read& read) {
        constexpr std::ptrdiff_t most_digits = 9;  // they fit
        if (line.ends_with(',')) line.remove_suffix(1);
        if (numbers_.size() <= line.size()) numbers_.resize(line.size() + 1);
        const char* const end = line.data() + line.size();
        std::int32_t* number = numbers_.data();
        for (const char* at = line.data();; ++at) {
            const char* const begin = at;
            std::uint32_t value = 0;
            for (; at != end && *at >= '0' && *at <= '9'; ++at)
                value = 10 * value + static_cast<std::uint32_t>(*at - '0');
            const std::ptrdiff_t n = at - begin;
            if (n > 0 && n <= most_digits && (at == end || *at == ',') &&
                value < static_cast<std::uint32_t>(limit)) {
                *number++ = static_cast<std::int32_t>(value);
            } else {
                at = std::find(at, end, ',');
                *number++ = read(std::string_view(begin, static_cast<std::size_t>(at - begin)));
            }
            if (at == end) return {numbers_.data(), number};
        }
    }

  private:
    std::vector<std::int32_t> numbers_;  ///< those of a line, of which there are no more than bytes
};

/// The end of the last learner's lines.
std::size_t end_of_learners(std::string_view text) {
    auto beyond = count_of('\n', text) % 3;
    std::size_t end = text.rfind('\n');
    for (; beyond > 0; --beyond)
        end = end == 0 ? text.npos : text.rfind('\n', end - 1);
    return end + 1;  // of none, 0
}

/// Reads a piece of the text, which begins with a learner's lines.
class SequenceTextReader {
  public:
    SequenceTextReader(const std::filesystem::path& file, const TextPiece& piece,
                       LastScore last_score)
        : file_(file),
          lines_(piece.last ? lines_of(piece.text) : all_lines_of(piece.text)),
          n_before_(static_cast<std::size_t>(piece.first_line - 1) / 3),
          last_score_(last_score) {
        // The blank third line of a last learner who hasn't answered the only question yet.
        if (last_score == LastScore::optional && lines_.size() % 3 == 2 &&
            count_in(lines_.end()[-2]) == 1)
            lines_.emplace_back();
    }

    std::vector<Learner> read(StopFlag stop) {
        std::vector<Learner> learners(lines_.size() / 3);
        for (std::size_t i = 0; i < learners.size(); ++i) {
            throw_if_set(stop);
            learners[i] = learner(i);
        }
        if (lines_.size() % 3 != 0) {
            learner_count(learners.size());
            throw error_at(
                file_, question_line(n_before_) - 2 + static_cast<int>(lines_.size()),
                fmt::format("the file ends after {} of a learner's lines; expected three: count, "
                            "question ids, categories",
                            lines_.size() % 3));
        }
        return learners;
    }

  private:
    Learner learner(std::size_t i) {
        const int count = learner_count(i);
        const std::size_t number = n_before_ + i;
        const std::string_view questions = lines_[3 * i + 1], categories = lines_[3 * i + 2];
        Learner learner{std::to_string(number), {}, {}};
        learner.questions = lists_.read(questions, max_questions, [&](std::string_view field) {
            const auto question = parse_id(field, max_questions);
            if (!question)
                throw error_at(file_, question_line(number),
                               fmt::format("question {}; expected an integer from 0 to {}",
                                           shown(field), max_questions - 1));
            return *question;
        });
        expect_count(learner.questions.size(), count, "question ids", question_line(number));
        if (last_score_ == LastScore::optional && count == 1 && categories.empty()) return learner;
        learner.responses = lists_.read(categories, max_categories, [&](std::string_view field) {
            return parse_category(field, file_, category_line(number));
        });
        const bool unanswered = last_score_ == LastScore::optional &&
                                learner.responses.size() + 1 == learner.questions.size();
        if (!unanswered)
            expect_count(learner.responses.size(), count, "categories", category_line(number));
        return learner;
    }

    int learner_count(std::size_t i) const {
        const auto count = count_in(lines_[3 * i]);
        if (!count || *count == 0)
            throw error_at(file_, question_line(n_before_ + i) - 1,
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
    std::size_t n_before_;  ///< learners
    LastScore last_score_;
    NumberLists lists_;
};

void append_list(std::string& text, std::span<const std::int32_t> values) {
    fmt::format_to(std::back_inserter(text), "{}\n", fmt::join(values, ","));
}

}  // namespace

std::vector<Learner> parse_sequence_text(const std::filesystem::path& file, TextStream& text,
                                         LastScore last_score, const Reading& reading) {
    std::vector<Learner> learners;
    take_parsed(
        text, end_of_learners, reading,
        [&](const TextPiece& piece) {
            return SequenceTextReader(file, piece, last_score).read(reading.stop);
        },
        [&](std::vector<Learner> more) {
            learners.insert(learners.end(), std::move_iterator(more.begin()),
                            std::move_iterator(more.end()));
        });
    return learners;
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
