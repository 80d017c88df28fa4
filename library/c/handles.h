// What the handles of the C interface hold, and how its functions end.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manygpcm.h"
#include "manygpcm/engine/context.h"
#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/model.h"
#include "manygpcm/search/study.h"

namespace manygpcm::c {

/// A function of the caller's and what it wants to be given.
template <class Function>
struct Callback {
    Function* function = nullptr;
    void* user_data = nullptr;
};

/// What a caller says of a dataset's size; 0: what the responses show.
struct GivenCounts {
    int n_questions = 0, n_categories = 0;
};

}  // namespace manygpcm::c

struct manygpcm_context {
    std::atomic<bool> stop = false;
    int threads = 0;
    std::string device = "cpu";
    manygpcm::c::Callback<int(const manygpcm_progress*, void*)> on_progress;
    manygpcm::c::Callback<int(const manygpcm_trial*, void*)> on_trial, on_promotion;
    manygpcm::c::Callback<void(const char*, void*)> on_notice;
    manygpcm::c::Callback<void(int, void (*)(void*), void*, void*)> executor;
    std::mutex callbacks;  ///< one call at a time

    // Ask for a stop where the caller's callback does.
    void tell(const manygpcm_progress& progress);
    void tell(const manygpcm::search::Trial& trial, int epochs,
              const manygpcm::c::Callback<int(const manygpcm_trial*, void*)>& whom);
    void tell(const std::string& notice);
    /// What the engine is to work with; for as long as this is there.
    manygpcm::Context context();
};

struct manygpcm_dataset {
    manygpcm::Dataset data;
    std::optional<manygpcm::c::GivenCounts> created = {};  ///< by manygpcm_dataset_create()
};

struct manygpcm_model {
    manygpcm::Model model;
};

struct manygpcm_study {
    manygpcm::search::Study study;
    std::optional<manygpcm::Model> winner;
};

namespace manygpcm::c {

/// Runs the body of a function; what it throws becomes a status and this thread's last error.
manygpcm_status guarded(const std::function<void()>& body);

/// @throws InputError for NULL
void expect(const void* argument, std::string_view name);

/// @throws InputError for NULL and ""
void expect_text(const char* text, std::string_view name);

/// The learners of a part. @throws InputError for a number that is none
const std::vector<Learner>& part_of(const manygpcm_dataset& dataset, manygpcm_part part);

/// @throws InputError for what can't be trained on: questions that aren't answered yet
void expect_answered(const manygpcm_dataset& dataset);

/// A copy for the caller, who frees it by manygpcm_text_free().
char* text_of(const std::string& text);

}  // namespace manygpcm::c
