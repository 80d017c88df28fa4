// libpq without its blocking calls, so that waits are bounded and a stop ends them.
#include "postgres/connection.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <thread>
#include <utility>

namespace manygpcm::search {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

// A try to connect that takes longer is given up.
constexpr auto longest_connecting = 10s;
// Between looks at the stop flag.
constexpr auto longest_look = 100ms;
// Who is to stop has results to write, for which it waits so long.
constexpr auto shortest_stopped_wait = 1s;
constexpr SteadyClock::duration first_pause = 100ms, longest_pause = 5s;

// A connection that was cut without a word is noticed within a minute by both sides; and no session
// of ours keeps others waiting that has gone silent in the middle of a transaction.
const std::string settings_of_a_session =
    "SET idle_in_transaction_session_timeout = '60s'; SET extra_float_digits = 3;"
    "SET standard_conforming_strings = on; SET DateStyle = 'ISO, YMD';"
    "SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3;"
    "SET synchronous_commit = on;";

/// The server's words on one line.
std::string one_line(std::string_view words) {
    std::string line;
    for (const char c : words) {
        const bool blank = c == '\n' || c == '\t' || c == ' ';
        if (blank && (line.empty() || line.back() == ' ')) continue;
        line += blank ? ' ' : c;
    }
    while (line.ends_with(' '))
        line.pop_back();
    return line;
}

/// Servers that are starting, or full, will have us in a while.
bool may_pass(std::string_view words) {
    constexpr std::string_view passing[] = {
        "too many clients", "too many connections", "remaining connection slots",
        "starting up",      "shutting down",        "in recovery mode"};
    return std::ranges::any_of(
        passing, [&](std::string_view part) { return words.find(part) != words.npos; });
}

/// What libpq says of a URI that it doesn't take, which it quotes in part or whole, without what
/// may be the password: all between the first colon behind "://" and the last "@".
std::string without_password(const std::string& text, const std::string& uri) {
    const auto colon = uri.find(':', uri.find("://") + 3), end = uri.find_last_of('@');
    if (end == uri.npos || colon > end) return text;
    std::string result = text;
    for (const std::string& secret :
         {uri.substr(colon + 1, end - colon - 1), uri.substr(colon + 1)})
        if (const auto at = result.find(secret); at != result.npos && !secret.empty())
            result.replace(at, secret.size(), "***");
    return result;
}

/// Waits until the connection's socket may be read or written, or longest_look is over.
void wait_for(const PGconn* connection, short events) {
    pollfd descriptor{.fd = PQsocket(connection), .events = events, .revents = 0};
    ::poll(&descriptor, 1, static_cast<int>(std::chrono::milliseconds(longest_look).count()));
}

/// Looks at the stop flag meanwhile.
void pause_for(SteadyClock::duration duration, StopFlag stop) {
    const auto end = SteadyClock::now() + duration;
    while (SteadyClock::now() < end && !is_set(stop))
        std::this_thread::sleep_for(std::min<SteadyClock::duration>(longest_look, duration));
}

/// Whether a SQLSTATE says that the session is ended: by the operator, a crash, a time-out.
bool ends_the_session(std::string_view state) {
    return state.starts_with("08") || state.starts_with("57P") || state == "25P03";
}

}  // namespace

std::string database_name(const std::string& uri) {
    // Of a password with such a character libpq would take the beginning for a port, and say so.
    if (const auto at = uri.find('@');
        at != uri.npos && uri.find_first_of("/?#", uri.find("://") + 3) < at)
        throw InputError(
            "--study: the URI has a '/', '?' or '#' before its first '@'; expected them as %2F, "
            "%3F and %23 in a password, and an '@' elsewhere as %40");
    char* words = nullptr;
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
        PQconninfoParse(uri.c_str(), &words), PQconninfoFree);
    const std::unique_ptr<char, decltype(&PQfreemem)> owned(words, PQfreemem);
    if (!options)
        throw InputError(
            fmt::format("--study: {}; expected postgresql://user@host:port/database",
                        without_password(words != nullptr ? one_line(words) : "isn't a URI", uri)));
    std::string user, host, port, database;
    for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
        const std::string_view keyword = option->keyword;
        if (option->val == nullptr) continue;
        if (keyword == "user") user = option->val;
        if (keyword == "host") host = option->val;
        if (keyword == "port") port = option->val;
        if (keyword == "dbname") database = option->val;
    }
    const bool socket = host.starts_with('/');
    return fmt::format("postgresql://{}{}{}{}/{}{}", user, user.empty() ? "" : "@",
                       socket ? "" : host, port.empty() ? "" : ":" + port, database,
                       socket ? "?host=" + host : "");
}

Rows::Rows(pg_result* result) : result_(result, PQclear) {}

int Rows::size() const {
    return PQntuples(result_.get());
}

std::string_view Rows::text(int row, int column) const {
    return {PQgetvalue(result_.get(), row, column),
            static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

bool Rows::is_null(int row, int column) const {
    return PQgetisnull(result_.get(), row, column) != 0;
}

long long Rows::integer(int row, int column) const {
    const std::string_view digits = text(row, column);
    long long value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size())
        throw std::invalid_argument(fmt::format("column '{}' is '{}'; expected a whole number",
                                                PQfname(result_.get(), column), digits));
    return value;
}

void Connection::Close::operator()(pg_conn* connection) const noexcept {
    PQfinish(connection);
}

Connection::Connection(std::string uri, Notice notice, StopFlag stop, ServerPatience patience)
    : uri_(std::move(uri)),
      name_(database_name(uri_)),
      notice_(std::move(notice)),
      stop_(stop),
      patience_(patience) {
    try {
        connect(stop_);
    } catch (const ConnectionLost& error) {
        if (!may_pass(error.what())) throw InputError(fmt::format("{}: {}", name_, error.what()));
        reconnect(error.what());
    }
}

Connection::~Connection() = default;

void Connection::tell(const std::string& what) const {
    if (notice_) notice_(fmt::format("{}: {}", name_, what));
}

/// @throws ConnectionLost where it can't; Interrupted
void Connection::connect(StopFlag stop) {
    // What stands before the URI holds where the URI says nothing else.
    const char* const keywords[] = {"keepalives_idle",           "keepalives_interval",
                                    "keepalives_count",          "tcp_user_timeout",
                                    "fallback_application_name", "dbname",
                                    "client_encoding",           nullptr};
    const char* const values[] = {"30",       "10",         "3",    "60000",
                                  "manygpcm", uri_.c_str(), "UTF8", nullptr};
    constexpr int expand_uri = 1;
    connection_.reset(PQconnectStartParams(keywords, values, expand_uri));
    if (!connection_) throw ConnectionLost("out of memory");
    const auto lost = [&](const std::string& words) {
        connection_.reset();
        lost_words_ = words;
        return ConnectionLost(lost_words_);
    };
    const auto start = SteadyClock::now();
    for (auto status = PGRES_POLLING_WRITING; status != PGRES_POLLING_OK;
         status = PQconnectPoll(connection_.get())) {
        if (status == PGRES_POLLING_FAILED || PQstatus(connection_.get()) == CONNECTION_BAD)
            throw lost(one_line(PQerrorMessage(connection_.get())));
        const auto waited = SteadyClock::now() - start;
        if (is_set(stop) && waited >= shortest_stopped_wait) {
            connection_.reset();
            throw Interrupted(name_ + ": stopped while connecting");
        }
        if (waited > longest_connecting) throw lost("no answer within 10 seconds");
        wait_for(connection_.get(), status == PGRES_POLLING_READING ? POLLIN : POLLOUT);
    }
    PQsetnonblocking(connection_.get(), 1);
    PQsetNoticeProcessor(
        connection_.get(), [](void*, const char*) {}, nullptr);
    run(settings_of_a_session + fmt::format("SET lock_timeout = {};",
                                            std::max<std::int64_t>(1, patience_.lost.count())),
        "", stop);
}

std::vector<Rows> Connection::run(const std::string& statements, const std::string& waiting_for,
                                  StopFlag stop) {
    const auto start = SteadyClock::now();
    PGconn* const connection = connection_.get();
    const auto lost = [&](const std::string& words) {
        connection_.reset();
        lost_words_ = words.empty() ? "the connection was closed" : words;
        return ConnectionLost(lost_words_);
    };
    if (connection == nullptr) throw ConnectionLost(lost_words_);
    if (PQsendQuery(connection, statements.c_str()) == 0)
        throw lost(one_line(PQerrorMessage(connection)));
    std::vector<Rows> rows;
    std::string refusal, state;
    bool noticed = false;
    for (int unsent = 1;;) {
        if (unsent != 0) unsent = PQflush(connection);
        if (unsent < 0 || PQconsumeInput(connection) == 0)
            throw lost(state.empty() ? one_line(PQerrorMessage(connection)) : refusal);
        while (PQisBusy(connection) == 0) {
            PGresult* const result = PQgetResult(connection);
            if (result == nullptr) {
                if (ends_the_session(state)) throw lost(refusal);
                if (!state.empty()) throw Refused(fmt::format("{}: {}", name_, refusal), state);
                return rows;
            }
            Rows some(result);
            if (PQresultStatus(result) != PGRES_FATAL_ERROR) {
                rows.push_back(std::move(some));
                continue;
            }
            const char* const code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
            if (code == nullptr)  // libpq's own: the server is gone
                throw lost(one_line(PQresultErrorMessage(result)));
            if (!state.empty()) continue;
            state = code;
            const char* const primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
            const char* const detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
            refusal = one_line(primary != nullptr ? primary : "");
            if (detail != nullptr) refusal += " (" + one_line(detail) + ")";
        }
        const auto waited = SteadyClock::now() - start;
        if (is_set(stop) && waited >= shortest_stopped_wait) {
            connection_.reset();  // the server rolls back
            throw Interrupted(name_ + ": stopped while waiting for the server");
        }
        if (waited > patience_.notice && !noticed && !waiting_for.empty()) {
            tell("waiting for " + waiting_for);
            noticed = true;
        }
        if (waiting_for.empty() && waited > patience_.answer) throw lost("no answer");
        wait_for(connection, static_cast<short>(unsent != 0 ? POLLIN | POLLOUT : POLLIN));
    }
}

void Connection::roll_back() noexcept {
    if (!connection_ || PQtransactionStatus(connection_.get()) == PQTRANS_IDLE) return;
    try {
        run("ROLLBACK");
    } catch (const std::exception&) {
        connection_.reset();  // ends it as well
    }
}

void Connection::reconnect(const std::string& why) {
    const auto start = SteadyClock::now();
    const double seconds = std::chrono::duration<double>(patience_.lost).count();
    tell(fmt::format("{}; it is tried again for {:g} seconds", why, seconds));
    std::string words = why;
    for (SteadyClock::duration pause = first_pause;; pause = std::min(2 * pause, longest_pause)) {
        pause_for(pause, stop_);
        if (is_set(stop_) && SteadyClock::now() - start >= shortest_stopped_wait)
            throw Interrupted(name_ + ": stopped while there was no connection");
        try {
            connect(stop_);
            tell("connected again");
            return;
        } catch (const ConnectionLost& error) {
            words = error.what();
        }
        if (SteadyClock::now() - start > patience_.lost)
            throw InputError(
                fmt::format("{}: there was no connection for {:g} seconds: {}; what "
                            "is on record there stays, and the same command goes on",
                            name_, seconds, words));
    }
}

bool Connection::connect_once(StopFlag stop) noexcept {
    try {
        connect(stop);
        return true;
    } catch (const std::exception&) {
        return false;
    }
}

std::string literal(std::string_view text) {
    std::string quoted = "'";
    // A NUL byte is none that the server's text can have.
    for (const char c : text.substr(0, text.find('\0'))) {
        if (c == '\'') quoted += c;
        quoted += c;
    }
    return quoted + '\'';
}

}  // namespace manygpcm::search
