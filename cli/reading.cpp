// Reading with a bar.
#include "reading.h"

#include "manygpcm/engine/shown.h"
#include "progress.h"

namespace manygpcm::cli {
namespace {

template <class Read>
Dataset read_with_progress(const std::filesystem::path& path, bool quiet, const Read& read) {
    const std::string name = printable(path.string());
    Progress progress(quiet);
    Dataset dataset = read([&](double fraction) { progress.show(fraction, "reading " + name); });
    progress.clear();
    return dataset;
}

}  // namespace

Dataset read_data(const std::filesystem::path& path, bool quiet) {
    return read_with_progress(path, quiet, [&](const ReadingObserver& observer) {
        return read_dataset(path, nullptr, observer);
    });
}

Dataset read_data_for(const Model& model, const std::filesystem::path& file, bool quiet) {
    return read_with_progress(file, quiet, [&](const ReadingObserver& observer) {
        return read_dataset_for_model(file, model.config.n_questions, model.config.n_categories,
                                      model.question_ids, nullptr, observer);
    });
}

}  // namespace manygpcm::cli
