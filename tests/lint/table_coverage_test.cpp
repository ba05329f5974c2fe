// Every row of our tables has a case, or stands in uncovered.txt with a reason; and nothing stands there in vain.
//   a diagnostic kind   a folder tests/golden/errors/<kind>/ with at least one .bt
//   a builtin           a .bt below tests/kernel or examples that uses it; its own cases are builtins/<name>_*.bt
//   a probe kind        a .bt below tests/kernel or examples with a probe of it; its own cases are probes/<kind>_*.bt

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "runtime/probes/provider.h"
#include "src/builtins/table.h"
#include "src/source/diagnostic_kinds.h"

namespace {

namespace fs = std::filesystem;

const fs::path kTests = BPFLINE_TESTS_DIR;

std::string read(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

bool is_word_char(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// The words of a script; comments and strings count too, which does no harm.
void add_words(const std::string& text, std::set<std::string, std::less<>>& words) {
    for (std::size_t i = 0; i < text.size();) {
        if (!is_word_char(text[i])) {
            i++;
            continue;
        }
        const std::size_t start = i;
        while (i < text.size() && is_word_char(text[i]))
            i++;
        words.insert(text.substr(start, i - start));
    }
}

const std::set<std::string, std::less<>>& words_of_cases() {
    static const auto words = [] {
        std::set<std::string, std::less<>> all;
        for (const fs::path& top : {kTests / "kernel", kTests.parent_path() / "examples"}) {
            if (!fs::exists(top)) continue;
            for (const auto& entry : fs::recursive_directory_iterator(top))
                if (entry.path().extension() == ".bt") add_words(read(entry.path()), all);
        }
        return all;
    }();
    return words;
}

// uncovered.txt: "<table> <row> <reason>" a line.
const std::map<std::string, std::string>& exemptions() {
    static const auto rows = [] {
        std::map<std::string, std::string> all;
        std::ifstream file(kTests / "lint" / "uncovered.txt");
        std::string line;
        while (std::getline(file, line)) {
            if (line.empty() || line[0] == '#') continue;
            const std::size_t table_end = line.find(' ');
            const std::size_t row_end = line.find(' ', table_end + 1);
            if (row_end == std::string::npos) {
                ADD_FAILURE() << "uncovered.txt: no reason: " << line;
                continue;
            }
            all[line.substr(0, row_end)] = line.substr(row_end + 1);
        }
        return all;
    }();
    return rows;
}

void expect_covered(std::string_view table, std::string_view row, bool is_covered) {
    const std::string key = std::string(table) + " " + std::string(row);
    if (is_covered) {
        EXPECT_FALSE(exemptions().contains(key)) << key << " has a case now; take it out of uncovered.txt";
    } else {
        EXPECT_TRUE(exemptions().contains(key)) << key << " has no case";
    }
}

bool has_script(const fs::path& folder) {
    if (!fs::is_directory(folder)) return false;
    for (const auto& entry : fs::directory_iterator(folder))
        if (entry.path().extension() == ".bt") return true;
    return false;
}

TEST(TableCoverage, EachDiagnosticKindHasAnErrorCase) {
    std::set<std::string> known;
    for (const auto& row : source::diagnostic_rows()) {
        expect_covered("diagnostic", row.name, has_script(kTests / "golden" / "errors" / row.name));
        known.emplace(row.name);
    }
    if (!fs::is_directory(kTests / "golden" / "errors")) return;
    for (const auto& entry : fs::directory_iterator(kTests / "golden" / "errors"))
        EXPECT_TRUE(!entry.is_directory() || known.contains(entry.path().filename())) << entry.path() << " is no kind";
}

TEST(TableCoverage, EachBuiltinIsRun) {
    for (const typed::Builtin* row : builtins::all())
        expect_covered("builtin", row->name, words_of_cases().contains(row->name));
}

TEST(TableCoverage, EachProbeKindIsRun) {
    for (const probes::Provider& row : probes::all()) {
        bool is_used = words_of_cases().contains(row.name);
        for (const std::string_view alias : row.aliases)
            is_used = is_used || (alias.size() > 1 && words_of_cases().contains(alias));
        expect_covered("probe", row.name, is_used);
    }
}

TEST(TableCoverage, ExemptionsNameRowsThatExist) {
    std::set<std::string> rows;
    for (const auto& row : source::diagnostic_rows())
        rows.insert("diagnostic " + std::string(row.name));
    for (const typed::Builtin* row : builtins::all())
        rows.insert("builtin " + std::string(row->name));
    for (const probes::Provider& row : probes::all())
        rows.insert("probe " + std::string(row.name));
    for (const auto& [key, reason] : exemptions()) {
        EXPECT_TRUE(rows.contains(key)) << key;
        EXPECT_GT(reason.size(), 10u) << key << " needs a reason";
    }
}

}  // namespace
