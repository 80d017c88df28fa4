#include "c/handles.h"

#include <fmt/format.h>

#include <cstring>
#include <exception>
#include <new>

#include "manygpcm/engine/error.h"
#include "manygpcm/kernels/devices.h"

namespace manygpcm::c {
namespace {

static_assert(static_cast<int>(search::TrialState::running) == MANYGPCM_TRIAL_RUNNING &&
              static_cast<int>(search::TrialState::complete) == MANYGPCM_TRIAL_COMPLETE &&
              static_cast<int>(search::TrialState::pruned) == MANYGPCM_TRIAL_PRUNED &&
              static_cast<int>(search::TrialState::failed) == MANYGPCM_TRIAL_FAILED &&
              static_cast<int>(search::TrialState::waiting) == MANYGPCM_TRIAL_WAITING);

thread_local std::string last_error;

manygpcm_status failed(manygpcm_status status, const char* why) noexcept {
    try {
        last_error = why;
    } catch (const std::bad_alloc&) {
        last_error.clear();  // there is no memory to say so
    }
    return status;
}

}  // namespace

manygpcm_status guarded(const std::function<void()>& body) {
    try {
        body();
        return MANYGPCM_OK;
    } catch (const InputError& error) {
        return failed(MANYGPCM_BAD_INPUT, error.what());
    } catch (const Interrupted& error) {
        return failed(MANYGPCM_INTERRUPTED, error.what());
    } catch (const std::bad_alloc&) {
        return failed(MANYGPCM_OUT_OF_MEMORY, "out of memory");
    } catch (const std::exception& error) {
        return failed(MANYGPCM_ERROR, error.what());
    } catch (...) {
        return failed(MANYGPCM_ERROR, "an exception of an unknown type");
    }
}

void expect(const void* argument, std::string_view name) {
    if (argument == nullptr) throw InputError(fmt::format("{} is NULL; expected a pointer", name));
}

void expect_text(const char* text, std::string_view name) {
    if (text == nullptr || *text == '\0')
        throw InputError(fmt::format("{} is {}; expected a text", name, text ? "empty" : "NULL"));
}

char* text_of(const std::string& text) {
    char* copy = new char[text.size() + 1];
    std::memcpy(copy, text.c_str(), text.size() + 1);
    return copy;
}

}  // namespace manygpcm::c

using namespace manygpcm;  // NOLINT(google-build-using-namespace): nothing here is anybody's header
using c::expect;
using c::guarded;

void manygpcm_context::tell(const manygpcm_progress& progress) {
    const std::lock_guard lock(callbacks);
    if (on_progress.function && on_progress.function(&progress, on_progress.user_data) != 0)
        stop = true;
}

void manygpcm_context::tell(const search::Trial& trial, int epochs,
                            const c::Callback<int(const manygpcm_trial*, void*)>& whom) {
    const manygpcm_trial told{.number = trial.number,
                              .state = static_cast<manygpcm_trial_state>(trial.state),
                              .epochs = epochs,
                              .score = trial.score()};
    const std::lock_guard lock(callbacks);
    if (whom.function && whom.function(&told, whom.user_data) != 0) stop = true;
}

void manygpcm_context::tell(const std::string& notice) {
    const std::lock_guard lock(callbacks);
    if (on_notice.function) on_notice.function(notice.c_str(), on_notice.user_data);
}

Context manygpcm_context::context() {
    Context result;
    result.jobs = threads;
    if (executor.function)
        result.executor = [run = executor](int n, const std::function<void()>& work) {
            const auto call = [](void* state) {
                (*static_cast<const std::function<void()>*>(state))();
            };
            run.function(n, call, const_cast<std::function<void()>*>(&work), run.user_data);
        };
    if (device != "cpu")
        result.device =
            DeviceTraining{.open = [name = device] { return kernels::open_device(name); }};
    result.stop = &stop;
    result.notice = [this](const std::string& line) { tell(line); };
    return result;
}

const char* manygpcm_version(void) {
    return MANYGPCM_VERSION;
}

const char* manygpcm_last_error(void) {
    return c::last_error.c_str();
}

void manygpcm_text_free(char* text) {
    delete[] text;
}

manygpcm_status manygpcm_context_create(manygpcm_context** context) {
    return guarded([&] {
        expect(context, "context");
        *context = new manygpcm_context;
    });
}

void manygpcm_context_free(manygpcm_context* context) {
    delete context;
}

namespace {

template <class Function>
void set(manygpcm_context* context, c::Callback<Function> manygpcm_context::*which,
         Function* function, void* user_data) {
    if (context == nullptr) return;
    const std::lock_guard lock(context->callbacks);
    context->*which = {function, user_data};
}

}  // namespace

void manygpcm_context_set_progress(manygpcm_context* context, manygpcm_on_progress callback,
                                   void* user_data) {
    set(context, &manygpcm_context::on_progress, callback, user_data);
}

void manygpcm_context_set_trial(manygpcm_context* context, manygpcm_on_trial callback,
                                void* user_data) {
    set(context, &manygpcm_context::on_trial, callback, user_data);
}

void manygpcm_context_set_promotion(manygpcm_context* context, manygpcm_on_trial callback,
                                    void* user_data) {
    set(context, &manygpcm_context::on_promotion, callback, user_data);
}

void manygpcm_context_set_notice(manygpcm_context* context, manygpcm_on_notice callback,
                                 void* user_data) {
    set(context, &manygpcm_context::on_notice, callback, user_data);
}

void manygpcm_context_set_executor(manygpcm_context* context, manygpcm_executor executor,
                                   void* user_data) {
    set(context, &manygpcm_context::executor, executor, user_data);
}

manygpcm_status manygpcm_context_set_threads(manygpcm_context* context, int threads) {
    return guarded([&] {
        expect(context, "context");
        if (threads < 1) throw InputError(fmt::format("{} threads: expected at least 1", threads));
        context->threads = threads;
    });
}

manygpcm_status manygpcm_context_set_device(manygpcm_context* context, const char* device) {
    return guarded([&] {
        expect(context, "context");
        expect(device, "device");
        const std::string name = device;
        if (name != "cpu") {
            const std::string complaint = kernels::device_complaint(
                name, kernels::built_with_cuda(), static_cast<int>(kernels::device_names().size()));
            if (!complaint.empty()) throw InputError(fmt::format("device {}: {}", name, complaint));
        }
        context->device = name;
    });
}

void manygpcm_stop(manygpcm_context* context) {
    if (context) context->stop = true;
}

void manygpcm_context_clear_stop(manygpcm_context* context) {
    if (context) context->stop = false;
}
