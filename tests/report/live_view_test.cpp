// The live view on the loopback: what a browser is given, and who is given nothing.
#include "manygpcm/report/live_view.h"

#include <gtest/gtest.h>
#include <httplib.h>

#include <atomic>
#include <stdexcept>

#include "example_study.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/report/analysis.h"
#include "manygpcm/report/page.h"

namespace manygpcm {
namespace {

int port_of(const LiveView& view) {
    const std::string address = view.address();
    return std::stoi(address.substr(address.rfind(':') + 1));
}

class Live : public testing::Test {
  protected:
    std::atomic<int> trials = 2;  // that the sweep has ended so far
    LiveView view{0, [this] {
                      Study study = example_study();
                      study.trials.resize(static_cast<std::size_t>(trials));
                      return analyse(study);
                  }};
    httplib::Client client{"127.0.0.1", port_of(view)};
};

TEST_F(Live, ServesThePage) {
    if (!page_built_in()) GTEST_SKIP() << "the page isn't built in: npm was missing";
    const auto answer = client.Get("/");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->get_header_value("Content-Type"), "text/html; charset=utf-8");
    EXPECT_NE(answer->body.find("data-live=\"true\""), std::string::npos);
}

TEST_F(Live, ServesTheStudyAndWhatIsNewOfIt) {
    const auto first = client.Get("/study.json");
    ASSERT_TRUE(first);
    EXPECT_EQ(nlohmann::json::parse(first->body)["trials"].size(), 2);

    const httplib::Headers seen = {{"If-None-Match", first->get_header_value("ETag")}};
    EXPECT_EQ(client.Get("/study.json", seen)->status, 304);
    trials = 3;
    view.changed();
    const auto second = client.Get("/study.json", seen);
    ASSERT_TRUE(second);
    EXPECT_EQ(second->status, 200);
    EXPECT_EQ(nlohmann::json::parse(second->body)["trials"].size(), 3);
}

TEST_F(Live, ServesNothingElse) {
    EXPECT_EQ(client.Get("/etc/passwd")->status, 404);
    EXPECT_EQ(client.Post("/study.json")->status, 404);
    const httplib::Headers elsewhere = {{"Host", "somewhere.example"}};
    EXPECT_EQ(client.Get("/study.json", elsewhere)->status, 403);
}

TEST(LiveView, AsksToComeAgainWhileThereIsNothingAndTellsFaults) {
    std::atomic<bool> broken = false;
    LiveView view(0, [&]() -> nlohmann::json {
        if (broken) throw std::runtime_error("study.journal, line 3: torn");
        return nullptr;
    });
    httplib::Client client("127.0.0.1", port_of(view));
    for (const char* path : {"/", "/study.json"}) {
        broken = false;
        const auto nothing = client.Get(path);
        ASSERT_TRUE(nothing);
        EXPECT_EQ(nothing->status, 503);
        EXPECT_EQ(nothing->get_header_value("Refresh"), "2");
        broken = true;
        const auto fault = client.Get(path);
        ASSERT_TRUE(fault);
        EXPECT_EQ(fault->status, 500);
        EXPECT_EQ(fault->body, "study.journal, line 3: torn\n");
    }
}

TEST_F(Live, RefusesAPortThatIsTaken) {
    const int taken = port_of(view);
    try {
        const LiveView second(taken, [] { return nlohmann::json(); });
        FAIL() << "two views on port " << taken;
    } catch (const InputError& error) {
        EXPECT_EQ(std::string(error.what()).find("--serve " + std::to_string(taken)), 0U)
            << error.what();
    }
}

TEST(LiveView, EndsWithItsObject) {
    int port = 0;
    {
        const LiveView view(0, [] { return nlohmann::json(); });
        port = port_of(view);
    }
    EXPECT_FALSE(httplib::Client("127.0.0.1", port).Get("/study.json"));
    EXPECT_NO_THROW(LiveView(port, [] { return nlohmann::json(); }));
}

}  // namespace
}  // namespace manygpcm
