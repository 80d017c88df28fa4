// A connection to a PostgreSQL server through libpq: statements, their rows, what the server says
// where it refuses, and coming back where it was lost.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "manygpcm/engine/error.h"
#include "manygpcm/engine/stop.h"
#include "manygpcm/search/notice.h"

struct pg_conn;
struct pg_result;

namespace manygpcm::search {

/// How long a server is waited for.
struct ServerPatience {
    /// Until a notice says what is waited for.
    std::chrono::milliseconds notice = std::chrono::seconds(5);
    /// Until a server that can't be reached is given up, and whoever holds a lock.
    std::chrono::milliseconds lost = std::chrono::minutes(2);
    /// Until a connection on which there is no answer is taken for lost.
    std::chrono::milliseconds answer = std::chrono::minutes(2);
};

/// The server refused a statement. what() is complete: the database, the server's words.
struct Refused : InputError {
    Refused(const std::string& what, std::string code) : InputError(what), state(std::move(code)) {}
    std::string state;  ///< SQLSTATE, five characters
};

/// The connection is gone, and with it what wasn't committed. what() are the server's words.
struct ConnectionLost : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// A URI without password and options.
/// @throws InputError for what libpq doesn't take
std::string database_name(const std::string& uri);

/// What a statement gave.
class Rows {
  public:
    explicit Rows(pg_result* result);

    int size() const;
    /// Empty for NULL.
    std::string_view text(int row, int column) const;
    bool is_null(int row, int column) const;
    /// @throws std::invalid_argument where it isn't a whole number
    long long integer(int row, int column) const;

  private:
    std::shared_ptr<pg_result> result_;
};

/// The text as a literal of SQL (standard_conforming_strings, which a Connection has set).
std::string literal(std::string_view text);

/// For one thread at a time.
class Connection {
  public:
    /// Connects. While the server starts, or has too many connections, it is asked again.
    /// @param uri  postgresql://user@host:port/database?option=value, as libpq takes it
    /// @throws InputError with the server's words, never the password; Interrupted
    Connection(std::string uri, Notice notice, StopFlag stop, ServerPatience patience);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    /// database_name() of its URI.
    const std::string& name() const { return name_; }

    /// Runs statements, with semicolons between, in one message, and waits for their end.
    /// @param waiting_for  what another session may keep it waiting for, for a notice; empty: it
    ///   isn't waited for longer than patience.answer
    /// @param stop  ends the wait with Interrupted, a second after it began at the earliest
    /// @returns the rows of each
    /// @throws ConnectionLost, Refused, Interrupted
    std::vector<Rows> run(const std::string& statements, const std::string& waiting_for,
                          StopFlag stop);
    std::vector<Rows> run(const std::string& statements, const std::string& waiting_for = "") {
        return run(statements, waiting_for, stop_);
    }

    /// Ends a transaction without its changes, if there is one.
    void roll_back() noexcept;

    /// Connects again, as often as it takes within patience.lost.
    /// @param why  what was lost, for the notice
    /// @throws InputError with the server's words; Interrupted
    void reconnect(const std::string& why);
    bool connected() const { return connection_ != nullptr; }
    /// Tries once to connect, and tells nobody. @returns whether there is a connection
    bool connect_once(StopFlag stop) noexcept;

  private:
    struct Close {
        void operator()(pg_conn* connection) const noexcept;
    };

    void connect(StopFlag stop);
    void tell(const std::string& what) const;

    std::string uri_, name_;
    Notice notice_;
    StopFlag stop_;
    ServerPatience patience_;
    std::unique_ptr<pg_conn, Close> connection_;
    std::string lost_words_;  ///< why there is no connection
};

}  // namespace manygpcm::search
