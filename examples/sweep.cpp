// A search from the data to the report: what `manygpcm sweep --data DATA --model residual_gpcm
// --out OUT` does.
#include <manygpcm/engine/dataset.h>
#include <manygpcm/engine/error.h>
#include <manygpcm/engine/models.h>
#include <manygpcm/report/report.h>
#include <manygpcm/search/sweep.h>

#include <exception>
#include <iostream>

int main(int argc, char** argv) try {
    if (argc != 3) throw manygpcm::InputError("usage: sweep DATA OUT");
    const manygpcm::Dataset dataset = manygpcm::read_dataset(argv[1]);
    manygpcm::search::SweepConfig config;
    config.base = manygpcm::default_hyperparameters(manygpcm::parse_model("residual_gpcm"));
    config.trials = 3;
    config.n_folds = 2;
    config.epochs = 2;
    const auto progress = [](const manygpcm::search::SweepProgress& state) {
        std::cout << "epochs " << state.epochs_done << '/' << state.epochs << '\n';
    };
    const auto result = manygpcm::search::run_sweep(dataset, config, progress);
    for (const auto& file : manygpcm::report::write_report(result.study, argv[2]))
        std::cout << file.string() << '\n';
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 2;
}
