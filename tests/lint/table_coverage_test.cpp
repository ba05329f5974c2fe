// Every row of our tables has a case, or stands in uncovered.txt with a reason; and nothing stands there in vain.
//   a diagnostic kind   a folder tests/golden/errors/<kind>/ with at least one .bt
//   a builtin           a .bt below tests/kernel or examples that uses it; its own cases are builtins/<name>_*.bt
//   a probe kind        a .bt below tests/kernel or examples with a probe of it; its own cases are probes/<kind>_*.bt
//   an operator         a .bt below tests/kernel or examples with it
//   a setting           a case below tests/kernel that sets it
//   a conversion, length or flag of printf   a .bt below tests/kernel or examples with a format that has it
//   a type of JSON line  a case below tests/kernel that expects one
// "Uses" means in the code: what stands in comments or strings does not count.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "runtime/format/json_schema.h"
#include "runtime/format/parse_format.h"
#include "runtime/probes/provider.h"
#include "runtime/program/settings.h"
#include "src/ast/visit.h"
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

/// A script's code without its comments and strings, and its strings.
struct Parts {
    std::string code;
    std::vector<std::string> strings;
};

Parts parts_of(const std::string& text) {
    Parts parts;
    for (std::size_t i = 0; i < text.size();) {
        if (text.compare(i, 2, "//") == 0) {
            i = std::min(text.find('\n', i), text.size());
        } else if (text.compare(i, 2, "/*") == 0) {
            const std::size_t end = text.find("*/", i + 2);
            i = end == std::string::npos ? text.size() : end + 2;
        } else if (text[i] == '"') {
            std::string& string = parts.strings.emplace_back();
            for (++i; i < text.size() && text[i] != '"'; ++i) {
                if (text[i] == '\\') ++i;
                if (i < text.size()) string += text[i];
            }
            ++i;
            parts.code += "\"\"";
        } else {
            parts.code += text[i++];
        }
    }
    return parts;
}

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

/// All scripts that are run, together.
const Parts& cases() {
    static const auto parts = [] {
        Parts all;
        for (const fs::path& top : {kTests / "kernel", kTests.parent_path() / "examples"}) {
            if (!fs::exists(top)) continue;
            for (const auto& entry : fs::recursive_directory_iterator(top)) {
                if (entry.path().extension() != ".bt") continue;
                Parts one = parts_of(read(entry.path()));
                all.code += one.code + '\n';
                std::move(one.strings.begin(), one.strings.end(), std::back_inserter(all.strings));
            }
        }
        return all;
    }();
    return parts;
}

/// Everything below tests/kernel that says what is run and what is expected of it.
const std::string& kernel_tests() {
    static const auto text = [] {
        std::string all;
        for (const auto& entry : fs::recursive_directory_iterator(kTests / "kernel")) {
            const fs::path extension = entry.path().extension();
            if (extension == ".bt" || extension == ".py" || extension == ".txt") all += read(entry.path()) + '\n';
        }
        return all;
    }();
    return text;
}

const std::set<std::string, std::less<>>& words_of_cases() {
    static const auto words = [] {
        std::set<std::string, std::less<>> all;
        add_words(cases().code, all);
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

std::vector<std::string> operators() {
    std::vector<std::string> all;
    for (int op = 0; op <= static_cast<int>(ast::BinaryOp::logical_or); ++op)
        all.emplace_back(ast::spelling(static_cast<ast::BinaryOp>(op)));
    return all;
}

TEST(TableCoverage, EachOperatorIsRun) {
    for (const std::string& op : operators())
        expect_covered("operator", op, cases().code.find(" " + op + " ") != std::string::npos);
    for (const std::string op : {"+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="})
        expect_covered("operator", op, cases().code.find(" " + op + " ") != std::string::npos);
}

TEST(TableCoverage, EachSettingIsSet) {
    const std::string& text = kernel_tests();
    for (const program::Setting& setting : program::settings({})) {
        std::string variable(setting.name);
        std::transform(variable.begin(), variable.end(), variable.begin(),
                       [](unsigned char c) { return std::toupper(c); });
        const bool is_set = text.find(std::string(setting.name) + " = ") != std::string::npos ||
                            text.find("_" + variable + "=") != std::string::npos ||
                            text.find("_" + variable + "\"") != std::string::npos;
        expect_covered("setting", setting.name, is_set);
    }
}

// What the formats of the scripts have: "conversion d", "length ll", "flag +".
const std::set<std::string>& format_parts() {
    static const auto parts = [] {
        constexpr std::array kLengths{"", "hh", "h", "l", "ll", "j", "z", "t", "L"};
        std::set<std::string> all;
        for (const std::string& text : cases().strings) {
            for (const format::FormatPiece& piece : format::parse_format(text).pieces) {
                if (piece.conversion == program::Conversion::none) continue;
                all.insert("conversion " + piece.spelling);
                all.insert(std::string("length ") + kLengths.at(static_cast<std::size_t>(piece.length)));
                if (piece.flags.left) all.insert("flag -");
                if (piece.flags.plus) all.insert("flag +");
                if (piece.flags.space) all.insert("flag space");
                if (piece.flags.alternate) all.insert("flag #");
                if (piece.flags.zero) all.insert("flag 0");
                if (piece.width >= 0) all.insert("flag width");
                if (piece.precision >= 0) all.insert("flag precision");
            }
        }
        return all;
    }();
    return parts;
}

TEST(TableCoverage, EachPartOfAFormatIsRun) {
    for (const std::string conversion : {"d", "i", "u", "o", "x", "X", "p", "c", "s", "r", "rx", "rh", "gr"})
        expect_covered("conversion", conversion, format_parts().contains("conversion " + conversion));
    for (const std::string length : {"hh", "h", "l", "ll", "j", "z", "t"})
        expect_covered("length", length, format_parts().contains("length " + length));
    for (const std::string flag : {"-", "+", "space", "#", "0", "width", "precision"})
        expect_covered("flag", flag, format_parts().contains("flag " + flag));
}

// The values that the schema allows for "type" of a line: "type": {"const": "map"}, or {"enum": ["time", "cat"]}.
std::set<std::string> json_types() {
    std::set<std::string> types;
    const std::string_view schema = format::json_schema();
    for (const std::string_view start : {"\"type\": {\"const\": ", "\"type\": {\"enum\": "}) {
        for (std::size_t at = schema.find(start); at != std::string_view::npos; at = schema.find(start, at + 1)) {
            const std::size_t begin = at + start.size();
            const Parts names = parts_of(std::string(schema.substr(begin, schema.find('}', begin) - begin)));
            types.insert(names.strings.begin(), names.strings.end());
        }
    }
    return types;
}

TEST(TableCoverage, EachTypeOfJsonLineIsExpected) {
    EXPECT_GT(json_types().size(), 15u);
    for (const std::string& type : json_types())
        expect_covered("json", type, kernel_tests().find("\"type\": \"" + type + "\"") != std::string::npos);
}

TEST(TableCoverage, ExemptionsNameRowsThatExist) {
    std::set<std::string> rows;
    for (const std::string& type : json_types())
        rows.insert("json " + type);
    for (const program::Setting& setting : program::settings({}))
        rows.insert("setting " + std::string(setting.name));
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
