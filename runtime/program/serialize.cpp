#include "runtime/program/serialize.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <type_traits>
#include <utility>
#include <variant>

#include "runtime/base/fd.h"

namespace program {
namespace {

constexpr char kMagic[8] = {'b', 'p', 'f', 'l', 'p', 'r', 'o', 'g'};
/// Goes up with every change of the lists below.
constexpr std::uint32_t kFormatVersion = 1;
/// Larger files are not ours.
constexpr std::size_t kMostBytes = std::size_t{1} << 30;

// ---- the members, listed once and walked in both directions ---------------------------------------------------------
// `a` is a Writing or a Reading; each line names all members of one structure in order.

template <typename Archive>
void members(Archive& a, SourceText& s) {
    a(s.name, s.text);
}
template <typename Archive>
void members(Archive& a, Span& s) {
    a(s.file, s.begin, s.end);
}
template <typename Archive>
void members(Archive& a, Field& s) {
    a(s.name, s.offset, s.layout, s.bit_offset, s.bit_size);
}
template <typename Archive>
void members(Archive& a, ValueNames& s) {
    a(s.is_flags, s.delimiter, s.values);
}
template <typename Archive>
void members(Archive& a, Layout& s) {
    a(s.kind, s.size, s.is_signed, s.element, s.count, s.fields, s.names, s.stack_mode, s.stack_limit, s.stacks);
}
template <typename Archive>
void members(Archive& a, Relocation& s) {
    a(s.insn, s.to, s.map);
}
template <typename Archive>
void members(Archive& a, Function& s) {
    a(s.name, s.type, s.expected, s.attach_to, s.is_sleepable, s.insns, s.relocations, s.func_info, s.line_info);
}
template <typename Archive>
void members(Archive& a, ProbeSpec& s) {
    a(s.name, s.kind, s.span, s.function, s.ledger_slot);
}
template <typename Archive>
void members(Archive& a, Sampling& s) {
    a(s.unit, s.amount, s.type, s.config);
}
template <typename Archive>
void members(Archive& a, Place& s) {
    a(s.module, s.function, s.target, s.offset, s.address, s.cookie, s.semaphore_offset, s.sampling, s.pid,
      s.needs_check);
}
template <typename Archive>
void members(Archive& a, AttachSpec& s) {
    a(s.probe, s.kind, s.places, s.if_missing, s.span);
}
template <typename Archive>
void members(Archive& a, Aggregation& s) {
    a(s.kind, s.is_signed, s.hist_bits, s.lhist_min, s.lhist_max, s.lhist_step, s.bucket_count, s.is_bucket_keyed,
      s.tseries_interval, s.tseries_count, s.tseries_of);
}
template <typename Archive>
void members(Archive& a, MapSpec& s) {
    a(s.name, s.role, s.kind, s.key_size, s.value_size, s.max_entries, s.flags, s.key, s.value, s.aggregation,
      s.is_scalar, s.declared, s.initial);
}
template <typename Archive>
void members(Archive& a, FormatFlags& s) {
    a(s.left, s.plus, s.space, s.alternate, s.zero);
}
template <typename Archive>
void members(Archive& a, FormatOp& s) {
    a(s.text, s.conversion, s.flags, s.width, s.precision, s.bits, s.offset, s.layout);
}
template <typename Archive>
void members(Archive& a, Printf& s) {
    a(s.ops);
}
template <typename Archive>
void members(Archive& a, ErrorF& s) {
    a(s.ops, s.span, s.is_warning);
}
template <typename Archive>
void members(Archive& a, Cat& s) {
    a(s.ops);
}
template <typename Archive>
void members(Archive& a, System& s) {
    a(s.ops);
}
template <typename Archive>
void members(Archive& a, PrintValue& s) {
    a(s.layout, s.names_inside);
}
template <typename Archive>
void members(Archive& a, PrintMap& s) {
    a(s.map, s.top, s.div);
}
template <typename Archive>
void members(Archive& a, ClearMap& s) {
    a(s.map);
}
template <typename Archive>
void members(Archive& a, ZeroMap& s) {
    a(s.map);
}
template <typename Archive>
void members(Archive&, Exit&) {}
template <typename Archive>
void members(Archive& a, Time& s) {
    a(s.format);
}
template <typename Archive>
void members(Archive& a, Join& s) {
    a(s.separator, s.count, s.size);
}
template <typename Archive>
void members(Archive& a, HelperFailed& s) {
    a(s.place);
}
template <typename Archive>
void members(Archive& a, RuntimeWarning& s) {
    a(s.place);
}
template <typename Archive>
void members(Archive&, Unwatch&) {}
template <typename Archive>
void members(Archive& a, SkbOutput& s) {
    a(s.path, s.most);
}
template <typename Archive>
void members(Archive& a, WarningPlace& s) {
    a(s.kind, s.span, s.helper, s.text, s.ledger_slot, s.is_always_shown);
}
template <typename Archive>
void members(Archive& a, FeatureSet& s) {
    a(s.bits);
}
template <typename Archive>
void members(Archive& a, Config& s) {
    a(s.max_strlen, s.max_map_keys, s.max_probes, s.max_bpf_progs, s.max_cat_bytes, s.perf_rb_pages, s.log_size,
      s.on_stack_limit, s.missing_probes, s.print_maps_on_exit, s.cpp_demangle, s.lazy_symbolication, s.show_debug_info,
      s.use_blazesym, s.legacy_stats, s.stack_mode, s.cache_user_symbols, s.str_trunc_trailer, s.license,
      s.unstable_tseries, s.unstable_dw_ustack, s.unstable_typeinfo, s.unstable_import_statement);
}
template <typename Archive>
void members(Archive& a, Program& s) {
    a(s.version, s.files, s.texts, s.btf, s.layouts, s.maps, s.functions, s.probes, s.attachments, s.begin, s.end,
      s.events, s.warning_places, s.config, s.needs, s.events_map, s.ledger_map, s.globals_map);
}

// ---- the last enumerator of each enumeration ------------------------------------------------------------------------

constexpr std::uint32_t last(LayoutKind) {
    return static_cast<std::uint32_t>(LayoutKind::ustack);
}
constexpr std::uint32_t last(StackMode) {
    return static_cast<std::uint32_t>(StackMode::build_id);
}
constexpr std::uint32_t last(Relocation::To) {
    return static_cast<std::uint32_t>(Relocation::To::map_value);
}
constexpr std::uint32_t last(ProbeKind) {
    return kProbeKindCount - 1;
}
constexpr std::uint32_t last(SamplingUnit) {
    return static_cast<std::uint32_t>(SamplingUnit::events);
}
constexpr std::uint32_t last(MissingProbes) {
    return static_cast<std::uint32_t>(MissingProbes::ignore);
}
constexpr std::uint32_t last(MapRole) {
    return static_cast<std::uint32_t>(MapRole::texts);
}
constexpr std::uint32_t last(MapKind) {
    return static_cast<std::uint32_t>(MapKind::prog_array);
}
constexpr std::uint32_t last(AggregationKind) {
    return static_cast<std::uint32_t>(AggregationKind::tseries);
}
constexpr std::uint32_t last(Conversion) {
    return static_cast<std::uint32_t>(Conversion::gfp_flags);
}
constexpr std::uint32_t last(WarningKind) {
    return static_cast<std::uint32_t>(WarningKind::loop_cut);
}
constexpr std::uint32_t last(Config::UserSymbols) {
    return static_cast<std::uint32_t>(Config::UserSymbols::none);
}
constexpr std::uint32_t last(Config::Gate) {
    return static_cast<std::uint32_t>(Config::Gate::error);
}
// The kernel's own numbers: it refuses what it does not know.
constexpr std::uint32_t last(bpf_prog_type) {
    return 1U << 16;
}
constexpr std::uint32_t last(bpf_attach_type) {
    return 1U << 16;
}

/// Types that are their bytes.
template <typename T>
constexpr bool kIsRaw = std::is_same_v<T, bpf_insn> || std::is_same_v<T, bpf_func_info> ||
                        std::is_same_v<T, bpf_line_info> || std::is_same_v<T, std::byte>;

class Writing {
  public:
    template <typename... T>
    void operator()(T&... values) {
        (put(values), ...);
    }
    std::vector<std::byte> take() { return std::move(out_); }
    void put_bytes(const void* from, std::size_t size) {
        const auto* bytes = static_cast<const std::byte*>(from);
        out_.insert(out_.end(), bytes, bytes + size);
    }

  private:
    void put_size(std::size_t size) {
        const auto value = static_cast<std::uint32_t>(size);
        put_bytes(&value, sizeof(value));
    }
    template <typename T>
    void put(T& value) {
        if constexpr (std::is_same_v<T, bool>) {
            const auto byte = static_cast<std::uint8_t>(value ? 1 : 0);
            put_bytes(&byte, 1);
        } else if constexpr (std::is_enum_v<T>) {
            const auto number = static_cast<std::uint32_t>(value);
            put_bytes(&number, sizeof(number));
        } else if constexpr (std::is_integral_v<T>) {
            put_bytes(&value, sizeof(value));
        } else {
            members(*this, value);
        }
    }
    template <typename Tag>
    void put(base::Id<Tag>& id) {
        put_bytes(&id.value, sizeof(id.value));
    }
    void put(std::string& text) {
        put_size(text.size());
        put_bytes(text.data(), text.size());
    }
    template <typename A, typename B>
    void put(std::pair<A, B>& pair) {
        put(pair.first);
        put(pair.second);
    }
    template <typename T>
    void put(std::vector<T>& items) {
        put_size(items.size());
        if constexpr (kIsRaw<T>) {
            put_bytes(items.data(), items.size() * sizeof(T));
        } else {
            for (T& item : items)
                put(item);
        }
    }
    void put(EventSpec& event) {
        put_size(event.index());
        std::visit([this](auto& spec) { members(*this, spec); }, event);
    }

    std::vector<std::byte> out_;
};

class Reading {
  public:
    explicit Reading(std::span<const std::byte> bytes) : left_(bytes) {}

    template <typename... T>
    void operator()(T&... values) {
        (get(values), ...);
    }
    [[nodiscard]] bool ok() const { return problem_ == nullptr; }
    [[nodiscard]] const char* problem() const { return problem_; }
    [[nodiscard]] bool is_at_end() const { return left_.empty(); }
    void get_bytes(void* to, std::size_t size) {
        if (size > left_.size()) {
            fail("it ends in the middle");
            return;
        }
        if (size != 0) std::memcpy(to, left_.data(), size);
        left_ = left_.subspan(size);
    }

  private:
    void fail(const char* problem) {
        if (problem_ == nullptr) problem_ = problem;
        // Everything that follows reads zeros of nothing.
        left_ = {};
    }
    /// A number of things of at least `least` bytes each.
    std::size_t get_size(std::size_t least) {
        std::uint32_t size = 0;
        get_bytes(&size, sizeof(size));
        if (size > left_.size() / least) {
            fail("it names more than it holds");
            return 0;
        }
        return size;
    }
    template <typename T>
    void get(T& value) {
        if constexpr (std::is_same_v<T, bool>) {
            std::uint8_t byte = 0;
            get_bytes(&byte, 1);
            value = byte != 0;
        } else if constexpr (std::is_enum_v<T>) {
            std::uint32_t number = 0;
            get_bytes(&number, sizeof(number));
            if (number > last(T{})) {
                fail("it holds a value nobody knows");
                number = 0;
            }
            value = static_cast<T>(number);
        } else if constexpr (std::is_integral_v<T>) {
            get_bytes(&value, sizeof(value));
        } else {
            members(*this, value);
        }
    }
    template <typename Tag>
    void get(base::Id<Tag>& id) {
        get_bytes(&id.value, sizeof(id.value));
    }
    void get(std::string& text) {
        text.resize(get_size(1));
        get_bytes(text.data(), text.size());
    }
    template <typename A, typename B>
    void get(std::pair<A, B>& pair) {
        get(pair.first);
        get(pair.second);
    }
    template <typename T>
    void get(std::vector<T>& items) {
        if constexpr (kIsRaw<T>) {
            items.resize(get_size(sizeof(T)));
            get_bytes(items.data(), items.size() * sizeof(T));
        } else {
            // Every one of ours takes at least four bytes: a size, an id, an enumerator.
            const std::size_t count = get_size(4);
            items.reserve(count);
            for (std::size_t i = 0; i < count && ok(); ++i)
                get(items.emplace_back());
        }
    }
    template <std::size_t I = 0>
    void get_alternative(EventSpec& event, std::size_t index) {
        if constexpr (I < std::variant_size_v<EventSpec>) {
            if (index == I) {
                members(*this, event.emplace<I>());
            } else {
                get_alternative<I + 1>(event, index);
            }
        } else {
            fail("it holds an event nobody knows");
        }
    }
    void get(EventSpec& event) {
        std::uint32_t index = 0;
        get_bytes(&index, sizeof(index));
        get_alternative(event, index);
    }

    std::span<const std::byte> left_;
    const char* problem_ = nullptr;
};

base::Error damaged(std::string_view why) {
    return base::Error{
        .message = "not a compiled bpfline program: " + std::string(why), .errnum = EINVAL, .hint = {}, .detail = {}};
}

/// Walks all ids; the first wrong one is named.
class References {
  public:
    explicit References(const Program& program) : program_(program) {}

    base::Status check() {
        for (const Layout& layout : program_.layouts) {
            optional(layout.element, program_.layouts, "a layout's element");
            optional(layout.stacks, program_.maps, "a layout's stacks");
            for (const Field& field : layout.fields)
                optional(field.layout, program_.layouts, "a field's layout");
        }
        check_layouts_end();
        for (const MapSpec& map : program_.maps) {
            optional(map.key, program_.layouts, "a map's key");
            optional(map.value, program_.layouts, "a map's value");
            span(map.declared);
        }
        for (const Function& function : program_.functions) {
            for (const Relocation& relocation : function.relocations) {
                required(relocation.map, program_.maps, "a relocation's map");
                if (std::size_t{relocation.insn} + 1 >= function.insns.size()) fail("a relocation's instruction");
            }
        }
        for (const ProbeSpec& probe : program_.probes) {
            required(probe.function, program_.functions, "a probe's function");
            span(probe.span);
        }
        for (const AttachSpec& spec : program_.attachments) {
            required(spec.probe, program_.probes, "an attachment's probe");
            span(spec.span);
        }
        for (const ProbeId probe : program_.begin)
            required(probe, program_.probes, "a begin probe");
        for (const ProbeId probe : program_.end)
            required(probe, program_.probes, "an end probe");
        for (const EventSpec& event : program_.events)
            std::visit([this](const auto& spec) { check(spec); }, event);
        for (const WarningPlace& place : program_.warning_places)
            span(place.span);
        optional(program_.events_map, program_.maps, "the events map");
        optional(program_.ledger_map, program_.maps, "the ledger map");
        optional(program_.globals_map, program_.maps, "the globals map");
        if (problem_ == nullptr) return {};
        return damaged(std::string(problem_) + " leads nowhere");
    }

  private:
    void fail(const char* what) {
        if (problem_ == nullptr) problem_ = what;
    }
    template <typename Tag, typename T>
    void required(base::Id<Tag> id, const std::vector<T>& in, const char* what) {
        if (id.index() >= in.size()) fail(what);
    }
    template <typename Tag, typename T>
    void optional(base::Id<Tag> id, const std::vector<T>& in, const char* what) {
        if (id.is_set()) required(id, in, what);
    }
    void span(const Span& where) {
        if (!where.file.is_set()) return;
        required(where.file, program_.files, "a place in the script");
        if (where.begin > where.end) fail("a place in the script");
    }
    void ops(const std::vector<FormatOp>& list) {
        for (const FormatOp& op : list)
            optional(op.layout, program_.layouts, "a printf argument's layout");
    }
    void check(const Printf& event) { ops(event.ops); }
    void check(const Cat& event) { ops(event.ops); }
    void check(const System& event) { ops(event.ops); }
    void check(const ErrorF& event) {
        ops(event.ops);
        span(event.span);
    }
    void check(const PrintValue& event) { optional(event.layout, program_.layouts, "a printed value's layout"); }
    void check(const PrintMap& event) { required(event.map, program_.maps, "a printed map"); }
    void check(const ClearMap& event) { required(event.map, program_.maps, "a cleared map"); }
    void check(const ZeroMap& event) { required(event.map, program_.maps, "a zeroed map"); }
    void check(const HelperFailed& event) { required(event.place, program_.warning_places, "a warning's place"); }
    void check(const RuntimeWarning& event) { required(event.place, program_.warning_places, "a warning's place"); }
    void check(const Exit&) {}
    void check(const Time&) {}
    void check(const Join&) {}
    void check(const Unwatch&) {}
    void check(const SkbOutput&) {}

    /// A layout that contains itself would never end.
    void check_layouts_end() {
        std::vector<State> states(program_.layouts.size(), State::unseen);
        for (std::size_t i = 0; i < states.size() && problem_ == nullptr; ++i)
            visit(LayoutId(i), states, 0);
    }
    enum class State : std::uint8_t { unseen, open, done };
    void visit(LayoutId id, std::vector<State>& states, unsigned depth) {
        // Deeper than any script nests its types.
        constexpr unsigned kMostDepth = 256;
        if (!id.is_set() || problem_ != nullptr || states[id.index()] == State::done) return;
        if (states[id.index()] == State::open || depth > kMostDepth) {
            fail("a layout inside itself");
            return;
        }
        states[id.index()] = State::open;
        const Layout& layout = program_.layouts[id.index()];
        visit(layout.element, states, depth + 1);
        for (const Field& field : layout.fields)
            visit(field.layout, states, depth + 1);
        states[id.index()] = State::done;
    }

    const Program& program_;
    const char* problem_ = nullptr;
};

}  // namespace

std::vector<std::byte> serialize(const Program& program) {
    Writing writing;
    writing.put_bytes(kMagic, sizeof(kMagic));
    writing.put_bytes(&kFormatVersion, sizeof(kFormatVersion));
    // The lists of members serve both directions and so want something they could change; writing does not.
    members(writing, const_cast<Program&>(program));
    return writing.take();
}

base::Result<Program> deserialize(std::span<const std::byte> bytes) {
    if (bytes.size() > kMostBytes) return damaged("it is too large");
    Reading reading(bytes);
    char magic[sizeof(kMagic)] = {};
    std::uint32_t version = 0;
    reading.get_bytes(magic, sizeof(magic));
    reading.get_bytes(&version, sizeof(version));
    if (!reading.ok() || std::memcmp(magic, kMagic, sizeof(magic)) != 0)
        return damaged("it begins with something else");
    if (version != kFormatVersion) return damaged("it was written by another version of bpfline");
    Program program;
    members(reading, program);
    if (!reading.ok()) return damaged(reading.problem());
    if (!reading.is_at_end()) return damaged("something follows its end");
    if (base::Status status = check_references(program); !status.ok()) return status.take_error();
    return program;
}

base::Status check_references(const Program& program) {
    return References(program).check();
}

base::Status write_file(const Program& program, const std::string& path) {
    const std::vector<std::byte> bytes = serialize(program);
    const base::Fd file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    if (!file.is_open()) return base::error_from_errno("writing " + path, errno);
    for (std::size_t done = 0; done < bytes.size();) {
        const ssize_t written = write(file.get(), bytes.data() + done, bytes.size() - done);
        if (written < 0) {
            if (errno == EINTR) continue;
            return base::error_from_errno("writing " + path, errno);
        }
        done += static_cast<std::size_t>(written);
    }
    return {};
}

base::Result<Program> read_file(const std::string& path) {
    const base::Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.is_open()) return base::error_from_errno("reading " + path, errno);
    std::vector<std::byte> bytes;
    constexpr std::size_t kPiece = 1 << 16;
    for (std::size_t size = 0;;) {
        bytes.resize(size + kPiece);
        const ssize_t got = read(file.get(), bytes.data() + size, kPiece);
        if (got < 0 && errno != EINTR) return base::error_from_errno("reading " + path, errno);
        if (got > 0) size += static_cast<std::size_t>(got);
        if (size > kMostBytes) return damaged("it is too large");
        if (got == 0) {
            bytes.resize(size);
            break;
        }
    }
    base::Result<Program> program = deserialize(bytes);
    if (!program.ok()) return program.take_error(path);
    return program;
}

}  // namespace program
