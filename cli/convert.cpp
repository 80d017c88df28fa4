// manygpcm convert: long CSV from wide tables, pyKT's files and text of several lines a learner.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "checks.h"
#include "commands.h"
#include "help_topics.h"
#include "manygpcm/engine/convert.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/engine/shown.h"
#include "options.h"
#include "output.h"
#include "progress.h"

namespace manygpcm::cli {
namespace {

struct ConvertOptions {
    std::string data, out;
    ConversionOptions conversion;
    bool quiet = false;
};

int run(const ConvertOptions& options) {
    expect_no_directory(options.data, "one file");
    expect_writable_apart_from({options.data}, options.out);
    Progress progress(options.quiet);
    progress.begin(fmt::format("reading {}", printable(options.data)));
    const auto show = [&](double part, std::string_view doing, const std::string& file) {
        progress.show(part, fmt::format("{} {}", doing, printable(file)));
    };
    const ReadingObserver observer = [&](double part) { show(part / 2, "reading", options.data); };
    const Conversion made = convert_to_long(options.data, options.conversion, observer);
    PartedFile out(options.out);
    made.write([&](std::string_view part, double done) {
        out.append(part);
        show((1 + done) / 2, "writing", options.out);
    });
    out.finish();
    progress.clear();
    for (const std::string& line : made.said)
        print_beside({options.out}, printable(line) + "\n");
    print_beside({options.out}, printable(options.out) + "\n");
    return 0;
}

}  // namespace

Command add_convert(CLI::App& program) {
    const auto options = std::make_shared<ConvertOptions>();
    CLI::App* command = add_command(program, "convert",
                                    "Make the CSV that the other commands read of answers in "
                                    "another form, and say what was taken for what.",
                                    options->quiet);
    command->footer(about_data);
    ConversionOptions& conversion = options->conversion;
    add_path_option(*command, "--data", options->data, Dash::input, "FILE", "The file to convert");
    add_path_option(*command, "--out", options->out, Dash::output, "FILE", "The CSV file to write");
    expect_one_of(
        *command->add_option(
            "--form", conversion.form,
            "wide: a row a person, a column an item; pykt: its sequence files; lines: three, four "
            "or six lines a learner. Not given: what the file looks like"),
        {foreign_forms().begin(), foreign_forms().end()});
    command
        ->add_option("--student", conversion.student,
                     "Of a wide table: the column with the ids of persons")
        ->type_name("COLUMN");
    const auto add_list = [&](const char* name, std::vector<std::string>& values, const char* type,
                              const char* help) {
        command->add_option(name, values, help)->delimiter(',')->type_name(type);
    };
    add_list("--items", conversion.items, "COLUMNS",
             "Of a wide table: the columns that are items, and no others; commas between them");
    add_list("--drop", conversion.drop, "COLUMNS",
             "Of a wide table: columns that are no items; commas between them");
    add_list("--missing", conversion.missing, "VALUES",
             "What stands for no answer, besides nothing and NA; commas between them");
    return {command, [options] { return run(*options); }};
}

}  // namespace manygpcm::cli
