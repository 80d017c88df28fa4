// The picture of every parameter: its values against the score, by quarter of the scores; a
// categorical one's as bars of mean scores with counts.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "pictures/parameter_panel.h"
#include "pictures/plots.h"
#include "sections/markdown_text.h"

namespace manygpcm::report {
namespace {

constexpr int cell_width = 480, cell_height = 396, header = 84;
constexpr std::size_t most_parameters = 60;  // a sheet of 15 rows

std::size_t columns_for(std::size_t n) {
    if (n <= 4) return n < 2 ? 1 : 2;
    return n <= 9 ? 3 : 4;
}

// What the marks of all panels mean, once for the sheet.
void legend(PlotScript& script, const PlottedStudy& study, int width, int height) {
    struct Entry {
        const char* text;
        const char* mark;
        const char* state = nullptr;  // only where a trial at the foot has it
    };
    const Entry entries[] = {{"best quarter of the scores", quarter_marks[0]},
                             {"second quarter", quarter_marks[1]},
                             {"third quarter", quarter_marks[2]},
                             {"last quarter", quarter_marks[3]},
                             {"failed", failed_mark, "failed"},
                             {"stopped early", stopped_mark, "pruned"}};
    std::vector<Entry> shown;
    for (const Entry& entry : entries)
        if (entry.state == nullptr ||
            std::ranges::any_of(study.trials, [&](const PlottedTrial& trial) {
                return trial.state == entry.state && std::isnan(trial.compared);
            }))
            shown.push_back(entry);
    constexpr int mark_width = 46;
    int total = 0;
    for (const Entry& entry : shown)
        total += mark_width + text_width(entry.text);
    int left = std::max(mark_width / 2, (width - total + mark_width) / 2);
    script.line("reset\nunset border\nunset tics\nunset key\nset margins 0,0,0,0");
    script.range('x', 0, 1);
    script.range('y', 0, 1);
    for (const Entry& entry : shown) {
        script.line(
            fmt::format("set label {} at screen {:.6f}, screen {:.6f} left font 'Sans,10' "
                        "point {} offset 1,0",
                        gnuplot_string(entry.text), static_cast<double>(left) / width,
                        1 - 64.0 / height, entry.mark));
        left += mark_width + text_width(entry.text);
    }
    script.line("plot -1");
}

}  // namespace

std::string parameters_plot(const nlohmann::json& analysis) {
    const PlottedStudy study = plotted_study(analysis);
    const std::vector<std::size_t> shown = study.most_important(most_parameters);
    const std::size_t n = shown.size(), all = study.parameters.size(), columns = columns_for(n);
    const std::size_t rows = (n + columns - 1) / columns;
    const int width = static_cast<int>(std::max<std::size_t>(columns, 2)) * cell_width;
    const int height = header + static_cast<int>(rows) * cell_height;
    const std::string title =
        n < all
            ? fmt::format("the first {} of {} parameters by importance, against the score", n, all)
            : "every parameter against the score";
    PlotScript script(width, height, study.title + ": " + title);
    legend(script, study, width, height);
    for (std::size_t i = 0; i < n; ++i) {
        const PanelPlace place{.left = static_cast<int>(i % columns) * cell_width,
                               .top = header + static_cast<int>(i / columns) * cell_height,
                               .width = columns == 1 ? 2 * cell_width : cell_width,
                               .height = cell_height,
                               .margin_top = 52};
        parameter_panel(script, place, study, shown[i], one_line(study.parameters[shown[i]].name),
                        false);
    }
    return script.finish();
}

}  // namespace manygpcm::report
