// Calls of builtins: arity, types, where they may stand, and what their rows have to say (check::Inference,
// check::CallSite).
#include <algorithm>

#include <fmt/format.h>

#include "runtime/probes/provider.h"
#include "src/ast/visit.h"
#include "src/check/advice.h"
#include "src/check/inference.h"

namespace check {

/// One call while its row looks at it.
class Site final : public CallSite {
  public:
    Site(Inference& inference, const ast::Expr& node, std::string_view name, Range range,
         std::vector<CallArgument> arguments)
        : inference_(inference), node_(node), name_(name), range_(range), arguments_(std::move(arguments)) {}

    std::string_view name() const override { return name_; }
    Range range() const override { return range_; }
    std::span<const CallArgument> arguments() const override { return arguments_; }
    types::Table& types() override { return inference_.types_; }
    const program::Config& config() const override { return inference_.analysis_.config; }
    const kernel::KernelView& kernel() const override { return inference_.analysis_.input.kernel; }
    program::ProbeKind probe_kind() const override { return inference_.body_->kind(); }
    const program::Place& place() const override { return inference_.body_->place().place; }
    std::string_view probe_name() const override { return inference_.body_->place().name; }
    bool is_told_probe_name() const override { return inference_.body_->is_told_name; }
    std::size_t longest_probe_name() const override {
        if (!is_told_probe_name()) return probe_name().size();
        std::size_t longest = 0;
        for (const AttachPlace& place : inference_.body_->places)
            longest = std::max(longest, place.name.size());
        return longest;
    }
    bool is_safe_mode() const override { return inference_.analysis_.input.options.is_safe_mode; }
    bool has_child() const override { return inference_.analysis_.input.options.has_child; }
    bool is_in_loop() const override { return inference_.all_loops_ > 0; }
    const Type* map_key(std::string_view map) const override {
        const MapInfo* info = find(map);
        return info == nullptr ? nullptr : inference_.settled(info->key.read());
    }
    const Type* map_value(std::string_view map) const override {
        const MapInfo* info = find(map);
        return info == nullptr ? nullptr : inference_.settled(info->value.read());
    }
    bool map_is_scalar(std::string_view map) const override {
        const MapInfo* info = find(map);
        return info != nullptr && info->is_scalar.value_or(false);
    }
    const Type* kernel_type(std::string_view spelling) override {
        return inference_.analysis_.kernel_types.spelled(spelling);
    }
    const Type* result_type() const override {
        const Type* type = inference_.info(node_).type;
        return type == nullptr ? inference_.types_.none() : type;
    }

    source::Diagnostics::Added error(DiagnosticKind kind, Range range, std::string message) override {
        has_failed_ |= is_checking_;
        return is_checking_ ? inference_.error(kind, range, std::move(message)) : source::Diagnostics::Added(nullptr);
    }
    source::Diagnostics::Added warning(DiagnosticKind kind, Range range, std::string message) override {
        return is_checking_ ? inference_.warning(kind, range, std::move(message)) : source::Diagnostics::Added(nullptr);
    }

    void set_format(std::vector<program::FormatOp> ops) override { call().format = std::move(ops); }
    void set_text(std::string text) override { call().text = std::move(text); }
    void set_number(std::uint64_t number) override { call().number = number; }
    void set_aggregation(const program::Aggregation& aggregation) override { call().aggregation = aggregation; }
    void fold(std::uint64_t value, const Type* type) override {
        Literal literal = type->is_signed ? Literal::of_signed(static_cast<std::int64_t>(value)) : Literal::of(value);
        if (type->kind == Kind::boolean)
            literal.kind = Literal::Kind::boolean;  // folds on with others: is_str(x) && is_literal(y)
        else
            literal.type = type;
        call().folded = std::move(literal);
    }
    void fold(std::string value, const Type* type) override {
        call().folded = Literal::of(std::move(value));
        call().folded_type = type;
    }
    void convert_argument(std::size_t index, const Type* to) override { call().conversions[index] = to; }

    void begin_checking() { is_checking_ = true; }
    [[nodiscard]] bool has_failed() const { return has_failed_; }

  private:
    CallInfo& call() const { return inference_.analysis_.calls[node_.id]; }
    const MapInfo* find(std::string_view map) const {
        const auto found = inference_.analysis_.map_indices.find(std::string(map));
        return found == inference_.analysis_.map_indices.end() ? nullptr : &inference_.analysis_.maps[found->second];
    }

    Inference& inference_;
    const ast::Expr& node_;
    std::string_view name_;
    Range range_;
    std::vector<CallArgument> arguments_;
    bool is_checking_ = false, has_failed_ = false;
};

namespace {

/// `uint64`, `string[16]`, `struct task_struct *` of a signature's result.
const Type* named_result(Analysis& analysis, const std::string& text) {
    types::Table& types = analysis.types;
    struct Simple {
        std::string_view name;
        Kind kind;
    };
    constexpr Simple simple[] = {{"inet", Kind::inet},
                                 {"mac", Kind::mac},
                                 {"mac_address", Kind::mac},
                                 {"timestamp", Kind::timestamp},
                                 {"ksym", Kind::ksym},
                                 {"ksym_t", Kind::ksym},
                                 {"usym", Kind::usym},
                                 {"usym_t", Kind::usym},
                                 {"username", Kind::username},
                                 {"username_t", Kind::username},
                                 {"cgroup_path", Kind::cgroup_path},
                                 {"cgroup_path_t", Kind::cgroup_path}};
    for (const Simple& one : simple)
        if (text == one.name) return types.simple(one.kind);
    const auto most = static_cast<std::uint32_t>(analysis.config.max_strlen);
    if (text == "void") return types.void_type();
    if (text == "string") return types.string(most);
    if (text == "buffer") return types.buffer(most);
    if (text == "kstack" || text == "ustack") return types.stack(text == "ustack", analysis.config.stack_mode, 127);
    if (text == "pointer") return types.pointer(types.void_type(), types::AddressSpace::kernel);
    if (text.starts_with("string["))
        return types.string(static_cast<std::uint32_t>(std::strtoul(text.c_str() + 7, nullptr, 10)));
    if (text == "i8" || text == "i16" || text == "i32" || text == "i64")
        return types.integer(static_cast<std::uint32_t>(std::strtoul(text.c_str() + 1, nullptr, 10) / 8), true);
    if (text == "int") return types.integer(8, true);
    if (const Type* base = types::base_type(types, text)) return base;
    std::string_view spelling = text;
    const bool is_trusted = spelling.starts_with("trusted ");
    if (is_trusted) spelling.remove_prefix(8);
    if (const Type* spelled = analysis.kernel_types.spelled(spelling, types::AddressSpace::kernel)) {
        if (spelled->kind == Kind::pointer)
            return types.pointer(spelled->element, types::AddressSpace::kernel, is_trusted);
        return spelled;
    }
    return spelling.ends_with('*') ? types.pointer(types.void_type(), types::AddressSpace::kernel, is_trusted)
                                   : types.integer(8, false);
}

}  // namespace

const Type* Inference::result_type(const typed::Builtin& row, const Signature& signature,
                                   std::span<const CallArgument> arguments) {
    if (row.form == typed::Form::aggregation || signature.result == "aggregation") {
        struct Named {
            std::string_view name;
            Kind kind;
        };
        constexpr Named names[] = {{"count", Kind::count}, {"sum", Kind::sum},     {"min", Kind::min},
                                   {"max", Kind::max},     {"avg", Kind::avg},     {"stats", Kind::stats},
                                   {"hist", Kind::hist},   {"lhist", Kind::lhist}, {"tseries", Kind::tseries}};
        for (const Named& one : names) {
            if (row.name != one.name) continue;
            const bool depends = one.kind != Kind::count && one.kind != Kind::hist && one.kind != Kind::lhist;
            const bool is_signed = depends && !arguments.empty() &&
                                   (arguments[0].type->is_signed || arguments[0].type->kind == Kind::none);
            return types_.aggregation(one.kind, is_signed);
        }
    }
    return named_result(analysis_, signature.result);
}

/// Rows whose values become text in user space: a number that stands for a text can stay one until then.
static bool puts_into_words(const typed::Builtin& row) {
    constexpr std::string_view names[] = {"print", "printf", "cat", "system", "errorf", "warnf"};
    return std::find(std::begin(names), std::end(names), row.name) != std::end(names);
}

void Inference::check_where(const typed::Builtin& row, std::string_view name, Range range) {
    const program::ProbeKind kind = body_->kind();
    if (row.is_asynchronous && !row.works_pinned && kind == program::ProbeKind::iter &&
        !body_->place().place.target.empty()) {
        error(DiagnosticKind::wrong_probe, range, fmt::format("{}() can not be used in a pinned iterator", name))
            .hint("it runs whenever its file is read, and bpfline, which would have to do this, has ended by then");
        return;
    }
    if (row.where.has(kind)) return;
    std::string_view word = kind_in_messages(kind);
    if (word == "special") word = body_->place().name;
    std::string message;
    if (name.starts_with("arg") && name != "args")
        message = fmt::format("The {} builtin can only be used with 'kprobes', 'uprobes' and 'usdt' probes", name);
    else if (name == "retval")
        message = "The retval builtin can only be used with 'kretprobe' and 'uretprobe' and 'fentry' probes";
    else if (name == "path")
        message = "The path function can only be used with 'fentry', 'fexit', 'iter' probes";
    else if (name == "signal" || name == "signal_thread")
        message = fmt::format("{}() can not be used for this probetype {}", name, kind_in_messages(kind));
    else if (row.form == typed::Form::variable)
        message = fmt::format("The {} builtin can not be used with '{}' probes", name, word);
    else
        message = fmt::format("{} can not be used with \"{}\" probes", name, word);
    error(DiagnosticKind::wrong_probe, range, std::move(message));
}

const Type* Inference::call_row(const ast::Expr& node, std::string_view name, Range range, const typed::Builtin& row,
                                std::span<const ast::Expr* const> arguments) {
    info(node).row = &row;
    const std::vector<Signature>& overloads = analysis_.signature(row);
    if (overloads.empty()) return types_.error();
    // delete(@scalar) asks for the map as a whole, count() only for the assignment around it.
    const bool is_target = std::exchange(aggregation_, nullptr) == &node;
    if (row.form == typed::Form::aggregation && !is_target) {
        for (const ast::Expr* argument : arguments)
            infer(*argument);
        error(DiagnosticKind::bad_aggregation, range, fmt::format("{}() must be assigned directly to a map", name))
            .hint(fmt::format("write `@name = {}({});`: it adds to what is there", name,
                              row.name == "count" ? "" : "..."));
        return types_.error();
    }
    if (const auto wrong = check_arity(overloads, arguments.size())) {
        error(DiagnosticKind::bad_call, range, *wrong).hint(std::string(row.signature));
        return types_.error();
    }

    const auto some_takes = [&](std::size_t i, ParameterType type) {
        return std::any_of(overloads.begin(), overloads.end(), [&](const Signature& signature) {
            const Parameter* parameter = signature.parameter(i);
            return parameter != nullptr && parameter->takes(type);
        });
    };
    std::vector<CallArgument> seen(arguments.size());
    std::vector<GivenArgument> given(arguments.size());
    std::string last_map;
    bool has_bad = false, has_unknown = false;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const ast::Expr& argument = *arguments[i];
        CallArgument& one = seen[i];
        GivenArgument& fact = given[i];
        one.range = ast::extent(argument);
        one.type = types_.none();
        const Type* type = nullptr;
        bool is_settled = false;
        // A name nobody knows, where words are taken at all, is a word in the wrong place: the signature says which.
        const bool is_stray_word = argument.kind == ast::ExprKind::identifier && some_takes(0, ParameterType::word) &&
                                   !is_resolvable(ast::as<ast::Identifier>(argument).name);
        if (argument.kind == ast::ExprKind::identifier && (is_stray_word || some_takes(i, ParameterType::word))) {
            const ast::Text word = ast::as<ast::Identifier>(argument).name;
            bool is_listed = false, has_other = false;
            for (const Signature& signature : overloads) {
                const Parameter* parameter = signature.parameter(i);
                if (parameter == nullptr) continue;
                is_listed |=
                    std::find(parameter->words.begin(), parameter->words.end(), word) != parameter->words.end();
                has_other |= !parameter->takes_only(ParameterType::word);
            }
            if (is_listed || !has_other || !is_resolvable(word)) {
                one.word = word;
                fact.is_word = true;
                fact.spelling = word;
                is_settled = true;
            }
        } else if (argument.kind == ast::ExprKind::type_argument) {
            const Type* meant = resolve(*ast::as<ast::TypeArgument>(argument).type, argument.range);
            one.is_type = fact.is_type = true;
            if (meant != nullptr) one.type = settled(meant);
            has_bad |= is_error(meant);
            is_settled = true;
        } else if (argument.kind == ast::ExprKind::map) {
            const auto& map = ast::as<ast::Map>(argument);
            MapInfo& source = analysis_.maps[info(map).map];
            one.map = std::string(map.name);
            one.map_has_key = map.has_key;
            last_map = map.name;
            const bool is_reference = map.has_key
                                          ? some_takes(i, ParameterType::element)
                                          : some_takes(i, ParameterType::map) || some_takes(i, ParameterType::element);
            if (is_reference) {
                fact.is_bare_map = !map.has_key;
                fact.is_element = map.has_key;
                if (map.has_key) has_bad |= is_error(map_key(map, map.range));
                if (source.value.read() == nullptr) {
                    if (is_reporting_ && !source.is_assigned) {
                        std::vector<std::string> names;
                        for (const MapInfo& other : analysis_.maps)
                            if (other.is_assigned) names.push_back(other.name);
                        add_nearest(
                            error(DiagnosticKind::undefined_map, map.range, fmt::format("Undefined map: {}", map.name)),
                            map.name, names);
                        has_bad = true;
                    }
                } else {
                    one.type = settled(source.value.read());
                }
                is_settled = true;
            } else if (!map.has_key) {
                // Its value is wanted: it has to be a scalar map.
                if (source.is_scalar.value_or(true) == false) {
                    error(DiagnosticKind::scalar_and_keyed, map.range,
                          fmt::format("{} used as a map without an explicit key (scalar map), previously used with an "
                                      "explicit key (non-scalar map)",
                                      map.name));
                    has_bad = true;
                    is_settled = true;
                } else {
                    source.is_scalar = true;
                }
            }
        } else if (argument.kind == ast::ExprKind::variable && some_takes(i, ParameterType::variable)) {
            fact.is_variable = true;
        }
        if (!is_settled) {
            type = infer(argument);
            has_unknown |= type == nullptr;
            has_bad |= is_error(type);
            one.type = type == nullptr ? types_.none() : settled(type);
            const ExprInfo& found = info(argument);
            one.is_positional_parameter = found.positional != 0;
            one.is_address_of_text = is_address_of_text(argument);
            fact.is_positional = found.positional != 0;
            fact.spelling = analysis_.input.sources.text(argument.range);
            if (found.literal) {
                fact.is_literal = true;
                if (found.literal->is_text())
                    one.text = found.literal->text;
                else if (one.type->kind != Kind::pointer)
                    one.integer = found.literal->bits;
            }
            if (found.row != nullptr) {
                one.callee = found.row->name;
                if (argument.kind == ast::ExprKind::call)
                    for (const ast::Expr* inner : ast::as<ast::Call>(argument).arguments)
                        if (inner->kind == ast::ExprKind::identifier)
                            one.callee_words.emplace_back(ast::as<ast::Identifier>(*inner).name);
            }
        }
        fact.type = one.type;
    }

    // A key goes with the map before it.
    if (!last_map.empty()) {
        for (std::size_t i = 0; i < arguments.size(); ++i) {
            const Parameter* parameter = overloads.front().parameter(i);
            if (parameter == nullptr || !parameter->takes(ParameterType::key) || given[i].type->kind == Kind::error)
                continue;
            MapInfo& map = analysis_.maps[analysis_.map_index(last_map)];
            if (map.is_scalar.value_or(false)) continue;  // the row says so
            const Type* key = info(*arguments[i]).type;
            has_bad |= is_error(use_key(map, key, range));
        }
    }

    CallInfo& left = analysis_.calls[node.id];
    if (!puts_into_words(row)) {
        for (std::size_t i = 0; i < arguments.size(); ++i) {
            left.conversions.erase(i);
            if (!seen[i].type->is_text_number() || seen[i].is_type) continue;
            seen[i].type = given[i].type = left.conversions[i] = as_string(types_, seen[i].type);
        }
    }
    const Choice choice = choose_overload(overloads, given);
    if (choice.overload == nullptr) return types_.error();
    left.overload = choice.overload;
    left.folded.reset();
    left.folded_type = nullptr;
    if (choice.mismatch && !has_bad) {
        auto added =
            error(DiagnosticKind::bad_call, choice.mismatch->argument ? seen[*choice.mismatch->argument].range : range,
                  choice.mismatch->message);
        if (!choice.mismatch->hint.empty()) added.hint(choice.mismatch->hint);
        return types_.error();
    }
    if (is_reporting_ && !choice.mismatch) {
        // A bare word where no word is taken, behind one that is.
        for (std::size_t i = 0; i < arguments.size(); ++i)
            if (given[i].is_word && !choice.overload->parameter(i)->takes(ParameterType::word))
                has_bad |= is_error(infer(*arguments[i]));
    }

    Site site(*this, node, name, range, std::move(seen));
    const Type* type = nullptr;
    if (row.result != nullptr && !has_bad) {
        type = row.result(site);
        if (type != nullptr && type->kind == Kind::none) type = nullptr;
        if (type == nullptr && !has_unknown && is_reporting_)
            type = result_type(row, *choice.overload, site.arguments());
    } else {
        type = result_type(row, *choice.overload, site.arguments());
    }
    // A result that depends on the arguments is not known then, and what uses it would be told of another mistake.
    if (has_bad && (type == nullptr || row.result != nullptr || type->is_aggregation())) return types_.error();
    if (has_bad) return type;
    if (type != nullptr && type->kind == Kind::error) return type;

    if (is_reporting_) {
        const std::size_t before = analysis_.diagnostics.all().size();
        check_where(row, name, range);
        const bool is_misplaced = analysis_.diagnostics.all().size() != before;
        if (!is_misplaced && row.is_unsafe && analysis_.input.options.is_safe_mode && row.check == nullptr) {
            error(DiagnosticKind::unsafe_call, range,
                  name == "system" ? "system() is an unsafe function being used in safe mode"
                                   : fmt::format("{}() is unsafe. To use you need the --unsafe flag", name))
                .hint("--unsafe allows it");
            return types_.error();
        }
        info(node).type = type;
        if (is_misplaced) return types_.error();
        if (row.check != nullptr) {
            site.begin_checking();
            row.check(site);
            if (site.has_failed()) return type != nullptr && type->is_aggregation() ? type : types_.error();
        }
        // () is a value of no type: signatures take it for one that is not known yet.
        for (const ast::Expr* argument : arguments) {
            const Type* given_type = info(*argument).type;
            if (given_type == nullptr || given_type->kind != Kind::none) continue;
            error(DiagnosticKind::bad_call, range, fmt::format("{}() can not take a value of type 'none'", name));
            return types_.error();
        }
        if (row.is_unsafe && analysis_.input.options.is_safe_mode) {
            error(DiagnosticKind::unsafe_call, range,
                  name == "system" ? "system() is an unsafe function being used in safe mode"
                                   : fmt::format("{}() is unsafe. To use you need the --unsafe flag", name));
            return types_.error();
        }
    }
    if (left.folded) {
        info(node).literal = left.folded;
        if (left.folded_type != nullptr) return left.folded_type;
        return literal_type(types_, *left.folded);
    }
    return type;
}

const Type* Inference::call_function(const ast::Call& node, FunctionBody& function) {
    const std::size_t wanted = function.parameters.size(), given = node.arguments.size();
    bool has_bad = false;
    if (given != wanted) {
        error(
            DiagnosticKind::bad_call, node.range,
            fmt::format("{}() requires {} {} ({} provided)", node.name, wanted == 0 ? "no" : fmt::format("{}", wanted),
                        wanted == 1 ? "argument" : "arguments", given))
            .note(function.function->name_range, "This is the definition.");
        has_bad = true;
    }
    for (std::size_t i = 0; i < given; ++i) {
        const Type* type = infer(*node.arguments[i]);
        has_bad |= is_error(type);
        if (i >= wanted || type == nullptr || is_error(type)) continue;
        const std::uint32_t variable = info(*function.parameters[i]).variable;
        if (variable == kNoIndex) continue;  // named twice
        VariableInfo& parameter = function.body.variables[variable];
        const auto& literal = info(*node.arguments[i]).literal;
        // Its type may speak of other parameters.
        Body* caller = std::exchange(body_, &function.body);
        assign_variable(parameter, type, literal ? &*literal : nullptr, ast::extent(*node.arguments[i]));
        body_ = caller;
        has_bad |= is_error(parameter.declared);
    }
    const Type* result = function_result(function);
    return has_bad ? types_.error() : result;
}

const Type* Inference::call(const ast::Call& node) {
    const bool is_target = std::exchange(aggregation_, nullptr) == &node;
    const typed::Builtin* row = analysis_.find_row(node.name);
    if (node.name == "find" && node.arguments.size() == 3 && node.arguments[0]->kind == ast::ExprKind::map &&
        node.arguments[2]->kind == ast::ExprKind::variable) {
        // find(@m, k, $v): has_key and an assignment; build_typed spells it out.
        const auto& map = ast::as<ast::Map>(*node.arguments[0]);
        MapInfo& source = analysis_.maps[info(map).map];
        const Type* key = use_key(source, infer(*node.arguments[1]), node.range);
        if (source.is_scalar.value_or(false))
            error(DiagnosticKind::bad_map, node.range,
                  "call to find() expects a map with explicit keys (non-scalar map)");
        const Type* value = read_value(source);
        if (value == nullptr && is_reporting_) {
            error(DiagnosticKind::undefined_map, map.range, fmt::format("Undefined map: {}", map.name));
            return types_.error();
        }
        assign_type(*node.arguments[2], value, nullptr, node.range);
        return is_error(key) ? key : types_.boolean();
    }
    if (node.name == "args" && node.arguments.empty()) {
        ast::Identifier alias{};
        alias.kind = ast::ExprKind::identifier;
        alias.id = node.id;
        alias.range = node.range;
        alias.name = node.name;
        return identifier(alias);
    }
    if (row == nullptr) {
        if (info(node).function != kNoIndex) return call_function(node, analysis_.functions[info(node).function]);
        if (is_reporting_) {
            std::vector<std::string> names;
            for (const ast::Script* script : analysis_.input.scripts)
                for (const ast::Function& function : script->functions)
                    names.emplace_back(function.name);
            for (const ast::Script* script : analysis_.input.scripts)
                for (const ast::Macro& macro : script->macros)
                    names.emplace_back(macro.name);
            if (analysis_.input.builtins.all != nullptr)
                for (const typed::Builtin* known : analysis_.input.builtins.all())
                    names.emplace_back(known->name);
            auto added =
                error(DiagnosticKind::unknown_function, node.range, fmt::format("Unknown function: '{}'", node.name));
            if (analysis_.definitions.is_function_macro(node.name))
                added.hint(
                    fmt::format("a #define with parameters is seen by C definitions only; a script calls macros: "
                                "`macro {}(x) {{ ... }}`",
                                node.name));
            else if (std::string hint = foreign_function(node.name); !hint.empty())
                added.hint(std::move(hint));
            else
                add_nearest(added, node.name, names);
        }
        return types_.error();
    }
    if (is_target) aggregation_ = &node;
    return call_row(node, node.name, node.range, *row, node.arguments);
}

}  // namespace check
