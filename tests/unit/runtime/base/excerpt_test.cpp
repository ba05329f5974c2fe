#include "runtime/base/excerpt.h"

#include <gtest/gtest.h>

namespace {

TEST(Excerpt, PositionOfOneLine) {
    const std::string_view text = R"(begin { printf("%d"); })";
    EXPECT_EQ(base::position_text("stdin", text, 8, 20), "stdin:1:9-21");
    EXPECT_EQ(base::excerpt(text, 8, 20), "begin { printf(\"%d\"); }\n        ~~~~~~~~~~~~\n");
}

TEST(Excerpt, SecondLineAndTabs) {
    const std::string_view text = "begin {\n\tprint(x);\n}\n";
    EXPECT_EQ(base::position_text("a.bt", text, 9, 17), "a.bt:2:2-10");
    EXPECT_EQ(base::excerpt(text, 9, 17), "    print(x);\n    ~~~~~~~~\n");
}

TEST(Excerpt, SeveralLinesHaveNoMarkersAndKeepTabs) {
    const std::string_view text = "a\n\tb {\nc }\nd";
    EXPECT_EQ(base::position_text("stdin", text, 3, 10), "stdin:2-3");
    EXPECT_EQ(base::excerpt(text, 3, 10), "\tb {\nc }\n");
}

TEST(Excerpt, EmptyRangeAtTheEnd) {
    EXPECT_EQ(base::position_text("stdin", "begin {", 7, 7), "stdin:1:8-8");
    EXPECT_EQ(base::excerpt("begin {", 7, 7), "begin {\n       \n");
    EXPECT_EQ(base::excerpt("", 0, 0), "\n\n");
}

TEST(Excerpt, CarriageReturnsEndLines) {
    EXPECT_EQ(base::excerpt("a {\r\n  b;\r\n}\r\n", 7, 8), "  b;\n  ~\n");
}

TEST(Excerpt, OffsetsBeyondTheTextAreCut) {
    EXPECT_EQ(base::position_text("stdin", "ab", 1, 90), "stdin:1:2-3");
    EXPECT_EQ(base::excerpt("ab", 50, 90), "ab\n  \n");
}

}  // namespace
