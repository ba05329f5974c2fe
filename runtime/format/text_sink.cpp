// Entrance: make_text_sink (sink.h). What people read: printf text as it is, maps as bpftrace draws them.
#include "runtime/format/join.h"
#include "runtime/format/log.h"
#include "runtime/format/printf.h"
#include "runtime/format/sink.h"
#include "runtime/format/text.h"
#include "runtime/format/warning.h"

namespace format {
namespace {

class TextSink final : public Sink {
  public:
    TextSink(FormatContext& context, Writer& out, Writer& err, SinkOptions options)
        : context_(context), out_(out), log_(context.program(), err, options) {}

    void attached(std::uint64_t probes) override {
        log_.line("Attached " + std::to_string(probes) + (probes == 1 ? " probe" : " probes"));
    }

    void printf(const program::Printf& event, Bytes payload) override {
        text_.clear();
        append_printf(text_, context_, event.ops, payload);
        out_.write(text_);
    }

    void print_value(const program::PrintValue& event, Bytes payload) override {
        text_.clear();
        append_value(text_, context_, event.layout, payload, event.names_inside ? Style::names : Style::plain);
        text_ += '\n';
        out_.write(text_);
    }

    void print_map(program::MapId map, std::span<const MapElement> elements, const MapRequest& request) override {
        write_map(out_, text_, context_, map, elements, request);
    }

    void time(const program::Time& event) override {
        text_.clear();
        context_.append_wall_time(text_, context_.kernel().wall_now_ns(), event.format);
        out_.write(text_);
    }

    void join(const program::Join& event, Bytes payload) override {
        text_.clear();
        append_join(text_, event, payload);
        text_ += '\n';
        out_.write(text_);
    }

    void cat(std::string_view content) override { out_.write(content); }
    void cat_failed(std::string_view path, int errnum) override { log_.cat_failed(path, errnum); }

    void system_output(std::string_view output) override {
        out_.write(output);
        out_.write("\n");  // one more than the command wrote, also after no output at all
    }
    void system_failed(std::string_view command, int exit_code) override { log_.system_failed(command, exit_code); }

    void errorf(const program::ErrorF& event, Bytes payload) override {
        if (event.is_warning && !log_.has_warnings()) return;
        text_.clear();
        append_printf(text_, context_, event.ops, payload);
        const std::string prefix = position_prefix(context_.program(), event.span);
        if (event.is_warning) {
            log_.warning(prefix, text_);
        } else {
            log_.error(prefix, text_);
        }
    }

    void helper_failed(const program::WarningPlace& place, std::int64_t return_code) override {
        if (!log_.has_warnings()) return;
        log_.warning(position_prefix(context_.program(), place.span), warning_reason(place, return_code));
        text_ = "Additional Info - helper: ";
        text_ += warning_helper(place);
        text_ += ", retcode: ";
        append_signed(text_, return_code);
        text_ += '\n';
        text_ += source_excerpt(context_.program(), place.span);
        log_.writer().write(text_);
    }

    void runtime_warning(const program::WarningPlace& place) override {
        if (!log_.has_warnings()) return;
        log_.warning(position_prefix(context_.program(), place.span), warning_reason(place, 0));
        log_.writer().write(source_excerpt(context_.program(), place.span));
    }

    void warning_repeated(const program::WarningPlace& place, std::uint64_t times) override {
        log_.warning_repeated(place, times);
    }

    void lost_events(std::uint64_t count) override { log_.line("Lost " + std::to_string(count) + " events"); }
    void total_lost_events(std::uint64_t count) override { log_.total_lost_events(count); }

    void before_final_maps() override { out_.write("\n\n"); }

    std::string text_of(std::span<const program::FormatOp> ops, Bytes payload) override {
        std::string text;
        append_printf(text, context_, ops, payload);
        return text;
    }

  private:
    FormatContext& context_;
    Writer& out_;
    Log log_;
    std::string text_;  ///< of the event at hand; keeps its capacity
};

}  // namespace

std::unique_ptr<Sink> make_text_sink(FormatContext& context, Writer& out, Writer& err, SinkOptions options) {
    return std::make_unique<TextSink>(context, out, err, options);
}

}  // namespace format
