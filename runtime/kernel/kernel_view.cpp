// What every view answers alike: files are files, whichever kernel is looked at.
#include "runtime/kernel/kernel_view.h"

#include <cerrno>

#include "runtime/kernel/btf.h"
#include "runtime/kernel/dwarf.h"
#include "runtime/kernel/elf_symbols.h"

namespace kernel {

base::Result<std::shared_ptr<const ElfSymbols>> KernelView::elf_symbols(const std::string& path) const {
    auto symbols = ElfSymbols::open(path);
    if (!symbols.ok()) return symbols.take_error();
    return std::make_shared<const ElfSymbols>(std::move(*symbols));
}

base::Result<ElfObject> KernelView::elf_object(const std::string& path, std::string_view name) const {
    return find_object(path, name);
}

base::Result<std::shared_ptr<const DebugInfo>> KernelView::debug_info(const std::string& path) const {
    return DebugInfo::open(path);
}

base::Result<std::span<const std::byte>> KernelView::module_btf(std::string_view module) const {
    return base::Error{.message = "no types of module " + std::string(module), .errnum = ENOENT};
}

const Btf* KernelView::types(std::string_view module) const {
    if (const auto known = types_.find(module); known != types_.end()) return known->second.get();
    const bool is_kernel = module == "vmlinux";
    const Btf* base = is_kernel ? nullptr : types();
    std::shared_ptr<const Btf> made;
    if (is_kernel || base != nullptr) {
        if (const auto bytes = is_kernel ? btf() : module_btf(module); bytes.ok()) {
            made = std::make_shared<const Btf>(*bytes, base);
            if (made->size() <= (is_kernel ? 1 : base->size())) made = nullptr;
        }
    }
    return types_.emplace(module, std::move(made)).first->second.get();
}

}  // namespace kernel
