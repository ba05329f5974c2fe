#include "runtime/tracer/records.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <type_traits>
#include <utility>
#include <variant>

#include "runtime/format/text.h"
#include "runtime/program/record.h"

namespace tracer {
namespace {

template <typename>
constexpr bool kIsUnknown = false;

}  // namespace

Records::Records(const program::Program& program, engine::Engine& engine, const kernel::KernelView& kernel,
                 format::Sink& sink, const Options& options, CommandRunner run_command, std::function<void()> flush)
    : program_(program),
      engine_(engine),
      kernel_(kernel),
      sink_(sink),
      options_(options),
      run_command_(std::move(run_command)),
      flush_(std::move(flush)),
      is_end_probe_(program.probes.size()),
      is_place_shown_(program.warning_places.size()) {
    for (const program::ProbeId probe : program.end)
        is_end_probe_[probe.index()] = true;
}

bool Records::take(std::span<const std::byte> record) {
    program::RecordHeader header{};
    if (record.size() < sizeof(header)) {
        ++counts_.malformed;
        return true;
    }
    std::memcpy(&header, record.data(), sizeof(header));
    if (header.event >= program_.events.size() || header.probe >= program_.probes.size()) {
        ++counts_.malformed;
        return true;
    }
    if (has_exited_ && !is_end_probe_[header.probe]) {
        ++counts_.dropped;
        return true;
    }
    ++counts_.handled;
    handle(program_.events[header.event], record.subspan(sizeof(header)));
    return true;
}

void Records::handle(const program::EventSpec& event, std::span<const std::byte> payload) {
    std::visit(
        [&](const auto& spec) {
            using Spec = std::decay_t<decltype(spec)>;
            if constexpr (std::is_same_v<Spec, program::Printf>) {
                sink_.printf(spec, payload);
            } else if constexpr (std::is_same_v<Spec, program::ErrorF>) {
                if (!spec.is_warning) ++counts_.errors;
                if (!spec.is_warning || options_.warnings != Warnings::none) sink_.errorf(spec, payload);
            } else if constexpr (std::is_same_v<Spec, program::Cat>) {
                cat(spec, payload);
            } else if constexpr (std::is_same_v<Spec, program::System>) {
                system(spec, payload);
            } else if constexpr (std::is_same_v<Spec, program::PrintValue>) {
                sink_.print_value(spec, payload);
            } else if constexpr (std::is_same_v<Spec, program::PrintMap>) {
                print_map(spec.map, {.top = spec.top, .div = spec.div, .is_at_exit = false});
            } else if constexpr (std::is_same_v<Spec, program::ClearMap>) {
                report(engine_.clear_map(spec.map), "clear()");
            } else if constexpr (std::is_same_v<Spec, program::ZeroMap>) {
                report(engine_.zero_map(spec.map), "zero()");
            } else if constexpr (std::is_same_v<Spec, program::Exit>) {
                has_exited_ = true;
                exit_code_ = static_cast<std::int64_t>(format::read_unsigned(payload, 0, 8));
            } else if constexpr (std::is_same_v<Spec, program::Time>) {
                sink_.time(spec);
            } else if constexpr (std::is_same_v<Spec, program::Join>) {
                sink_.join(spec, payload);
            } else if constexpr (std::is_same_v<Spec, program::HelperFailed>) {
                if (admits(spec.place)) {
                    sink_.helper_failed(program_.warning_places[spec.place.index()],
                                        static_cast<std::int64_t>(format::read_unsigned(payload, 0, 8)));
                }
            } else if constexpr (std::is_same_v<Spec, program::RuntimeWarning>) {
                if (admits(spec.place)) sink_.runtime_warning(program_.warning_places[spec.place.index()]);
            } else if constexpr (std::is_same_v<Spec, program::Unwatch>) {
                engine_.unwatch(format::read_unsigned(payload, 0, 8));
            } else if constexpr (std::is_same_v<Spec, program::SkbOutput>) {
                packet(spec, payload);
            } else {
                static_assert(kIsUnknown<Spec>, "an event nobody handles");
            }
        },
        event);
}

void Records::report(base::Status status, const char* doing) {
    if (!status.ok() && options_.messages != nullptr) options_.messages->error(status.take_error(doing));
}

void Records::print_map(program::MapId map, const format::MapRequest& request) {
    base::Result<program::MapContents> contents = engine_.read_map(map);
    if (!contents.ok()) {
        report(contents.take_error(), "print()");
        return;
    }
    elements_.clear();
    elements_.reserve(contents->count);
    for (std::size_t i = 0; i < contents->count; ++i)
        elements_.push_back({contents->key(i), contents->copies_of(i)});
    sink_.print_map(map, elements_, request);
    elements_.clear();
}

void Records::packet(const program::SkbOutput& event, std::span<const std::byte> payload) {
    constexpr std::size_t kHeader = 16;  // see program::SkbOutput
    if (payload.size() < kHeader) return;
    const auto boot_ns = static_cast<std::int64_t>(format::read_unsigned(payload, 0, 8));
    const auto captured = static_cast<std::size_t>(format::read_unsigned(payload, 8, 4));
    const auto original = static_cast<std::uint32_t>(format::read_unsigned(payload, 12, 4));
    const std::span<const std::byte> bytes = payload.subspan(kHeader);
    report(captures_.add(event.path, boot_ns + kernel_.boot_to_wall_ns(), original,
                         bytes.first(std::min(captured, bytes.size()))),
           "skboutput()");
}

void Records::cat(const program::Cat& event, std::span<const std::byte> payload) {
    const std::string path = sink_.text_of(event.ops, payload);
    const base::Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!file.is_open()) {
        sink_.cat_failed(path, errno);
        return;
    }
    std::string content(program_.config.max_cat_bytes, '\0');
    std::size_t size = 0;
    while (size < content.size()) {
        const ssize_t got = read(file.get(), content.data() + size, content.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && size == 0) {
            sink_.cat_failed(path, errno);
            return;
        }
        if (got <= 0) break;
        size += static_cast<std::size_t>(got);
    }
    sink_.cat(std::string_view(content).substr(0, size));
}

void Records::system(const program::System& event, std::span<const std::byte> payload) {
    const std::string command = sink_.text_of(event.ops, payload);
    // What the script printed before belongs in front of what the command writes to standard error.
    flush_();
    base::Result<CommandResult> result = run_command_(command);
    if (!result.ok()) {
        report(result.take_error(), "system()");
        return;
    }
    sink_.system_output(result->output);
    if (result->status != 0) sink_.system_failed(command, result->status);
}

bool Records::is_shown(const program::WarningPlace& place) const {
    return options_.warnings == Warnings::all || (options_.warnings == Warnings::standard && place.is_always_shown);
}

bool Records::admits(program::PlaceId place) {
    if (place.index() >= is_place_shown_.size() || is_place_shown_[place.index()]) return false;
    if (!is_shown(program_.warning_places[place.index()])) return false;
    is_place_shown_[place.index()] = true;
    return true;
}

void Records::print_repeated_warnings(const Ledger& ledger) {
    for (std::size_t i = 0; i < program_.warning_places.size(); ++i) {
        const program::WarningPlace& place = program_.warning_places[i];
        if (!is_shown(place)) continue;
        const std::uint64_t happened = ledger.of(program::PlaceId(i));
        const std::uint64_t shown = is_place_shown_[i] ? 1 : 0;
        if (happened > shown) sink_.warning_repeated(place, happened - shown);
    }
}

}  // namespace tracer
