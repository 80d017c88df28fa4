// The report's sections in their order, and what is made of them: the Markdown report and the
// analysis in JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "figures/findings.h"

// A section is one line here and one file, sections/<section>.cpp, with two functions:
//   <section>_markdown() is its part of the report, from its heading on; empty where there is
//     nothing to say.
//   <section>_json() adds its fields to the analysis, which docs/analysis_json.md describes.
#define MANYGPCM_REPORT_SECTIONS(SECTION) \
    SECTION(verdict)                      \
    SECTION(summary)                      \
    SECTION(best_parameters)              \
    SECTION(importance)                   \
    SECTION(correlations)                 \
    SECTION(convergence)                  \
    SECTION(efficiency)                   \
    SECTION(held_out)                     \
    SECTION(baselines)                    \
    SECTION(portrait)                     \
    SECTION(psychometrics)                \
    SECTION(scored_parts)                 \
    SECTION(published_figures)            \
    SECTION(edges)                        \
    SECTION(fidelity)                     \
    SECTION(learning_curve)               \
    SECTION(trials)                       \
    SECTION(caveats)                      \
    SECTION(automated_analysis)           \
    SECTION(loss_insights)                \
    SECTION(recommendations)              \
    SECTION(next_steps)

namespace manygpcm::report {

#define MANYGPCM_DECLARE_SECTION(name)              \
    std::string name##_markdown(const Findings& f); \
    void name##_json(const Findings& f, nlohmann::json& analysis);
MANYGPCM_REPORT_SECTIONS(MANYGPCM_DECLARE_SECTION)
#undef MANYGPCM_DECLARE_SECTION

// What comes before the sections.
std::string head_markdown(const Findings& f, const std::string& generated);
void head_json(const Findings& f, nlohmann::json& analysis);

// What markdown_report() and analysis_json() make of a study, of findings that are there already.
std::string markdown_report(const Findings& findings, const std::string& generated,
                            const std::vector<std::string>& visualizations);
nlohmann::json analyse(const Findings& findings);
nlohmann::json analyse(const search::Study& study);

/// @param indent of a level, in blanks; -1: all in one line
std::string json_text(const nlohmann::json& analysis, int indent = -1);

}  // namespace manygpcm::report
