#include "manygpcm/kernels/work_counter.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace manygpcm::kernels {

Work WorkCounter::total() const {
    Work total;
    for (const Entry& entry : entries_)
        total += entry.work;
    return total;
}

void WorkCounter::add(const char* operation, const Work& work) {
    auto entry = std::ranges::find(entries_, operation, &Entry::operation);
    if (entry == entries_.end()) entry = entries_.insert(entry, {operation, 0, {}});
    ++entry->calls;
    entry->work += work;
}

void* WorkCounter::allocate(std::size_t bytes, std::string_view) {
    void* memory = std::calloc(std::max<std::size_t>(bytes, 1), 1);
    if (!memory) throw std::bad_alloc();
    return memory;
}

void WorkCounter::free(void* memory) noexcept {
    std::free(memory);
}

void WorkCounter::upload(void* to, const void* from, std::size_t bytes) {
    std::memcpy(to, from, bytes);
}

void WorkCounter::download(void* to, const void* from, std::size_t bytes) {
    std::memcpy(to, from, bytes);
}

void WorkCounter::zero(int replicas, std::size_t size, Out) {
    add("zero", {.written = static_cast<double>(size) * replicas});
}

}  // namespace manygpcm::kernels
