#include "tests/support/golden.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

namespace golden {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExpectation = "//!";
constexpr std::string_view kSetting = "//#";

struct File {
    Case test;
    std::string expected;
};

std::string read(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

File take_apart(const fs::path& path) {
    File file;
    file.test.name = path.stem().string();
    const std::string text = read(path);
    std::size_t end = text.starts_with(kExpectation) ? 0 : text.find("\n" + std::string(kExpectation));
    file.test.script = text.substr(0, end);
    if (end == std::string::npos && file.test.script.ends_with('\n')) file.test.script.pop_back();
    for (const std::string& line : lines_of(file.test.script)) {
        if (!line.starts_with(kSetting)) continue;
        std::istringstream words(line.substr(kSetting.size()));
        std::string word, rest;
        words >> word;
        std::getline(words >> std::ws, rest);
        file.test.settings[word] = rest;
    }
    if (end == std::string::npos) return file;
    for (std::string line : lines_of(text.substr(end))) {
        if (!line.starts_with(kExpectation)) continue;
        line.erase(0, kExpectation.size());
        if (line.starts_with(' ')) line.erase(0, 1);
        file.expected += line + '\n';
    }
    return file;
}

void write(const fs::path& path, const File& file, const std::string& actual) {
    std::ofstream out(path, std::ios::binary);
    out << file.test.script;
    for (const std::string& line : lines_of(actual))
        out << '\n' << kExpectation << (line.empty() ? "" : " ") << line;
    out << '\n';
}

bool updates() {
    const char* value = std::getenv("BPFLINE_UPDATE_GOLDEN");
    return value != nullptr && std::string_view(value) == "1";
}

class GoldenTest : public testing::Test {
  public:
    GoldenTest(fs::path path, Produce produce) : path_(std::move(path)), produce_(std::move(produce)) {}
    void TestBody() override {
        const File file = take_apart(path_);
        std::string actual = produce_(file.test);
        if (!actual.empty() && !actual.ends_with('\n')) actual += '\n';
        // Blanks at line ends are invisible in an editor and would be stripped by many.
        std::string shown;
        for (std::string line : lines_of(actual)) {
            line.erase(line.find_last_not_of(' ') + 1);
            shown += line + '\n';
        }
        if (shown == file.expected) return;
        if (updates()) {
            write(path_, file, shown);
            return;
        }
        EXPECT_EQ(shown, file.expected) << path_.string() << "\n(BPFLINE_UPDATE_GOLDEN=1 rewrites it)";
    }

  private:
    fs::path path_;
    Produce produce_;
};

}  // namespace

bool add_folder(const std::string& suite, const std::string& folder, Produce produce) {
    std::vector<fs::path> paths;
    std::error_code error;
    for (const auto& entry : fs::recursive_directory_iterator(folder, error))
        if (entry.path().extension() == ".bt") paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    for (const fs::path& path : paths) {
        std::string name = fs::relative(path, folder).replace_extension().string();
        for (char& c : name)
            if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
        testing::RegisterTest(suite.c_str(), name.c_str(), nullptr, nullptr, path.c_str(), 1,
                              [path, produce]() -> testing::Test* { return new GoldenTest(path, produce); });
    }
    return true;
}

}  // namespace golden
