// Prints docs/builtins.md, docs/probes.md and docs/diagnostics.md from the tables: gen_docs
// builtins|probes|diagnostics. A test compares what it prints with the files; `./dev docs` rewrites them.
// gen_docs rows prints "table<TAB>name<TAB>example" for tests that run over all rows.
#include <cstdio>
#include <string>
#include <string_view>

#include "runtime/probes/provider.h"
#include "src/builtins/table.h"
#include "src/source/diagnostic_kinds.h"

namespace {

void print(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
}

/// "tracepoint, kprobe" or "every probe".
std::string where(program::KindSet kinds) {
    if (kinds == program::KindSet::all()) return "every probe";
    std::string names;
    for (const probes::Provider& row : probes::all()) {
        if (!kinds.has(row.kind)) continue;
        if (!names.empty()) names += ", ";
        names += row.name;
    }
    return names;
}

void print_builtins() {
    print("# Builtins\n\nPrinted from the tables in `src/builtins`; edit those, then run `./dev docs`.\n");
    for (const builtins::Group& group : builtins::groups()) {
        print("\n## " + std::string(group.name) + "\n");
        for (const typed::Builtin& row : group.rows) {
            print("\n### `" + std::string(row.name) + "`\n\n```\n" + std::string(row.signature) + "\n```\n\n" +
                  std::string(row.doc));
            if (row.form == typed::Form::aggregation)
                print(" Stands alone on the right side of an assignment to a map.");
            if (row.is_asynchronous) print(" Happens when the event is read, not in the probe.");
            if (row.where != program::KindSet::all()) print("\n\nIn: " + where(row.where) + ".");
            print("\n\n```\n" + std::string(row.example) + "\n```\n");
        }
    }
}

void print_probes() {
    print("# Probes\n\nPrinted from the table in `runtime/probes`; edit that, then run `./dev docs`.\n");
    for (const probes::Provider& row : probes::all()) {
        print("\n## `" + std::string(row.name) + "`\n\n```\n" + std::string(row.target_form) + "\n```\n\n" +
              std::string(row.doc));
        std::string aliases;
        for (const std::string_view alias : row.aliases)
            if (!alias.empty()) aliases += (aliases.empty() ? "`" : ", `") + std::string(alias) + "`";
        if (!aliases.empty()) print(" Also written " + aliases + ".");
        print("\n\n```\n" + std::string(row.example) + "\n```\n");
    }
}

void print_diagnostics() {
    print(
        "# Diagnostics\n\nPrinted from the table in `src/source/diagnostic_kinds.h`; edit that, then run `./dev docs`. "
        "`-v` shows the number beside each message.\n\n| number | kind | severity | meaning |\n|---|---|---|---|\n");
    int number = 0;
    for (const source::DiagnosticRow& row : source::diagnostic_rows()) {
        char id[16];
        std::snprintf(id, sizeof id, "BL%04d", ++number);
        print("| " + std::string(id) + " | `" + std::string(row.name) + "` | " + (row.is_error ? "error" : "warning") +
              " | " + std::string(row.text) + " |\n");
    }
}

void print_rows() {
    for (const typed::Builtin* row : builtins::all())
        print("builtin\t" + std::string(row->name) + "\t" + std::string(row->example) + "\n");
    for (const probes::Provider& row : probes::all())
        print("probe\t" + std::string(row.name) + "\t" + std::string(row.example) + "\n");
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view what = argc == 2 ? argv[1] : "";
    if (what == "builtins")
        print_builtins();
    else if (what == "probes")
        print_probes();
    else if (what == "diagnostics")
        print_diagnostics();
    else if (what == "rows")
        print_rows();
    else {
        std::fputs("usage: gen_docs builtins|probes|diagnostics|rows\n", stderr);
        return 1;
    }
    return std::fflush(stdout) == 0 ? 0 : 1;
}
