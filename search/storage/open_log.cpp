// Which storage of studies a place is.
#include <fmt/format.h>

#include <string>
#include <string_view>

#include "manygpcm/search/read_study.h"
#include "storage/journal.h"
#include "storage/study_log.h"
#ifdef MANYGPCM_POSTGRES
#include "postgres/connection.h"
#include "postgres/postgres_log.h"
#endif

namespace manygpcm::search {

namespace {

/// @throws InputError for the URI of what isn't PostgreSQL
void expect_postgres(const std::string& uri) {
    const std::string scheme = uri.substr(0, uri.find("://"));  // what follows may have a password
    if (scheme != "postgresql" && scheme != "postgres")
        throw InputError(
            fmt::format("--study {}://...: isn't a storage of studies; expected a journal's file, "
                        "or postgresql://user@host/database",
                        scheme));
#ifndef MANYGPCM_POSTGRES
    throw InputError(fmt::format(
        "--study {}://...: takes PostgreSQL's libpq, which this program was built without (Debian: "
        "libpq-dev)",
        scheme));
#endif
}

}  // namespace

bool is_database(const std::filesystem::path& where) {
    const std::string place = where.string();
    const auto end = place.find("://");
    if (end == place.npos || end == 0) return false;
    constexpr std::string_view of_schemes = "abcdefghijklmnopqrstuvwxyz0123456789+-.";
    return place.find_first_not_of(of_schemes) == end;
}

std::string storage_name(const std::filesystem::path& where) {
    if (!is_database(where)) return where.string();
    expect_postgres(where.string());
#ifdef MANYGPCM_POSTGRES
    return database_name(where.string());
#else
    return {};
#endif
}

std::unique_ptr<StudyLog> open_log(const std::filesystem::path& where, StudyLog::Access access,
                                   const Notice& notice, StopFlag stop) {
    if (!is_database(where)) return std::make_unique<Journal>(where, access, notice, stop);
    expect_postgres(where.string());
#ifdef MANYGPCM_POSTGRES
    return open_postgres_log(where.string(), access, notice, stop);
#else
    return nullptr;
#endif
}

}  // namespace manygpcm::search
