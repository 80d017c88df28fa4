// The readers by name, through the functions that the program calls.
#include "targets.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>

#include "manygpcm/engine/convert.h"
#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/model.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/report/page.h"
#include "manygpcm/search/read_study.h"
#include "manygpcm/search/space.h"
#include "manygpcm/search/space_of_models.h"
#include "pictures/plots.h"
#include "sections/sections.h"

namespace manygpcm::fuzz {
namespace {

namespace fs = std::filesystem;

/// Where the files are, one directory a process, for as long as it lives.
class Directory {
  public:
    Directory() { fs::create_directory(path); }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    ~Directory() {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
    const fs::path path =
        fs::temp_directory_path() / ("manygpcm-fuzz-" + std::to_string(::getpid()));
};

const fs::path& directory() {
    static const Directory one;
    return one.path;
}

fs::path written(const char* name, std::string_view bytes) {
    const fs::path file = directory() / name;
    std::ofstream(file, std::ios::binary) << bytes;
    return file;
}

/// As what is trained on and, where each learner's last score may be missing, as what is predicted.
void read_responses(const fs::path& file) {
    std::optional<InputError> refused;
    try {
        read_dataset_for_model(file, 1000, 8, {});
    } catch (const InputError& error) {
        refused = error;
    }
    read_dataset(file);
    if (refused) throw *refused;
}

void read_sequence_text(std::string_view bytes) {
    read_responses(written("learners.txt", bytes));
}

void read_long_csv(std::string_view bytes) {
    read_responses(written("answers.csv", bytes));
}

void read_foreign_form(std::string_view bytes) {
    convert_to_long(written("answers.csv", bytes), {}).write([](std::string_view, double) {});
}

/// Beside two learners, three questions and three categories.
void read_truth(std::string_view bytes) {
    written("train.txt", "3\n0,1,2\n0,1,2\n2\n0,2\n2,0\n");
    written("truth.json", bytes);
    read_dataset(directory());
}

void read_model(std::string_view bytes) {
    load_model(written("model.safetensors", bytes));
}

void read_space_file(std::string_view bytes) {
    const fs::path file = written("space.toml", bytes);
    for (const ModelKind model : {parse_model("deep_gpcm"), parse_model("attn_gpcm_learn")}) {
        Hyperparameters base;
        base.model = model;
        search::read_space(file, base);
    }
    search::read_space_of_models(file, default_hyperparameters);
}

void read_journal(std::string_view bytes) {
    const fs::path file = written("study.journal", bytes);
    for (const std::string& name : search::study_names(file))
        search::read_study(file, name);
}

void analyse_journal(std::string_view bytes) {
    const fs::path file = written("study.journal", bytes);
    for (const std::string& name : search::study_names(file)) {
        const search::Study study = search::read_study(file, name);
        const report::Findings findings = report::findings_of(study);
        report::markdown_report(findings, "", {});
        const nlohmann::json analysis = report::analyse(findings);
        report::overview_plot(analysis);
        report::parameters_plot(analysis);
        report::page(report::json_text(analysis));
    }
}

const std::map<std::string_view, void (*)(std::string_view)> readers = {
    {"sequence_text", read_sequence_text},
    {"long_csv", read_long_csv},
    {"foreign_form", read_foreign_form},
    {"truth_file", read_truth},
    {"model_file", read_model},
    {"space_file", read_space_file},
    {"journal", read_journal},
    {"analysis", analyse_journal},
};

}  // namespace

void read(std::string_view target, std::string_view bytes) {
    const auto reader = readers.at(target);
    try {
        reader(bytes);
    } catch (const InputError& error) {
        const std::string_view message = error.what();
        if (message.find(directory().native()) == message.npos)
            throw std::logic_error("an error without its file: " + std::string(message));
    }
}

}  // namespace manygpcm::fuzz
