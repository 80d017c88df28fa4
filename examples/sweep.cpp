// A search from the data to the report, kept in memory; `manygpcm sweep` does the same with a
// record.
#include <manygpcm/engine/dataset.h>
#include <manygpcm/engine/error.h>
#include <manygpcm/engine/models.h>
#include <manygpcm/report/report.h>
#include <manygpcm/search/space.h>
#include <manygpcm/search/sweep.h>

#include <exception>
#include <iostream>
#include <string>

using namespace manygpcm;

int main(int argc, char** argv) try {
    if (argc != 3) throw InputError("usage: sweep DATA OUT");
    const Dataset dataset = read_dataset(argv[1]);
    search::SweepConfig config;
    config.base = default_hyperparameters(parse_model("residual_gpcm"));
    config.space = search::default_space(config.base.model);  // or read_space() of a file
    config.trials = 3;
    config.n_folds = 2;
    config.epochs = 2;
    config.notice = [](const std::string& line) { std::cerr << line << '\n'; };
    const auto epoch = [](const search::SweepProgress& state) {
        std::cout << "epochs " << state.epochs_done << '/' << state.epochs << '\n';
        return true;  // false ends the search
    };
    const search::SweepResult result = search::run_sweep(dataset, config, {.epoch = epoch});
    for (const auto& file : report::write_report(result.study, argv[2]))
        std::cout << file.string() << '\n';
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 2;
}
