// The server under clients that are slow, silent, many, or want more than there is: each costs
// itself.
#include "page/local_server.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <ctime>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "report/page/http_client.h"

namespace manygpcm::report {
namespace {

using namespace std::chrono_literals;

Answer hello(std::string_view path) {
    if (path != "/") return {.status = 404};
    return {.body = std::make_shared<const std::string>("hello"), .tag = "\"1\""};
}

/// Nobody is cut off in these tests, unless they are about that.
constexpr ServerLimits patient{.to_ask = 1h, .to_take = 1h};

constexpr std::size_t beyond_buffers = 64'000'000;  // Linux keeps up to 32 MiB for a receiver

TEST(LocalServer, AnswersAPath) {
    const LocalServer server(0, hello);
    for (const char* target : {"/", "/?a=b"}) {
        const HttpAnswer answer = HttpClient(server.port()).get(target);
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.body, "hello");
        EXPECT_EQ(answer.header("Content-Length"), "5");
        EXPECT_EQ(answer.header("Content-Type"), "text/plain; charset=utf-8");
        EXPECT_EQ(answer.header("Connection"), "close");
    }
    EXPECT_EQ(HttpClient(server.port()).get("/other").status, 404);
}

TEST(LocalServer, TellsABrowserToKeepEverythingToItself) {
    const LocalServer server(0, hello);
    for (const char* target : {"/", "/other"}) {
        const HttpAnswer answer = HttpClient(server.port()).get(target);
        EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff");
        EXPECT_EQ(answer.header("Cache-Control"), "no-store");
        EXPECT_EQ(answer.header("Referrer-Policy"), "no-referrer");
        EXPECT_EQ(answer.header("Cross-Origin-Resource-Policy"), "same-origin");
        EXPECT_NE(answer.header("Content-Security-Policy").find("default-src 'none'"),
                  std::string::npos);
    }
}

TEST(LocalServer, SendsNothingToWhoHasItAlready) {
    const LocalServer server(0, hello);
    const HttpAnswer known = HttpClient(server.port()).get("/", "If-None-Match: \"1\"\r\n");
    EXPECT_EQ(known.status, 304);
    EXPECT_EQ(known.body, "");
    EXPECT_EQ(HttpClient(server.port()).get("/", "If-None-Match: \"0\"\r\n").status, 200);
}

TEST(LocalServer, IsCalledByItsOwnNameOnly) {
    const LocalServer server(0, hello);
    const std::string port = std::to_string(server.port());
    const auto status = [&](const std::string& hosts) {
        return HttpClient(server.port()).ask("GET / HTTP/1.1\r\n" + hosts + "\r\n").status;
    };
    const std::string ours = "Host: localhost:" + port + "\r\n";
    EXPECT_EQ(status(ours), 200);
    EXPECT_EQ(status("Host: 127.0.0.1:" + port + "\r\n"), 200);
    EXPECT_EQ(status("Host: somewhere.example:" + port + "\r\n"), 403);
    EXPECT_EQ(status("Host: localhost\r\n"), 403);
    EXPECT_EQ(status(""), 403);
    EXPECT_EQ(status(ours + "Host: somewhere.example\r\n"), 403);
    EXPECT_EQ(status("Host: somewhere.example\r\n" + ours), 403);
}

TEST(LocalServer, RefusesWhatIsNoPlainGet) {
    const LocalServer server(0, hello);
    const std::string host = "Host: localhost:" + std::to_string(server.port()) + "\r\n";
    const auto ask = [&](const std::string& request) {
        return HttpClient(server.port()).ask(request);
    };
    const HttpAnswer post = ask("POST / HTTP/1.1\r\n" + host + "\r\n");
    EXPECT_EQ(post.status, 405);
    EXPECT_EQ(post.header("Allow"), "GET");
    EXPECT_EQ(ask("hello\r\n\r\n").status, 400);
    EXPECT_EQ(ask("GET / HTTP/1.1\r\n" + host + "X: " + std::string(8200, 'x')).status, 431);
}

TEST(LocalServer, GivesNoMoreForManyRangesThanForNone) {
    const LocalServer server(0, hello);
    std::string ranges = "Range: bytes=0-";
    for (int i = 0; i < 800; ++i)
        ranges += ",0-";
    const HttpAnswer answer = HttpClient(server.port()).get("/", ranges + "\r\n");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "hello");
}

TEST(LocalServer, AnswersOthersWhileSomeTakeTheirTime) {
    const LocalServer server(0, hello, patient);
    std::list<HttpClient> slow;
    for (int i = 0; i < 8; ++i)
        slow.emplace_back(server.port()).send("GET / HT");
    EXPECT_EQ(HttpClient(server.port()).get("/").status, 200);
    slow.front().send("TP/1.1\r\nHo");
    EXPECT_EQ(HttpClient(server.port()).get("/").status, 200);
}

TEST(LocalServer, HasADeadlineForAWholeRequest) {
    const LocalServer server(0, hello, {.to_ask = 300ms});
    HttpClient slow(server.port()), silent(server.port());
    slow.send("GET / HTTP/1.1\r\nX: ");
    const auto deadline = std::chrono::steady_clock::now() + generous;
    while (slow.send("x") && std::chrono::steady_clock::now() < deadline)
        std::this_thread::sleep_for(50ms);
    EXPECT_LT(std::chrono::steady_clock::now(), deadline) << "a byte now and then keeps it open";
    EXPECT_TRUE(silent.closed());
}

TEST(LocalServer, HasADeadlineForAnAnswer) {
    const auto large = std::make_shared<const std::string>(beyond_buffers, 'x');
    const LocalServer server(0, [&](std::string_view) { return Answer{.body = large}; },
                             {.to_take = 300ms});
    HttpClient asks_only(server.port());
    asks_only.send("GET / HTTP/1.1\r\nHost: localhost:" + std::to_string(server.port()) +
                   "\r\n\r\n");
    const auto deadline = std::chrono::steady_clock::now() + generous;
    while (large.use_count() > 1 && std::chrono::steady_clock::now() < deadline)
        std::this_thread::sleep_for(50ms);
    EXPECT_EQ(large.use_count(), 1) << "held for who doesn't read it";
    EXPECT_LT(asks_only.receive().size(), large->size());
}

TEST(LocalServer, GivesTheOldestConnectionForANewOne) {
    const LocalServer server(0, hello, {.to_ask = 1h, .connections = 4});
    std::list<HttpClient> silent;
    for (int i = 0; i < 20; ++i)
        silent.emplace_back(server.port());
    EXPECT_EQ(HttpClient(server.port()).get("/").status, 200);
    EXPECT_TRUE(silent.front().closed());
    EXPECT_EQ(silent.back().get("/").status, 200);
}

TEST(LocalServer, EndsWhoeverIsConnected) {
    const auto large = std::make_shared<const std::string>(beyond_buffers, 'x');
    std::optional<LocalServer> server(
        std::in_place, 0, [&](std::string_view) { return Answer{.body = large}; }, patient);
    const int port = server->port();
    HttpClient silent(port), slow(port), asks_only(port);
    slow.send("GET / HT");
    asks_only.send("GET / HTTP/1.1\r\nHost: localhost:" + std::to_string(port) + "\r\n\r\n");
    while (large.use_count() == 1)  // until it is being answered
        std::this_thread::sleep_for(1ms);
    server.reset();
    EXPECT_TRUE(silent.closed());
    EXPECT_TRUE(slow.closed());
    EXPECT_TRUE(asks_only.closed());
    EXPECT_NO_THROW(LocalServer(port, hello));
}

/// No file descriptor is left in the process as long as this lives.
class NoDescriptors {
  public:
    NoDescriptors() {
        getrlimit(RLIMIT_NOFILE, &before_);
        rlimit none = before_;
        none.rlim_cur = 0;
        EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
    }
    NoDescriptors(const NoDescriptors&) = delete;
    NoDescriptors& operator=(const NoDescriptors&) = delete;
    ~NoDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }

  private:
    rlimit before_{};
};

TEST(LocalServer, WaitsWhereItCannotAccept) {
    const LocalServer server(0, hello);
    // Connected by the kernel before the server can have a descriptor for it.
    boost::asio::io_context context;
    boost::asio::ip::tcp::socket client(context);
    client.open(boost::asio::ip::tcp::v4());
    {
        const NoDescriptors none;
        client.connect(
            {boost::asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(server.port())});
        const std::clock_t begin = std::clock();
        std::this_thread::sleep_for(1500ms);
        EXPECT_LT(std::clock() - begin, CLOCKS_PER_SEC / 2) << "of this process's time: it spins";
    }
    EXPECT_EQ(HttpClient(server.port()).get("/").status, 200);
}

}  // namespace
}  // namespace manygpcm::report
