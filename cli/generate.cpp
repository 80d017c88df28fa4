// manygpcm generate: writes man pages and completions of the program's own options, for whoever
// installs it. Help doesn't name it.
#include <memory>

#include "command_texts.h"
#include "commands.h"
#include "manygpcm/engine/files.h"
#include "options.h"

namespace manygpcm::cli {

Command add_generate(CLI::App& program) {
    const auto out = std::make_shared<std::string>();
    const auto quiet = std::make_shared<bool>();
    CLI::App* command =
        add_command(program, "generate", "Write man pages and completions for shells.", *quiet);
    command->group("");
    add_path_option(*command, "--out", *out, Dash::nothing, "DIR",
                    "Directory, as share/ of an installation");
    return {command, [&program, out, quiet] {
                namespace fs = std::filesystem;
                const std::vector<CommandText> commands = command_texts(program);
                const auto write = [&](const std::string& place, const std::string& content) {
                    const fs::path file = fs::path(*out) / place;
                    ensure_writable_file(file);
                    write_file(file, content);
                };
                for (const auto& [name, page] : man_pages(program.get_description(), commands))
                    write("man/man1/" + name, page);
                write("bash-completion/completions/manygpcm", bash_completion(commands));
                write("zsh/site-functions/_manygpcm", zsh_completion(commands));
                write("fish/vendor_completions.d/manygpcm.fish", fish_completion(commands));
                return 0;
            }};
}

}  // namespace manygpcm::cli
