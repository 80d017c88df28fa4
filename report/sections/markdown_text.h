// Headings, lists and tables in Markdown, and text from outside in it: names that hold markup stay
// the names they are.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace manygpcm::report {

/// A title with blank lines around it, of a section or of a part of one.
std::string markdown_heading(std::string_view title);
std::string markdown_subheading(std::string_view title);

/// A line of a list: a name and what it is.
std::string markdown_field(std::string_view name, const std::string& value);

/// A list, a line each.
std::string markdown_list(const std::vector<std::string>& lines);

/// A pipe table of Markdown, the first column left-aligned, the others right.
std::string markdown_table(const std::vector<std::string>& header,
                           const std::vector<std::vector<std::string>>& rows);

/// `text` with control characters, line ends among them, as blanks.
std::string one_line(std::string_view text);

/// `text` as Markdown shows it, wherever in a line or a table's cell: no emphasis, code, link, HTML
/// or end of the cell comes of it.
std::string markdown_text(std::string_view text);

/// `text` as code within a line, not within a table.
std::string markdown_code(std::string_view text);

}  // namespace manygpcm::report
