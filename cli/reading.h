// Data as commands read it: large files take a while, of which the user hears.
#pragma once

#include <filesystem>

#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/model.h"

namespace manygpcm::cli {

/// read_dataset() with progress.
Dataset read_data(const std::filesystem::path& path, bool quiet);

/// The same of read_dataset_for_model().
Dataset read_data_for(const Model& model, const std::filesystem::path& file, bool quiet);

}  // namespace manygpcm::cli
