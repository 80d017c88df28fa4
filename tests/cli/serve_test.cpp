// The live view of a sweep from outside: where it is, that it is there while the sweep runs, that a
// taken port is noticed before training.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "program.h"

namespace manygpcm::cli_test {
namespace {

using Serve = ProgramTest;

/// A port of 127.0.0.1 that listens to nobody and is taken as long as this lives.
class TakenPort {
  public:
    TakenPort() : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
        EXPECT_EQ(listen(socket_, 1), 0);
        getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
        number = ntohs(address.sin_port);
    }
    TakenPort(const TakenPort&) = delete;
    TakenPort& operator=(const TakenPort&) = delete;
    ~TakenPort() { close(socket_); }

    int number = 0;

  private:
    int socket_;
};

TEST_F(Serve, SaysWhereTheSearchIsShown) {
    const Outcome sweep =
        run({"sweep", "--data", simulated_data(), "--model", "deep_gpcm", "--trials", "1",
             "--folds", "2", "--epochs", "1", "--serve", "0", "--out", path("out")});
    ASSERT_EQ(sweep.code, 0) << sweep.err;
    EXPECT_NE(sweep.err.find("the search is shown at http://127.0.0.1:"), std::string::npos)
        << sweep.err;
}

TEST_F(Serve, APortThatIsTaken) {
    const TakenPort port;
    const Outcome sweep = run({"sweep", "--data", simulated_data(), "--model", "deep_gpcm",
                               "--trials", "1", "--folds", "2", "--epochs", "1", "--serve",
                               std::to_string(port.number), "--out", path("out")});
    expect_refused(sweep, "--serve " + std::to_string(port.number));
    EXPECT_EQ(names_in(path("out")), std::vector<std::string>{});
}

}  // namespace
}  // namespace manygpcm::cli_test
