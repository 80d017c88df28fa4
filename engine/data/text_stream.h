// The text of a file, unpacked and read piece by piece: files may be larger than memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "manygpcm/engine/error.h"
#include "manygpcm/engine/stop.h"

namespace manygpcm {

/// How a file is read. What comes of it doesn't depend on threads and sizes.
struct Reading {
    StopFlag stop = nullptr;
    int threads = 0;  ///< that parse; 0: as many as there are cores, but no more than 8
    std::size_t first_piece_bytes = std::size_t{1} << 16;  ///< a file below is read by one thread
    std::size_t piece_bytes = std::size_t{1} << 22;
    /// A record must lie in memory as a whole, and a small packed file can claim one of any size.
    std::size_t most_record_bytes = std::size_t{1} << 30;
    /// Lines are numbered by int, what would follow the last one included.
    std::int64_t most_lines = std::numeric_limits<int>::max() - 1;
    /// Told how many bytes of the file were read; may be empty.
    std::function<void(std::size_t)> bytes_read = {};
};

/// How files are read one after the other so that `observer` hears of it, which outlives what is
/// returned.
Reading reading_of(std::span<const std::filesystem::path> files, StopFlag stop,
                   const std::function<void(double)>& observer);

/// A part of a text that holds whole records.
struct TextPiece {
    std::string text;
    int first_line = 1;  ///< of the file
    bool last = true;
};

/// The end of the last whole record in a text that begins with one, where another follows; 0: there
/// is none.
using Cut = std::size_t (*)(std::string_view text);

/// The content of a file without its byte order mark. Whatever makes a file as a whole none that
/// can be read is told before what is wrong in a piece of it (read_to_end()).
class TextStream {
  public:
    /// @throws InputError if it can't be read, says nothing, is no text in UTF-8 or has no line
    /// ends but bare CRs; Interrupted where `stop` is set; next() and read_to_end() do so, too
    TextStream(const std::filesystem::path& file, const Reading& reading);
    TextStream(const TextStream&) = delete;
    TextStream& operator=(const TextStream&) = delete;
    ~TextStream();

    /// The text as far as it was read, with the first line that isn't blank.
    std::string_view begin() const { return text_; }
    /// The same with so many lines and more than blanks behind, where there are as many.
    std::string_view begin(std::size_t lines);

    /// The next piece, which ends at a cut; none at the end. There is more than blanks in each, and
    /// behind each but the last.
    /// @throws InputError, too, for a record or a number of lines beyond what `reading` allows
    std::optional<TextPiece> next(Cut cut);

    /// Passes over what is left.
    void read_to_end();

  private:
    class Bytes;

    void read_up_to(std::size_t bytes);
    void read_longer_record();
    void expect_record_within(std::size_t bytes);
    TextPiece numbered(std::string text, bool last);
    bool read_more();
    void expect_no_zero(std::string_view text);
    /// @param line  that is at fault; 0: the file is
    [[noreturn]] void refuse(std::string_view what, int line = 0);

    std::filesystem::path file_;
    Reading reading_;
    std::unique_ptr<Bytes> bytes_;
    std::string text_;  ///< read, and not yet part of a piece
    int line_ = 1;      ///< where it begins
    bool begun_ = false, first_ = true, at_end_ = false, done_ = false;
};

/// What is wrong in a piece of a text, which read() tells, comes after what is with the whole.
template <class Read>
void told_last(TextStream& text, const Read& read) {
    try {
        read();
    } catch (const InputError&) {
        text.read_to_end();
        throw;
    }
}

}  // namespace manygpcm
