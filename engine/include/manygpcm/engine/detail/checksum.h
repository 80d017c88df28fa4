// Whether data is the same as before: finds damage and mix-ups, not malice.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace manygpcm {

/// FNV-1a (Fowler, Noll, Vo) over words of 32 bits.
class Checksum {
  public:
    template <class T>
    void add(std::span<const T> values) {
        static_assert(sizeof(T) == sizeof(std::uint32_t));
        for (const T value : values) {
            std::uint32_t word = 0;
            std::memcpy(&word, &value, sizeof word);
            add_word(word);
        }
    }

    /// The number of bytes and the bytes, with zeros up to a whole word.
    void add(std::string_view bytes) {
        add_word(static_cast<std::uint32_t>(bytes.size()));
        while (!bytes.empty()) {
            std::uint32_t word = 0;
            const std::size_t size = std::min(sizeof word, bytes.size());
            std::memcpy(&word, bytes.data(), size);
            add_word(word);
            bytes.remove_prefix(size);
        }
    }

    std::uint64_t value() const { return hash_; }

  private:
    void add_word(std::uint32_t word) { hash_ = (hash_ ^ word) * 0x100000001b3; }

    std::uint64_t hash_ = 0xcbf29ce484222325;
};

}  // namespace manygpcm
