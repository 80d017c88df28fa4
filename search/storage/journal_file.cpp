// The journal as lines of a file: appending under the lock, synced; reading what is new; ending a
// line that a killed writer left torn.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "manygpcm/engine/detail/descriptor.h"
#include "manygpcm/engine/error.h"
#include "storage/journal.h"
#include "storage/python_json.h"

namespace manygpcm::search {
namespace {

namespace fs = std::filesystem;

/// Opened anew each time, as Optuna does: on NFS that is what fetches what others wrote.
struct OpenFile : Descriptor {
    OpenFile(const fs::path& file, int flags, std::string_view verb) : Descriptor(file, flags) {
        struct stat status {};
        if (!good() || ::fstat(get(), &status) != 0) throw cannot(verb, file, errno);
        if (S_ISDIR(status.st_mode)) throw cannot(verb, file, EISDIR);
        if (!S_ISREG(status.st_mode))
            throw InputError(file.string() + ": isn't a regular file; expected a journal");
        size = static_cast<std::size_t>(status.st_size);
    }
    std::size_t size = 0;
};

std::string read_range(const OpenFile& in, std::size_t from, std::size_t to, const fs::path& file) {
    std::string text(to - from, '\0');
    std::size_t done = 0;
    while (done < text.size()) {
        const ssize_t n = ::pread(in.get(), text.data() + done, text.size() - done,
                                  static_cast<off_t>(from + done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) throw cannot("read", file, errno);
        if (n == 0) break;  // a torn line was cut off meanwhile
        done += static_cast<std::size_t>(n);
    }
    text.resize(done);
    return text;
}

// What isn't of a line: white space, and the NUL bytes that a file system has where a crash kept it
// from writing what it had made room for.
constexpr std::string_view nothing("\0 \t\r\n", 5);

constexpr std::chrono::minutes abandoned_after{5};

/// The line without what isn't of it, at both ends.
std::string_view trimmed(std::string_view line) {
    const auto begin = std::min(line.find_first_not_of(nothing), line.size());
    return line.substr(begin, line.find_last_not_of(nothing) + 1 - begin);
}

/// How the file ends.
struct Ending {
    std::string last;       // the last line, if it has no end, without what follows it
    std::size_t begin = 0;  // of that, or of the nothing behind the last line that has
};

Ending ending_of(const OpenFile& in, const fs::path& file) {
    constexpr std::size_t block = 4096;
    std::string text;
    for (std::size_t from = in.size; from > 0;) {
        const std::size_t to = from;
        from -= std::min(block, from);
        text.insert(0, read_range(in, from, to, file));
        const auto last = text.find_last_not_of(nothing);
        if (last == text.npos) continue;
        if (const auto end = text.find('\n', last); end != text.npos)
            return {.last = "", .begin = from + end + 1};
        const auto before = text.rfind('\n', last);
        if (before == text.npos && from > 0) continue;
        const std::size_t begin = before == text.npos ? 0 : before + 1;
        return {.last = text.substr(begin, last + 1 - begin), .begin = from + begin};
    }
    return {};
}

std::optional<Journal::Record> parse_record(std::string_view line, std::string_view where) {
    auto record = parse_python_json(line, where);
    if (record && !record->is_object()) record.reset();
    return record;
}

/// A last line is cut off only in a file that can be a journal: its lines are objects.
void expect_journal(const OpenFile& in, const fs::path& file) {
    const std::string first = read_range(in, 0, std::min<std::size_t>(1, in.size), file);
    if (!first.empty() && first != "{")
        throw InputError(
            fmt::format("{}:1: isn't a JSON object; expected a journal of Optuna", file.string()));
}

/// A journal's lock, and what is appended under it.
class LockedJournal final : public StudyLog::Turn {
  public:
    explicit LockedJournal(Journal& journal) : journal_(journal), lock_(journal.lock()) {}

    bool write(std::span<const StudyLog::Record> records) override {
        return journal_.append(*lock_, records);
    }

  private:
    Journal& journal_;
    std::unique_ptr<Journal::Lock> lock_;
};

/// A file's own entry in its directory, on the disk.
void sync_directory_of(const fs::path& file) {
    const Descriptor directory(fs::absolute(file).parent_path(), O_RDONLY);
    if (directory.good()) ::fsync(directory.get());
}

}  // namespace

Journal::Journal(fs::path file, Access access, Notice notice, StopFlag stop)
    : file_(std::move(file)), access_(access), notice_(std::move(notice)), stop_(stop) {
    if (access == Access::read) {
        const OpenFile readable(file_, O_RDONLY, "read");
        return;
    }
    const bool existed = fs::exists(fs::symlink_status(file_));
    const OpenFile opened(file_, O_RDWR | O_CREAT, "open");
    if (!existed) sync_directory_of(file_);
    expect_journal(opened, file_);
    // Looked at without the lock, the last line may be one that is being written.
    if (ending_of(opened, file_).begin < opened.size) {
        const auto held = lock();
        end_torn_line();
    }
}

std::string Journal::place(std::size_t line) const {
    return fmt::format("{}:{}", file_.string(), line);
}

std::vector<Journal::Line> Journal::read_new() {
    const OpenFile in(file_, O_RDONLY, "read");
    if (in.size < offset_)
        throw InputError(
            fmt::format("{}: has {} bytes; expected at least the {} read before, for "
                        "a journal is only appended to",
                        file_.string(), in.size, offset_));
    const std::string text = read_range(in, offset_, in.size, file_);
    std::vector<Line> lines;
    std::size_t begin = 0, read = 0, empty = 0;
    for (auto end = text.find('\n'); end != text.npos; end = text.find('\n', begin)) {
        const std::string_view line = trimmed(std::string_view(text).substr(begin, end - begin));
        begin = end + 1;
        if (line.empty()) {
            // Whoever appends next cuts it off, if it is the last; nothing read lies beyond.
            ++empty;
            continue;
        }
        lines_ += std::exchange(empty, 0) + 1;
        auto record = parse_record(line, place(lines_));
        if (!record)
            throw InputError(place(lines_) + ": isn't a JSON object; expected a journal of Optuna");
        lines.push_back({.number = lines_, .record = std::move(*record)});
        read = begin;
    }
    const bool tail_counts = access_ == Access::read;  // else it is ended before the next is added
    const std::string_view rest = std::string_view(text).substr(begin), tail = trimmed(rest);
    if (tail_counts && !tail.empty()) {
        const std::size_t number = lines_ + empty + 1;
        if (auto record = parse_record(tail, place(number))) {
            lines.push_back({.number = number, .record = std::move(*record)});
            lines_ += empty;  // its own end, when it comes, counts for it
            read = text.size();
        }
    }
    offset_ += read;
    if (tail_counts && read < text.size() && notice_ && !std::exchange(tail_noticed_, true)) {
        if (!tail.empty() || rest.find('\0') != rest.npos)
            notice_(
                fmt::format("{}: the last line has no end and was left out, {} bytes: torn, or "
                            "still being written",
                            place(lines_ + empty + 1), rest.size()));
    }
    return lines;
}

std::unique_ptr<Journal::Lock> Journal::lock() {
    return std::make_unique<Lock>(file_, notice_, stop_);
}

std::unique_ptr<StudyLog::Turn> Journal::take_turn() {
    return std::make_unique<LockedJournal>(*this);
}

bool Journal::is_abandoned(int) const {
    std::error_code error;
    const auto changed = fs::last_write_time(file_, error);
    return !error && fs::file_time_type::clock::now() - changed > abandoned_after;
}

void Journal::end_torn_line() {
    const OpenFile out(file_, O_RDWR, "write");
    const Ending ending = ending_of(out, file_);
    if (ending.begin == out.size) return;
    const auto cut = [&](std::size_t size) {
        if (::ftruncate(out.get(), static_cast<off_t>(size)) != 0)
            throw cannot("write", file_, errno);
    };
    const std::string_view last = trimmed(ending.last);
    if (!last.empty() && parse_record(last, file_.string())) {
        // Somebody may have read it as what it is, Optuna does.
        const std::size_t end = ending.begin + ending.last.size();
        if (::pwrite(out.get(), "\n", 1, static_cast<off_t>(end)) != 1)
            throw cannot("write", file_, errno);
        cut(end + 1);
    } else {
        cut(ending.begin);
        if (notice_)
            notice_(fmt::format("{}: {}; its {} bytes were cut off", file_.string(),
                                last.empty() ? "the end was empty"
                                             : "the last line was torn, as a killed writer leaves "
                                               "it",
                                out.size - ending.begin));
    }
    if (::fsync(out.get()) != 0) throw cannot("write", file_, errno);
}

bool Journal::append(const Lock& lock, std::span<const Record> records) {
    if (records.empty()) return true;
    if (!lock.held()) return false;
    end_torn_line();  // of a writer that was killed since
    std::string text;
    for (const Record& record : records) {
        constexpr bool ascii = true;  // as Python writes it
        text += record.dump(-1, ' ', ascii, Record::error_handler_t::replace) + '\n';
    }
    const OpenFile out(file_, O_WRONLY | O_APPEND, "write");
    if (write_all(out.get(), text) && ::fsync(out.get()) == 0) return true;
    const int error = errno;
    if (lock.held() && ::ftruncate(out.get(), static_cast<off_t>(out.size)) == 0)
        ::fsync(out.get());
    throw cannot("write", file_, error);
}

}  // namespace manygpcm::search
