#include "runtime/program/settings.h"

#include <gtest/gtest.h>

#include <set>

namespace {

const program::Setting* find(const std::vector<program::Setting>& settings, std::string_view name) {
    for (const program::Setting& setting : settings)
        if (setting.name == name) return &setting;
    return nullptr;
}

TEST(Settings, SayWhatTheConfigSays) {
    program::Config config;
    config.max_strlen = 80;
    config.print_maps_on_exit = false;
    config.stack_mode = program::StackMode::build_id;
    config.legacy_stats = true;
    const auto settings = program::settings(config);
    EXPECT_EQ(std::get<std::uint64_t>(find(settings, "max_strlen")->value), 80u);
    EXPECT_FALSE(std::get<bool>(find(settings, "print_maps_on_exit")->value));
    EXPECT_EQ(std::get<std::string>(find(settings, "stack_mode")->value), "build_id");
    EXPECT_EQ(std::get<std::string>(find(settings, "stats_format")->value), "legacy");
    EXPECT_EQ(std::get<std::string>(find(settings, "unstable_typeinfo")->value), "error");
    EXPECT_EQ(std::get<std::string>(find(settings, "str_trunc_trailer")->value), "..");
}

TEST(Settings, HaveNamesOfTheirOwn) {
    std::set<std::string_view> names;
    for (const program::Setting& setting : program::settings({}))
        EXPECT_TRUE(names.insert(setting.name).second) << setting.name;
}

}  // namespace
