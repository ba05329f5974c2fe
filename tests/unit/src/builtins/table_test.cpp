#include "src/builtins/table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace {

TEST(BuiltinTable, IsSortedAndNamesEachRowOnce) {
    const auto rows = builtins::all();
    ASSERT_GT(rows.size(), 100u);
    for (std::size_t i = 1; i < rows.size(); ++i)
        EXPECT_LT(rows[i - 1]->name, rows[i]->name);
    for (const typed::Builtin* row : rows)
        EXPECT_EQ(builtins::find(row->name), row);
    EXPECT_EQ(builtins::find(""), nullptr);
    EXPECT_EQ(builtins::find("printff"), nullptr);
}

TEST(BuiltinTable, HasEveryRowInOneGroup) {
    std::set<std::string_view> titles;
    std::size_t count = 0;
    for (const builtins::Group& group : builtins::groups()) {
        EXPECT_TRUE(titles.insert(group.name).second) << group.name;
        EXPECT_FALSE(group.rows.empty()) << group.name;
        count += group.rows.size();
    }
    EXPECT_EQ(count, builtins::all().size());
}

TEST(BuiltinTable, RowsSayWhatTheyAre) {
    for (const typed::Builtin* row : builtins::all()) {
        EXPECT_TRUE(row->signature.starts_with(std::string(row->name) + "(")) << row->name;
        EXPECT_TRUE(row->doc.ends_with('.') || row->doc.ends_with('`')) << row->name;
        // `depends` in a signature needs somebody who knows; a result function without it would never be asked.
        const bool depends = row->signature.ends_with("-> depends");
        EXPECT_EQ(depends && row->result == nullptr, false) << row->name;
        const bool is_numbered = row->name.starts_with("arg") || row->name.starts_with("sarg");
        EXPECT_TRUE(is_numbered || row->example.find(row->name) != std::string_view::npos) << row->name;
        EXPECT_EQ(row->example.find('\n'), std::string_view::npos) << row->name;
        EXPECT_EQ(row->form == typed::Form::aggregation, row->signature.ends_with("-> aggregation")) << row->name;
    }
}

TEST(BuiltinTable, DangerousRowsAskForUnsafe) {
    for (const std::string_view name : {"system", "signal", "signal_thread", "override", "write_user"})
        EXPECT_TRUE(builtins::find(name)->is_unsafe) << name;
    for (const std::string_view name : {"printf", "cat", "exit", "str"})
        EXPECT_FALSE(builtins::find(name)->is_unsafe) << name;
}

}  // namespace
