// A row a figure; docs/models.md has the commands of those that were measured on the same split.
#include "figures/known_figures.h"

#include <algorithm>
#include <iterator>

namespace manygpcm::report {
namespace {

constexpr std::string_view synthetic = "51e43950045397e4",  // data/synthetic_500_200_4
    statics2011 = "d0d5603406687876", assist2015 = "1b5a4e1cbd0ea126";
constexpr std::string_view held_out = "learners held out",
                           later = "learners held out, without first responses";
constexpr std::string_view docs = "docs/models.md: what they score",
                           dkt = "DKT, 128 wide, of pyKT 0.0.38",
                           best_lr = "logistic regression (Best-LR) of scikit-learn";

constexpr KnownFigure rows[] = {
    {synthetic, "attn_gpcm_learn, bidirectional attention", "qwk", 0.6370,
     "5 folds, inflated: later answers are seen",
     "the report published with these data, 50 trials (docs/model.md)"},
    {statics2011, dkt, "auc", 0.8544, held_out, docs},
    {statics2011, dkt, "cross_entropy", 0.404, held_out, docs},
    {statics2011, best_lr, "auc", 0.8049, held_out, docs},
    {statics2011, best_lr, "cross_entropy", 0.455, held_out, docs},
    {assist2015, dkt, "auc", 0.7270, later, docs},
    {assist2015, dkt, "cross_entropy", 0.508, later, docs},
    {assist2015, best_lr, "auc", 0.7048, later, docs},
    {assist2015, best_lr, "cross_entropy", 0.524, later, docs},
};

}  // namespace

std::vector<KnownFigure> known_figures(std::string_view fingerprint) {
    std::vector<KnownFigure> found;
    std::ranges::copy_if(rows, std::back_inserter(found),
                         [&](const KnownFigure& row) { return row.fingerprint == fingerprint; });
    return found;
}

}  // namespace manygpcm::report
