// Datasets of the C interface: files, and responses that the caller holds in arrays.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "c/handles.h"
#include "manygpcm/engine/detail/learnable.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/shown.h"

namespace manygpcm::c {
namespace {

/// "response[7]", for errors.
std::string element(const char* name, std::int64_t i) {
    return fmt::format("{}[{}]", name, i);
}

/// The numbers or texts of an array, as they lie there.
class Column {
  public:
    /// @throws InputError for one that can't be read
    Column(const char* name, const manygpcm_array& array) : name_(name), array_(array) {
        if (array.size < 0)
            throw InputError(fmt::format("{}: size {}; expected 0 or more", name, array.size));
        if (array.size > 0) expect(array.data, name);
        if (array.type < MANYGPCM_INT32 || array.type > MANYGPCM_TEXT)
            throw InputError(fmt::format("{}: type {}; expected one of manygpcm_type", name,
                                         static_cast<int>(array.type)));
    }

    std::int64_t size() const { return array_.size; }

    std::string at_place(std::int64_t i) const { return element(name_, i); }

    /// An id: a text, or a whole number as one. @throws InputError naming the element for another
    std::string id(std::int64_t i) const {
        if (array_.type != MANYGPCM_TEXT) return fmt::to_string(whole(i, INT64_MIN, INT64_MAX));
        const char* text = at<const char*>(i);
        expect_text(text, at_place(i));
        return text;
    }

    /// Whether it is this number.
    bool is(std::int64_t i, int number) const {
        switch (array_.type) {
            case MANYGPCM_INT32:
                return at<std::int32_t>(i) == number;
            case MANYGPCM_INT64:
                return at<std::int64_t>(i) == number;
            case MANYGPCM_FLOAT32:
                return at<float>(i) == static_cast<float>(number);
            case MANYGPCM_FLOAT64:
                return at<double>(i) == number;
            case MANYGPCM_TEXT:
                break;
        }
        return false;
    }

    /// @throws InputError naming the element where it isn't a whole number from `low` to `high`
    std::int64_t whole(std::int64_t i, std::int64_t low, std::int64_t high) const {
        switch (array_.type) {
            case MANYGPCM_INT32:
                return within(i, at<std::int32_t>(i), low, high);
            case MANYGPCM_INT64:
                return within(i, at<std::int64_t>(i), low, high);
            case MANYGPCM_FLOAT32:
                return rounded(i, static_cast<double>(at<float>(i)), low, high);
            case MANYGPCM_FLOAT64:
                return rounded(i, at<double>(i), low, high);
            case MANYGPCM_TEXT:
                break;
        }
        throw InputError(fmt::format("{}: texts; expected numbers", name_));
    }

  private:
    template <class T>
    T at(std::int64_t i) const {
        T value;  // it may lie where its type may not
        std::memcpy(&value, static_cast<const char*>(array_.data) + i * array_.stride,
                    sizeof value);
        return value;
    }

    [[noreturn]] void refuse(std::int64_t i, const std::string& value, std::int64_t low,
                             std::int64_t high) const {
        throw InputError(fmt::format("{} = {}: expected a whole number from {} to {}", at_place(i),
                                     value, low, high));
    }
    std::int64_t within(std::int64_t i, std::int64_t value, std::int64_t low,
                        std::int64_t high) const {
        if (value < low || value > high) refuse(i, fmt::to_string(value), low, high);
        return value;
    }
    std::int64_t rounded(std::int64_t i, double value, std::int64_t low, std::int64_t high) const {
        constexpr double exact = 9007199254740992;  // 2^53: beyond it doubles skip whole numbers
        if (!(std::abs(value) <= exact) || value != std::floor(value))
            refuse(i, fmt::to_string(value), low, high);
        return within(i, static_cast<std::int64_t>(value), low, high);
    }

    const char* name_;
    const manygpcm_array& array_;
};

// The arrays' names.
constexpr const char *whose_name = "learner", *asked_name = "question", *given_name = "response";

enum class LastResponse { required, optional };
constexpr int unanswered = -1;  // where it is optional

/// Learners of a caller's arrays, and of which elements each of their answers is.
struct Responses {
    std::vector<Learner> learners;
    std::vector<std::vector<std::int64_t>> elements;  ///< [learner][step]

    LearnerSource source() const {
        const auto at = [](const char* name) {
            return [name](std::int64_t i) { return element(name, i); };
        };
        return {.learners = learners,
                .place = [this](std::size_t i, std::size_t t) { return elements[i][t]; },
                .question_at = at(asked_name),
                .category_at = at(given_name)};
    }
};

/// @param n_questions, n_categories  what ids are below
/// @param last_response  whether a learner's last may be `unanswered`
Responses responses_of(const manygpcm_array& learner, const manygpcm_array& question,
                       const manygpcm_array& response, std::int64_t n_questions,
                       std::int64_t n_categories, LastResponse last_response) {
    const Column whose(whose_name, learner), asked(asked_name, question),
        category(given_name, response);
    if (asked.size() != whose.size() || category.size() != whose.size())
        throw InputError(fmt::format(
            "arrays of {}, {} and {}; expected one size", counted(whose.size(), "learner"),
            counted(asked.size(), "question"), counted(category.size(), "response")));
    if (whose.size() == 0) throw InputError("no responses; expected one or more");
    Responses result;
    std::unordered_map<std::string, std::size_t> numbers;
    for (std::int64_t i = 0; i < whose.size(); ++i) {
        const auto [place, is_new] = numbers.try_emplace(whose.id(i), result.learners.size());
        if (is_new) {
            result.learners.emplace_back().id = place->first;
            result.elements.emplace_back();
        }
        Learner& one = result.learners[place->second];
        std::vector<std::int64_t>& elements = result.elements[place->second];
        if (one.responses.size() < one.questions.size())
            throw InputError(fmt::format(
                "{} = {}: of learner {}, who has later ones; expected a category but for the last",
                category.at_place(elements.back()), unanswered, shown(one.id)));
        one.questions.push_back(static_cast<std::int32_t>(asked.whole(i, 0, n_questions - 1)));
        if (last_response == LastResponse::required || !category.is(i, unanswered))
            one.responses.push_back(
                static_cast<std::int32_t>(category.whole(i, 0, n_categories - 1)));
        elements.push_back(i);
    }
    return result;
}

std::int64_t responses_in(const std::vector<Learner>& learners) {
    std::int64_t n = 0;
    for (const Learner& learner : learners)
        n += std::ssize(learner.questions);
    return n;
}

/// @throws InputError for a count of the caller's that can't be
int checked_count(const char* name, std::int64_t value, int least, int most) {
    if (value != 0 && (value < least || value > most))
        throw InputError(fmt::format("{} = {}: expected 0 or {} to {}", name, value, least, most));
    return static_cast<int>(value);
}

/// Responses below the counts that are given.
Responses responses_of(const manygpcm_array& learner, const manygpcm_array& question,
                       const manygpcm_array& response, const GivenCounts& given) {
    return responses_of(
        learner, question, response, given.n_questions > 0 ? given.n_questions : max_questions,
        given.n_categories > 0 ? given.n_categories : max_categories, LastResponse::required);
}

/// Sets the counts and notices of what has those parts.
void set_sizes(Dataset& data, const std::vector<LearnerSource>& parts, const GivenCounts& given) {
    manygpcm::set_sizes(data, parts, {.questions = asked_name, .categories = given_name},
                        given.n_questions, given.n_categories, "; or give n_categories");
}

/// @throws InputError for a dataset that isn't of manygpcm_dataset_create()
GivenCounts& expect_created(manygpcm_dataset& dataset) {
    if (!dataset.created)
        throw InputError(
            "dataset: is of a file, or of a model's questions; expected one of "
            "manygpcm_dataset_create");
    return *dataset.created;
}

std::vector<std::string_view> ids_of(const std::vector<Learner>& learners) {
    std::vector<std::string_view> ids;
    for (const Learner& learner : learners)
        ids.push_back(learner.id);
    return ids;
}

/// A handle of what was read, of whose notices is told.
manygpcm_dataset* told(manygpcm_context& context, Dataset data) {
    for (const std::string& notice : data.notices)
        context.tell(notice);
    return new manygpcm_dataset{.data = std::move(data)};
}

}  // namespace

const std::vector<Learner>& part_of(const manygpcm_dataset& dataset, manygpcm_part part) {
    if (part == MANYGPCM_TRAIN) return dataset.data.train;
    if (part == MANYGPCM_TEST) return dataset.data.test;
    throw InputError(
        fmt::format("part {}: expected MANYGPCM_TRAIN or MANYGPCM_TEST", static_cast<int>(part)));
}

void expect_answered(const manygpcm_dataset& dataset) {
    for (const Learner& learner : dataset.data.train)
        if (learner.responses.size() < learner.questions.size())
            throw InputError(
                fmt::format("dataset: learner {} has a question without a response; expected a "
                            "response to each, to train on",
                            shown(learner.id)));
}

}  // namespace manygpcm::c

using namespace manygpcm;  // NOLINT(google-build-using-namespace): nothing here is anybody's header
using c::expect;
using c::guarded;

manygpcm_status manygpcm_dataset_read(manygpcm_context* context, const char* path,
                                      manygpcm_dataset** dataset) {
    return guarded([&] {
        expect(context, "context");
        c::expect_text(path, "path");
        expect(dataset, "dataset");
        *dataset = c::told(*context, read_dataset(path, &context->stop));
    });
}

manygpcm_status manygpcm_dataset_read_for(manygpcm_context* context, const manygpcm_model* model,
                                          const char* path, manygpcm_dataset** dataset) {
    return guarded([&] {
        expect(context, "context");
        expect(model, "model");
        c::expect_text(path, "path");
        expect(dataset, "dataset");
        const Model& known = model->model;
        *dataset = c::told(*context, read_dataset_for_model(path, known.config.n_questions,
                                                            known.config.n_categories,
                                                            known.question_ids, &context->stop));
    });
}

manygpcm_status manygpcm_dataset_create(const char* name, int64_t n_questions, int64_t n_categories,
                                        manygpcm_array learner, manygpcm_array question,
                                        manygpcm_array response, manygpcm_dataset** dataset) {
    return guarded([&] {
        expect(name, "name");
        expect(dataset, "dataset");
        const c::GivenCounts given{
            c::checked_count("n_questions", n_questions, 1, max_questions),
            c::checked_count("n_categories", n_categories, 2, max_categories)};
        c::Responses train = c::responses_of(learner, question, response, given);
        Dataset data;
        data.name = name;
        c::set_sizes(data, {train.source()}, given);
        data.train = std::move(train.learners);
        *dataset = new manygpcm_dataset{.data = std::move(data), .created = given};
    });
}

manygpcm_status manygpcm_dataset_create_for(const manygpcm_model* model, const char* name,
                                            manygpcm_array learner, manygpcm_array question,
                                            manygpcm_array response, manygpcm_dataset** dataset) {
    return guarded([&] {
        expect(model, "model");
        expect(name, "name");
        expect(dataset, "dataset");
        const Model& known = model->model;
        Dataset data;
        data.name = name;
        data.n_questions = known.config.n_questions;
        data.n_categories = known.config.n_categories;
        data.question_ids = known.question_ids;
        data.train = c::responses_of(learner, question, response, data.n_questions,
                                     data.n_categories, c::LastResponse::optional)
                         .learners;
        *dataset = new manygpcm_dataset{.data = std::move(data)};
    });
}

manygpcm_status manygpcm_dataset_hold_out(manygpcm_dataset* dataset, manygpcm_array learner,
                                          manygpcm_array question, manygpcm_array response) {
    return guarded([&] {
        expect(dataset, "dataset");
        const c::GivenCounts& given = c::expect_created(*dataset);
        Dataset& data = dataset->data;
        c::Responses test = c::responses_of(learner, question, response, given);
        const auto first_of = [&](std::size_t i) {
            return c::element(c::whose_name, test.elements[i].front());
        };
        expect_no_shared_learner(c::ids_of(data.train), c::ids_of(test.learners), first_of,
                                 "the training part");
        Dataset both;
        both.question_ids = data.question_ids;
        c::set_sizes(both, {{.learners = data.train}, test.source()}, given);
        data.n_questions = both.n_questions;
        data.n_categories = both.n_categories;
        data.notices = std::move(both.notices);
        data.test = std::move(test.learners);
    });
}

manygpcm_status manygpcm_dataset_name_questions(manygpcm_dataset* dataset, const char* const* names,
                                                int64_t n_names) {
    return guarded([&] {
        expect(dataset, "dataset");
        expect(names, "names");
        c::GivenCounts& given = c::expect_created(*dataset);
        Dataset& data = dataset->data;
        if (n_names != data.n_questions)
            throw InputError(fmt::format("{}: expected {}, one for each question",
                                         counted(n_names, "name"), data.n_questions));
        std::vector<std::string> ids;
        std::unordered_set<std::string_view> different;
        for (std::int64_t i = 0; i < n_names; ++i) {
            c::expect_text(names[i], c::element("names", i));
            if (!different.insert(names[i]).second)
                throw InputError(fmt::format("{} = {}: expected different names",
                                             c::element("names", i), names[i]));
            ids.emplace_back(names[i]);
        }
        data.question_ids = std::move(ids);
        given.n_questions = data.n_questions;
    });
}

manygpcm_status manygpcm_dataset_describe(const manygpcm_dataset* dataset, char** json) {
    return guarded([&] {
        expect(dataset, "dataset");
        expect(json, "json");
        const Dataset& data = dataset->data;
        const nlohmann::json description = {
            {"name", data.name}, {"question_ids", data.question_ids}, {"notices", data.notices}};
        *json =
            c::text_of(description.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    });
}

manygpcm_status manygpcm_dataset_responses(const manygpcm_dataset* dataset, manygpcm_part part,
                                           int32_t* learner, int32_t* question, int32_t* response) {
    return guarded([&] {
        expect(dataset, "dataset");
        std::int32_t number = 0;
        for (const Learner& one : c::part_of(*dataset, part)) {
            const std::size_t n = one.questions.size();
            if (learner) learner = std::fill_n(learner, n, number);
            if (question) question = std::ranges::copy(one.questions, question).out;
            if (response) {
                response = std::ranges::copy(one.responses, response).out;
                response = std::fill_n(response, n - one.responses.size(), -1);
            }
            ++number;
        }
    });
}

manygpcm_status manygpcm_dataset_learner(const manygpcm_dataset* dataset, manygpcm_part part,
                                         int64_t number, const char** id) {
    return guarded([&] {
        expect(dataset, "dataset");
        expect(id, "id");
        const std::vector<Learner>& learners = c::part_of(*dataset, part);
        if (number < 0 || number >= std::ssize(learners))
            throw InputError(fmt::format("learner {}: expected one of the {} in this part, from 0",
                                         number, learners.size()));
        *id = learners[static_cast<std::size_t>(number)].id.c_str();
    });
}

manygpcm_status manygpcm_dataset_shape(const manygpcm_dataset* dataset, manygpcm_shape* shape) {
    return guarded([&] {
        expect(dataset, "dataset");
        expect(shape, "shape");
        const Dataset& data = dataset->data;
        *shape = {.n_questions = data.n_questions,
                  .n_categories = data.n_categories,
                  .n_learners = std::ssize(data.train),
                  .n_responses = c::responses_in(data.train),
                  .n_test_learners = std::ssize(data.test),
                  .n_test_responses = c::responses_in(data.test)};
    });
}

void manygpcm_dataset_free(manygpcm_dataset* dataset) {
    delete dataset;
}
