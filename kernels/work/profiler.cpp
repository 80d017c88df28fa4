#include "manygpcm/kernels/profiler.h"

#include <algorithm>
#include <ctime>

namespace manygpcm::kernels {

double thread_seconds() {
    std::timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

template <class Call>
void Profiler::book(const char* operation, const Work& work, const Call& call) {
    const double start = thread_seconds();
    call();
    const double seconds = thread_seconds() - start;
    auto entry = std::ranges::find(entries_, std::string_view(operation), &Entry::operation);
    if (entry == entries_.end())
        entry = entries_.insert(entry, {.operation = operation, .work = {}});
    ++entry->calls;
    entry->seconds += seconds;
    entry->work += work;
}

void Profiler::zero(int replicas, std::size_t size, Out array) {
    book("zero", {.written = static_cast<double>(size) * replicas},
         [&] { backend_.zero(replicas, size, array); });
}

#define MANYGPCM_RUN(Args)                                        \
    void Profiler::run(const Args<float>& args) {                 \
        book(args.name, work(args), [&] { backend_.run(args); }); \
    }
MANYGPCM_CALLS(MANYGPCM_RUN)
#undef MANYGPCM_RUN

}  // namespace manygpcm::kernels
