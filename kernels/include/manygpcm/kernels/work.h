// What an operation has to do, whoever does it: arithmetic operations and bytes.
//
// A multiply-add is two operations; an exponential, sigmoid, tanh, logarithm, division or square
// root is one, though it takes many instructions; integer work (random numbers, indices) is none.
// Bytes are those that any implementation must move: each input read once, each output written
// once, an array that is added to both. So caches can make a rate in bytes exceed the memory's.
#pragma once

namespace manygpcm::kernels {

/// Element counts are of four-byte elements (floats, row numbers).
struct Work {
    double operations = 0;
    double functions = 0;  ///< of the operations, those that take many instructions: exponentials,
                           ///< logarithms, sigmoids, tanhs
    double read = 0, written = 0, added_to = 0;  ///< elements

    constexpr double bytes() const { return 4 * (read + written + 2 * added_to); }
    constexpr Work& operator+=(const Work& other) {
        operations += other.operations;
        functions += other.functions;
        read += other.read;
        written += other.written;
        added_to += other.added_to;
        return *this;
    }
    constexpr Work& operator*=(double factor) {
        operations *= factor;
        functions *= factor;
        read *= factor;
        written *= factor;
        added_to *= factor;
        return *this;
    }
};

}  // namespace manygpcm::kernels
