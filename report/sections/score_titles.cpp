// Says in words at which fidelity scores were taken.
#include "sections/score_titles.h"

#include <fmt/format.h>

#include "sections/markdown_text.h"

namespace manygpcm::report {
namespace {

std::string folds_text(const search::Study& study, int folds) {
    if (folds == study.n_folds) return fmt::format("mean of {} folds", folds);
    return folds == 1 ? "fold 1" : fmt::format("mean of folds 1 to {}", folds);
}

}  // namespace

ScoreTitles score_titles(const search::Study& study, const ComparableTrials& comparable) {
    const std::string name =
        fmt::format("Score ({}{})",
                    study.foreign ? one_line(study.objective) : std::string(study.metric().word),
                    study.minimize ? ", lower is better" : "");
    ScoreTitles titles{.name = name, .full = name, .compared = name};
    const auto after = [&](int folds, int epochs) {
        return fmt::format("\n{} after epoch {}", folds_text(study, folds), epochs);
    };
    if (study.foreign) return titles;
    titles.full += after(study.n_folds, study.epochs);
    if (comparable.epochs > 0) titles.compared += after(comparable.folds, comparable.epochs);
    return titles;
}

}  // namespace manygpcm::report
