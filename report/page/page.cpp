// Puts an analysis into the page's template.
#include "manygpcm/report/page.h"

#include <string_view>

#include "page/page_template.h"

namespace manygpcm::report {
namespace {

constexpr std::string_view data_place = "{{analysis}}", live_place = "{{live}}";

/// JSON that can stand in a script element: no "<" can end it or begin a comment.
std::string script_data(std::string_view json) {
    std::string escaped;
    escaped.reserve(json.size());
    for (const char c : json)
        if (c == '<')
            escaped += "\\u003c";
        else
            escaped += c;
    return escaped;
}

void replace(std::string& text, std::string_view place, const std::string& content) {
    text.replace(text.find(place), place.size(), content);
}

}  // namespace

bool page_built_in() {
    return !page_template().empty();
}

std::string page(std::string_view analysis, bool live) {
    std::string html(page_template());
    if (html.empty()) return html;
    replace(html, live_place, live ? "true" : "false");
    replace(html, data_place, script_data(analysis));
    return html;
}

}  // namespace manygpcm::report
