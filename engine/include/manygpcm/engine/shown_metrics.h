// The metrics that tables show, in the order in which they do.
#pragma once

#include <vector>

#include "manygpcm/engine/metrics.h"

namespace manygpcm {

/// Of so many categories, each thing once, in the order of metric_table(); of two the AUC first, as
/// is usual in knowledge tracing.
std::vector<const Metric*> shown_metrics(int n_categories);

}  // namespace manygpcm
