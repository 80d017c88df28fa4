// A fiber: a stack of its own, run until it suspends itself and resumed where it was.
#pragma once

#include <boost/context/fiber.hpp>

#include <cstddef>
#include <functional>

namespace cuda_emulation {

class Fiber {
  public:
    /// `work` runs at the first resume(); it must suspend for ever rather than return.
    explicit Fiber(std::function<void(Fiber&)> work);
    Fiber(const Fiber&) = delete;
    Fiber& operator=(const Fiber&) = delete;

    /// Runs it until it suspends.
    void resume();
    /// From within: goes back to whoever resumed it.
    void suspend();
    /// Starts `work` anew at the next resume(). What is on the stack is left as it is, its
    /// destructors don't run: kernels have nothing to destroy.
    void abandon();

    /// Whether an address lies on its stack.
    bool owns(const void* address) const {
        return static_cast<std::size_t>(static_cast<const char*>(address) - stack_) <
               static_cast<std::size_t>(stack_bytes);
    }

    /// Whether there is stack left for a function whose frame is here.
    bool has_room(const void* frame) const {
        return !owns(frame) || static_cast<const char*>(frame) - stack_ > stack_bytes / 4;
    }

  private:
    static constexpr std::ptrdiff_t stack_bytes = 256 << 10;

    std::function<void(Fiber&)> work_;
    char* stack_;  ///< kept until the program ends, as fibers are
    bool started_ = false;
    boost::context::fiber inside_, outside_;
};

}  // namespace cuda_emulation
