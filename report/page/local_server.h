// HTTP for browsers on this machine, from one thread that waits for nobody: a client that is slow,
// sends nonsense or doesn't read its answer costs a connection for a while, and nothing else.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace manygpcm::report {

struct Answer {
    unsigned status = 200;
    std::string type = "text/plain; charset=utf-8";
    std::shared_ptr<const std::string> body = {};  ///< shared by all who are given it; null: none
    std::string tag = {};  ///< ETag with its quotes: who has this one is told 304; empty: none
    std::vector<std::pair<std::string, std::string>> headers = {};  ///< further ones
};

struct ServerLimits {
    std::chrono::milliseconds to_ask{10'000};   ///< from the connection to the request's last byte
    std::chrono::milliseconds to_take{60'000};  ///< the whole answer
    std::size_t connections = 64;               ///< at once; one more takes the place of the oldest
};

/// Answers GET requests on 127.0.0.1, one a connection, from construction to destruction, which
/// closes what is open. Only requests that call this machine by 127.0.0.1 or localhost and the port
/// are answered: a page of another site can't get at it under a name of its own that leads here.
class LocalServer {
  public:
    /// The answer to a path, without its query. Called from the server's thread, so to return at
    /// once; what it throws ends the connection.
    using Handler = std::function<Answer(std::string_view path)>;

    /// @param port 0: any that is free
    /// @throws boost::system::system_error if the port can't be listened at.
    LocalServer(int port, Handler handler, const ServerLimits& limits = {});
    LocalServer(const LocalServer&) = delete;
    LocalServer& operator=(const LocalServer&) = delete;
    ~LocalServer();

    int port() const;

  private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace manygpcm::report
