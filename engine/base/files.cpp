// Output files that are whole or absent, over POSIX calls: the standard streams neither sync nor
// say why they failed.
#include "manygpcm/engine/files.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <optional>

#include "base/input_file.h"
#include "manygpcm/engine/detail/descriptor.h"
#include "manygpcm/engine/detail/process_identity.h"
#include "manygpcm/engine/detail/unfinished.h"
#include "manygpcm/engine/error.h"

namespace manygpcm {
namespace {

namespace fs = std::filesystem;

// Names of files aside: ".NAME.manygpcm-SPACE-PROCESS-START-COUNT.tmp" says who writes it, so that
// what a process that was killed has left can be told from what is being written.
constexpr std::string_view aside_mark = ".manygpcm-", aside_end = ".tmp";
constexpr std::size_t most_name_kept = 150;  // bytes: the system's limit for all of it is 255
// A writer that can't be asked, as it is on another machine, or was before this one was started.
constexpr std::chrono::hours gone_after{24};

/// A name beside `file` that no other writer, in this process or another, uses now.
fs::path name_aside(const fs::path& file) {
    static const NumberedProcess self = this_process();
    static std::atomic<unsigned> count{0};
    return file.parent_path() /
           fmt::format(".{}{}{:x}-{}-{}-{}{}", file.filename().string().substr(0, most_name_kept),
                       aside_mark, self.space, self.number, self.start, count++, aside_end);
}

/// Who writes a file whose name has the above form.
std::optional<NumberedProcess> writer_of(std::string_view name) {
    const auto mark = name.rfind(aside_mark);
    if (!name.starts_with('.') || !name.ends_with(aside_end) || mark == name.npos)
        return std::nullopt;
    const char* at = name.data() + mark + aside_mark.size();
    const char* const end = name.data() + name.size() - aside_end.size();
    const auto take = [&](auto& number, int base) {
        const auto [beyond, error] = std::from_chars(at, end, number, base);
        at = beyond == end ? end : beyond + 1;
        return error == std::errc() && (beyond == end || *beyond == '-');
    };
    NumberedProcess writer;
    unsigned count = 0;
    if (take(writer.space, 16) && take(writer.number, 10) && take(writer.start, 10) &&
        take(count, 10) && at == end)
        return writer;
    return std::nullopt;
}

/// Whether nobody will go on with a file aside.
bool is_abandoned(const fs::path& file, const NumberedProcess& writer) {
    if (const ProcessState state = state_of(writer); state != ProcessState::unknown)
        return state == ProcessState::gone;
    std::error_code error;
    const auto written = fs::last_write_time(file, error);
    return !error && fs::file_time_type::clock::now() - written > gone_after;
}

/// The file at the end of `file`'s links, which a rename may replace; it need not exist. Nothing
/// where the content must go into what is there: a device, a pipe, an open file's name in /proc,
/// such as /dev/stdout leads to.
std::optional<fs::path> replaceable(const fs::path& file) {
    constexpr int most_links = 40;  // as many as the system follows
    fs::path place = fs::absolute(file);
    for (int links = 0; links < most_links; ++links) {
        std::error_code error;
        const fs::path directory = fs::canonical(place.parent_path(), error);
        if (error) throw cannot("write", file, error.value());
        if ((directory / "").native().starts_with("/proc/")) return std::nullopt;
        place = directory / place.filename();
        const fs::file_status status = fs::symlink_status(place, error);
        // A name that is too long, say; a file that isn't there is another matter.
        if (status.type() == fs::file_type::none) throw cannot("write", file, error.value());
        if (fs::is_directory(status)) throw cannot("write", file, EISDIR);
        if (!fs::is_symlink(status))
            return fs::is_regular_file(status) || !fs::exists(status) ? std::optional(place)
                                                                      : std::nullopt;
        place = directory / fs::read_symlink(place, error);
        if (error) throw cannot("write", file, error.value());
    }
    throw cannot("write", file, ELOOP);
}

}  // namespace

bool is_standard_output(const fs::path& file) {
    struct stat named {
    }, standard{};
    return ::stat(file.c_str(), &named) == 0 && ::fstat(STDOUT_FILENO, &standard) == 0 &&
           named.st_dev == standard.st_dev && named.st_ino == standard.st_ino;
}

/// Where the content goes: aside, to be renamed, or into what is there.
struct PartedFile::Target {
    fs::path file;
    std::optional<fs::path> replaced;
    std::optional<Unfinished> aside;
    std::optional<Descriptor> own;
    int descriptor = STDOUT_FILENO;
    bool finished = false;

    explicit Target(const fs::path& path) : file(path), replaced(replaceable(path)) {
        int error = 0;
        const auto open = [&](const fs::path& name, int flags) {
            own.emplace(name, flags);
            if (!own->good()) error = errno;
        };
        if (replaced) {
            aside.emplace([&] {
                fs::path name = name_aside(*replaced);
                open(name, O_WRONLY | O_CREAT | O_TRUNC);
                return name;
            });
        } else if (is_standard_output(file)) {
            // A second descriptor of it would be at its start, not at its end.
            std::fflush(stdout);
        } else {
            open(file, O_WRONLY | O_APPEND);
        }
        if (error != 0) throw cannot("write", file, error);
        if (own) descriptor = own->get();
    }
    Target(const Target&) = delete;
    Target& operator=(const Target&) = delete;
    ~Target() {
        if (aside && !finished) ::unlink(aside->path().c_str());
    }
};

PartedFile::PartedFile(const fs::path& file) : target_(std::make_unique<Target>(file)) {}

PartedFile::~PartedFile() = default;

void PartedFile::append(std::string_view content) {
    if (!write_all(target_->descriptor, content)) throw cannot("write", target_->file, errno);
}

void PartedFile::finish() {
    if (target_->aside &&
        (::fsync(target_->descriptor) != 0 ||
         ::rename(target_->aside->path().c_str(), target_->replaced->c_str()) != 0))
        throw cannot("write", target_->file, errno);
    target_->finished = true;
}

void write_file(const fs::path& file, std::string_view content) {
    PartedFile whole(file);
    whole.append(content);
    whole.finish();
}

std::string read_file(const fs::path& file, StopFlag stop) {
    InputFile in(file, stop);
    std::string content;
    content.reserve(in.size().value_or(0));
    std::array<char, 1 << 16> buffer;
    while (const std::size_t n = in.read(buffer))
        content.append(buffer.data(), n);
    return content;
}

void remove_abandoned_files(const fs::path& directory) {
    std::error_code error;  // what can't be removed is left: it does no harm
    for (const fs::directory_entry& entry : fs::directory_iterator(directory, error)) {
        const auto writer = writer_of(entry.path().filename().native());
        if (writer && is_abandoned(entry.path(), *writer)) fs::remove(entry.path(), error);
    }
}

void ensure_writable_directory(const fs::path& directory) {
    std::error_code error;
    fs::create_directories(directory, error);
    if (error) throw cannot("create the directory", directory, error.value());
    if (!fs::is_directory(directory, error)) throw cannot("write into it", directory, ENOTDIR);
    int failure = 0;
    const Unfinished probe([&] {
        fs::path name = name_aside(directory / "probe");
        if (Descriptor(name, O_WRONLY | O_CREAT | O_EXCL).good()) return name;
        failure = errno;
        return fs::path();
    });
    if (failure != 0) throw cannot("write into it", directory, failure);
    ::unlink(probe.path().c_str());
    remove_abandoned_files(directory);
}

void ensure_writable_file(const fs::path& file) {
    const fs::path directory = fs::absolute(file).parent_path();
    std::error_code error;
    fs::create_directories(directory, error);
    if (error) throw cannot("create the directory", directory, error.value());
    if (const auto target = replaceable(file))
        return ensure_writable_directory(target->parent_path());
    if (fs::is_directory(file, error)) throw cannot("write", file, EISDIR);
    // The standard output is written to as it was opened, whatever its name allows.
    if (!is_standard_output(file) && ::access(file.c_str(), W_OK) != 0)
        throw cannot("write", file, errno);
}

}  // namespace manygpcm
