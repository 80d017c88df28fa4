// What an agenda says of the time left, by a clock of the test's own.
#include "manygpcm/engine/work.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace manygpcm {
namespace {

/// Parts that take what the test says, in ten steps each.
class AgendaTest : public testing::Test {
  protected:
    struct Told {
        double at, fraction, left;
    };

    void add(const std::string& kind, double usual, double takes, bool speaks = true) {
        agenda.add(kind, usual, [=, this](const WorkObserver& observer) {
            for (int step = 1; step <= 10; ++step) {
                now += takes / 10;
                if (speaks) observer(step / 10.0);
            }
        });
    }
    void run() {
        agenda.run([this](const WorkState& state) {
            told.push_back({now - began, state.fraction, state.seconds_left});
        });
        in_all = now - began;
    }

    static constexpr double began = 1000;
    double now = began, in_all = 0;
    Agenda agenda{[this] { return now; }};
    std::vector<Told> told;
};

TEST_F(AgendaTest, SaysWhatIsLeftWhereAllIsAsUsual) {
    add("fit", 10, 10);
    add("predict", 30, 30);
    add("fit", 20, 20);
    run();
    EXPECT_EQ(told.front().left, 60) << "before anything is done";
    for (const Told& state : told) {
        EXPECT_NEAR(state.left, in_all - state.at, 1e-9) << state.at;
        EXPECT_NEAR(state.fraction, state.at / in_all, 1e-9) << state.at;
    }
    EXPECT_EQ(told.back().fraction, 1);
}

// The machine is three times slower than usual, and fits take five times as long as that again.
TEST_F(AgendaTest, LearnsOfTheMachineAndOfEachKindWithTheFirstOfItsParts) {
    add("predict", 10, 30);
    add("fit", 10, 150);
    add("predict", 20, 60);
    add("fit", 20, 300);
    run();
    for (const Told& state : told) {
        if (state.at < 180) continue;  // a part of either kind
        EXPECT_NEAR(state.left, in_all - state.at, 1e-9) << state.at;
    }
    EXPECT_NEAR(told[11].left, 3 * 50, 15) << "of the machine it knows with the first part";
}

TEST_F(AgendaTest, GoesOnWithinEveryPart) {
    add("predict", 10, 10);
    add("fit", 1, 100);
    add("report", 0, 5);
    run();
    ASSERT_EQ(told.size(), 3 * 11 + 1u);
    for (std::size_t i = 0; i < told.size(); ++i) {
        EXPECT_GE(told[i].fraction, 0);
        EXPECT_LE(told[i].fraction, 1);
        EXPECT_GE(told[i].left, 0);
    }
    EXPECT_EQ(told.back().left, 0);
}

TEST(ShareOf, IsOfThatPartOfTheWhole) {
    std::vector<double> told;
    const WorkObserver part = share_of([&](double done) { told.push_back(done); }, 0.25, 0.75);
    part(0);
    part(0.5);
    part(1);
    EXPECT_EQ(told, (std::vector<double>{0.25, 0.5, 0.75}));
    EXPECT_FALSE(share_of({}, 0, 1)) << "nobody listens";
}

}  // namespace
}  // namespace manygpcm
