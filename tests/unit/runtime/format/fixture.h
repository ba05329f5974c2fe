// Shared by the formatter's tests: layouts by the handful, bytes by hand, writers that remember.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>
#include <string>
#include <vector>

#include "runtime/format/context.h"
#include "runtime/format/value.h"
#include "runtime/format/writer.h"
#include "tests/support/fake_kernel.h"

namespace format_test {

/// Bytes of a value, little-endian.
class Blob {
  public:
    Blob& number(std::uint64_t value, std::size_t size) {
        for (std::size_t i = 0; i < size; ++i)
            bytes_.push_back(static_cast<std::byte>(value >> (8 * i)));
        return *this;
    }
    Blob& u8(std::uint64_t value) { return number(value, 1); }
    Blob& u16(std::uint64_t value) { return number(value, 2); }
    Blob& u32(std::uint64_t value) { return number(value, 4); }
    Blob& u64(std::uint64_t value) { return number(value, 8); }
    Blob& i64(std::int64_t value) { return number(static_cast<std::uint64_t>(value), 8); }
    Blob& text(std::string_view text, std::size_t size) {
        for (std::size_t i = 0; i < size; ++i) {
            bytes_.push_back(i < text.size() ? static_cast<std::byte>(text[i]) : std::byte{0});
        }
        return *this;
    }
    [[nodiscard]] const std::vector<std::byte>& bytes() const { return bytes_; }
    operator format::Bytes() const { return bytes_; }

  private:
    std::vector<std::byte> bytes_;
};

class StringWriter : public format::Writer {
  public:
    void write(std::string_view text) override {
        out += text;
        ++writes;
    }
    void flush() override {}
    std::string take() { return std::exchange(out, {}); }
    std::string out;
    unsigned writes = 0;
};

/// A program to add layouts and maps to, and a context over it. Local time is UTC.
class FormatTest : public ::testing::Test {
  protected:
    FormatTest()
        : context(program, kernel, [this](program::MapId, std::uint64_t id, std::uint32_t frames) {
              std::vector<std::uint64_t> addresses = stacks[id];
              if (addresses.size() > frames) addresses.resize(frames);
              return addresses;
          }) {
        ::setenv("TZ", "UTC", 1);
        ::tzset();
        program.layouts.reserve(256);
    }

    program::LayoutId add(program::Layout layout) {
        program.layouts.push_back(std::move(layout));
        return program::LayoutId(program.layouts.size() - 1);
    }
    program::LayoutId integer(std::uint32_t size, bool is_signed = false) {
        return of(program::LayoutKind::integer, size, is_signed);
    }
    program::LayoutId of(program::LayoutKind kind, std::uint32_t size, bool is_signed = false) {
        program::Layout layout;
        layout.kind = kind;
        layout.size = size;
        layout.is_signed = is_signed;
        return add(std::move(layout));
    }
    program::LayoutId text(std::uint32_t size) { return of(program::LayoutKind::text, size); }
    program::LayoutId array(program::LayoutId element, std::uint32_t count) {
        program::Layout layout;
        layout.kind = program::LayoutKind::array;
        layout.element = element;
        layout.count = count;
        layout.size = program.layouts[element.index()].size * count;
        return add(std::move(layout));
    }
    /// Fields one behind the other without padding; names empty = tuple.
    program::LayoutId group(const std::vector<program::LayoutId>& parts, const std::vector<std::string>& names = {}) {
        program::Layout layout;
        layout.kind = names.empty() ? program::LayoutKind::tuple : program::LayoutKind::record;
        for (std::size_t i = 0; i < parts.size(); ++i) {
            program::Field field;
            if (!names.empty()) field.name = names[i];
            field.offset = layout.size;
            field.layout = parts[i];
            layout.size += program.layouts[parts[i].index()].size;
            layout.fields.push_back(field);
        }
        return add(std::move(layout));
    }
    program::LayoutId named(program::LayoutKind kind, std::uint32_t size,
                            std::vector<std::pair<std::uint64_t, std::string>> values, bool is_flags = false) {
        program::Layout layout;
        layout.kind = kind;
        layout.size = size;
        layout.names.is_flags = is_flags;
        layout.names.delimiter = "|";
        layout.names.values = std::move(values);
        return add(std::move(layout));
    }

    std::string show(program::LayoutId layout, format::Bytes bytes, format::Style style = format::Style::plain) {
        std::string out;
        format::append_value(out, context, layout, bytes, style);
        return out;
    }
    std::string json(program::LayoutId layout, format::Bytes bytes) {
        std::string out;
        format::append_json_value(out, context, layout, bytes);
        return out;
    }

    program::Program program;
    test_support::FakeKernel kernel;
    std::map<std::uint64_t, std::vector<std::uint64_t>> stacks;
    format::FormatContext context;
};

}  // namespace format_test
