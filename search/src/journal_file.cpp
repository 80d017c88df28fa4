// The journal as lines of a file: appending under the lock, synced; reading what is new; ending a
// line that a killed writer left torn.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include "manygpcm/engine/descriptor.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/search/journal.h"
#include "python_json.h"

namespace manygpcm {
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

/// What follows the last line end.
std::string tail_of(const OpenFile& in, const fs::path& file) {
    constexpr std::size_t block = 4096;
    std::string tail;
    std::size_t from = in.size;
    while (from > 0) {
        const std::size_t to = from;
        from -= std::min(block, from);
        tail.insert(0, read_range(in, from, to, file));
        if (const auto end = tail.rfind('\n'); end != tail.npos) return tail.substr(end + 1);
    }
    return tail;
}

std::optional<Journal::Record> parse_record(std::string_view line) {
    auto json = parse_python_json(line);
    if (json && !json->is_object()) json.reset();
    return json;
}

/// A last line is cut off only in a file that can be a journal: its lines are objects.
void expect_journal(const OpenFile& in, const fs::path& file) {
    const std::string first = read_range(in, 0, std::min<std::size_t>(1, in.size), file);
    if (!first.empty() && first != "{")
        throw InputError(
            fmt::format("{}:1: isn't a JSON object; expected a journal of Optuna", file.string()));
}

/// A file's own entry in its directory, on the disk.
void sync_directory_of(const fs::path& file) {
    const Descriptor directory(fs::absolute(file).parent_path(), O_RDONLY);
    if (directory.good()) ::fsync(directory.get());
}

}  // namespace

Journal::Journal(fs::path file, Access access, Notice notice, const std::atomic<bool>* stop)
    : file_(std::move(file)), notice_(std::move(notice)), stop_(stop) {
    if (access == Access::read) {
        OpenFile(file_, O_RDONLY, "read");
        return;
    }
    const bool existed = fs::exists(fs::symlink_status(file_));
    const OpenFile opened(file_, O_RDWR | O_CREAT, "open");
    if (!existed) sync_directory_of(file_);
    expect_journal(opened, file_);
    // Looked at without the lock, the last line may be one that is being written.
    if (!tail_of(opened, file_).empty()) {
        const auto held = lock();
        end_torn_line();
    }
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
    std::size_t begin = 0;
    for (auto end = text.find('\n'); end != text.npos; end = text.find('\n', begin)) {
        const std::string_view line = std::string_view(text).substr(begin, end - begin);
        begin = end + 1;
        ++lines_;
        auto record = parse_record(line);
        if (!record)
            throw InputError(fmt::format("{}:{}: isn't a JSON object; expected a journal of Optuna",
                                         file_.string(), lines_));
        lines.push_back({.number = lines_, .record = std::move(*record)});
    }
    offset_ += begin;
    return lines;
}

std::unique_ptr<Journal::Lock> Journal::lock() {
    return std::make_unique<Lock>(file_, notice_, stop_);
}

void Journal::end_torn_line() {
    const OpenFile out(file_, O_RDWR, "write");
    const std::string tail = tail_of(out, file_);
    if (tail.empty()) return;
    if (parse_record(tail)) {
        // Somebody may have read it as what it is, Optuna does.
        if (::pwrite(out.get(), "\n", 1, static_cast<off_t>(out.size)) != 1)
            throw cannot("write", file_, errno);
    } else {
        if (::ftruncate(out.get(), static_cast<off_t>(out.size - tail.size())) != 0)
            throw cannot("write", file_, errno);
        if (notice_)
            notice_(
                fmt::format("{}: the last line was torn, as a killed writer leaves it; its {} "
                            "bytes were cut off",
                            file_.string(), tail.size()));
    }
    if (::fsync(out.get()) != 0) throw cannot("write", file_, errno);
}

void Journal::append(const Lock&, std::span<const Record> records) {
    if (records.empty()) return;
    end_torn_line();  // of a writer that was killed since
    std::string text;
    for (const Record& record : records) {
        constexpr bool ascii = true;  // as Python writes it
        text += record.dump(-1, ' ', ascii, Record::error_handler_t::replace) + '\n';
    }
    const OpenFile out(file_, O_WRONLY | O_APPEND, "write");
    if (write_all(out.get(), text) && ::fsync(out.get()) == 0) return;
    const int error = errno;
    if (::ftruncate(out.get(), static_cast<off_t>(out.size)) == 0) ::fsync(out.get());
    throw cannot("write", file_, error);
}

}  // namespace manygpcm
