// Puts the report, its figures, its pictures and its page into files.
#include "manygpcm/report/report.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <string_view>

#include "figures/findings.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/report/page.h"
#include "pictures/gnuplot.h"
#include "pictures/plots.h"
#include "sections/items_csv.h"
#include "sections/sections.h"

namespace manygpcm::report {
namespace {

namespace fs = std::filesystem;

struct Paths {
    fs::path markdown, analysis, overview, parameters, items, page, items_table;
};

constexpr std::string_view longest_ending = "_detailed_parameters.png";

/// A study or its data may have any name; a file's has no slash, no control character and, with
/// what comes behind it, at most the bytes that the file system of `out` takes.
std::string file_stem(std::string stem, const fs::path& out) {
    constexpr long usual = 255;
    const long asked = ::pathconf(out.c_str(), _PC_NAME_MAX);
    const auto most = static_cast<std::size_t>(asked > 0 ? asked : usual) - longest_ending.size();
    if (stem.size() > most) {
        std::size_t end = most;
        while (end > 0 && (stem[end] & 0xC0) == 0x80)  // within a character of UTF-8
            --end;
        stem.resize(end);
    }
    for (char& c : stem)
        if (c == '/' || static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = '_';
    return stem;
}

std::string own_stem(const std::string& model, const std::string& dataset, const fs::path& out) {
    return file_stem(fmt::format("{}_{}", model, dataset), out);
}

std::string stem_of(const search::Study& study, const fs::path& out) {
    return study.foreign ? file_stem(study.dataset, out)
                         : own_stem(study.model_name(), study.dataset, out);
}

Paths paths(const std::string& stem, const fs::path& out) {
    return {.markdown = out / (stem + "_hyperopt_report.md"),
            .analysis = out / (stem + "_hyperopt_analysis.json"),
            .overview = out / (stem + "_hyperopt_analysis.png"),
            .parameters = out / fmt::format("{}{}", stem, longest_ending),
            .items = out / (stem + "_items.png"),
            .page = out / (stem + "_report.html"),
            .items_table = out / (stem + "_items.csv")};
}

/// A picture's script and its file.
using Picture = std::pair<std::string, fs::path>;

std::vector<Picture> pictures_of(const nlohmann::json& analysis, const Paths& paths) {
    std::vector<Picture> pictures = {{overview_plot(analysis), paths.overview},
                                     {parameters_plot(analysis), paths.parameters}};
    if (!analysis.at("psychometrics").is_null())
        pictures.emplace_back(items_plot(analysis), paths.items);
    return pictures;
}

/// Draws all pictures or says in a line why there is one less; nothing if all are there.
std::string draw_pictures(const std::vector<Picture>& pictures, StopFlag stop,
                          const WorkObserver& observer) {
    std::size_t drawn = 0;
    for (const auto& [script, file] : pictures) {
        if (observer) observer(static_cast<double>(drawn++) / static_cast<double>(pictures.size()));
        const Gnuplot outcome = draw(script, file, stop);
        if (outcome == Gnuplot::missing) return no_gnuplot;
        if (outcome == Gnuplot::failed)
            return fmt::format("no {}: gnuplot failed", file.filename().string());
    }
    return "";
}

}  // namespace

std::vector<fs::path> report_files(const std::string& model, const std::string& dataset,
                                   const fs::path& out) {
    const Paths files = paths(own_stem(model, dataset, out), out);
    return {files.markdown, files.analysis, files.overview,   files.parameters,
            files.items,    files.page,     files.items_table};
}

std::vector<fs::path> write_report(const search::Study& study, const fs::path& out,
                                   const std::function<void(const std::string&)>& left_out,
                                   StopFlag stop,
                                   const std::function<void(const WorkState&)>& observer) {
    const std::string generated =
        fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::localtime(std::time(nullptr)));
    Paths files;
    std::vector<fs::path> written;
    std::vector<std::string> visualizations;  // the lines of the report's last section
    const auto note = [&](const std::string& reason) {
        visualizations.push_back(reason);
        if (left_out) left_out(reason);
    };
    const auto add = [&](const fs::path& file) {
        written.push_back(file);
        visualizations.push_back(file.filename().string());
    };

    const auto n_trials = static_cast<double>(study.trials.size());
    Findings findings;
    nlohmann::json analysis;
    Agenda agenda;  // with what the parts take on an AMD EPYC of the fourth generation
    agenda.add("findings", 0.1 + 0.006 * std::min(n_trials, 1000.0),
               [&](const WorkObserver& of_part) {
                   findings = findings_of(study, stop, of_part);
                   analysis = analyse(findings);
                   ensure_writable_directory(out);
                   files = paths(stem_of(study, out), out);
                   written = {files.markdown, files.analysis};
                   write_file(files.analysis, json_text(analysis, 2) + '\n');
               });
    agenda.add("pictures", 0.8 + 1e-4 * n_trials, [&](const WorkObserver& of_part) {
        const std::vector<Picture> pictures = pictures_of(analysis, files);
        if (const std::string reason = draw_pictures(pictures, stop, of_part); !reason.empty())
            note(reason);
        else
            for (const auto& [script, file] : pictures)
                add(file);
    });
    agenda.add("texts", 0.1 + 1e-5 * n_trials, [&](const WorkObserver&) {
        if (page_built_in()) {
            write_file(files.page, page(json_text(analysis)));
            add(files.page);
        } else {
            note("no page: the program was built without npm");
        }
        if (const std::string csv = items_csv(findings); !csv.empty()) {
            write_file(files.items_table, csv);
            written.push_back(files.items_table);
        }
        write_file(files.markdown, markdown_report(findings, generated, visualizations));
    });
    agenda.run(observer);
    return written;
}

}  // namespace manygpcm::report
