// What a wildcard of fentry and fexit stands for: functions that have types, are traceable and fit a trampoline.
#include <gtest/gtest.h>
#include <linux/btf.h>

#include "runtime/probes/provider.h"
#include "tests/support/btf_writer.h"
#include "tests/support/fake_kernel.h"

namespace {

using program::ProbeKind;

std::string listed(const test_support::FakeKernel& kernel, ProbeKind kind) {
    probes::Target target;
    target.kind = kind;
    target.parts = {"*"};
    target.is_listing = true;
    const auto matches = probes::row(kind).list(kernel, target);
    if (!matches.ok()) return matches.error().message;
    std::string names;
    for (const probes::Match& match : *matches)
        names += (names.empty() ? "" : " ") + match.place.function;
    return names;
}

TEST(FentryList, HoldsWhatATrampolineCanCall) {
    test_support::BtfWriter btf;
    const std::uint32_t integer = btf.integer("int", 4, BTF_INT_SIGNED);
    const std::uint32_t pair = btf.compound(BTF_KIND_STRUCT, "pair", 16, {{"a", integer, 0}, {"b", integer, 64}});
    const std::uint32_t large = btf.compound(BTF_KIND_STRUCT, "large", 24, {{"a", integer, 0}});
    const auto function = [&](std::string_view name, std::uint32_t result, std::vector<std::uint32_t> types) {
        std::vector<test_support::BtfWriter::Named> parameters;
        for (const std::uint32_t type : types)
            parameters.push_back({"p", type});
        btf.refer(BTF_KIND_FUNC, btf.prototype(result, parameters), name);
    };
    function("plain", integer, {integer, integer});
    function("no_result", 0, {integer});
    function("takes_pair", integer, {pair});
    function("takes_large", integer, {large});
    function("returns_pair", pair, {integer});
    function("takes_seven", integer, std::vector<std::uint32_t>(7, integer));
    function("takes_pairs", integer, {pair, pair, pair, integer});
    function("takes_thirteen", integer, std::vector<std::uint32_t>(13, integer));
    function("variadic", integer, {integer, 0});
    function("not_traceable", integer, {integer});
    function("migrate_disable", 0, {});
    function("do_exit", 0, {integer});
    function("helper", 0, {integer});

    test_support::FakeKernel kernel;
    kernel.btf_bytes = btf.bytes();
    kernel.functions.clear();
    for (const char* name : {"do_exit", "helper", "migrate_disable", "no_result", "plain", "returns_pair",
                             "takes_large", "takes_pair", "takes_pairs", "takes_seven", "takes_thirteen", "variadic"})
        kernel.functions.push_back({name, "vmlinux"});
    kernel.kernel_symbols[0xffffffff81200000] = kernel.kernel_symbols[0xffffffff81300000] = {"helper", ""};
    kernel.feature_set.add(program::Feature::fentry).add(program::Feature::kernel_btf);

    kernel.feature_set.add(program::Feature::signed_division);
    EXPECT_EQ(listed(kernel, ProbeKind::fentry), "do_exit no_result plain takes_pair takes_pairs takes_seven");
    EXPECT_EQ(listed(kernel, ProbeKind::fexit), "no_result plain takes_pair takes_pairs takes_seven");
    kernel.feature_set.remove(program::Feature::signed_division);
    EXPECT_EQ(listed(kernel, ProbeKind::fentry), "do_exit no_result plain takes_pair") << "before 6.6: registers only";
}

}  // namespace
