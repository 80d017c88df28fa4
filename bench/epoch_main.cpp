// manygpcm_epoch MODEL THREADS REPLICAS EPOCHS [DATA]: times training epochs at the published best,
// without validation. Epochs run after one that isn't counted. compare_torch.py reads the output.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <exception>
#include <string_view>
#include <system_error>
#include <vector>

#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/statistics.h"
#include "training_time.h"

namespace manygpcm {
namespace {

int positive_number(std::string_view name, std::string_view text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 1)
        throw InputError(fmt::format("{}: '{}', expected a number from 1 up", name, text));
    return value;
}

int run(const std::vector<std::string_view>& arguments) {
    if (arguments.size() != 4 && arguments.size() != 5) {
        fmt::print(stderr, "usage: manygpcm_epoch MODEL THREADS REPLICAS EPOCHS [DATA]\n");
        return 2;
    }
    const ModelKind model = parse_model(arguments[0]);
    const int threads = positive_number("THREADS", arguments[1]);
    const int replicas = positive_number("REPLICAS", arguments[2]);
    const int epochs = positive_number("EPOCHS", arguments[3]);
    const Dataset dataset = read_dataset(
        arguments.size() == 5 ? arguments[4] : MANYGPCM_DATA "/synthetic_500_200_4/train.txt");
    const std::vector<double> seconds =
        bench::epoch_seconds(dataset, model, dataset.train.size(), replicas, threads, epochs);
    const double typical = quantile(seconds, 0.5);
    // Replicas beyond the threads wait, so this many train at any moment.
    const int at_once = std::min(threads, replicas);
    fmt::print("best_seconds {:.6f}\nmedian_seconds {:.6f}\nreplica_epochs_per_second {:.6f}\n",
               *std::min_element(seconds.begin(), seconds.end()), typical, at_once / typical);
    return 0;
}

}  // namespace
}  // namespace manygpcm

int main(int argc, char** argv) {
    try {
        return manygpcm::run({argv + 1, argv + argc});
    } catch (const std::exception& error) {
        fmt::print(stderr, "manygpcm_epoch: {}\n", error.what());
        return 1;
    }
}
