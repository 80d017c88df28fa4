#include "cpu/scratch.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

namespace manygpcm::kernels {
namespace {

constexpr std::size_t alignment = 64;

struct Free {
    void operator()(void* p) const { std::free(p); }
};

struct Block {
    explicit Block(std::size_t bytes) : size(bytes), data(std::aligned_alloc(alignment, bytes)) {
        if (!data) throw std::bad_alloc();
    }
    std::size_t size;
    std::unique_ptr<void, Free> data;
};

// A new block is made where the last one is too small; when the outermost frame ends, one block of
// the total size replaces them all.
struct ThreadMemory {
    std::vector<Block> blocks;
    std::size_t block = 0, used = 0;
    int depth = 0;
};

thread_local ThreadMemory memory;

}  // namespace

ScratchFrame::ScratchFrame() : block_(memory.block), used_(memory.used) {
    ++memory.depth;
}

ScratchFrame::~ScratchFrame() {
    memory.block = block_;
    memory.used = used_;
    if (--memory.depth == 0 && memory.blocks.size() > 1) {
        std::size_t total = 0;
        for (const Block& b : memory.blocks)
            total += b.size;
        memory.blocks.clear();
        memory.blocks.emplace_back(total);
    }
}

void* ScratchFrame::take_bytes(std::size_t bytes) {
    bytes = (bytes + alignment - 1) / alignment * alignment;
    while (memory.block < memory.blocks.size() &&
           memory.used + bytes > memory.blocks[memory.block].size) {
        ++memory.block;
        memory.used = 0;
    }
    if (memory.block == memory.blocks.size()) {
        const std::size_t smallest = std::size_t{1} << 20;
        memory.blocks.emplace_back(std::max(bytes, smallest));
    }
    char* start = static_cast<char*>(memory.blocks[memory.block].data.get()) + memory.used;
    memory.used += bytes;
    return start;
}

}  // namespace manygpcm::kernels
