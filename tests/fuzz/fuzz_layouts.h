// A program whose layouts cover every kind, fixed, and so trusted; only the bytes shown with them are hostile.
#pragma once

#include <string>
#include <vector>

#include "runtime/program/program.h"

namespace fuzz {

inline program::Program program_of_all_layouts() {
    using program::Layout;
    using program::LayoutId;
    using program::LayoutKind;
    program::Program program;
    program.texts = {"%H:%M:%S.%f %L", "", "%c"};
    const auto add = [&](Layout layout) {
        program.layouts.push_back(std::move(layout));
        return LayoutId(program.layouts.size() - 1);
    };
    const auto simple = [&](LayoutKind kind, std::uint32_t size, bool is_signed = false) {
        Layout layout;
        layout.kind = kind;
        layout.size = size;
        layout.is_signed = is_signed;
        return add(layout);
    };
    std::vector<LayoutId> parts;
    for (const std::uint32_t size : {1u, 2u, 4u, 8u}) {
        parts.push_back(simple(LayoutKind::integer, size, false));
        parts.push_back(simple(LayoutKind::integer, size, true));
    }
    parts.push_back(simple(LayoutKind::none, 0));
    parts.push_back(simple(LayoutKind::boolean, 1));
    parts.push_back(simple(LayoutKind::text, 16));
    parts.push_back(simple(LayoutKind::buffer, 20));
    parts.push_back(simple(LayoutKind::pointer, 8));
    parts.push_back(simple(LayoutKind::ksym, 8));
    parts.push_back(simple(LayoutKind::usym, 16));
    parts.push_back(simple(LayoutKind::inet, 24));
    parts.push_back(simple(LayoutKind::mac, 6));
    parts.push_back(simple(LayoutKind::timestamp, 16));
    parts.push_back(simple(LayoutKind::cgroup_path, 16));
    parts.push_back(simple(LayoutKind::username, 8));
    for (const bool is_flags : {false, true}) {
        Layout names;
        names.kind = is_flags ? LayoutKind::integer : LayoutKind::enumeration;
        names.size = 4;
        names.names.is_flags = is_flags;
        names.names.delimiter = "|";
        for (std::uint64_t i = 0; i < 12; ++i)
            names.names.values.emplace_back(1u << i, "N" + std::to_string(i));
        parts.push_back(add(names));
    }
    for (const LayoutKind kind : {LayoutKind::kstack, LayoutKind::ustack}) {
        for (int mode = 0; mode < 4; ++mode) {
            Layout stack;
            stack.kind = kind;
            stack.size = 16;
            stack.stack_mode = static_cast<program::StackMode>(mode);
            stack.stack_limit = 4;
            stack.stacks = program::MapId(0);
            parts.push_back(add(stack));
        }
    }
    for (const LayoutKind kind : {LayoutKind::tuple, LayoutKind::record}) {
        Layout group;
        group.kind = kind;
        for (const LayoutId part : parts) {
            program::Field field;
            if (kind == LayoutKind::record) field.name = "f" + std::to_string(part.index());
            field.offset = group.size;
            field.layout = part;
            group.size += program.layouts[part.index()].size;
            group.fields.push_back(field);
        }
        program::Field bits;
        bits.name = "bits";
        bits.layout = parts[1];
        bits.offset = group.size;
        bits.bit_offset = 3;
        bits.bit_size = 5;
        group.fields.push_back(bits);
        group.size += 4;
        parts.push_back(add(group));
    }
    Layout array;
    array.kind = LayoutKind::array;
    array.element = parts.back();
    array.count = 3;
    array.size = 3 * program.layouts[parts.back().index()].size;
    add(array);
    return program;
}

}  // namespace fuzz
