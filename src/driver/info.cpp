#include "src/driver/info.h"

#include <sys/utsname.h>

#include <array>
#include <cstdio>
#include <string>
#include <utility>

#include "bpfline/version.h"
#include "src/ir/object.h"

namespace driver {

namespace {

using program::Feature;

constexpr int kColumn = 33;  // width of the left one of two columns

/// Items in two columns, filled row by row.
class TwoColumns {
  public:
    explicit TwoColumns(const char* title) { std::printf("\n%s\n", title); }
    ~TwoColumns() {
        if (is_right_) std::putchar('\n');
    }
    void item(const char* name, const std::string& value) {
        const std::string text = std::string("  ") + name + ": " + value;
        if (is_right_)
            std::printf("%s\n", text.c_str());
        else
            std::printf("%-*s", kColumn, text.c_str());
        is_right_ = !is_right_;
    }
    void item(const char* name, bool is_there) { item(name, std::string(is_there ? "yes" : "no")); }

  private:
    bool is_right_ = false;
};

}  // namespace

int print_info(const kernel::KernelView& kernel) {
    struct utsname name {};
    uname(&name);
    std::printf("System\n  OS: %s %s %s\n  Arch: %s\n", name.sysname, name.release, name.version, name.machine);
    std::printf("\nBuild\n  version: bpfline v%s\n  LLVM: %s\n  libdw (DWARF support): yes\n",
                bpfline_version::kVersion, ir::llvm_version());

    const program::FeatureSet features = kernel.features();
    {
        TwoColumns columns("Kernel helpers");
        columns.item("ring buffer", features.has(Feature::ring_buffer));
        columns.item("for_each_map_elem", features.has(Feature::for_each_map_elem));
        columns.item("loop", features.has(Feature::bpf_loop));
        columns.item("map_lookup_percpu_elem", features.has(Feature::lookup_percpu_elem));
        columns.item("ktime_get_tai_ns", features.has(Feature::tai_clock));
    }
    {
        TwoColumns columns("Kernel features");
        columns.item("Instruction limit", std::string("1000000"));
        columns.item("btf", kernel.btf().ok());
        columns.item("signed division", features.has(Feature::signed_division));
        columns.item("hash without preallocation", features.has(Feature::no_prealloc_tracing));
        columns.item("perf event link", features.has(Feature::link_perf_event));
    }
    {
        TwoColumns columns("Probe types");
        columns.item("tracepoint", kernel.tracepoints().ok());
        columns.item("kprobe", features.has(Feature::kprobe));
        columns.item("fentry", features.has(Feature::fentry));
        columns.item("kprobe_multi", features.has(Feature::kprobe_multi));
        columns.item("uprobe_multi", features.has(Feature::uprobe_multi));
        columns.item("kernel functions", kernel.traceable_functions().ok());
    }
    return 0;
}

}  // namespace driver
