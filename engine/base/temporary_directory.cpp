#include "manygpcm/engine/detail/temporary_directory.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace manygpcm {

TemporaryDirectory::TemporaryDirectory(std::string_view purpose) {
    std::string name =
        (std::filesystem::temp_directory_path() / fmt::format("manygpcm-{}-XXXXXX", purpose))
            .string();
    if (mkdtemp(name.data()) == nullptr)
        throw std::system_error(errno, std::generic_category(), name);
    path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace manygpcm
