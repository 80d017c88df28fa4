// Terminals and their width, the bar.
#include "progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>

#include "manygpcm/engine/shown.h"
#include "streams.h"

namespace manygpcm::cli {
namespace {

constexpr auto bar_interval = std::chrono::milliseconds(100);
constexpr auto plain_interval = std::chrono::seconds(10);
constexpr int default_width = 80;
constexpr int narrowest_bar = 10, widest_bar = 40;
constexpr const char* erase_to_end_of_line = "\033[K";

int terminal_width() {
    winsize size{};
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return default_width;
    return size.ws_col;
}

/// That a terminal may need for what begins with this byte: characters of three bytes and more may
/// be wide.
int columns(char c) {
    const auto byte = static_cast<unsigned char>(c);
    const bool continues = (byte & 0xC0) == 0x80;
    return continues ? 0 : byte >= 0xE0 ? 2 : 1;
}

int columns(std::string_view text) {
    return std::accumulate(text.begin(), text.end(), 0,
                           [](int sum, char c) { return sum + columns(c); });
}

}  // namespace

Progress::Progress(bool quiet) {
    if (quiet) return;
    style_ = isatty(STDERR_FILENO) != 0 ? Style::bar : Style::plain;
}

Progress::~Progress() {
    if (line_open_) print_stderr("\n");
}

void Progress::begin(const std::string& text) {
    if (style_ == Style::bar) draw(0, text);
}

bool Progress::due() const {
    const Clock::duration interval =
        style_ == Style::bar ? Clock::duration(bar_interval) : Clock::duration(plain_interval);
    return style_ != Style::none && Clock::now() - last_shown_ >= interval;
}

void Progress::show(double fraction, const std::string& text) {
    if (!due()) return;
    last_shown_ = Clock::now();
    draw(std::min(fraction, almost_done), text);
}

void Progress::show_left(double seconds_left, const std::string& text) {
    if (!due()) return;
    const double elapsed = seconds_elapsed();
    show(elapsed / (elapsed + seconds_left),
         fmt::format("{}, {} left", text, format_duration(seconds_left)));
}

void Progress::finish(const std::string& text, double fraction) {
    draw(fraction, text);
    if (line_open_) print_stderr("\n");
    line_open_ = false;
}

void Progress::clear() {
    const std::lock_guard lock(drawing_);
    if (line_open_) print_stderr(fmt::format("\r{}", erase_to_end_of_line));
    line_open_ = false;
}

void Progress::note(const std::string& text) {
    if (style_ != Style::none) print_line(text);
}

void Progress::notice(const std::string& text) {
    print_line("manygpcm: " + text);
}

void Progress::print_line(const std::string& text) {
    const std::lock_guard lock(drawing_);
    if (line_open_) print_stderr("\n");
    line_open_ = false;
    print_stderr(printable(text) + "\n");
}

double Progress::seconds_elapsed() const {
    return std::chrono::duration<double>(Clock::now() - start_).count();
}

void Progress::draw(double fraction, const std::string& text) {
    const std::lock_guard lock(drawing_);
    if (style_ == Style::plain) {
        print_stderr(fmt::format("manygpcm: {:.0f}%, {}\n", std::floor(100 * fraction), text));
    } else if (style_ == Style::bar) {
        print_stderr(fmt::format("\r{}{}", progress_line(fraction, text, terminal_width()),
                                 erase_to_end_of_line));
        line_open_ = true;
    }
}

std::string progress_line(double fraction, const std::string& text, int width) {
    const int room = std::max(width - 1, 0);  // a full last column would wrap on some terminals
    std::string line = fmt::format("{:3.0f}% ", std::floor(100 * fraction));
    constexpr int frame = 3;  // "[", "] "
    const int bar = std::min(room - columns(line) - columns(text) - frame, widest_bar);
    if (bar >= narrowest_bar) {
        const int filled = static_cast<int>(std::clamp(fraction, 0.0, 1.0) * bar);
        line += fmt::format("[{}{}] ", std::string(filled, '#'), std::string(bar - filled, '.'));
    }
    line += text;
    std::size_t size = 0;
    for (int left = room; size < line.size(); ++size) {
        left -= columns(line[size]);
        if (left < 0) break;
    }
    line.resize(size);
    return line;
}

std::string format_duration(double seconds) {
    const auto whole = static_cast<long>(std::lround(std::max(seconds, 0.0)));
    if (whole < 60) return fmt::format("{} s", whole);
    if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
    return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

}  // namespace manygpcm::cli
