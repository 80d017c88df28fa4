// The server over Boost.Beast: everything but the constructor and the destructor runs in one thread
// of an io_context. Beast's deadlines hold for a whole request or answer, not for each read.
#include "page/local_server.h"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/span_body.hpp>
#include <boost/beast/http/write.hpp>
#include <deque>
#include <exception>
#include <optional>
#include <thread>

namespace manygpcm::report {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using net::ip::tcp;

constexpr std::uint32_t longest_header = 8192;      // bytes, as servers commonly allow
constexpr std::chrono::seconds without_sockets{1};  // between attempts to accept

// The page brings its script and style with it and asks nobody but this server.
constexpr const char* content_policy =
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

Answer refusal(http::status status, std::string text) {
    return {.status = static_cast<unsigned>(status),
            .body = std::make_shared<const std::string>(std::move(text) + '\n')};
}

}  // namespace

/// One request and its answer. Lives as long as something is under way.
class LocalConnection : public std::enable_shared_from_this<LocalConnection> {
  public:
    LocalConnection(tcp::socket socket, int port, const LocalServer::Handler& handler,
                    const ServerLimits& limits)
        : stream_(std::move(socket)), port_(port), handler_(handler), limits_(limits) {}

    void start() {
        parser_.header_limit(longest_header);
        stream_.expires_after(limits_.to_ask);
        http::async_read_header(stream_, buffer_, parser_,
                                [self = shared_from_this()](error_code error, std::size_t) {
                                    self->on_request(error);
                                });
    }

    void close() { stream_.close(); }

  private:
    void on_request(error_code error) {
        const bool malformed = error && &error.category() == &parse_errors();
        if (malformed)
            send(refusal(error == http::error::header_limit
                             ? http::status::request_header_fields_too_large
                             : http::status::bad_request,
                         error.message()));
        else if (!error)
            send(answer());
    }

    static const boost::system::error_category& parse_errors() {
        static const error_code one = http::error::bad_method;
        return one.category();
    }

    Answer answer() const {
        const http::request<http::empty_body>& request = parser_.get();
        const std::string ours[] = {fmt::format("127.0.0.1:{}", port_),
                                    fmt::format("localhost:{}", port_)};
        const auto host = request[http::field::host];
        if (request.count(http::field::host) != 1 || (host != ours[0] && host != ours[1]))
            return refusal(http::status::forbidden,
                           fmt::format("expected one Host header, {} or {}", ours[0], ours[1]));
        if (request.method() != http::verb::get) {
            Answer not_get = refusal(http::status::method_not_allowed, "expected GET");
            not_get.headers.emplace_back("Allow", "GET");
            return not_get;
        }
        const std::string_view target(request.target().data(), request.target().size());
        Answer answer = handler_(target.substr(0, target.find('?')));
        if (!answer.tag.empty() && request[http::field::if_none_match] == answer.tag) {
            answer.status = static_cast<unsigned>(http::status::not_modified);
            answer.body = nullptr;
        }
        return answer;
    }

    void send(Answer answer) {
        body_ = std::move(answer.body);
        response_.result(answer.status);
        response_.keep_alive(false);
        response_.set(http::field::cache_control, "no-store");
        response_.set("X-Content-Type-Options", "nosniff");
        response_.set("Content-Security-Policy", content_policy);
        response_.set("Referrer-Policy", "no-referrer");
        response_.set("Cross-Origin-Resource-Policy", "same-origin");
        if (!answer.tag.empty()) response_.set(http::field::etag, answer.tag);
        for (const auto& [name, value] : answer.headers)
            response_.set(name, value);
        if (body_) {
            response_.set(http::field::content_type, answer.type);
            response_.body() = {body_->data(), body_->size()};
        }
        response_.prepare_payload();
        stream_.expires_after(limits_.to_take);
        http::async_write(stream_, response_, [self = shared_from_this()](error_code, std::size_t) {
            error_code ignored;
            self->stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
        });
    }

    beast::tcp_stream stream_;
    int port_;
    const LocalServer::Handler& handler_;
    const ServerLimits& limits_;
    beast::flat_buffer buffer_{2 * std::size_t{longest_header}};
    http::request_parser<http::empty_body> parser_;
    std::shared_ptr<const std::string> body_;
    http::response<http::span_body<const char>> response_;
};

class LocalServer::Implementation {
  public:
    Implementation(int port, Handler handler, const ServerLimits& limits)
        : handler_(std::move(handler)), limits_(limits) {
        const tcp::endpoint endpoint(net::ip::address_v4::loopback(),
                                     static_cast<std::uint16_t>(port));
        acceptor_.open(endpoint.protocol());
        acceptor_.set_option(net::socket_base::reuse_address(true));
        acceptor_.bind(endpoint);
        acceptor_.listen();
        port_ = acceptor_.local_endpoint().port();
        accept();
        thread_ = std::thread([this] { run(); });
    }
    Implementation(const Implementation&) = delete;
    Implementation& operator=(const Implementation&) = delete;
    ~Implementation() {
        context_.stop();
        thread_.join();
    }

    int port() const { return port_; }

  private:
    /// To the end, whatever a connection throws (out of memory): that one is dropped.
    void run() {
        while (!context_.stopped())
            try {
                context_.run();
            } catch (const std::exception&) {
            }
    }

    void accept() {
        acceptor_.async_accept([this](error_code error, tcp::socket socket) {
            if (error) return accept_later();
            accept();
            open(std::move(socket));
        });
    }

    /// After an error that comes again at once, as when the process has no file descriptor left.
    void accept_later() {
        timer_.expires_after(without_sockets);
        timer_.async_wait([this](error_code) { accept(); });
    }

    void open(tcp::socket socket) {
        std::erase_if(connections_, [](const auto& connection) { return connection.expired(); });
        if (connections_.size() >= limits_.connections) {
            if (const auto oldest = connections_.front().lock()) oldest->close();
            connections_.pop_front();
        }
        const auto connection =
            std::make_shared<LocalConnection>(std::move(socket), port_, handler_, limits_);
        connections_.push_back(connection);
        connection->start();
    }

    Handler handler_;
    ServerLimits limits_;
    net::io_context context_{1};
    tcp::acceptor acceptor_{context_};
    net::steady_timer timer_{context_};
    int port_ = 0;
    std::deque<std::weak_ptr<LocalConnection>> connections_;  // the oldest first
    std::thread thread_;
};

LocalServer::LocalServer(int port, Handler handler, const ServerLimits& limits)
    : implementation_(std::make_unique<Implementation>(port, std::move(handler), limits)) {}

LocalServer::~LocalServer() = default;

int LocalServer::port() const {
    return implementation_->port();
}

}  // namespace manygpcm::report
