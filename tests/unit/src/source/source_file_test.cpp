#include "src/source/source_file.h"

#include <gtest/gtest.h>

namespace source {
namespace {

TEST(SourceFile, CountsLinesAndColumnsFromOne) {
    const SourceFile file("x.bt", "ab\n\tcd\n\nlast");
    EXPECT_EQ(file.position(0).line, 1u);
    EXPECT_EQ(file.position(0).column, 1u);
    EXPECT_EQ(file.position(2).column, 3u);  // the newline belongs to its line
    EXPECT_EQ(file.position(3).line, 2u);
    EXPECT_EQ(file.position(4).column, 2u);  // a tab is one column
    EXPECT_EQ(file.position(7).line, 3u);
    EXPECT_EQ(file.position(12).line, 4u);
    EXPECT_EQ(file.position(12).column, 5u);
    EXPECT_EQ(file.position(999).column, 5u);  // beyond the end counts as the end
}

TEST(SourceFile, GivesLinesWithoutTheirEnd) {
    const SourceFile file("x.bt", "one\r\ntwo\n");
    EXPECT_EQ(file.line(1), "one");
    EXPECT_EQ(file.line(2), "two");
    EXPECT_EQ(file.line(3), "");
    EXPECT_EQ(file.line(4), "");
    EXPECT_EQ(file.line(0), "");
}

TEST(SourceMap, CutsRangesOutOfTheRightFile) {
    SourceMap sources;
    const auto first = sources.add("a", "hello world");
    const auto second = sources.add("b", "other");
    EXPECT_EQ(sources.text({first, 6, 11}), "world");
    EXPECT_EQ(sources.text({second, 2, 99}), "her");
    EXPECT_EQ(sources.file(second).name(), "b");
}

}  // namespace
}  // namespace source
