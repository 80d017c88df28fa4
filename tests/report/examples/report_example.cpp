// Writes reports to be looked at, by the page's test in a browser and by people: one of 15
// parameters and 50 trials, one of 9 and 5, one with trials that failed or were stopped early; and
// studies of which there's little to see: of one trial, unfinished, without a trial or a success,
// Optuna's.
#include <fmt/format.h>

#include "manygpcm/report/report.h"
#include "report/drawn_study.h"

int main(int argc, char** argv) {
    using namespace manygpcm;
    if (argc != 2) {
        fmt::print(stderr, "usage: report_example DIR\n");
        return 2;
    }
    const std::filesystem::path out = argv[1];
    const auto show = [](const std::string& line) { fmt::print("{}\n", line); };
    write_report(drawn_study(ModelKind::attn_gpcm_learn, 50), out / "large", show);
    write_report(drawn_study(ModelKind::deep_gpcm, 5), out / "small", show);
    write_report(drawn_study(ModelKind::attn_gpcm_learn, 30, 6, true), out / "rungs", show);
    write_report(drawn_study(ModelKind::deep_gpcm, 1), out / "one", show);
    write_report(running_study(), out / "running", show);
    write_report(unsuccessful_study(TrialState::failed), out / "failed", show);
    write_report(unsuccessful_study(TrialState::pruned), out / "stopped", show);
    Study begun = running_study();
    begun.trials.clear();
    write_report(begun, out / "begun", show);
    write_report(foreign_example(), out / "foreign", show);
    return 0;
}
