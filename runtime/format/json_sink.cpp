// Entrance: make_json_sink (sink.h). One object a line on standard output; what is no event stays text on
// standard error.
#include "runtime/format/join.h"
#include "runtime/format/log.h"
#include "runtime/format/printf.h"
#include "runtime/format/sink.h"
#include "runtime/format/text.h"
#include "runtime/format/warning.h"

namespace format {
namespace {

class JsonSink final : public Sink {
  public:
    JsonSink(FormatContext& context, Writer& out, Writer& err, SinkOptions options)
        : context_(context), out_(out), log_(context.program(), err, options) {}

    void attached(std::uint64_t probes) override { write_count("attached_probes", "probes", probes); }

    void printf(const program::Printf& event, Bytes payload) override {
        text_.clear();
        append_printf(text_, context_, event.ops, payload);
        write_data("printf", text_);
    }

    void print_value(const program::PrintValue& event, Bytes payload) override {
        line_ = R"({"type": "value", "data": )";
        append_json_value(line_, context_, event.layout, payload);
        line_ += "}\n";
        out_.write(line_);
    }

    void print_map(program::MapId map, std::span<const MapElement> elements, const MapRequest& request) override {
        write_json_map(out_, line_, context_, map, elements, request);
    }

    void time(const program::Time& event) override {
        text_.clear();
        context_.append_wall_time(text_, context_.kernel().wall_now_ns(), event.format);
        write_data("time", text_);
    }

    void join(const program::Join& event, Bytes payload) override {
        text_.clear();
        append_join(text_, event, payload);
        write_data("join", text_);
    }

    void cat(std::string_view content) override { write_data("cat", content); }
    void cat_failed(std::string_view path, int errnum) override { log_.cat_failed(path, errnum); }

    void system_output(std::string_view output) override { write_data("syscall", output); }
    void system_failed(std::string_view command, int exit_code) override { log_.system_failed(command, exit_code); }

    void errorf(const program::ErrorF& event, Bytes payload) override {
        if (event.is_warning && !log_.has_warnings()) return;
        text_.clear();
        append_printf(text_, context_, event.ops, payload);
        begin_message(event.is_warning ? "warnf" : "errorf", text_);
        end_message(event.span);
    }

    void helper_failed(const program::WarningPlace& place, std::int64_t return_code) override {
        if (!log_.has_warnings()) return;
        // The text of the return code, whatever the words of the text form: "Success" for a key that is not there.
        begin_message("helper_error", errno_text(return_code));
        line_ += R"("helper": )";
        append_json_string(line_, warning_helper(place));
        line_ += R"(, "retcode": )";
        append_signed(line_, return_code);
        line_ += ", ";
        end_message(place.span);
    }

    void runtime_warning(const program::WarningPlace& place) override {
        if (!log_.has_warnings()) return;
        begin_message("runtime_error", warning_reason(place, 0));
        end_message(place.span);
    }

    void warning_repeated(const program::WarningPlace& place, std::uint64_t times) override {
        log_.warning_repeated(place, times);
    }

    void lost_events(std::uint64_t count) override { write_count("lost_events", "events", count); }
    void total_lost_events(std::uint64_t count) override { log_.total_lost_events(count); }

    void before_final_maps() override {}

    std::string text_of(std::span<const program::FormatOp> ops, Bytes payload) override {
        std::string text;
        append_printf(text, context_, ops, payload);
        return text;
    }

  private:
    void begin(std::string_view type) {
        line_ = R"({"type": ")";
        line_ += type;
        line_ += '"';
    }

    void write_data(std::string_view type, std::string_view data) {
        begin(type);
        line_ += R"(, "data": )";
        append_json_string(line_, data);
        line_ += "}\n";
        out_.write(line_);
    }

    void write_count(std::string_view type, std::string_view name, std::uint64_t count) {
        begin(type);
        line_ += R"(, "count": )";
        append_unsigned(line_, count);
        line_ += R"(, "data": {")";
        line_ += name;
        line_ += "\": ";
        append_unsigned(line_, count);
        line_ += "}}\n";
        out_.write(line_);
    }

    void begin_message(std::string_view type, std::string_view message) {
        begin(type);
        line_ += R"(, "msg": )";
        append_json_string(line_, message);
        line_ += ", ";
    }

    void end_message(const program::Span& span) {
        append_json_position(line_, context_.program(), span);
        line_ += "}\n";
        out_.write(line_);
    }

    FormatContext& context_;
    Writer& out_;
    Log log_;
    std::string text_;  ///< of the event at hand
    std::string line_;  ///< the object around it
};

}  // namespace

std::unique_ptr<Sink> make_json_sink(FormatContext& context, Writer& out, Writer& err, SinkOptions options) {
    return std::make_unique<JsonSink>(context, out, err, options);
}

}  // namespace format
