#include "runtime/program/serialize.h"

#include <stdlib.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <random>

#include "runtime/program/dump.h"
#include "tests/unit/runtime/program/example.h"

namespace {

std::string everything(const program::Program& p) {
    return program::dump(p, {.code = program::Code::listing, .has_spans = true});
}

TEST(Serialize, BringsEverythingBack) {
    const program::Program p = program_test::example();
    const std::vector<std::byte> bytes = program::serialize(p);
    const base::Result<program::Program> back = program::deserialize(bytes);
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_EQ(everything(*back), everything(p));
    // The dump leaves things out; the bytes do not.
    EXPECT_EQ(program::serialize(*back), bytes);
}

TEST(Serialize, AnEmptyProgramToo) {
    const base::Result<program::Program> back = program::deserialize(program::serialize({}));
    ASSERT_TRUE(back.ok());
    EXPECT_TRUE(back->probes.empty());
}

TEST(Serialize, ThroughAFile) {
    char path[] = "/tmp/bpfline_serialize_XXXXXX";
    close(mkstemp(path));
    ASSERT_TRUE(program::write_file(program_test::example(), path).ok());
    const base::Result<program::Program> back = program::read_file(path);
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_EQ(everything(*back), everything(program_test::example()));
    unlink(path);
    EXPECT_EQ(program::read_file(path).error().errnum, ENOENT);
    EXPECT_FALSE(program::write_file({}, "/no/such/directory/x").ok());
}

TEST(Serialize, RefusesWhatIsNotOurs) {
    EXPECT_FALSE(program::deserialize({}).ok());
    std::vector<std::byte> bytes = program::serialize(program_test::example());
    bytes[0] = std::byte{0};
    EXPECT_NE(program::deserialize(bytes).error().message.find("begins with something else"), std::string::npos);
    bytes = program::serialize(program_test::example());
    bytes[8] = std::byte{99};
    EXPECT_NE(program::deserialize(bytes).error().message.find("another version"), std::string::npos);
    bytes = program::serialize(program_test::example());
    bytes.push_back(std::byte{0});
    EXPECT_NE(program::deserialize(bytes).error().message.find("follows its end"), std::string::npos);
}

TEST(Serialize, RefusesEveryShorterFile) {
    const std::vector<std::byte> bytes = program::serialize(program_test::example());
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        ASSERT_FALSE(program::deserialize(std::span(bytes).first(size)).ok()) << size;
    }
}

TEST(Serialize, SurvivesDamage) {
    const std::vector<std::byte> good = program::serialize(program_test::example());
    std::minstd_rand random(7);
    unsigned accepted = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::vector<std::byte> bytes = good;
        for (unsigned i = 0; i < 1 + random() % 3; ++i) {
            // Behind the version, which would refuse at once.
            bytes[12 + random() % (bytes.size() - 12)] = static_cast<std::byte>(random());
        }
        const base::Result<program::Program> back = program::deserialize(bytes);
        if (!back.ok()) continue;
        ++accepted;
        // Whatever was accepted can be used.
        ASSERT_FALSE(everything(*back).empty());
    }
    EXPECT_GT(accepted, 0U);
}

TEST(Serialize, ChecksWhereIdsLead) {
    const auto problem = [](auto change) {
        program::Program p = program_test::example();
        change(p);
        const base::Status status = program::check_references(p);
        return status.ok() ? std::string() : status.error().message;
    };
    EXPECT_EQ(problem([](auto&) {}), "");
    EXPECT_NE(problem([](auto& p) { p.probes[0].function = program::FunctionId(9); }).find("a probe's function"),
              std::string::npos);
    EXPECT_NE(problem([](auto& p) { p.functions[0].relocations[0].map = {}; }).find("a relocation's map"),
              std::string::npos);
    EXPECT_NE(problem([](auto& p) { p.functions[0].relocations[0].insn = 4; }).find("a relocation's instruction"),
              std::string::npos);
    EXPECT_NE(problem([](auto& p) { p.layouts[3].element = program::LayoutId(3); }).find("inside itself"),
              std::string::npos);
    EXPECT_NE(problem([](auto& p) { p.events.emplace_back(program::PrintMap{}); }).find("a printed map"),
              std::string::npos);
    EXPECT_NE(problem([](auto& p) { p.maps[0].declared.end = 0; }).find("a place in the script"), std::string::npos);
}

}  // namespace
