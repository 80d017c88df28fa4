// A target's corpus, or any files, read once each without libFuzzer: replay TARGET PATH...
#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include "targets.h"

namespace fs = std::filesystem;

namespace {

std::vector<fs::path> files_at(const fs::path& path) {
    if (!fs::is_directory(path)) return {path};
    std::vector<fs::path> files;
    for (const fs::directory_entry& entry : fs::directory_iterator(path))
        files.push_back(entry.path());
    std::ranges::sort(files);
    return files;
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc < 3) throw std::runtime_error("usage: replay TARGET PATH...");
    int n_files = 0, n_findings = 0;
    for (const char* path : std::span(argv, static_cast<std::size_t>(argc)).subspan(2))
        for (const fs::path& file : files_at(path)) {
            std::ifstream in(file, std::ios::binary);
            const std::string bytes{std::istreambuf_iterator<char>(in), {}};
            if (!in) throw std::runtime_error(file.string() + ": can't be read");
            std::printf("%s\n", file.c_str());  // before a crash
            std::fflush(stdout);
            ++n_files;
            try {
                manygpcm::fuzz::read(argv[1], bytes);
            } catch (const std::exception& finding) {
                std::printf("  FINDING: %s\n", finding.what());
                ++n_findings;
            }
        }
    std::printf("%d files, %d findings\n", n_files, n_findings);
    return n_files > 0 && n_findings == 0 ? 0 : 1;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
}
