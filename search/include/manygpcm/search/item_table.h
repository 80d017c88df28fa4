// What a model says of its questions, as the table that manygpcm items writes: a row a question.
#pragma once

#include <string>
#include <vector>

#include "manygpcm/engine/model.h"

namespace manygpcm::search {

struct ItemColumn {
    std::string name;
    std::vector<double> values;  ///< [Q] NaN: nothing is known
};

struct ItemTable {
    /// alpha, beta1 .., with standard errors alpha_error, beta1_error .. behind them, information
    /// and information_at, n, n0 ..: errors of a model that has them, counts of one that knows
    /// them.
    std::vector<ItemColumn> columns;
    std::vector<std::vector<std::string>> marks;  ///< [Q] item_marks()
};

/// Thresholds that no training answer tells of are NaN, as all is of a question never seen.
/// @throws InputError for thresholds that aren't finite: the model wasn't trained; Interrupted
/// where `stop` is set
ItemTable item_table(const Model& model, StopFlag stop = nullptr);

}  // namespace manygpcm::search
