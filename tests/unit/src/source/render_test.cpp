#include "src/source/render.h"

#include <gtest/gtest.h>

namespace source {
namespace {

struct Rendered {
    SourceMap sources;
    Diagnostics diagnostics;
    program::FileId file;

    explicit Rendered(std::string text) { file = sources.add("stdin", std::move(text)); }
    [[nodiscard]] Range range(std::uint32_t begin, std::uint32_t end) const { return {file, begin, end}; }
    [[nodiscard]] std::string text(RenderOptions options = {}) const {
        std::string all;
        for (const Diagnostic& diagnostic : diagnostics.all())
            all += render(diagnostic, sources, options);
        return all;
    }
};

TEST(Render, MarksTheColumnsOfOneLine) {
    Rendered r("begin { print(x); }");
    r.diagnostics.add(DiagnosticKind::unknown_identifier, r.range(14, 15), "Unknown identifier: 'x'");
    EXPECT_EQ(r.text(),
              "stdin:1:15-16: ERROR: Unknown identifier: 'x'\n"
              "begin { print(x); }\n"
              "              ~\n");
}

TEST(Render, ShowsTabsAsFourBlanksAndMarksThemSoToo) {
    Rendered r("begin\n{\n\tfoo\t= 1;\n}");
    r.diagnostics.add(DiagnosticKind::warn_other, r.range(9, 14), "strange");
    EXPECT_EQ(r.text(),
              "stdin:3:2-7: WARNING: strange\n"
              "    foo    = 1;\n"
              "    ~~~~~~~~\n");
}

TEST(Render, PrintsSeveralLinesWithoutMarkers) {
    Rendered r("begin {\n\tprint(1,\n\t2);\n}");
    r.diagnostics.add(DiagnosticKind::bad_call, r.range(9, 20), "too many");
    EXPECT_EQ(r.text(), "stdin:2-3: ERROR: too many\n\tprint(1,\n\t2);\n");
}

TEST(Render, EmptyRangeAtTheEndHasAnEmptyMarkerLine) {
    Rendered r("begin");
    r.diagnostics.add(DiagnosticKind::syntax, r.range(5, 5), "syntax: expected '{'");
    EXPECT_EQ(r.text(), "stdin:1:6-6: ERROR: syntax: expected '{'\nbegin\n     \n");
}

TEST(Render, NotesAreFurtherBlocksOfTheSameSeverityThenHints) {
    Rendered r("a b");
    r.diagnostics.add(DiagnosticKind::shadowing, r.range(2, 3), "again")
        .note(r.range(0, 1), "This is the initial assignment.")
        .hint("rename one");
    EXPECT_EQ(r.text(),
              "stdin:1:3-4: ERROR: again\na b\n  ~\n"
              "stdin:1:1-2: ERROR: This is the initial assignment.\na b\n~\n"
              "HINT: rename one\n");
}

TEST(Render, WithoutPlaceOnlyTheLabel) {
    Rendered r("");
    r.diagnostics.add(DiagnosticKind::too_many_probes, "Can't attach\nto so many");
    EXPECT_EQ(r.text(), "ERROR: Can't attach\nto so many\n");
}

TEST(Render, ColourWrapsTheFirstLineAndNumbersComeLast) {
    Rendered r("x");
    r.diagnostics.add(DiagnosticKind::syntax, r.range(0, 1), "no");
    EXPECT_EQ(r.text({.colour = true, .show_number = true}),
              "\033[31mstdin:1:1-2: ERROR: no\033[0m\nx\n~\nBL0001 syntax\n");
}

TEST(Diagnostics, AddsTheSameThingOnce) {
    Rendered r("x y");
    r.diagnostics.add(DiagnosticKind::syntax, r.range(0, 1), "no").hint("once");
    r.diagnostics.add(DiagnosticKind::syntax, r.range(0, 1), "no").hint("once");
    r.diagnostics.add(DiagnosticKind::syntax, r.range(2, 3), "no");
    r.diagnostics.add(DiagnosticKind::warn_other, r.range(2, 3), "no");
    EXPECT_EQ(r.diagnostics.all().size(), 3u);
    EXPECT_EQ(r.diagnostics.all()[0].hints.size(), 1u);
    EXPECT_TRUE(r.diagnostics.has_errors());
}

TEST(Diagnostics, WarningsAreNoErrors) {
    Diagnostics diagnostics;
    diagnostics.add(DiagnosticKind::warn_unused, "spare");
    EXPECT_FALSE(diagnostics.has_errors());
    EXPECT_EQ(diagnostics.all()[0].severity, Severity::warning);
}

TEST(DiagnosticKinds, NumbersFollowTheTable) {
    const auto rows = diagnostic_rows();
    EXPECT_EQ(rows[0].name, "syntax");
    EXPECT_TRUE(rows[0].is_error);
    const auto index = static_cast<std::size_t>(DiagnosticKind::warn_unused);
    EXPECT_EQ(rows[index].name, "warn_unused");
    EXPECT_FALSE(rows[index].is_error);
}

}  // namespace
}  // namespace source
