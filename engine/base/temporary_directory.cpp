#include "manygpcm/engine/detail/temporary_directory.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "manygpcm/engine/error.h"

namespace manygpcm {
namespace {

/// Empty, with errno, where there is no place.
std::filesystem::path make_directory(std::string_view purpose) {
    namespace fs = std::filesystem;
    std::error_code error;
    // A TMPDIR that isn't there, or is full, need not end what has run for hours.
    const fs::path first = fs::temp_directory_path(error);
    for (const fs::path& place : {first, fs::path("/tmp"), fs::path("/var/tmp")}) {
        if (place.empty()) continue;
        std::string name = (place / fmt::format("manygpcm-{}-XXXXXX", purpose)).string();
        if (mkdtemp(name.data()) != nullptr) return name;
    }
    return {};
}

}  // namespace

TemporaryDirectory::TemporaryDirectory(std::string_view purpose)
    : made_([&] { return make_directory(purpose); }) {
    if (path().empty())
        throw InputError(fmt::format(
            "no temporary directory can be made in TMPDIR, /tmp or /var/tmp: {}; expected one that "
            "can",
            std::generic_category().message(errno)));
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path(), ignored);
}

}  // namespace manygpcm
