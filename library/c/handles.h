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
#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/model.h"
#include "manygpcm/engine/training.h"
#include "manygpcm/search/notice.h"
#include "manygpcm/search/study.h"

struct manygpcm_context {
    std::atomic<bool> stop = false;
    int threads = 1;
    std::string device = "cpu";
    manygpcm_on_progress on_progress = nullptr;
    void* progress_data = nullptr;
    manygpcm_on_notice on_notice = nullptr;
    void* notice_data = nullptr;
    std::mutex callbacks;  ///< one call at a time

    /// Asks for a stop where the caller's callback does.
    void tell(const manygpcm_progress& progress);
    void tell(const std::string& notice);
    manygpcm::search::Notice notices();
    /// None: the CPU.
    std::optional<manygpcm::DeviceTraining> device_training() const;
};

struct manygpcm_dataset {
    manygpcm::Dataset data;
    bool of_arrays = false;
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

/// The learners of a part. @throws InputError for a number that is none
const std::vector<Learner>& part_of(const manygpcm_dataset& dataset, manygpcm_part part);

/// A copy for the caller, who frees it by manygpcm_text_free().
char* text_of(const std::string& text);

}  // namespace manygpcm::c
