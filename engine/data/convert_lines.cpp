// Text of several lines a learner, the first with the count of answers, perhaps beside an id: three
// lines (DKVMN, Zhang et al. 2017: questions, answers), four (AKT, Ghosh et al. 2020: problems,
// skills, answers, or skills before problems) or six (pyKT's data.txt: questions, concepts,
// responses, timestamps, times taken, NA where there are none).
#include <fmt/format.h>

#include <optional>
#include <set>
#include <utility>

#include "data/convert.h"
#include "data/input_text.h"
#include "data/long_table.h"

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
    std::string_view id;  ///< empty: none
};

/// @param n_fields of the learner's next line, which tells count from id
std::optional<Head> head_of(std::string_view line, std::size_t n_fields) {
    const Fields fields = fields_of(line);
    constexpr int any = 1 << 30;
    const auto count = [&](std::size_t i) {
        const auto n = parse_id(fields[i], any);
        return n && static_cast<std::size_t>(*n) == n_fields ? *n : 0;
    };
    if (fields.size() == 1 && count(0) > 0) return Head{count(0), {}};
    if (fields.size() == 2 && count(0) > 0) return Head{count(0), fields[1]};
    if (fields.size() == 2 && count(1) > 0) return Head{count(1), fields[0]};
    return {};
}

/// The first line that doesn't fit so many lines a learner, and why; "" where all fit.
struct Misfit {
    std::size_t line = 0;  ///< from 0
    std::string why;
};

bool says_nothing(std::string_view line) {
    return line == "NA";
}

Misfit misfit(const std::vector<std::string_view>& lines, std::size_t per_learner) {
    for (std::size_t first = 0; first < lines.size(); first += per_learner) {
        if (first + per_learner > lines.size())
            return {lines.size() - 1, fmt::format("the file ends after {} of a learner's {} lines",
                                                  lines.size() - first, per_learner)};
        std::size_t n = 0;
        for (std::size_t i = 1; i < per_learner && n == 0; ++i)
            if (!says_nothing(lines[first + i])) n = fields_of(lines[first + i]).size();
        if (!head_of(lines[first], n))
            return {first, fmt::format("{} isn't the count of the {} answers below",
                                       shown(lines[first]), n)};
        for (std::size_t i = 1; i < per_learner; ++i) {
            const bool may_say_nothing = per_learner == 6;
            const std::string_view line = lines[first + i];
            if (!(may_say_nothing && says_nothing(line)) && fields_of(line).size() != n)
                return {first + i, fmt::format("{} entries, but the learner has {} answers",
                                               fields_of(line).size(), n)};
        }
    }
    return {lines.size(), ""};
}

/// As many lines a learner as fit the whole file.
std::size_t lines_per_learner(const Path& file, const std::vector<std::string_view>& lines) {
    Misfit furthest;
    std::size_t closest = 0;
    for (const std::size_t per_learner : {3, 4, 6}) {
        const Misfit misfit = manygpcm::misfit(lines, per_learner);
        if (misfit.why.empty()) return per_learner;
        if (closest == 0 || misfit.line > furthest.line) {
            furthest = misfit;
            closest = per_learner;
        }
    }
    throw error_at(
        file, static_cast<int>(furthest.line) + 1,
        fmt::format("{}; expected {} lines a learner, as before", furthest.why, closest));
}

/// Which of two rows of ids has the more: problems are finer than skills.
bool second_is_finer(const std::vector<std::string_view>& lines) {
    std::set<std::string_view> first, second;
    for (std::size_t i = 0; i + 3 < lines.size(); i += 4) {
        const Fields a = fields_of(lines[i + 1]), b = fields_of(lines[i + 2]);
        first.insert(a.begin(), a.end());
        second.insert(b.begin(), b.end());
    }
    return second.size() > first.size();
}

}  // namespace

bool is_lines(std::string_view text) {
    const std::vector<std::string_view> lines = lines_of(text);
    if (lines.size() < 3) return false;
    std::size_t n = fields_of(lines[1]).size();
    if (says_nothing(lines[1])) n = fields_of(lines[2]).size();
    return head_of(lines[0], n).has_value();
}

Conversion convert_lines(const Path& file, std::string_view text,
                         const ConversionOptions& options) {
    const std::vector<std::string_view> lines = lines_of(text);
    const std::size_t per_learner = lines_per_learner(file, lines);
    const bool pykt = per_learner == 6;
    const std::size_t none = 0;
    std::size_t question = 1, skill = none, answer = per_learner - 1, time = none;
    std::vector<std::string> said;
    if (pykt) {
        skill = 2, answer = 3, time = 4;
        said.emplace_back("six lines a learner: questions, concepts, responses, timestamps, times");
    } else if (per_learner == 4) {
        skill = 2;
        if (second_is_finer(lines)) std::swap(question, skill);
        said.push_back(fmt::format(
            "four lines a learner: questions in line {}, which has more of them, skills in line {}",
            question + 1, skill + 1));
    } else {
        said.emplace_back("three lines a learner");
    }
    LongTable table(file);
    std::int64_t number = 0, unanswered = 0;
    for (std::size_t first = 0; first < lines.size(); first += per_learner, ++number) {
        const auto row = [&](std::size_t i) {
            return i == none || says_nothing(lines[first + i]) ? Fields{}
                                                               : fields_of(lines[first + i]);
        };
        const Fields answers = row(answer), times = row(time);
        Fields questions = row(question), skills = row(skill);
        if (questions.empty()) std::swap(questions, skills);
        if (questions.empty() || answers.empty())
            throw error_at(file, static_cast<int>(first) + 2,
                           "neither questions nor concepts, or no responses; expected both");
        const auto head = head_of(lines[first], answers.size());
        const std::string student =
            head && !head->id.empty() ? std::string(head->id) : std::to_string(number);
        for (std::size_t t = 0; t < answers.size(); ++t) {
            if (stands_for_none(answers[t], options)) {
                ++unanswered;
                continue;
            }
            const auto line = static_cast<int>(first + answer) + 1;
            table.add(line, student, questions[t], parse_category(answers[t], file, line),
                      times.empty() ? "" : times[t], skills.empty() ? "" : skills[t]);
        }
    }
    if (unanswered > 0) said.push_back(fmt::format("{} entries without an answer", unanswered));
    return table.finish(std::move(said));
}

}  // namespace manygpcm
