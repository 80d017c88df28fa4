// Writes reports to be looked at, by the page's test in a browser and by people: one of 15
// parameters and 50 trials, one of 9 and 8, one with trials that failed or were stopped early; and
// studies of which there's little to see: of one trial, unfinished, without a trial or a success;
// Optuna's, and of journals of hers that are hard to show.
#include <fmt/format.h>

#include "manygpcm/report/report.h"
#include "manygpcm/search/read_study.h"
#include "report/figures/drawn_study.h"

int main(int argc, char** argv) {
    using namespace manygpcm;
    using namespace manygpcm::report;
    if (argc != 2) {
        fmt::print(stderr, "usage: report_example DIR\n");
        return 2;
    }
    const std::filesystem::path out = argv[1];
    const auto show = [](const std::string& line) { fmt::print("{}\n", line); };
    write_report(drawn_study(parse_model("attn_gpcm_learn"), 50), out / "large", show);
    write_report(drawn_study(parse_model("deep_gpcm"), 8), out / "small", show);
    write_report(drawn_study(parse_model("attn_gpcm_learn"), 80, 6, true), out / "rungs", show);
    write_report(drawn_study(parse_model("deep_gpcm"), 1), out / "one", show);
    write_report(running_study(), out / "running", show);
    write_report(unsuccessful_study(search::TrialState::failed), out / "failed", show);
    write_report(unsuccessful_study(search::TrialState::pruned), out / "stopped", show);
    search::Study begun = running_study();
    begun.trials.clear();
    write_report(begun, out / "begun", show);
    write_report(foreign_example(), out / "foreign", show);
    for (const char* name :
         {"journals/early_stopping", "journals/running_waiting_retried", "journals/small_losses",
          "journals/large_losses", "journals/type_change", "hostile/enqueued_out_of_range",
          "hostile/largest_and_smallest_values", "hostile/script_in_names"}) {
        const std::filesystem::path journal =
            fmt::format("{}/{}.journal", MANYGPCM_TEST_DATA, name);
        write_report(search::read_study(journal), out / journal.stem(), show);
    }
    return 0;
}
