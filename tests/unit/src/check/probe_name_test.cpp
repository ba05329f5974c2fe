// Whether the name of a probe must be known while compiling, and which places share a body because it need not.
#include "src/check/probe_name.h"

#include "src/check/group_places.h"
#include "tests/unit/src/check/checked.h"

namespace check_test {
namespace {

/// The tree of a script, which lives as long as this.
struct Parsed {
    explicit Parsed(std::string_view script) {
        const auto is_builtin = [](std::string_view word) { return builtins::find(word) != nullptr; };
        tree = grammar::parse(sources.add("stdin", std::string(script)), sources, arena, diagnostics, is_builtin);
    }
    source::SourceMap sources;
    source::Diagnostics diagnostics;
    ast::Arena arena;
    const ast::Script* tree = nullptr;
};

check::NameUse use_in(std::string_view body) {
    const Parsed parsed("kprobe:f " + std::string(body));
    EXPECT_NE(parsed.tree, nullptr) << body;
    return parsed.tree == nullptr ? check::NameUse::none : check::name_use(parsed.tree->probes.front());
}

TEST(NameUse, IsAValueWhereAnyTextMayStand) {
    for (const char* body :
         {"{ @[probe] = count(); }", "{ @[pid, probe] = count(); }", "{ printf(\"%s\\n\", probe); }",
          "{ print(probe); }", "/probe == \"kprobe:f\"/ { @ = 1; }", "{ $x = probe; @ = $x; }",
          "{ print((1, probe)); }", "{ if (probe != \"a\") { print(1); } else { print(2); } }",
          "{ @ = strncmp(probe, \"kprobe\", 6); }", "{ $a = pid > 1 ? probe : \"none\"; print($a); }",
          "{ for ($i : 0..2) { @[probe, $i] = 1; } }", "{ print(has_key(@m, probe)); @m[probe] = 1; }"})
        EXPECT_EQ(use_in(body), check::NameUse::value) << body;
}

TEST(NameUse, IsAConstantWhereTheCompilerAsks) {
    for (const char* body :
         {"{ print(sizeof(probe)); }", "{ print(comptime (probe == \"a\")); }", "{ print(kaddr(probe)); }",
          "{ printf(probe); }", "{ print(probe[0]); }", "{ static_assert(probe == \"a\"); }",
          "{ if (probe == \"a\") { fail(\"no\"); } }", "{ let $x: typeof(probe); $x = comm; }",
          "{ @ = hist(probe == \"a\" ? 1 : 2); }", "{ @[probe] = count(); print(sizeof(probe)); }"})
        EXPECT_EQ(use_in(body), check::NameUse::constant) << body;
}

TEST(NameUse, IsNoneWhereTheWordIsNotTheBuiltin) {
    for (const char* body : {"{ print(1); }", "{ print(\"probe\"); }", "{ $probe = 1; print($probe); }",
                             "{ @probe = 1; }", "{ print(probetype); }"})
        EXPECT_EQ(use_in(body), check::NameUse::none) << body;
}

class Groups : public testing::Test {
  protected:
    /// "a b|c": places by their groups, with a '!' behind groups that are told their names.
    std::string of(std::string_view body, std::initializer_list<check::AttachPlace> places,
                   std::string_view called = {}) {
        const Parsed parsed("kprobe:f " + std::string(body));
        const ast::Script* scripts[] = {parsed.tree};
        const check::Options options;
        const check::Input input{scripts, parsed.sources, kernel_, {builtins::find, builtins::all}, options};
        std::string text;
        for (const auto& group : check::group_places({&parsed.tree->probes.front(), places}, input, called)) {
            if (!text.empty()) text += '|';
            for (const check::AttachPlace& place : group.places)
                text += (&place == &group.places.front() ? "" : " ") + place.name;
            if (group.is_told_name) text += '!';
        }
        return text;
    }
    static check::AttachPlace place(program::ProbeKind kind, const std::string& name) {
        check::AttachPlace made;
        made.kind = kind;
        made.name = name;
        if (kind != program::ProbeKind::tracepoint) return made;
        made.place.target = name.substr(0, name.find(':'));
        made.place.function = name.substr(name.find(':') + 1);
        return made;
    }

    test_support::FakeKernel kernel_;
    const check::AttachPlace a_ = place(program::ProbeKind::kprobe, "a"), b_ = place(program::ProbeKind::kprobe, "b"),
                             r_ = place(program::ProbeKind::kretprobe, "r"),
                             enter_ = place(program::ProbeKind::tracepoint, "syscalls:sys_enter_read"),
                             exit_ = place(program::ProbeKind::tracepoint, "syscalls:sys_exit_read"),
                             sched_ = place(program::ProbeKind::tracepoint, "sched:sched_switch"),
                             irq_ = place(program::ProbeKind::tracepoint, "irq:irq_handler_entry");
};

TEST_F(Groups, ShareABodyThatCannotTell) {
    EXPECT_EQ(of("{ @ = count(); }", {a_, b_, r_}), "a b|r");
    EXPECT_EQ(of("{ @ = count(); }", {enter_, exit_, sched_}),
              "syscalls:sys_enter_read syscalls:sys_exit_read "
              "sched:sched_switch");
    EXPECT_EQ(of("{ print(args.x); }", {a_, b_}), "a|b");
}

TEST_F(Groups, ShareABodyThatIsToldTheName) {
    EXPECT_EQ(of("{ @[probe] = count(); }", {a_, b_, r_}), "a b!|r");
    EXPECT_EQ(of("{ @[sizeof(probe)] = count(); }", {a_, b_}), "a|b");
    EXPECT_EQ(of("{ @[probe] = count(); }", {enter_, exit_, sched_, irq_}),
              "syscalls:sys_enter_read|syscalls:sys_exit_read|sched:sched_switch irq:irq_handler_entry!");
    kernel_.feature_set.remove(program::Feature::link_perf_event);
    EXPECT_EQ(of("{ @[probe] = count(); }", {a_, b_}), "a|b") << "no cookies";
}

TEST_F(Groups, DependOnWhatTheBodyCalls) {
    EXPECT_EQ(of("{ @ = sum(twice(1)); }", {a_, b_}, "{ x * 2 }"), "a b");
    EXPECT_EQ(of("{ @[probe] = sum(twice(1)); }", {a_, b_}, "{ x * 2 }"), "a b!");
    EXPECT_EQ(of("{ seen(); }", {a_, b_}, "{ @[probe] = 1 }"), "a|b");
    EXPECT_EQ(of("{ seen(); }", {a_, b_}, "{ print(args.x) }"), "a|b");
}

TEST_F(Groups, RunTwiceWhatIsNamedTwice) {
    EXPECT_EQ(of("{ @ = count(); }", {a_, b_, a_}), "a b|a");
}

}  // namespace
}  // namespace check_test
