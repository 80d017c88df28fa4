// Looks at the questions, categories and learners of all parts together.
#include "manygpcm/engine/detail/learnable.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <unordered_set>

#include "manygpcm/engine/error.h"
#include "manygpcm/engine/shown.h"

namespace manygpcm {
namespace {

using Member = std::vector<std::int32_t> Learner::*;

/// Where a question or category stands.
struct Found {
    std::int64_t n = 0;      ///< how often it is there
    std::int64_t place = 0;  ///< the first
    std::string learner;     ///< whose answer that is
};

Found find(std::int32_t value, const LearnerSource& part, Member member) {
    Found found;
    for (std::size_t i = 0; i < part.learners.size(); ++i) {
        const std::vector<std::int32_t>& values = part.learners[i].*member;
        for (std::size_t t = 0; t < values.size(); ++t) {
            if (values[t] != value) continue;
            const std::int64_t place = part.place(i, t);
            if (found.n++ > 0 && place >= found.place) continue;
            found.place = place;
            found.learner = part.learners[i].id;
        }
    }
    return found;
}

/// Which values the learners of a part have, by number: every answer is looked at, and there may be
/// many millions.
std::set<std::int32_t> all(std::span<const Learner> learners, Member member) {
    std::vector<char> there;
    for (const Learner& learner : learners) {
        const std::vector<std::int32_t>& values = learner.*member;
        if (values.empty()) continue;
        const auto largest = static_cast<std::size_t>(*std::ranges::max_element(values));
        if (largest >= there.size()) there.resize(largest + 1);
        for (const std::int32_t value : values)
            there[static_cast<std::size_t>(value)] = 1;
    }
    std::set<std::int32_t> values;
    for (std::size_t value = 0; value < there.size(); ++value)
        if (there[value]) values.insert(values.end(), static_cast<std::int32_t>(value));
    return values;
}

using OfParts = std::vector<std::set<std::int32_t>>;

OfParts of_each(std::span<const LearnerSource> parts, Member member) {
    OfParts values;
    for (const LearnerSource& part : parts)
        values.push_back(all(part.learners, member));
    return values;
}

std::set<std::int32_t> together(OfParts parts) {
    std::set<std::int32_t> values;
    for (std::set<std::int32_t>& part : parts)
        values.merge(part);
    return values;
}

void expect_no_gap(const std::set<std::int32_t>& categories, std::span<const LearnerSource> parts,
                   std::string_view say_categories) {
    std::int32_t unused = 0;
    while (categories.contains(unused))
        ++unused;
    if (unused == static_cast<std::int32_t>(categories.size())) return;
    const std::int32_t largest = *categories.rbegin();
    for (const LearnerSource& part : parts) {
        const Found found = find(largest, part, &Learner::responses);
        if (found.n == 0) continue;
        throw InputError(fmt::format(
            "{}: category {} of learner {}{}, though category {} never occurs; expected every "
            "category from 0 to the largest: {}{}",
            part.category_at(found.place), largest, shown(found.learner),
            found.n == 1 ? "" : fmt::format(", the first of {} such answers", found.n), unused,
            unused == 0 ? fmt::format("subtract the smallest, {}, from each", *categories.begin())
                        : fmt::format("leave these answers out if {} stands for a missing one, "
                                      "else mend the categories or number them anew",
                                      largest),
            say_categories));
    }
}

void tell_unseen(Dataset& dataset, const LearnerSource& test, const OfParts& questions,
                 const OfParts& categories) {
    const auto tell = [&](const char* one, const char* several, Member member,
                          const OfParts& values, const auto& place, const auto& name) {
        std::vector<std::int32_t> unseen;
        std::ranges::set_difference(values[1], values[0], std::back_inserter(unseen));
        if (unseen.empty()) return;
        dataset.notices.push_back(fmt::format(
            "{}: no training learner has {} {} of the test learners ({}{}), so that no model "
            "learns anything of {}",
            place(find(unseen.front(), test, member).place), unseen.size(),
            unseen.size() == 1 ? one : several, unseen.size() == 1 ? "" : "the first: ",
            shown(name(unseen.front())), unseen.size() == 1 ? "it" : "them"));
    };
    tell("question", "questions", &Learner::questions, questions, test.question_at,
         [&](std::int32_t question) { return question_name(dataset.question_ids, question); });
    tell("category", "categories", &Learner::responses, categories, test.category_at,
         [](std::int32_t category) { return fmt::format("{}", category); });
}

}  // namespace

void set_sizes(Dataset& dataset, std::span<const LearnerSource> parts, const WholeSource& whole,
               int n_questions, int n_categories, std::string_view say_categories) {
    const OfParts questions_of = of_each(parts, &Learner::questions),
                  categories_of = of_each(parts, &Learner::responses);
    const std::set<std::int32_t> questions = together(questions_of),
                                 categories = together(categories_of);
    if (categories.size() < 2)
        throw InputError(
            fmt::format("{}: every response is category {}; expected at least two categories",
                        whole.categories, *categories.begin()));
    if (questions.size() < 2)
        throw InputError(fmt::format(
            "{}: every answer is to question {}; expected at least two questions", whole.questions,
            shown(question_name(dataset.question_ids, *questions.begin()))));
    if (n_categories == 0) expect_no_gap(categories, parts, say_categories);
    dataset.n_questions = n_questions > 0 ? n_questions : *questions.rbegin() + 1;
    dataset.n_categories = n_categories > 0 ? n_categories : *categories.rbegin() + 1;
    if (parts.size() > 1) tell_unseen(dataset, parts[1], questions_of, categories_of);
}

void expect_no_shared_learner(const std::vector<std::string_view>& train,
                              const std::vector<std::string_view>& test,
                              const std::function<std::string(std::size_t)>& place_of,
                              std::string_view train_name) {
    const std::unordered_set<std::string_view> known(train.begin(), train.end());
    const auto shared = std::ranges::find_if(test, [&](auto id) { return known.contains(id); });
    if (shared != test.end())
        throw InputError(fmt::format(
            "{}: learner {} is in {}, too; expected all answers of a learner in one of the two",
            place_of(static_cast<std::size_t>(shared - test.begin())), shown(*shared), train_name));
}

}  // namespace manygpcm
