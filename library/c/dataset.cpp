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
#include "manygpcm/engine/error.h"

namespace manygpcm::c {
namespace {

/// The numbers of an array, as they lie there.
class Column {
  public:
    /// @throws InputError for one that can't be read
    Column(const char* name, const manygpcm_array& array) : name_(name), array_(array) {
        if (array.size < 0)
            throw InputError(fmt::format("{}: size {}; expected 0 or more", name, array.size));
        if (array.size > 0) expect(array.data, name);
        if (array.type < MANYGPCM_INT32 || array.type > MANYGPCM_FLOAT64)
            throw InputError(fmt::format("{}: type {}; expected one of manygpcm_type", name,
                                         static_cast<int>(array.type)));
    }

    std::int64_t size() const { return array_.size; }

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
                break;
        }
        return rounded(i, at<double>(i), low, high);
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
        throw InputError(fmt::format("{}[{}] = {}: expected a whole number from {} to {}", name_, i,
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

struct Responses {
    std::vector<Learner> learners;
    std::int32_t most_question = -1, most_response = -1;
};

/// @param n_questions, n_categories  what ids are below
Responses responses_of(const manygpcm_array& learner, const manygpcm_array& question,
                       const manygpcm_array& response, std::int64_t n_questions,
                       std::int64_t n_categories) {
    const Column whose("learner", learner), asked("question", question),
        category("response", response);
    if (asked.size() != whose.size() || category.size() != whose.size())
        throw InputError(
            fmt::format("arrays of {} learners, {} questions and {} responses; expected one size",
                        whose.size(), asked.size(), category.size()));
    if (whose.size() == 0) throw InputError("no responses; expected one or more");
    Responses result;
    std::unordered_map<std::int64_t, std::size_t> numbers;
    for (std::int64_t i = 0; i < whose.size(); ++i) {
        const std::int64_t id = whose.whole(i, INT64_MIN, INT64_MAX);
        const auto [place, is_new] = numbers.try_emplace(id, result.learners.size());
        if (is_new) result.learners.emplace_back().id = fmt::to_string(id);
        Learner& one = result.learners[place->second];
        one.questions.push_back(static_cast<std::int32_t>(asked.whole(i, 0, n_questions - 1)));
        one.responses.push_back(static_cast<std::int32_t>(category.whole(i, 0, n_categories - 1)));
        result.most_question = std::max(result.most_question, one.questions.back());
        result.most_response = std::max(result.most_response, one.responses.back());
    }
    return result;
}

std::int64_t responses_in(const std::vector<Learner>& learners) {
    std::int64_t n = 0;
    for (const Learner& learner : learners)
        n += std::ssize(learner.questions);
    return n;
}

/// 0 where the responses are to show it.
std::int64_t count(const char* name, std::int64_t value, int least, int most) {
    if (value == 0) return most;
    if (value < least || value > most)
        throw InputError(fmt::format("{} = {}: expected 0 or {} to {}", name, value, least, most));
    return value;
}

}  // namespace

const std::vector<Learner>& part_of(const manygpcm_dataset& dataset, manygpcm_part part) {
    if (part == MANYGPCM_TRAIN) return dataset.data.train;
    if (part == MANYGPCM_TEST) return dataset.data.test;
    throw InputError(
        fmt::format("part {}: expected MANYGPCM_TRAIN or MANYGPCM_TEST", static_cast<int>(part)));
}

}  // namespace manygpcm::c

using namespace manygpcm;  // NOLINT(google-build-using-namespace): nothing here is anybody's header
using c::expect;
using c::guarded;

manygpcm_status manygpcm_dataset_read(const char* path, manygpcm_dataset** dataset) {
    return guarded([&] {
        expect(path, "path");
        expect(dataset, "dataset");
        *dataset = new manygpcm_dataset{.data = read_dataset(path)};
    });
}

manygpcm_status manygpcm_dataset_read_for(const manygpcm_model* model, const char* path,
                                          manygpcm_dataset** dataset) {
    return guarded([&] {
        expect(model, "model");
        expect(path, "path");
        expect(dataset, "dataset");
        const Model& known = model->model;
        *dataset = new manygpcm_dataset{
            .data = read_dataset_for_model(path, known.config.n_questions,
                                           known.config.n_categories, known.question_ids)};
    });
}

manygpcm_status manygpcm_dataset_create(const char* name, int64_t n_questions, int64_t n_categories,
                                        manygpcm_array learner, manygpcm_array question,
                                        manygpcm_array response, manygpcm_dataset** dataset) {
    return guarded([&] {
        expect(name, "name");
        expect(dataset, "dataset");
        c::Responses responses = c::responses_of(
            learner, question, response, c::count("n_questions", n_questions, 1, max_questions),
            c::count("n_categories", n_categories, 2, max_categories));
        auto made = std::make_unique<manygpcm_dataset>();
        made->of_arrays = true;
        made->data.name = name;
        made->data.n_questions = n_questions > 0 ? static_cast<int>(n_questions)
                                                 : static_cast<int>(responses.most_question) + 1;
        made->data.n_categories = n_categories > 0
                                      ? static_cast<int>(n_categories)
                                      : std::max(2, static_cast<int>(responses.most_response) + 1);
        made->data.train = std::move(responses.learners);
        *dataset = made.release();
    });
}

manygpcm_status manygpcm_dataset_hold_out(manygpcm_dataset* dataset, manygpcm_array learner,
                                          manygpcm_array question, manygpcm_array response) {
    return guarded([&] {
        expect(dataset, "dataset");
        if (!dataset->of_arrays)
            throw InputError(
                "dataset: was read from a file, which says who is held out; expected one of "
                "manygpcm_dataset_create");
        dataset->data.test = c::responses_of(learner, question, response, dataset->data.n_questions,
                                             dataset->data.n_categories)
                                 .learners;
    });
}

manygpcm_status manygpcm_dataset_name_questions(manygpcm_dataset* dataset, const char* const* names,
                                                int64_t n_names) {
    return guarded([&] {
        expect(dataset, "dataset");
        expect(names, "names");
        Dataset& data = dataset->data;
        if (!dataset->of_arrays)
            throw InputError(
                "dataset: was read from a file, which names its questions; expected one of "
                "manygpcm_dataset_create");
        if (n_names != data.n_questions)
            throw InputError(fmt::format("{} names: expected {}, one for each question", n_names,
                                         data.n_questions));
        std::vector<std::string> ids;
        std::unordered_set<std::string_view> different;
        for (std::int64_t i = 0; i < n_names; ++i) {
            expect(names[i], "name");
            if (!different.insert(names[i]).second)
                throw InputError(
                    fmt::format("names[{}] = {}: expected different names", i, names[i]));
            ids.emplace_back(names[i]);
        }
        data.question_ids = std::move(ids);
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
