// manygpcm doctor: what this machine and this build offer, and whether training works on it.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <stdlib.h>

#include <cstring>
#include <filesystem>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "commands.h"
#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/simulate.h"
#include "manygpcm/engine/training.h"
#include "manygpcm/kernels/cpu.h"
#include "options.h"

namespace manygpcm::cli {
namespace {

namespace fs = std::filesystem;

/// A directory of its own under the system's temporary one; gone with its object.
class TemporaryDirectory {
  public:
    TemporaryDirectory() : path_((fs::temp_directory_path() / "manygpcm-doctor-XXXXXX").string()) {
        if (mkdtemp(path_.data()) == nullptr)
            throw std::runtime_error(fmt::format("{}: cannot be made", path_));
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

void print_machine() {
    fmt::print("{}\n\n", version_line);
    fmt::print("threads            {}\n", default_jobs());
    fmt::print("instruction sets   {}\n", fmt::join(kernels::instruction_sets(), ", "));
    fmt::print("device             cpu\n\n");
    fmt::print("oneDNN             {}\n", kernels::onednn_version());
    fmt::print("Highway            {}\n", HIGHWAY_VERSION);
    fmt::print("Eigen              {}\n", EIGEN_VERSION);
    fmt::print("CLI11              {}\n", CLI11_VERSION);
    fmt::print("nlohmann-json      {}.{}.{}\n", NLOHMANN_JSON_VERSION_MAJOR,
               NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH);
    fmt::print("fmt                {}.{}.{}\n\n", FMT_VERSION / 10000, FMT_VERSION / 100 % 100,
               FMT_VERSION % 100);
}

Dataset tiny_dataset() {
    const TemporaryDirectory directory;
    simulate({.learners = 40,
              .questions = 20,
              .categories = 4,
              .min_length = 10,
              .max_length = 20,
              .seed = 1},
             directory.path());
    return read_dataset(directory.path());
}

/// One small replica of each model.
std::vector<ReplicaSpec> tiny_replicas(int n_learners) {
    std::vector<ReplicaSpec> replicas;
    for (const ModelKind model :
         {ModelKind::deep_gpcm, ModelKind::attn_gpcm_learn, ModelKind::attn_gpcm_linear}) {
        ReplicaSpec replica;
        replica.hyperparameters.model = model;
        replica.hyperparameters.memory_size = 20;
        replica.hyperparameters.key_dim = 32;
        replica.hyperparameters.value_dim = 32;
        replica.hyperparameters.embed_dim = 32;
        replica.train.resize(n_learners);
        std::iota(replica.train.begin(), replica.train.end(), 0);
        replica.trial = static_cast<int>(replicas.size());
        replicas.push_back(std::move(replica));
    }
    return replicas;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

/// Trains every model, on one thread and on two: the loss must fall, the weights must agree to the
/// last bit.
bool self_test() {
    constexpr int epochs = 5;
    const Dataset dataset = tiny_dataset();
    const std::vector<ReplicaSpec> replicas = tiny_replicas(static_cast<int>(dataset.train.size()));
    const auto train_on = [&](int threads) {
        return train_replicas(dataset.train, dataset.n_questions, dataset.n_categories, replicas,
                              epochs, threads);
    };
    const auto one = train_on(1), two = train_on(2);
    bool passed = true;
    for (std::size_t i = 0; i < replicas.size(); ++i) {
        const double first = one[i].epochs.front().train_loss;
        const double last = one[i].epochs.back().train_loss;
        const bool falls = last < first;
        const bool same = same_bits(one[i].model.parameters, two[i].model.parameters);
        fmt::print("{:<18} loss {:.4f} -> {:.4f}: {}; one thread and two: {}\n",
                   to_string(replicas[i].hyperparameters.model), first, last,
                   falls ? "ok" : "DOESN'T FALL", same ? "same bits" : "DIFFERENT WEIGHTS");
        passed = passed && falls && same;
    }
    fmt::print("self-test          {}\n", passed ? "passed" : "FAILED");
    return passed;
}

}  // namespace

Command add_doctor(CLI::App& program) {
    const auto quiet = std::make_shared<bool>(false);
    CLI::App* command =
        add_command(program, "doctor",
                    "Show what this machine and build offer and test training on it.", *quiet);
    return {command, [quiet] {
                print_machine();
                return self_test() ? 0 : 1;
            }};
}

}  // namespace manygpcm::cli
