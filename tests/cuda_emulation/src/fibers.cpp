#include "fibers.h"

#include <sys/mman.h>
#include <boost/context/preallocated.hpp>

#include <new>
#include <utility>

namespace cuda_emulation {
namespace {

/// Stacks are never given back.
struct KeepStack {
    void deallocate(boost::context::stack_context&) {}
};

}  // namespace

Fiber::Fiber(std::function<void(Fiber&)> work) : work_(std::move(work)) {
    constexpr std::size_t guard = 4096;
    void* memory = mmap(nullptr, guard + std::size_t{stack_bytes}, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    mprotect(memory, guard, PROT_NONE);
    stack_ = static_cast<char*>(memory) + guard;
}

void Fiber::resume() {
    if (!started_) {
        started_ = true;
        boost::context::stack_context context;
        context.sp = stack_ + stack_bytes;
        context.size = stack_bytes;
        inside_ = boost::context::fiber(
            std::allocator_arg, boost::context::preallocated(context.sp, context.size, context),
            KeepStack{}, [this](boost::context::fiber&& outside) {
                outside_ = std::move(outside);
                work_(*this);
                return std::move(outside_);
            });
    }
    inside_ = std::move(inside_).resume();
}

void Fiber::suspend() {
    outside_ = std::move(outside_).resume();
}

void Fiber::abandon() {
    // Destroying the handle would unwind the stack; a handle that is never destroyed doesn't.
    alignas(boost::context::fiber) unsigned char forgotten[sizeof(boost::context::fiber)];
    new (forgotten) boost::context::fiber(std::move(inside_));
    started_ = false;
}

}  // namespace cuda_emulation
