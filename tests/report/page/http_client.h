// A client for the server's tests that sends what it is told to, right or wrong.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <iterator>
#include <string>

namespace manygpcm::report {

constexpr std::chrono::seconds generous{20};  // for what should take milliseconds

struct HttpAnswer {
    int status = 0;
    std::string head, body;

    std::string header(const std::string& name) const {
        const std::size_t at = head.find("\r\n" + name + ": ");
        if (at == std::string::npos) return "";
        const std::size_t begin = at + name.size() + 4;
        return head.substr(begin, head.find("\r\n", begin) - begin);
    }
};

class HttpClient {
  public:
    explicit HttpClient(int port) : port_(port) {
        stream_.expires_after(generous);
        stream_.connect(boost::asio::ip::tcp::endpoint(boost::asio::ip::address_v4::loopback(),
                                                       static_cast<std::uint16_t>(port)));
        EXPECT_TRUE(stream_) << stream_.error().message();
    }

    /// Whether it went out, as far as is known here.
    bool send(const std::string& text) { return static_cast<bool>(stream_ << text << std::flush); }

    /// All that comes until the server closes the connection.
    std::string receive() { return {std::istreambuf_iterator<char>(stream_), {}}; }

    /// Whether the server closed the connection in time.
    bool closed() {
        receive();
        return stream_.error() != boost::asio::error::operation_aborted &&
               stream_.error() != boost::asio::error::timed_out;
    }

    /// @param headers further ones, each with its line end
    HttpAnswer get(const std::string& target, const std::string& headers = "") {
        return ask("GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port_) +
                   "\r\n" + headers + "\r\n");
    }

    HttpAnswer ask(const std::string& request) {
        send(request);
        const std::string all = receive();
        const std::size_t end = all.find("\r\n\r\n");
        EXPECT_NE(end, std::string::npos) << "no answer: " << stream_.error().message();
        if (end == std::string::npos) return {};
        return {std::stoi(all.substr(all.find(' '))), all.substr(0, end + 2), all.substr(end + 4)};
    }

  private:
    int port_;
    boost::asio::ip::tcp::iostream stream_;
};

}  // namespace manygpcm::report
