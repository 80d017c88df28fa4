// Which reader a file is for.
#include "data/convert.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "data/file_form.h"
#include "data/text_stream.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/shown.h"

namespace manygpcm {
namespace {

using Reader = Conversion (*)(const std::filesystem::path&, TextStream&, const ConversionOptions&);
constexpr std::array<std::string_view, 3> form_names = {"wide", "pykt", "lines"};
constexpr std::array<Reader, 3> form_readers = {convert_wide, convert_pykt, convert_lines};

/// The one of the form that is asked for, or that the text seems to have.
Reader reader_of(const std::filesystem::path& file, TextStream& text,
                 const ConversionOptions& options) {
    const std::string_view begin = text.begin(3);
    std::string_view form = options.form;
    if (form.empty() && is_long_csv(begin))
        throw InputError(
            fmt::format("{}: has a student, an item and a score in every row, as the "
                        "other commands read it; expected another form",
                        file.string()));
    if (form.empty()) form = is_pykt(begin) ? "pykt" : is_lines(begin) ? "lines" : "wide";
    for (const auto& [option, given] : {std::pair("--student", !options.student.empty()),
                                        {"--items", !options.items.empty()},
                                        {"--drop", !options.drop.empty()}})
        if (given && form != "wide")
            throw InputError(
                fmt::format("{}: {} is of wide tables, and this is read as {}; "
                            "expected no {}, or --form wide",
                            file.string(), option, form, option));
    const auto found = std::ranges::find(form_names, form);
    if (found == form_names.end())
        throw InputError(
            fmt::format("form {}: expected one of {}", shown(form), fmt::join(form_names, ", ")));
    return form_readers[static_cast<std::size_t>(found - form_names.begin())];
}

}  // namespace

std::span<const std::string_view> foreign_forms() {
    return form_names;
}

Conversion convert_to_long(const std::filesystem::path& file, const ConversionOptions& options,
                           const ReadingObserver& observer) {
    TextStream text(file, reading_of({&file, 1}, nullptr, observer));
    Conversion made;
    told_last(text, [&] { made = reader_of(file, text, options)(file, text, options); });
    return made;
}

}  // namespace manygpcm
