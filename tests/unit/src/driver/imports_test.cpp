#include "src/driver/imports.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "grammar/parse.h"

namespace {

namespace fs = std::filesystem;

class Imports : public testing::Test {
  protected:
    Imports() {
        std::string name = (fs::temp_directory_path() / "imports_XXXXXX").string();
        folder = mkdtemp(name.data());
    }
    ~Imports() override { fs::remove_all(folder); }
    Imports(const Imports&) = delete;
    Imports& operator=(const Imports&) = delete;

    void file(const std::string& name, const std::string& text) {
        fs::create_directories((folder / name).parent_path());
        std::ofstream(folder / name) << text;
    }
    /// Names of the files that were read, in the order their begin probes run, then the headers.
    std::string load(const std::string& text) {
        const auto id = sources.add((folder / "app.bt").string(), text);
        const ast::Script* script = grammar::parse(id, sources, arena, diagnostics, {});
        std::vector<std::string> headers;
        std::string all;
        for (const ast::Script* one : driver::load_imports(*script, sources, arena, diagnostics, {}, headers))
            all += fs::path(sources.file(one->file).name()).filename().string() + " ";
        for (const std::string& header : headers)
            all += fs::path(header).filename().string() + " ";
        return all;
    }
    std::string first_message() const { return diagnostics.all().empty() ? "" : diagnostics.all().front().message; }

    fs::path folder;
    source::SourceMap sources;
    source::Diagnostics diagnostics;
    ast::Arena arena;
};

TEST_F(Imports, ComeBeforeTheirImporterAndOnce) {
    file("a.bt", "import \"lib/b.bt\"; begin { }");
    file("lib/b.bt", "import \"../a.bt\"; begin { }");
    EXPECT_EQ(load("import \"a.bt\"; import \"lib/b.bt\"; begin { }"), "b.bt a.bt app.bt ");
    EXPECT_EQ(first_message(), "");
}

TEST_F(Imports, OfTheImporterItselfAreIgnored) {
    const std::string text = "import \"app.bt\"; import \"a.bt\"; begin { }";
    file("app.bt", text);
    file("a.bt", "import \"app.bt\"; begin { }");
    EXPECT_EQ(load(text), "a.bt app.bt ");
}

TEST_F(Imports, OfADirectoryAreItsScriptsAndHeaders) {
    file("lib/two.bt", "begin { }");
    file("lib/one.bt", "begin { }");
    file("lib/own.h", "#define X 1\n");
    file("lib/deeper/no.bt", "begin { }");
    file("lib/notes.txt", "");
    EXPECT_EQ(load("import \"lib\"; begin { }"), "one.bt two.bt app.bt own.h ");
}

TEST_F(Imports, SayWhatIsWrong) {
    load("import \"gone.bt\"; begin { }");
    EXPECT_EQ(first_message(), "Unable to find suitable path for import");
    diagnostics = {};
    file("config.bt", "config = { max_strlen = 80 } begin { }");
    load("import \"config.bt\"; begin { }");
    EXPECT_EQ(first_message(), "invalid `config` within import");
    diagnostics = {};
    file("code.bpf.c", "");
    load("import \"code.bpf.c\"; begin { }");
    EXPECT_EQ(first_message(), "only .bt files, C headers (.h) and directories of them can be imported");
    diagnostics = {};
    file("open/x.bt", "begin { }");
    fs::permissions(folder / "open", fs::perms::all);
    load("import \"open\"; begin { }");
    EXPECT_NE(first_message().find("import directory is writable by everybody"), std::string::npos);
}

}  // namespace
