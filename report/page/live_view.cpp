// The live view: one thread analyses what is new and keeps the answers, another hands them out.
#include "manygpcm/report/live_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

#include "manygpcm/engine/error.h"
#include "manygpcm/report/page.h"
#include "page/local_server.h"

namespace manygpcm::report {

/// What the two paths are answered with.
struct LiveAnswers {
    Answer page, study;
};

namespace {

using Clock = std::chrono::steady_clock;

// Between analyses, so that they take little of what is for training: as often as a page asks, and
// a twentieth of one core.
constexpr Clock::duration shortest_pause = std::chrono::seconds(2);
constexpr int pause_per_analysis = 20;

LiveAnswers both(const Answer& answer) {
    return {answer, answer};
}

Answer text(unsigned status, std::string body) {
    return {.status = status, .body = std::make_shared<const std::string>(std::move(body) + '\n')};
}

// Before the first trial ended: a browser asks again by itself.
LiveAnswers nothing_yet() {
    Answer answer = text(503, "Nothing to show yet: no trial has ended.");
    answer.headers.emplace_back("Refresh", "2");
    return both(answer);
}

LiveAnswers answers_with(std::string analysis, std::string tag) {
    if (analysis.empty()) return nothing_yet();
    return {.page = {.type = "text/html; charset=utf-8",
                     .body = std::make_shared<const std::string>(page(analysis, true))},
            .study = {.type = "application/json",
                      .body = std::make_shared<const std::string>(std::move(analysis)),
                      .tag = std::move(tag)}};
}

}  // namespace

class LiveView::Server {
  public:
    Server(int port, std::function<std::string()> analysis)
        : analyse_(std::move(analysis)),
          server_(port, [this](std::string_view path) { return answer(path); }),
          analyst_([this](const std::stop_token& end) { follow(end); }) {}

    void changed() {
        const std::lock_guard lock(mutex_);
        ++version_;
        news_.notify_one();
    }

    std::string address() const { return fmt::format("http://127.0.0.1:{}/", server_.port()); }

  private:
    /// Analyses whenever there is news, at most every pause.
    void follow(const std::stop_token& end) {
        unsigned analysed = 0;
        std::unique_lock lock(mutex_);
        while (news_.wait(lock, end, [&] { return version_ != analysed; }) &&
               !end.stop_requested()) {
            analysed = version_;
            lock.unlock();
            const Clock::time_point begin = Clock::now();
            LiveAnswers answers = answers_after(analysed);
            const Clock::duration pause =
                std::max(shortest_pause, pause_per_analysis * (Clock::now() - begin));
            lock.lock();
            answers_ = std::move(answers);
            news_.wait_for(lock, end, pause, [] { return false; });
        }
    }

    LiveAnswers answers_after(unsigned version) const {
        try {
            return answers_with(analyse_(), fmt::format("\"{}-{}\"", start_, version));
        } catch (const std::exception& fault) {
            return both(text(500, fault.what()));
        } catch (...) {
            return both(text(500, "unknown error"));
        }
    }

    Answer answer(std::string_view path) {
        const std::lock_guard lock(mutex_);
        if (path == "/") return answers_.page;
        if (path == "/study.json") return answers_.study;
        return text(404, "expected / or /study.json");
    }

    std::function<std::string()> analyse_;
    // So that a page that outlives its sweep knows the next one's analyses from what it has.
    const Clock::rep start_ = std::chrono::system_clock::now().time_since_epoch().count();
    std::mutex mutex_;
    std::condition_variable_any news_;
    unsigned version_ = 1;  // of the trials, counted by changed()
    LiveAnswers answers_ = nothing_yet();
    LocalServer server_;
    std::jthread analyst_;
};

LiveView::LiveView(int port, std::function<std::string()> analysis) try
    : server_(std::make_unique<Server>(port, std::move(analysis))) {
} catch (const boost::system::system_error& error) {
    throw InputError(
        fmt::format("--serve {}: {}; expected a port that is free and allowed, or 0 for any", port,
                    error.code().message()));
}

LiveView::~LiveView() = default;

void LiveView::changed() {
    server_->changed();
}

std::string LiveView::address() const {
    return server_->address();
}

}  // namespace manygpcm::report
