// Stands in for the page where npm wasn't there to bundle it.
#include "page/page_template.h"

namespace manygpcm::report {

std::string_view page_template() {
    return {};
}

}  // namespace manygpcm::report
