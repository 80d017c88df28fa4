// The rows of a batch sorted by the row of a table that each goes to, for sums over those that go
// to the same.
#pragma once

#include "manygpcm/kernels/replicas.h"

namespace manygpcm::kernels::cuda {

/// The numbers of a replica's rows, sorted by the row of the table that they go to: those of table
/// row t are list[start[t]] to list[start[t + 1] - 1].
struct RowLists {
    PerReplica<int> start;   ///< [table rows + 1]
    PerReplica<int> list;    ///< [rows]
    PerReplica<int> cursor;  ///< [parts, table rows] scratch of list_rows_kernel
    int table_rows = 0;
    int parts = 0;  ///< of the rows; a warp lists each
};

}  // namespace manygpcm::kernels::cuda
