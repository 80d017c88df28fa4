// The live view over cpp-httplib: pages ask now and then, and are told what is new.
#include "manygpcm/report/live_view.h"

#include <fmt/format.h>
#include <httplib.h>
#include <sys/socket.h>

#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "manygpcm/engine/error.h"
#include "manygpcm/report/page.h"

namespace manygpcm {
namespace {

constexpr const char* host = "127.0.0.1";
constexpr int n_threads = 2;  // a browser or two; the cores are for training

std::string message_of(const std::exception_ptr& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "unknown error";
    }
}

// As before the first trial ended: a browser asks again by itself.
void nothing_yet(httplib::Response& response) {
    response.status = 503;
    response.set_header("Refresh", "2");
    response.set_content("Nothing to show yet: no trial has ended.\n", "text/plain");
}

}  // namespace

class LiveView::Server {
  public:
    Server(int port, std::function<nlohmann::json()> analysis) : analyse_(std::move(analysis)) {
        http_.new_task_queue = [] { return new httplib::ThreadPool(n_threads); };
        // Not httplib's own options: SO_REUSEPORT would share a port with whoever has it.
        http_.set_socket_options([](socket_t socket) {
            const int yes = 1;
            setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        });
        http_.set_keep_alive_max_count(1);  // an idle connection would hold up the end
        set_routes();
        if (port == 0)
            port_ = http_.bind_to_any_port(host);
        else if (http_.bind_to_port(host, port))
            port_ = port;
        if (port_ <= 0)
            throw InputError(fmt::format(
                "--serve {}: the port is taken or not allowed; expected a free one, or 0 for any",
                port));
        thread_ = std::thread([this] { http_.listen_after_bind(); });
        while (!http_.is_running())
            std::this_thread::yield();
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server() {
        http_.stop();
        thread_.join();
    }

    void changed() { ++version_; }
    std::string address() const { return fmt::format("http://{}:{}/", host, port_); }

  private:
    void set_routes() {
        // Pages of other sites must not get at it under a name of theirs that leads here.
        http_.set_pre_routing_handler(
            [this](const httplib::Request& request, httplib::Response& response) {
                const std::string asked = request.get_header_value("Host");
                if (asked == fmt::format("{}:{}", host, port_) ||
                    asked == fmt::format("localhost:{}", port_))
                    return httplib::Server::HandlerResponse::Unhandled;
                response.status = 403;
                return httplib::Server::HandlerResponse::Handled;
            });
        http_.set_exception_handler([](const httplib::Request&, httplib::Response& response,
                                       const std::exception_ptr& thrown) {
            response.status = 500;
            response.set_content(message_of(thrown) + '\n', "text/plain; charset=utf-8");
        });
        http_.Get("/", [this](const httplib::Request&, httplib::Response& response) {
            const std::lock_guard lock(mutex_);
            response.set_header("Cache-Control", "no-store");
            if (!refresh()) return nothing_yet(response);
            response.set_content(page(shown_, true), "text/html; charset=utf-8");
        });
        http_.Get("/study.json",
                  [this](const httplib::Request& request, httplib::Response& response) {
                      const std::lock_guard lock(mutex_);
                      response.set_header("Cache-Control", "no-store");
                      if (!refresh()) return nothing_yet(response);
                      const std::string tag = fmt::format("\"{}\"", shown_version_);
                      response.set_header("ETag", tag);
                      if (request.get_header_value("If-None-Match") == tag) {
                          response.status = 304;
                          return;
                      }
                      response.set_content(
                          shown_.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                          "application/json");
                  });
    }

    // Analyses anew if there is news; whether there's an analysis to show.
    bool refresh() {
        const unsigned version = version_;
        if (version == shown_version_) return true;
        nlohmann::json analysis = analyse_();
        if (analysis.is_null()) return false;
        shown_ = std::move(analysis);
        shown_version_ = version;
        return true;
    }

    std::function<nlohmann::json()> analyse_;
    httplib::Server http_;
    int port_ = 0;
    std::thread thread_;
    std::atomic<unsigned> version_ = 1;
    std::mutex mutex_;  // of what is shown
    nlohmann::json shown_;
    unsigned shown_version_ = 0;
};

LiveView::LiveView(int port, std::function<nlohmann::json()> analysis)
    : server_(std::make_unique<Server>(port, std::move(analysis))) {}

LiveView::~LiveView() = default;

void LiveView::changed() {
    server_->changed();
}

std::string LiveView::address() const {
    return server_->address();
}

}  // namespace manygpcm
