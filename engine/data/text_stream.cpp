// Unpacks gzip, looks for what no text has, and parts what is read at the ends of records.
#include "data/text_stream.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <memory>
#include <new>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include "base/input_file.h"
#include "data/input_text.h"
#include "manygpcm/engine/error.h"

namespace manygpcm {
namespace {

constexpr std::string_view gzip_mark = "\x1F\x8B", byte_order_mark = "\xEF\xBB\xBF",
                           zip_archive = "PK\x03\x04", blanks = " \t\r\n";
constexpr std::size_t block_bytes = std::size_t{1} << 18;

}  // namespace

Reading reading_of(std::span<const std::filesystem::path> files, StopFlag stop,
                   const std::function<void(double)>& observer) {
    Reading reading{.stop = stop};
    std::uintmax_t bytes = 0;
    for (const std::filesystem::path& file : files) {
        std::error_code error;
        if (!std::filesystem::is_regular_file(file, error)) return reading;
        bytes += std::filesystem::file_size(file, error);
    }
    if (observer)
        reading.bytes_read = [&observer, read = std::make_shared<std::uintmax_t>(0),
                              bytes](std::size_t n) {
            *read += n;
            observer(std::min(1.0, static_cast<double>(*read) / static_cast<double>(bytes)));
        };
    return reading;
}

/// What a file holds, of any number of gzip members where it is packed.
class TextStream::Bytes {
  public:
    Bytes(const std::filesystem::path& file, const Reading& reading)
        : path_(file),
          file_(file, reading.stop),
          bytes_read_(reading.bytes_read),
          block_(block_bytes) {
        look_ahead(gzip_mark.size());
        if (!given_.starts_with(gzip_mark)) return;
        constexpr int gzip_of_any_window = 16 + MAX_WBITS;
        unpacking_.reset(new z_stream{});
        if (inflateInit2(unpacking_.get(), gzip_of_any_window) != Z_OK) throw std::bad_alloc();
    }

    /// The next bytes, until read() is called again; empty at the end.
    std::string_view read() {
        if (unpacking_) return unpacked();
        if (given_.empty()) look_ahead(1);
        return std::exchange(given_, {});
    }

    /// At most as many are read at once; a guess where the file is packed or a pipe.
    std::size_t file_bytes() const { return file_.size().value_or(0); }

  private:
    struct End {
        void operator()(z_stream* stream) const {
            inflateEnd(stream);
            delete stream;
        }
    };

    /// Reads until so many bytes, fewer than a block, are given, or the file ends.
    void look_ahead(std::size_t bytes) {
        const std::size_t kept = given_.size();
        std::ranges::copy(given_, block_.begin());
        std::size_t filled = kept;
        while (filled < bytes) {
            const std::size_t n = file_.read(std::span(block_).subspan(filled));
            if (n == 0) break;
            filled += n;
            if (bytes_read_) bytes_read_(n);
        }
        given_ = std::string_view(block_.data(), filled);
    }

    InputError not_whole(std::string_view what) const {
        return InputError(fmt::format("{}: {}; expected a whole gzip file", path_.string(), what));
    }

    /// Some pad the end with zeros or blanks; anything else may be a member that is damaged.
    void expect_padding() {
        using namespace std::string_view_literals;
        for (; !given_.empty(); given_ = {}, look_ahead(1))
            if (given_.find_first_not_of("\0 \t\r\n"sv) != given_.npos)
                throw not_whole("is damaged or has something else behind its end");
    }

    std::string_view unpacked() {
        constexpr std::size_t most = std::size_t{16} << 30;  // a small file can claim any number
        if (made_.empty()) made_.resize(4 * block_bytes);
        while (!ended_) {
            if (given_.empty()) look_ahead(1);
            // zlib doesn't write to its input.
            unpacking_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(given_.data()));
            unpacking_->avail_in = static_cast<uInt>(given_.size());
            unpacking_->next_out = reinterpret_cast<Bytef*>(made_.data());
            unpacking_->avail_out = static_cast<uInt>(made_.size());
            const bool file_ended = given_.empty();
            const int status = inflate(unpacking_.get(), Z_NO_FLUSH);
            given_.remove_prefix(given_.size() - unpacking_->avail_in);
            const std::size_t n = made_.size() - unpacking_->avail_out;
            n_made_ += n;
            if (n_made_ > most) throw not_whole("holds more than 16 GiB");
            if (status == Z_STREAM_END) {
                if (inflateReset(unpacking_.get()) != Z_OK) throw not_whole("can't be unpacked");
                look_ahead(gzip_mark.size());
                ended_ = !given_.starts_with(gzip_mark);
                if (ended_) expect_padding();
            } else if (status != Z_OK && status != Z_BUF_ERROR) {  // the latter: no more to be had
                throw not_whole("is damaged");
            } else if (n == 0 && file_ended) {
                throw not_whole("is cut off or damaged");
            }
            if (n > 0) return {made_.data(), n};
        }
        return {};
    }

    std::filesystem::path path_;
    InputFile file_;
    std::function<void(std::size_t)> bytes_read_;
    std::vector<char> block_, made_;
    std::string_view given_;                    ///< what of the block hasn't been read or unpacked
    std::unique_ptr<z_stream, End> unpacking_;  ///< none: the file isn't packed
    std::size_t n_made_ = 0;
    bool ended_ = false;
};

TextStream::TextStream(const std::filesystem::path& file, const Reading& reading)
    : file_(file), reading_(reading), bytes_(std::make_unique<Bytes>(file, reading)) {
    while (text_.size() < zip_archive.size() && read_more()) {
    }
    if (text_.starts_with(byte_order_mark)) text_.erase(0, byte_order_mark.size());
    if (text_.starts_with("\xFF\xFE") || text_.starts_with("\xFE\xFF"))
        refuse("is in UTF-16; expected UTF-8");
    if (text_.starts_with(zip_archive))
        refuse("is a workbook or another zip archive; expected text, such as CSV");
    expect_no_zero(text_);
    begun_ = true;
    const auto begins = [&] {
        const std::size_t start = text_.find_first_not_of(blanks);
        return start != text_.npos && text_.find('\n', start) != text_.npos;
    };
    while (!begins() && !at_end_)
        read_longer_record();
    if (text_.find_first_not_of(blanks) == text_.npos)
        refuse("the file is empty; expected learners and their answers");
    if (text_.find('\r') != text_.npos && text_.find('\n') == text_.npos)
        refuse("lines end with CR alone; expected LF or CRLF line ends");
}

TextStream::~TextStream() = default;

std::string_view TextStream::begin(std::size_t lines) {
    const auto begun = [&] {
        return std::string_view(text_).substr(0, text_.find_last_not_of(blanks) + 1);
    };
    while (!at_end_ && count_of('\n', begun()) < lines)
        read_longer_record();
    return text_;
}

std::optional<TextPiece> TextStream::next(Cut cut) {
    if (done_) return std::nullopt;
    std::size_t wanted = first_ ? reading_.first_piece_bytes : reading_.piece_bytes;
    first_ = false;
    for (;; wanted *= 2) {
        read_up_to(wanted);
        done_ = at_end_ && text_.size() <= wanted;
        if (done_) return numbered(std::move(text_), true);
        const std::string_view whole = std::string_view(text_).substr(0, wanted);
        const std::size_t end = cut(whole.substr(0, whole.find_last_not_of(blanks) + 1));
        if (end <= text_.find_first_not_of(blanks)) {
            expect_record_within(wanted);
            continue;
        }
        std::string rest = text_.substr(end);
        text_.resize(end);
        return numbered(std::exchange(text_, std::move(rest)), false);
    }
}

TextPiece TextStream::numbered(std::string text, bool last) {
    const int first_line = line_;
    const auto lines = static_cast<std::int64_t>(count_of('\n', text));
    if (first_line - 1 + lines > reading_.most_lines)
        refuse(fmt::format("has more than {} lines; expected several files of fewer",
                           reading_.most_lines));
    line_ += static_cast<int>(lines);
    return {std::move(text), first_line, last};
}

void TextStream::read_to_end() {
    while (read_more())
        text_.clear();
}

void TextStream::read_up_to(std::size_t bytes) {
    text_.reserve(std::min(bytes, bytes_->file_bytes()) + block_bytes);
    while (text_.size() < bytes && read_more()) {
    }
}

/// Twice as much as there is of a record that hasn't ended.
void TextStream::read_longer_record() {
    expect_record_within(text_.size());
    read_up_to(2 * text_.size());
}

/// @param bytes  of it that are known not to be all
void TextStream::expect_record_within(std::size_t bytes) {
    if (bytes >= reading_.most_record_bytes)
        refuse(fmt::format("no end within {} bytes of what begins here; expected line ends, and a "
                           "closing quote for each that opens",
                           reading_.most_record_bytes),
               line_);
}

/// Whether there was more.
bool TextStream::read_more() {
    if (at_end_) return false;
    at_end_ = true;  // also where the following throws
    const std::string_view block = bytes_->read();
    at_end_ = block.empty();
    if (begun_) expect_no_zero(block);
    text_ += block;
    return !at_end_;
}

void TextStream::expect_no_zero(std::string_view text) {
    if (text.find('\0') != text.npos)
        refuse("has zero bytes, as UTF-16 and binary files do; expected text in UTF-8");
}

void TextStream::refuse(std::string_view what, int line) {
    at_end_ = true;
    while (!bytes_->read().empty()) {  // what can't be read to its end is told first
    }
    if (line > 0) throw error_at(file_, line, what);
    throw InputError(fmt::format("{}: {}", file_.string(), what));
}

}  // namespace manygpcm
