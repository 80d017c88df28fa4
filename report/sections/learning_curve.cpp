// How the winner's score moved over its epochs: the end of "Fidelity".
#include <fmt/format.h>

#include "figures/number_text.h"
#include "sections/json_values.h"
#include "sections/markdown_text.h"
#include "sections/sections.h"
#include "sections/wording.h"

namespace manygpcm::report {
namespace {

using nlohmann::json;
using Rows = std::vector<std::vector<std::string>>;
using Shape = LearningCurve::Shape;

std::string describe(const LearningCurve& curve) {
    const std::size_t n = curve.score.size();
    const double sign = curve.minimize ? -1 : 1;
    switch (curve.shape) {
        case Shape::too_short:
            return "One epoch makes no curve: whether more would help is unknown.";
        case Shape::improving:
            return fmt::format(
                "{} at the end: {} over the last {}{}{}, {}. The training loss changed "
                "by {} meanwhile.",
                curve.minimize ? "Lower, which is better," : "Higher",
                signed_fixed(sign * curve.recent_gain, 4), epochs_text(curve.recent_epochs),
                over_folds(curve.recent_gain_interval),
                curve.rose_throughout ? ", each epoch better than the one before" : "",
                curve.still_gains() ? "so more epochs should help"
                                    : "so it can't be told whether more epochs would help",
                signed_fixed(curve.recent_loss, 4));
        case Shape::falling:
            return fmt::format(
                "{} at the end: {} {} the best epoch, {} of {}{}, {}. The training "
                "loss changed by {} since.",
                curve.minimize ? "Higher, which is worse," : "Lower", fixed(curve.drop, 4),
                curve.minimize ? "above" : "below", curve.best_epoch, n,
                over_folds(curve.drop_interval),
                !curve.beyond_noise() ? "so it can't be told whether training went on too long"
                : curve.overfits()    ? "which looks like overfitting"
                                      : "which looks like unstable training",
                signed_fixed(curve.loss_since_best, 4));
        case Shape::level:
            break;
    }
    if (curve.best_epoch == static_cast<int>(n))
        return fmt::format(
            "Level at the end: {} over the last {}; changes below {} count as none. The training "
            "loss changed by {} meanwhile.",
            signed_fixed(sign * curve.recent_gain, 4), epochs_text(curve.recent_epochs),
            fixed(level_change, 3), signed_fixed(curve.recent_loss, 4));
    return fmt::format(
        "Level at the end: the last epoch is {} {} the best epoch, {} of {}; changes below "
        "{} count as none. The training loss changed by {} over the last {}.",
        fixed(curve.drop, 4), curve.minimize ? "above" : "below", curve.best_epoch, n,
        fixed(level_change, 3), signed_fixed(curve.recent_loss, 4),
        epochs_text(curve.recent_epochs));
}

/// Of epochs: the classical GPCM is fitted at once.
bool has_curve(const Findings& f) {
    return f.winner && !f.study->foreign && !winner_is_classical(*f.study);
}

json curve_json(const Findings& f) {
    if (!has_curve(f)) return nullptr;
    const LearningCurve& curve = f.winner->curve;
    constexpr const char* shapes[] = {"too_short", "improving", "level", "falling"};
    return {{"train_loss", curve.train_loss},
            {"score", curve.score},
            {"shape", shapes[static_cast<int>(curve.shape)]},
            {"best_epoch", curve.best_epoch},
            {"drop", curve.drop},
            {"drop_interval", interval_json(curve.drop_interval)},
            {"recent_epochs", curve.recent_epochs},
            {"recent_gain", curve.recent_gain},
            {"loss_since_best", curve.loss_since_best},
            {"recent_loss", curve.recent_loss},
            {"rose_throughout", curve.rose_throughout},
            {"recent_gain_interval", interval_json(curve.recent_gain_interval)}};
}

}  // namespace

std::string learning_curve_markdown(const Findings& f) {
    if (!has_curve(f)) return "";
    const LearningCurve& curve = f.winner->curve;
    Rows rows;
    for (std::size_t i = 0; i < curve.score.size(); ++i)
        rows.push_back(
            {fmt::format("{}", i + 1), fixed(curve.train_loss[i], 4), fixed(curve.score[i], 4)});
    return "\nThe winner by epoch, means over its folds; the training loss is a weighted sum on a "
           "scale of its own:\n\n" +
           markdown_table({"Epoch", "Training loss (own scale)",
                           fmt::format("Validation {}", f.study->metric().word)},
                          rows) +
           fmt::format("\n{}\n", describe(curve));
}

void learning_curve_json(const Findings& f, json& analysis) {
    analysis["learning_curve"] = curve_json(f);
}

}  // namespace manygpcm::report
