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

class Writer {
  public:
    explicit Writer(const Btf& btf) : btf_(btf) {}

    /// C reads declarators from the name outwards: what stands around the name so far is `inner`.
    std::string declare(BtfId type, std::string inner, unsigned depth, unsigned nesting) const {
        if (type == 0 || nesting > kDeepest || steps_++ > kMostSteps) return with("void", inner);
        const auto next = [&](std::string text) {
            return declare(btf_.referenced(type), std::move(text), depth, nesting + 1);
        };
        switch (btf_.kind(type)) {
            case BTF_KIND_PTR: {
                const std::uint32_t target = btf_.kind(past_qualifiers(btf_.referenced(type)));
                const bool binds_weaker = target == BTF_KIND_ARRAY || target == BTF_KIND_FUNC_PROTO;
                return next(binds_weaker ? "(*" + inner + ")" : "*" + inner);
            }
            case BTF_KIND_CONST: return qualified("const", type, std::move(inner), depth, nesting);
            case BTF_KIND_VOLATILE: return qualified("volatile", type, std::move(inner), depth, nesting);
            case BTF_KIND_RESTRICT:
            case BTF_KIND_TYPE_TAG: return next(std::move(inner));
            case BTF_KIND_ARRAY: {
                const auto array = btf_.array(type);
                if (!array) return with("void", inner);
                return declare(array->element,
                               inner + "[" + (array->count == 0 ? "" : std::to_string(array->count)) + "]", depth,
                               nesting + 1);
            }
            case BTF_KIND_FUNC_PROTO: {
                std::string parameters;
                for (const BtfParameter& parameter : btf_.parameters(type)) {
                    if (!parameters.empty()) parameters += ", ";
                    parameters += parameter.type == 0 ? "..." : declare(parameter.type, "", depth, nesting + 1);
                }
                return next(inner + "(" + (parameters.empty() ? "void" : parameters) + ")");
            }
            case BTF_KIND_FWD:
                return with((btf_.is_kind_flag(type) ? "union " : "struct ") + std::string(btf_.name(type)), inner);
            default: break;
        }
        const std::string name(btf_.name(type));
        if (!is_compound(btf_.kind(type))) return with(name.empty() ? "void" : name, inner);
        if (!name.empty()) return with(std::string(keyword(btf_.kind(type))) + " " + name, inner);
        return with(body(type, depth, nesting + 1), inner);
    }

    std::string body(BtfId type, unsigned depth, unsigned nesting) const {
        const std::uint32_t kind = btf_.kind(type);
        std::string text(keyword(kind));
        if (!btf_.name(type).empty()) text += " " + std::string(btf_.name(type));
        text += " {\n";
        const std::string tabs(depth + 1, '\t');
        if (kind == BTF_KIND_ENUM || kind == BTF_KIND_ENUM64) {
            for (const BtfConstant& constant : btf_.constants(type)) {
                const auto value = btf_.is_kind_flag(type) ? std::to_string(static_cast<std::int64_t>(constant.value))
                                                           : std::to_string(constant.value);
                text += tabs + std::string(constant.name) + " = " + value + ",\n";
            }
        } else {
            for (const BtfMember& member : btf_.members(type)) {
                text += tabs + declare(member.type, std::string(member.name), depth + 1, nesting + 1);
                if (member.bit_size > 0) text += ": " + std::to_string(member.bit_size);
                text += ";\n";
            }
        }
        return text + std::string(depth, '\t') + "}";
    }

  private:
    static std::string with(const std::string& type, const std::string& inner) {
        return inner.empty() ? type : type + " " + inner;
    }

    BtfId past_qualifiers(BtfId type) const {
        for (unsigned i = 0; i < kDeepest; ++i) {
            switch (btf_.kind(type)) {
                case BTF_KIND_CONST:
                case BTF_KIND_VOLATILE:
                case BTF_KIND_RESTRICT:
                case BTF_KIND_TYPE_TAG: type = btf_.referenced(type); break;
                default: return type;
            }
        }
        return 0;
    }

    /// "char *const name", but "const char name".
    std::string qualified(const char* word, BtfId type, std::string inner, unsigned depth, unsigned nesting) const {
        const BtfId target = btf_.referenced(type);
        if (btf_.kind(past_qualifiers(target)) == BTF_KIND_PTR)
            return declare(target, inner.empty() ? word : std::string(word) + " " + inner, depth, nesting + 1);
        return std::string(word) + " " + declare(target, std::move(inner), depth, nesting + 1);
    }

    const Btf& btf_;
    mutable unsigned steps_ = 0;
};

constexpr std::array<std::string_view, 3> kWords{"struct ", "union ", "enum "};

}  // namespace

std::string declaration(const Btf& btf, BtfId type, std::string_view name) {
    return Writer(btf).declare(type, std::string(name), 0, 0);
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
