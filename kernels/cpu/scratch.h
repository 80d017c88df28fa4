// Temporary memory of a kernel call: taken from the calling thread's own block, which only ever
// grows, so the steady state allocates nothing.
#pragma once

#include <cstddef>

namespace manygpcm::kernels {

/// Everything taken from a frame is given back at the end of its scope. Frames nest.
class ScratchFrame {
  public:
    ScratchFrame();
    ~ScratchFrame();
    ScratchFrame(const ScratchFrame&) = delete;
    ScratchFrame& operator=(const ScratchFrame&) = delete;

    /// Uninitialised room for `n` elements, aligned to 64 bytes.
    template <class T>
    T* take(std::size_t n) {
        return static_cast<T*>(take_bytes(n * sizeof(T)));
    }

  private:
    void* take_bytes(std::size_t bytes);
    std::size_t block_, used_;  // where the thread's memory stood when the frame began
};

}  // namespace manygpcm::kernels
