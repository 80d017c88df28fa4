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

// A new block is made where the last one is too small. When the outermost frame ends with several,
// one block of their total size takes their place at the next use.
struct ThreadMemory {
    std::vector<Block> blocks;
    std::size_t block = 0, used = 0;
    std::size_t smallest = std::size_t{1} << 20;  // bytes of the next block at least
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
        memory.smallest = 0;
        for (const Block& b : memory.blocks)
            memory.smallest += b.size;
        memory.blocks.clear();
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
        memory.blocks.emplace_back(std::max(bytes, memory.smallest));
    }
    char* start = static_cast<char*>(memory.blocks[memory.block].data.get()) + memory.used;
    memory.used += bytes;
    return start;
}

}  // namespace manygpcm::kernels
