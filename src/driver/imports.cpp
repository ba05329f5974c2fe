#include "src/driver/imports.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

namespace driver {

namespace fs = std::filesystem;

namespace {

class Loader {
  public:
    Loader(source::SourceMap& sources, ast::Arena& arena, source::Diagnostics& diagnostics,
           const grammar::NameOracle& oracle)
        : sources_(sources), arena_(arena), diagnostics_(diagnostics), oracle_(oracle) {}

    void add_importer(const ast::Script& script) {
        // Files that import one another, or themselves, come once too.
        std::error_code failure;
        const fs::path path = fs::canonical(sources_.file(script.file).name(), failure);
        if (!failure) seen_.insert(path);
        add(script);
    }
    std::vector<const ast::Script*> take() { return std::move(loaded_); }
    std::vector<std::string> take_headers() { return std::move(headers_); }

  private:
    void add(const ast::Script& script) {
        for (const ast::Import& import : script.imports)
            follow(script, import);
        loaded_.push_back(&script);
    }
    void follow(const ast::Script& importer, const ast::Import& import) {
        const fs::path written{std::string(import.path)};
        const fs::path beside = fs::path(sources_.file(importer.file).name()).parent_path();
        const fs::path path = written.is_absolute() ? written : beside / written;
        std::error_code failure;
        if (fs::is_directory(path, failure)) {
            if ((fs::status(path, failure).permissions() & fs::perms::others_write) != fs::perms::none) {
                diagnostics_.add(source::DiagnosticKind::import_failed, import.range,
                                 "import directory is writable by everybody: " + path.string());
                return;
            }
            std::vector<fs::path> files;
            for (const auto& entry : fs::directory_iterator(path, failure))
                if (entry.path().extension() == ".bt" || entry.path().extension() == ".h")
                    files.push_back(entry.path());
            std::sort(files.begin(), files.end());
            for (const fs::path& file : files)
                load(file, import);
            return;
        }
        if (!fs::is_regular_file(path, failure)) {
            diagnostics_
                .add(source::DiagnosticKind::import_failed, import.range, "Unable to find suitable path for import")
                .hint("checked: " + path.string());
            return;
        }
        load(path, import);
    }

    void load(const fs::path& path, const ast::Import& import) {
        std::error_code failure;
        const fs::path canonical = fs::canonical(path, failure);
        if (!seen_.insert(failure ? path : canonical).second) return;
        if (path.extension() == ".h") {
            headers_.push_back(path.string());
            return;
        }
        if (path.extension() != ".bt") {
            diagnostics_
                .add(source::DiagnosticKind::unsupported, import.range,
                     "only .bt files, C headers (.h) and directories of them can be imported")
                .hint("a function in BPF C can be written as an fn of the script");
            return;
        }
        std::ifstream in(path, std::ios::binary);
        if (!in) {
            diagnostics_.add(source::DiagnosticKind::import_failed, import.range, "cannot read " + path.string());
            return;
        }
        std::string text{std::istreambuf_iterator<char>(in), {}};
        const program::FileId file = sources_.add(path.string(), std::move(text));
        const ast::Script* script = grammar::parse(file, sources_, arena_, diagnostics_, oracle_);
        if (!script) return;
        if (script->config_range) {
            diagnostics_.add(source::DiagnosticKind::section_order, *script->config_range,
                             "invalid `config` within import");
            return;
        }
        add(*script);
    }

    source::SourceMap& sources_;
    ast::Arena& arena_;
    source::Diagnostics& diagnostics_;
    const grammar::NameOracle& oracle_;
    std::set<fs::path> seen_;
    std::vector<const ast::Script*> loaded_;
    std::vector<std::string> headers_;
};

}  // namespace

std::vector<const ast::Script*> load_imports(const ast::Script& script, source::SourceMap& sources, ast::Arena& arena,
                                             source::Diagnostics& diagnostics, const grammar::NameOracle& oracle,
                                             std::vector<std::string>& headers) {
    Loader loader(sources, arena, diagnostics, oracle);
    loader.add_importer(script);
    if (diagnostics.has_errors()) return {};
    headers = loader.take_headers();
    return loader.take();
}

}  // namespace driver
