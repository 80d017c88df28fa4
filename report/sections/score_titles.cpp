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
    const auto after = [&](int folds, int epochs) {
        return fmt::format("{} after epoch {}", folds_text(study, folds), epochs);
    };
    ScoreTitles titles{.name = name, .full = name, .compared = name, .compared_at = ""};
    if (study.foreign) return titles;
    titles.full += '\n' + after(study.n_folds, study.epochs);
    if (comparable.epochs == 0) return titles;
    titles.compared_at = after(comparable.folds, comparable.epochs);
    titles.compared += '\n' + titles.compared_at;
    return titles;
}

}  // namespace manygpcm::report
