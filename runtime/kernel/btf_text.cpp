#include "runtime/kernel/btf_text.h"

#include <linux/btf.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "runtime/base/glob.h"
#include "runtime/base/text.h"

namespace kernel {
namespace {

// Real types nest a handful deep; broken BTF may point in circles.
constexpr unsigned kDeepest = 32;
constexpr unsigned kLongest = 64;

// The largest structures have some hundred members; functions that take themselves twice could go on for ever.
constexpr unsigned kMostSteps = 5000;

bool is_compound(std::uint32_t kind) {
    return kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION || kind == BTF_KIND_ENUM || kind == BTF_KIND_ENUM64;
}

std::string_view keyword(std::uint32_t kind) {
    switch (kind) {
        case BTF_KIND_STRUCT: return "struct";
        case BTF_KIND_UNION: return "union";
        default: return "enum";
    }
}

/// Spacing is that of libbpf's btf_dump, which bpftool and bpftrace print with.
class Writer {
  public:
    explicit Writer(const Btf& btf) : btf_(btf) {}

    std::string declare(BtfId type, std::string_view name, unsigned depth, unsigned nesting) const {
        if (nesting > kDeepest || steps_++ > kMostSteps) return "void";
        Chain chain;
        for (unsigned i = 0; i < kLongest; i++) {
            chain.push_back(type);
            switch (btf_.kind(type)) {
                case BTF_KIND_PTR:
                case BTF_KIND_CONST:
                case BTF_KIND_VOLATILE:
                case BTF_KIND_RESTRICT:
                case BTF_KIND_TYPE_TAG:
                case BTF_KIND_FUNC_PROTO: type = btf_.referenced(type); continue;
                case BTF_KIND_ARRAY: {
                    const auto array = btf_.array(type);
                    type = array ? array->element : 0;
                    continue;
                }
                default: break;
            }
            break;
        }
        std::string out;
        write(out, chain, name, depth, nesting);
        return out;
    }

    std::string body(BtfId type, unsigned depth, unsigned nesting) const {
        const std::uint32_t kind = btf_.kind(type);
        std::string text(keyword(kind));
        if (!btf_.name(type).empty()) text += " " + std::string(btf_.name(type));
        text += " {";
        std::string lines;
        const std::string tabs(depth + 1, '\t');
        if (kind == BTF_KIND_ENUM || kind == BTF_KIND_ENUM64) {
            for (const BtfConstant& constant : btf_.constants(type)) {
                const bool is_signed = btf_.is_kind_flag(type);
                std::string value = is_signed ? std::to_string(static_cast<std::int64_t>(constant.value))
                                              : std::to_string(constant.value);
                if (kind == BTF_KIND_ENUM64) value += is_signed ? "LL" : "ULL";
                lines += tabs + std::string(constant.name) + " = " + value + ",\n";
            }
        } else {
            for (const BtfMember& member : btf_.members(type)) {
                lines += tabs + declare(member.type, member.name, depth + 1, nesting + 1);
                if (member.bit_size > 0) lines += ": " + std::to_string(member.bit_size);
                lines += ";\n";
            }
        }
        if (lines.empty()) return text + "}";
        return text + "\n" + lines + std::string(depth, '\t') + "}";
    }

  private:
    /// A declaration's types from the name outwards, as BTF refers from one to the next; read from its end, where the
    /// type stands that C writes first.
    using Chain = std::vector<BtfId>;

    static std::string_view qualifier(std::uint32_t kind) {
        switch (kind) {
            case BTF_KIND_CONST: return "const";
            case BTF_KIND_VOLATILE: return "volatile";
            case BTF_KIND_RESTRICT: return "restrict";
            default: return {};
        }
    }

    void write(std::string& out, Chain& chain, std::string_view name, unsigned depth, unsigned nesting) const {
        bool is_tight = true;  // after a star or at the beginning: no blank is wanted
        while (!chain.empty() && nesting <= kDeepest) {
            const BtfId type = chain.back();
            chain.pop_back();
            const std::uint32_t kind = btf_.kind(type);
            if (kind == BTF_KIND_PTR) {
                out += is_tight ? "*" : " *";
                is_tight = true;
            } else if (kind == BTF_KIND_TYPE_TAG) {
                continue;
            } else if (const std::string_view word = qualifier(kind); !word.empty()) {
                out += " " + std::string(word);
                is_tight = false;
            } else if (kind == BTF_KIND_ARRAY) {
                write_array(out, chain, type, name, is_tight, depth, nesting);
                return;
            } else if (kind == BTF_KIND_FUNC_PROTO) {
                write_function(out, chain, type, name, is_tight, depth, nesting);
                return;
            } else {
                write_base(out, chain, type, depth, nesting);
                is_tight = false;
            }
        }
        write_name(out, name, is_tight);
    }

    static void write_name(std::string& out, std::string_view name, bool is_tight) {
        if (!name.empty() && !is_tight) out += ' ';
        out += name;
    }

    void write_base(std::string& out, Chain& chain, BtfId type, unsigned depth, unsigned nesting) const {
        for (; !chain.empty(); chain.pop_back()) {
            const std::string_view word = qualifier(btf_.kind(chain.back()));
            if (!word.empty())
                out += std::string(word) + " ";
            else if (btf_.kind(chain.back()) != BTF_KIND_TYPE_TAG)
                break;
        }
        const std::string name(btf_.name(type));
        const std::uint32_t kind = btf_.kind(type);
        if (kind == BTF_KIND_FWD)
            out += (btf_.is_kind_flag(type) ? "union " : "struct ") + name;
        else if (!is_compound(kind))
            out += name.empty() ? "void" : name;
        else if (!name.empty())
            out += std::string(keyword(kind)) + " " + name;
        else
            out += body(type, depth, nesting + 1);
    }

    /// Arrays and functions have no qualifiers of their own in C.
    void drop_qualifiers(Chain& chain) const {
        while (!chain.empty() &&
               (!qualifier(btf_.kind(chain.back())).empty() || btf_.kind(chain.back()) == BTF_KIND_TYPE_TAG))
            chain.pop_back();
    }

    void write_array(std::string& out, Chain& chain, BtfId type, std::string_view name, bool is_tight, unsigned depth,
                     unsigned nesting) const {
        drop_qualifiers(chain);
        const auto array = btf_.array(type);
        if (chain.empty()) {
            write_name(out, name, is_tight);
        } else {
            const bool has_inner_array = btf_.kind(chain.back()) == BTF_KIND_ARRAY;
            if (!name.empty() && !is_tight) out += ' ';
            if (!has_inner_array) out += '(';
            write(out, chain, name, depth, nesting + 1);
            if (!has_inner_array) out += ')';
        }
        out += "[" + std::to_string(array ? array->count : 0) + "]";
    }

    void write_function(std::string& out, Chain& chain, BtfId type, std::string_view name, bool is_tight,
                        unsigned depth, unsigned nesting) const {
        drop_qualifiers(chain);
        if (chain.empty()) {
            write_name(out, name, is_tight);
        } else {
            out += " (";
            write(out, chain, name, depth, nesting + 1);
            out += ')';
        }
        std::string parameters;
        for (const BtfParameter& parameter : btf_.parameters(type)) {
            if (!parameters.empty()) parameters += ", ";
            parameters += parameter.type == 0 ? "..." : declare(parameter.type, parameter.name, depth, nesting + 1);
        }
        out += "(" + (parameters.empty() ? "void" : parameters) + ")";
    }

    const Btf& btf_;
    mutable unsigned steps_ = 0;
};

constexpr std::array<std::string_view, 3> kWords{"struct ", "union ", "enum "};

}  // namespace

std::string declaration(const Btf& btf, BtfId type, std::string_view name) {
    return Writer(btf).declare(type, name, 0, 0);
}

std::string definition(const Btf& btf, BtfId type) {
    return Writer(btf).body(type, 0, 0) + ";";
}

bool is_type_pattern(std::string_view pattern) {
    const std::string_view trimmed = base::trim(pattern);
    return std::any_of(kWords.begin(), kWords.end(),
                       [trimmed](std::string_view word) { return trimmed.starts_with(word); });
}

std::vector<ListedType> list_types(const KernelView& view, std::string_view pattern) {
    std::vector<ListedType> types;
    pattern = base::trim(pattern);
    const std::string_view word = pattern.substr(0, pattern.find(' '));
    const std::string_view wanted = base::trim(pattern.substr(word.size()));
    std::vector<std::string> owners = view.btf_modules();
    owners.insert(owners.begin(), "vmlinux");
    for (const std::string& owner : owners) {
        const Btf* btf = view.types(owner);
        if (btf == nullptr) continue;
        btf->for_each([&](BtfId id, std::uint32_t kind, std::string_view name) {
            if (is_compound(kind) && !name.empty() && keyword(kind) == word && base::glob_matches(wanted, name))
                types.push_back({owner, std::string(word) + " " + std::string(name), id});
        });
    }
    std::sort(types.begin(), types.end(), [](const ListedType& a, const ListedType& b) {
        return std::tie(a.name, a.module, a.type) < std::tie(b.name, b.module, b.type);
    });
    return types;
}

}  // namespace kernel
