// Whether data is the same as before: finds damage and mix-ups, not malice.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>

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
            hash_ = (hash_ ^ word) * 0x100000001b3;
        }
    }

    std::uint64_t value() const { return hash_; }

  private:
    std::uint64_t hash_ = 0xcbf29ce484222325;
};

}  // namespace manygpcm
