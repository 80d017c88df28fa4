// The live view on the loopback: what a browser is given, and when there is something new.
#include "manygpcm/report/live_view.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "manygpcm/engine/error.h"
#include "manygpcm/report/page.h"
#include "report/page/http_client.h"

namespace manygpcm::report {
namespace {

int port_of(const LiveView& view) {
    const std::string address = view.address();
    return std::stoi(address.substr(address.rfind(':') + 1));
}

/// The first answer with that status, or the last before the patience ended.
HttpAnswer get_until(int status, const LiveView& view, const std::string& path,
                     const std::string& headers = "") {
    const auto deadline = std::chrono::steady_clock::now() + generous;
    while (true) {
        HttpAnswer answer = HttpClient(port_of(view)).get(path, headers);
        if (answer.status == status || std::chrono::steady_clock::now() > deadline) return answer;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

class Live : public testing::Test {
  protected:
    std::atomic<std::size_t> trials = 2;  // that the sweep has ended so far
    std::atomic<int> analyses = 0;
    LiveView view{0, [this] {
                      ++analyses;
                      return nlohmann::json{{"trials", std::vector<int>(trials)}}.dump();
                  }};
};

TEST_F(Live, ServesThePage) {
    if (!page_built_in()) GTEST_SKIP() << "the page isn't built in: npm was missing";
    const HttpAnswer answer = get_until(200, view, "/");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("Content-Type"), "text/html; charset=utf-8");
    EXPECT_NE(answer.body.find("data-live=\"true\""), std::string::npos);
}

TEST_F(Live, ServesTheStudyAndWhatIsNewOfIt) {
    const HttpAnswer first = get_until(200, view, "/study.json");
    EXPECT_EQ(first.header("Content-Type"), "application/json");
    EXPECT_EQ(nlohmann::json::parse(first.body)["trials"].size(), 2);

    const std::string seen = "If-None-Match: " + first.header("ETag") + "\r\n";
    EXPECT_EQ(HttpClient(port_of(view)).get("/study.json", seen).status, 304);
    trials = 3;
    view.changed();
    const HttpAnswer second = get_until(200, view, "/study.json", seen);
    ASSERT_EQ(second.status, 200);
    EXPECT_EQ(nlohmann::json::parse(second.body)["trials"].size(), 3);
}

TEST_F(Live, AnalysesOnceHoweverOftenItIsAsked) {
    for (int i = 0; i < 50; ++i)
        get_until(200, view, "/study.json");
    EXPECT_EQ(analyses, 1);
}

TEST_F(Live, ServesNothingElse) {
    EXPECT_EQ(HttpClient(port_of(view)).get("/etc/passwd").status, 404);
}

TEST(LiveView, AsksToComeAgainWhileThereIsNothingAndTellsFaults) {
    std::atomic<bool> broken = false;
    LiveView view(0, [&]() -> std::string {
        if (broken) throw std::runtime_error("study.journal, line 3: torn");
        return "";
    });
    for (const char* path : {"/", "/study.json"}) {
        const HttpAnswer nothing = get_until(503, view, path);
        EXPECT_EQ(nothing.status, 503);
        EXPECT_EQ(nothing.header("Refresh"), "2");
    }
    broken = true;
    view.changed();
    for (const char* path : {"/", "/study.json"}) {
        const HttpAnswer fault = get_until(500, view, path);
        EXPECT_EQ(fault.status, 500);
        EXPECT_EQ(fault.body, "study.journal, line 3: torn\n");
    }
}

TEST_F(Live, RefusesAPortThatIsTaken) {
    const int taken = port_of(view);
    try {
        const LiveView second(taken, [] { return std::string(); });
        FAIL() << "two views on port " << taken;
    } catch (const InputError& error) {
        EXPECT_EQ(std::string(error.what())
                      .find("--serve " + std::to_string(taken) + ": Address already in use"),
                  0U)
            << error.what();
    }
}

TEST(LiveView, EndsBetweenAnalyses) {
    std::atomic<int> analyses = 0;
    {
        LiveView view(0, [&] { return ++analyses, std::string(); });
        while (analyses == 0)
            std::this_thread::yield();
        view.changed();
    }
    EXPECT_EQ(analyses, 1) << "one more that nobody will see";
}

}  // namespace
}  // namespace manygpcm::report
