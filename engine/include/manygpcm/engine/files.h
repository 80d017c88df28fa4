// Output files that are whole or absent: written aside, then renamed.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "manygpcm/engine/stop.h"

namespace manygpcm {

/// Replaces `file`, or what it links to, by `content`; a failure leaves the old file as it was.
/// What isn't a regular file (a device, a pipe, the standard output) is written to as it stands.
/// @throws InputError naming the file and the system's reason.
void write_file(const std::filesystem::path& file, std::string_view content);

/// The same in parts, for what is too much to be held.
class PartedFile {
  public:
    /// @throws InputError as write_file(), as the others do
    explicit PartedFile(const std::filesystem::path& file);
    PartedFile(const PartedFile&) = delete;
    PartedFile& operator=(const PartedFile&) = delete;
    /// Without finish() the old file stays as it was.
    ~PartedFile();

    void append(std::string_view content);
    void finish();

  private:
    struct Target;
    std::unique_ptr<Target> target_;
};

/// Whether `file` is this process's standard output, as /dev/stdout is.
bool is_standard_output(const std::filesystem::path& file);

/// The whole of `file`, which may be a pipe. @throws InputError if it can't be read or, being no
/// regular file, doesn't end within 1 GiB; Interrupted where `stop` is set, however long a pipe is
/// waited for
std::string read_file(const std::filesystem::path& file, StopFlag stop = nullptr);

/// Removes what writers that were killed have left aside in `directory`: files whose names have
/// write_file's form, and whose process is gone (one that can't be asked: for a day).
void remove_abandoned_files(const std::filesystem::path& directory);

/// Creates `directory` (with parents) if needed and checks that files can be made in it; what
/// killed writers have left there is removed.
/// @throws InputError if not.
void ensure_writable_directory(const std::filesystem::path& directory);

/// Checks that write_file has a place for `file`, which may not exist, and creates its directory
/// (with parents) if needed. @throws InputError if not, or if `file` is a directory.
void ensure_writable_file(const std::filesystem::path& file);

}  // namespace manygpcm
