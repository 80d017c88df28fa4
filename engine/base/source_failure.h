// What a source of jobs threw, told from what training throws: a job may fail, its source may not.
#pragma once

#include <exception>

namespace manygpcm {

struct SourceFailure {
    std::exception_ptr cause;
};

}  // namespace manygpcm
