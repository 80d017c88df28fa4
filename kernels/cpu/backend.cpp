// The CPU as a backend: ordinary memory, and every operation on the calling thread.
#include "manygpcm/kernels/backend.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

namespace manygpcm::kernels {
namespace {

constexpr std::size_t alignment = 256;

class CpuBackend final : public Backend {
  public:
    void* allocate(std::size_t bytes, std::string_view) override {
        // calloc leaves large arrays untouched until they are used, which aligned_alloc and a
        // memset don't: most of an arena's room for the largest batch is never needed. In front of
        // the aligned array stands what calloc returned.
        void* raw = std::calloc(1, bytes + alignment + sizeof(void*));
        if (!raw) throw std::bad_alloc();
        void* array = static_cast<char*>(raw) + sizeof(void*);
        std::size_t room = bytes + alignment;
        std::align(alignment, bytes, array, room);
        std::memcpy(static_cast<char*>(array) - sizeof raw, &raw, sizeof raw);
        return array;
    }
    void free(void* memory) noexcept override {
        if (!memory) return;
        void* raw;
        std::memcpy(&raw, static_cast<char*>(memory) - sizeof raw, sizeof raw);
        std::free(raw);
    }
    void upload(void* to, const void* from, std::size_t bytes) override {
        if (bytes > 0) std::memcpy(to, from, bytes);
    }
    void download(void* to, const void* from, std::size_t bytes) override {
        if (bytes > 0) std::memcpy(to, from, bytes);
    }
    void zero(int replicas, std::size_t size, Out array) override {
        for (int r = 0; r < replicas; ++r)
            std::fill_n(array[r], size, 0.0f);
    }
#define MANYGPCM_RUN(Args)                       \
    void run(const Args<float>& args) override { \
        compute(args);                           \
    }
    MANYGPCM_CALLS(MANYGPCM_RUN)
#undef MANYGPCM_RUN
};

}  // namespace

Backend& cpu_backend() {
    static CpuBackend backend;
    return backend;
}

}  // namespace manygpcm::kernels
