// A search from the data to the report, kept in memory; `manygpcm sweep` does the same with a
// record.
#include <manygpcm/report/report.h>
#include <manygpcm/search/sweep.h>

#include <iostream>

int main(int argc, char** argv) try {
    if (argc != 3) throw manygpcm::InputError("usage: sweep DATA OUT");
    manygpcm::search::SweepConfig config;
    config.trials = 3, config.n_folds = 2, config.epochs = 2;
    config.notice = [](const std::string& line) { std::cerr << line << '\n'; };
    manygpcm::search::choose_space(config, "residual_gpcm");  // or "auto", or a file of a space
    const auto result = run_sweep(manygpcm::read_dataset(argv[1]), config);
    for (const auto& file : manygpcm::report::write_report(result.study, argv[2]))
        std::cout << file.string() << '\n';
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 2;
}
