// A PostgreSQL server of a test's own: its data in a temporary directory, its socket there, gone
// with it.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "engine/test_directory.h"

namespace manygpcm {

class TestServer {
  public:
    /// Where initdb and its like are; empty: PostgreSQL isn't here.
    static std::filesystem::path programs() {
        std::filesystem::path newest;
        std::error_code none;
        for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", none))
            if (std::filesystem::exists(version.path() / "bin/initdb"))
                newest = std::max(newest, version.path() / "bin");
        return newest;
    }

    TestServer() {
        // The server doesn't run as root, for whom there is another user.
        if (::geteuid() == 0) {
            shell(fmt::format("chown postgres {}", data().string()));
            as_ =
                fmt::format("setpriv --reuid=postgres --regid=postgres --clear-groups env HOME={} ",
                            data().string());
        }
        shell(fmt::format("{}{}/initdb -D {}/data -A trust -U optuna --no-sync -E UTF8 --no-locale",
                          as_, programs().string(), data().string()));
        start();
    }
    ~TestServer() { stop(); }

    void start() const {
        shell(fmt::format(
            "{}{}/pg_ctl -D {}/data -w -t 60 -l {}/log -o \"-c listen_addresses='' "
            "-c unix_socket_directories={} -c fsync=off -c max_connections=100\" start",
            as_, programs().string(), data().string(), data().string(), data().string()));
    }

    /// @param mode  fast: sessions are ended; immediate: as a crash does it
    void stop(const char* mode = "fast") const {
        std::system(fmt::format("{}{}/pg_ctl -D {}/data -m {} -w -t 60 stop > /dev/null 2>&1", as_,
                                programs().string(), data().string(), mode)
                        .c_str());
    }

    /// Runs SQL as the server's owner. @returns what it gives, a line a row
    std::string sql(const std::string& statements, const std::string& database = "db") const {
        const auto answer = data() / "answer";
        shell(
            fmt::format("psql -X -q -A -t -v ON_ERROR_STOP=1 -h {} -U optuna -d {} -c \"{}\" > {}",
                        data().string(), database, statements, answer.string()),
            false);
        std::ifstream file(answer);
        std::string text{std::istreambuf_iterator<char>(file), {}};
        while (text.ends_with('\n'))
            text.pop_back();
        return text;
    }

    /// An empty database. @returns its URI
    std::string create(const std::string& database = "db") const {
        sql("CREATE DATABASE " + database, "postgres");
        return uri(database);
    }
    std::string uri(const std::string& database = "db", const std::string& user = "optuna") const {
        return fmt::format("postgresql://{}@/{}?host={}", user, database, data().string());
    }

    /// Lines before pg_hba.conf's own, which lets everybody in.
    void let_in_before(const std::string& lines) const {
        shell(
            fmt::format("printf '{}\\n' | cat - {}/data/pg_hba.conf > {}/hba && cat {}/hba > "
                        "{}/data/pg_hba.conf",
                        lines, data().string(), data().string(), data().string(), data().string()),
            false);
        stop();
        start();
    }

  private:
    const std::filesystem::path& data() const { return directory_.path(); }

    static void shell(const std::string& command, bool silent = true) {
        ASSERT_EQ(std::system((command + (silent ? " > /dev/null 2>&1" : "")).c_str()), 0)
            << command;
    }

    TestDirectory directory_;
    std::string as_;
};

/// Why there is no server to test with; empty: there is one.
inline std::string why_no_server() {
    return TestServer::programs().empty() ? "no PostgreSQL here (Debian: postgresql)" : "";
}

}  // namespace manygpcm
