// The head of models that have ability and items as such.
#pragma once

#include "model/operations.h"

namespace manygpcm {

/// What goes into it by step; `common` and `extra` may be absent.
struct ItemHeadOperands {
    Tensor theta;   ///< [steps]; may be without a gradient
    Tensor item;    ///< [questions, K]: slope, then K-1 steps
    Tensor common;  ///< [steps]
    Tensor extra;   ///< [steps, K-1]
};

struct ItemHeadTensors {
    HeadTensors head;
    Tensor threshold;  ///< [questions, K-1]
};

/// Its backward() starts the gradient from Pass::losses and Pass::statistics.
ItemHeadTensors record_item_head(Tape& tape, const ItemHeadOperands& operands, int n_categories);

}  // namespace manygpcm
