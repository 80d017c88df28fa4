// Puts several studies' comparison and its picture into files.
#include <fmt/format.h>

#include "manygpcm/engine/files.h"
#include "pictures/gnuplot.h"
#include "studies/side_by_side_figures.h"

namespace manygpcm::report {

std::vector<std::filesystem::path> write_side_by_side(
    const std::vector<NamedStudy>& studies, const std::filesystem::path& out,
    const std::function<void(const std::string&)>& left_out) {
    const SideBySide figures = side_by_side(studies);
    ensure_writable_directory(out);
    const std::filesystem::path markdown = out / "comparison.md", picture = out / "comparison.png";
    std::vector<std::filesystem::path> written = {markdown};
    std::string visualization = picture.filename().string();
    const Gnuplot outcome = draw(side_by_side_plot(figures), picture);
    if (outcome == Gnuplot::drawn) {
        written.push_back(picture);
    } else {
        visualization = outcome == Gnuplot::missing
                            ? std::string(no_gnuplot)
                            : fmt::format("no {}: gnuplot failed", visualization);
        if (left_out) left_out(visualization);
    }
    write_file(markdown, side_by_side_markdown(figures, "", {visualization}));
    return written;
}

}  // namespace manygpcm::report
