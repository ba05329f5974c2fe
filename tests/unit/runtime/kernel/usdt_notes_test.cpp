#include "runtime/kernel/usdt_notes.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "runtime/kernel/files.h"
#include "tests/support/targets.h"

namespace {

using program::Operand;

std::optional<Operand> parse(std::string_view text) {
    return kernel::parse_usdt_operand(text, 0x1000, [](std::string_view name) -> std::optional<std::uint64_t> {
        if (name == "cells") return 0x4000;
        return std::nullopt;
    });
}

/// "i32 *(120+8*4+16)": what the operand is, registers as offsets.
std::string text_of(const std::optional<Operand>& operand) {
    if (!operand) return "none";
    std::string text = (operand->is_signed ? "i" : "u") + std::to_string(operand->size * 8) + " ";
    if (operand->kind == Operand::Kind::constant) return text + std::to_string(operand->displacement);
    if (operand->kind == Operand::Kind::register_) return text + "r" + std::to_string(operand->base);
    text += operand->kind == Operand::Kind::memory ? "*(" : "&(";
    if (operand->base >= 0) text += "r" + std::to_string(operand->base) + " ";
    if (operand->index >= 0) text += "r" + std::to_string(operand->index) + "*" + std::to_string(operand->scale) + " ";
    return text + std::to_string(operand->displacement) + ")";
}

TEST(UsdtNotes, OperandsOfEveryForm) {
    EXPECT_EQ(text_of(parse("-4@%eax")), "i32 r80");
    EXPECT_EQ(text_of(parse("8@%rax")), "u64 r80");
    EXPECT_EQ(text_of(parse("1@%ah")), "u8 r81");
    EXPECT_EQ(text_of(parse("%rdi")), "i64 r112") << "an old note without a size";
    EXPECT_EQ(text_of(parse("4@$7")), "u32 7");
    EXPECT_EQ(text_of(parse("-4@$-7")), "i32 -7");
    EXPECT_EQ(text_of(parse("8@$0x10")), "u64 16");
    EXPECT_EQ(text_of(parse("8@-16(%rbp)")), "u64 *(r32 -16)");
    EXPECT_EQ(text_of(parse("-2@(%rsp)")), "i16 *(r152 0)");
    EXPECT_EQ(text_of(parse("8@8(%rax,%rbx,4)")), "u64 *(r80 r40*4 8)");
    EXPECT_EQ(text_of(parse("8@(%rax,%rbx)")), "u64 *(r80 r40*1 0)");
    EXPECT_EQ(text_of(parse("4@0x20(,%rbx,8)")), "u32 *(r40*8 32)");
    // Symbols: 0x4000 - 0x1000 from the instruction.
    EXPECT_EQ(text_of(parse("-4@cells(%rip)")), "i32 *(r128 12288)");
    EXPECT_EQ(text_of(parse("-4@cells+8(%rip)")), "i32 *(r128 12296)");
    EXPECT_EQ(text_of(parse("-4@-8+cells(%rip)")), "i32 *(r128 12280)");
    EXPECT_EQ(text_of(parse("8@$cells")), "u64 &(r128 12288)");
    EXPECT_EQ(text_of(parse("4@cells")), "u32 *(r128 12288)");
}

TEST(UsdtNotes, WhatNobodyCanReadIsRefused) {
    for (const char* text :
         {"8f@%xmm0", "16@%rax", "3@%eax", "4@", "", "4@%", "4@nosuch(%rip)", "4@4(%rax", "4@4(%rax,%rbx,3)",
          "4@4(%rax,%rbx,4,5)", "8@[rbp-16]", "4@DWORD", "4@cells@GOTPCREL(%rip)", "4@$"})
        EXPECT_EQ(text_of(parse(text)), text == std::string_view("4@$") ? "u32 0" : "none") << text;
}

TEST(UsdtNotes, ArgumentsAreSplitAtBlanks) {
    using Parts = std::vector<std::string_view>;
    EXPECT_EQ(kernel::split_usdt_arguments(""), Parts{});
    EXPECT_EQ(kernel::split_usdt_arguments("-4@%eax 8@-16(%rbp)"), (Parts{"-4@%eax", "8@-16(%rbp)"}));
    EXPECT_EQ(kernel::split_usdt_arguments(" 8@(%rax, %rbx)  4@$1 "), (Parts{"8@(%rax, %rbx)", "4@$1"}));
}

TEST(UsdtNotes, NotesOfAProgram) {
    const std::string path = test_support::target_path("usdt_forms");
    if (path.empty()) GTEST_SKIP() << "the target was not built";
    const auto notes = kernel::read_usdt_notes(path);
    ASSERT_TRUE(notes.ok());
    const auto count = [&](std::string_view provider, std::string_view name) {
        return std::count_if(notes->begin(), notes->end(), [&](const kernel::UsdtNote& note) {
            return note.provider == provider && note.name == name;
        });
    };
    EXPECT_EQ(count("forms", "registers"), 1);
    EXPECT_EQ(count("other", "registers"), 1);
    EXPECT_GE(count("forms", "twice"), 2) << "one of them in a function of its own";
    const auto gated =
        std::find_if(notes->begin(), notes->end(), [](const auto& note) { return note.name == "gated"; });
    ASSERT_NE(gated, notes->end());
    EXPECT_NE(gated->semaphore, 0u);
    EXPECT_EQ(gated->arguments, "2@%ax");

    // The same bytes from memory, and any piece of them.
    const auto text = kernel::read_text(path);
    ASSERT_TRUE(text.ok());
    const auto bytes = std::as_bytes(std::span(*text));
    EXPECT_EQ(kernel::usdt_notes_of(bytes).size(), notes->size());
    for (std::size_t size : {std::size_t{0}, std::size_t{3}, std::size_t{63}, std::size_t{64}, bytes.size() / 2})
        EXPECT_TRUE(kernel::usdt_notes_of(bytes.first(size)).empty());
    EXPECT_TRUE(kernel::read_usdt_notes("/no/such/file").error().errnum == ENOENT);
}

}  // namespace
