// What lines add up to, where it isn't seen from a study.
#include "storage/replay.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace manygpcm::search {
namespace {

/// Trial 0's start, as it was written.
std::string start_of(const std::string& written) {
    Replay replay;
    const StudyLog::Record lines[] = {
        {{"op_code", 0}, {"study_name", "s"}, {"directions", {2}}},
        {{"op_code", 4}, {"study_id", 0}, {"datetime_start", written}}};
    for (const StudyLog::Record& record : lines)
        replay.apply(StudyLog::Line{.number = 1, .record = record});
    return replay.trials().at(0).started;
}

TEST(Replay, HasTimesInLocalTimeWhateverTheirOffset) {
    setenv("TZ", "UTC-9", 1);  // of POSIX: nine hours east
    tzset();
    EXPECT_EQ(start_of("2026-11-25T21:45:18.985616+00:00"), "2026-11-26T06:45:18.985616");
    EXPECT_EQ(start_of("2026-11-25T21:45:18Z"), "2026-11-26T06:45:18");
    EXPECT_EQ(start_of("2026-11-25T21:45:18.5-01:30"), "2026-11-26T08:15:18.5");
    for (const char* local : {"2026-11-25T21:45:18.985616", "2026-11-25T21:45:18", "soon", ""})
        EXPECT_EQ(start_of(local), local);
    unsetenv("TZ");
    tzset();
}

}  // namespace
}  // namespace manygpcm::search
