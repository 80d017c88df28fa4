// How far a long command has come, on stderr: one line that is redrawn on a terminal, a plain line
// now and then elsewhere (a log file, a pipe).
#pragma once

#include <chrono>
#include <mutex>
#include <string>

namespace manygpcm::cli {

/// As much as is shown of what isn't over: after the last epoch there are scores to compute and
/// files to write.
constexpr double almost_done = 0.99;

class Progress {
  public:
    explicit Progress(bool quiet);
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress();  ///< ends the line, so that what follows (an error, a prompt) starts on its own

    /// Shows on a terminal that work has begun: the first state may be long in coming.
    void begin(const std::string& text);

    /// Whether show() would show anything: somebody looks, and the last one shown is old enough.
    bool due() const;
    /// Shows a state, at most as almost_done, if it is due. `text` says the most important first:
    /// what doesn't fit the terminal is cut off.
    void show(double fraction, const std::string& text);

    /// The same of work that is over in so many seconds, which the text's end tells.
    void show_left(double seconds_left, const std::string& text);

    /// Shows the last state, whenever the one before was shown; below 1 where not all was done.
    void finish(const std::string& text, double fraction = 1);
    /// Takes back what a terminal shows, of work whose end others tell of.
    void clear();

    /// Lines of their own, which stay; not with --quiet.
    void note(const std::string& text);
    /// The same with the program's name, with --quiet too.
    void notice(const std::string& text);

    double seconds_elapsed() const;

  private:
    using Clock = std::chrono::steady_clock;
    enum class Style { none, plain, bar };

    void print_line(const std::string& text);
    void draw(double fraction, const std::string& text);

    std::mutex drawing_;  // notes come from whatever thread has something to say
    Style style_ = Style::none;
    Clock::time_point start_ = Clock::now();
    Clock::time_point last_shown_ = start_;
    bool line_open_ = false;
};

/// One line of at most `width` columns: percent, a bar if there is room for one, text.
std::string progress_line(double fraction, const std::string& text, int width);

/// "8 s", "3 min 20 s", "2 h 5 min".
std::string format_duration(double seconds);

}  // namespace manygpcm::cli
