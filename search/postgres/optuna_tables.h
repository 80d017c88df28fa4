// Optuna's tables: made where there are none, looked at where there are.
#pragma once

#include "postgres/connection.h"

namespace manygpcm::search {

/// Whether the database has Optuna's tables.
/// @throws InputError for tables that aren't Optuna's, or of a schema that it didn't have from 3.1
/// to 5.0
bool has_optuna_tables(Connection& connection);

/// Makes them, as Optuna 3.2 to 5.0 does, unless another process has been faster.
/// @throws InputError likewise, and where the role may not
void make_optuna_tables(Connection& connection);

}  // namespace manygpcm::search
