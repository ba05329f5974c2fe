// Entrance: expand_macros: copies each clause's predicate and body once for every group of attach points that are told
// apart, and on the way replaces macro calls by their bodies, $1 and $# by literals, getopt() by its value and delete()
// of several keys by several delete()s. Hygiene: a variable a macro makes gets a name no script can spell ("$t#3"), so
// that scopes need no exception for macros.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "runtime/base/duration.h"
#include "runtime/base/nearest.h"
#include "runtime/base/text.h"
#include "runtime/probes/provider.h"
#include "src/ast/visit.h"
#include "src/check/analysis.h"
#include "src/check/group_places.h"

namespace check {

namespace {

/// Names a macro's parameters stand for while its body is copied.
struct Binding {
    ast::MacroParameter::Kind kind{};
    ast::Text name;                    ///< variable, map: what the caller gave
    const ast::Expr* value = nullptr;  ///< expression
};
struct Environment {
    const ast::Macro* macro = nullptr;
    std::map<std::string_view, Binding> bindings;
    std::string suffix;  ///< of the macro's own variables
};

/// What getopt() said about one option.
struct Option {
    Literal default_value;
    std::string default_text, description;
};

class Expander {
  public:
    explicit Expander(Analysis& analysis) : analysis_(analysis), input_(analysis.input), arena_(analysis.arena) {
        collect_macros();
        for (const ast::Script* script : input_.scripts)
            for (const ast::Function& function : script->functions)
                collect_function(function);
    }

    void run() {
        std::vector<std::vector<PlaceGroup>> groups;
        for (const Clause& clause : analysis_.clauses)
            groups.push_back(group_places(clause, input_, called_text(clause)));
        check_limit(groups);
        if (analysis_.diagnostics.has_errors()) return;
        for (std::size_t i = 0; i < groups.size(); ++i)
            expand_clause(analysis_.clauses[i], i, std::move(groups[i]));
        check_named_parameters();
    }

  private:
    // ---- macros

    void collect_macros() {
        for (const ast::Script* script : input_.scripts)
            for (const ast::Macro& macro : script->macros) {
                check_parameters(macro);
                for (const ast::Macro* other : macros_[std::string(macro.name)]) {
                    if (!same_parameters(*other, macro)) continue;
                    analysis_.diagnostics
                        .add(DiagnosticKind::bad_macro, head_of(macro),
                             fmt::format("Redefinition of macro: {}", macro.name))
                        .note(head_of(*other), "This is the original definition.");
                }
                macros_[std::string(macro.name)].push_back(&macro);
            }
    }

    void check_parameters(const ast::Macro& macro) {
        std::set<std::string_view> names;
        for (const ast::MacroParameter& parameter : macro.parameters) {
            const typed::Builtin* row = analysis_.find_row(parameter.name);
            if (row != nullptr && row->form == typed::Form::variable)
                analysis_.diagnostics
                    .add(DiagnosticKind::bad_macro, parameter.range,
                         "syntax: expected macro argument ($var, @map, or identifier)")
                    .hint(
                        fmt::format("{} is a builtin: another name for the argument leaves it usable", parameter.name));
            if (!names.insert(parameter.name).second)
                analysis_.diagnostics.add(
                    DiagnosticKind::bad_macro, parameter.range,
                    fmt::format("macro {}() has two arguments named {}", macro.name, parameter.name));
        }
    }

    void collect_function(const ast::Function& function) {
        const auto refuse = [&](const std::string& why) -> source::Diagnostics::Added {
            return analysis_.diagnostics.add(DiagnosticKind::bad_macro, function.name_range, why);
        };
        if (analysis_.find_row(function.name) != nullptr)
            refuse(fmt::format("fn {}() has the name of a builtin", function.name));
        const auto [known, is_new] = functions_.try_emplace(std::string(function.name), &function);
        if (!is_new)
            refuse(fmt::format("Redefinition of fn: {}", function.name))
                .note(known->second->name_range, "This is the original definition.");
    }

    /// The fn's body for the clause at hand, made once; kNoIndex: reported.
    std::uint32_t instantiate(const ast::Function& function, Range call) {
        if (const auto made = made_functions_.find(&function); made != made_functions_.end()) {
            if (made->second != kNoIndex) return made->second;
            analysis_.diagnostics
                .add(DiagnosticKind::bad_macro, call, fmt::format("fn {}() calls itself", function.name))
                .hint("programs in the kernel have no recursion; a loop can do it");
            return kNoIndex;
        }
        made_functions_[&function] = kNoIndex;
        const Environment* environment = std::exchange(environment_, nullptr);
        const unsigned loops = std::exchange(loops_, 0);
        const bool is_again = std::exchange(is_again_, false);
        FunctionBody made;
        made.function = &function;
        made.body.probe = body_->probe;
        made.body.group = body_->group;
        made.body.places = body_->places;
        made.body.is_told_name = body_->is_told_name;
        for (const ast::FunctionParameter& parameter : function.parameters) {
            made.parameters.push_back(copy_variable(*parameter.variable));
            made.types.push_back(copy(*parameter.type));
        }
        if (function.result != nullptr) made.result_spec = copy(*function.result);
        made.body.block = returning(*function.body, made.result_spec);
        environment_ = environment;
        loops_ = loops;
        is_again_ = is_again;
        const auto index = static_cast<std::uint32_t>(analysis_.functions.size());
        FunctionBody& kept = analysis_.functions.emplace_back(std::move(made));
        kept.body.function = &kept;
        made_functions_[&function] = index;
        return index;
    }

    /// The body of a fn: what its block is worth, it returns.
    const ast::Block* returning(const ast::Block& body, const ast::TypeSpec* result) {
        const ast::Block* copied = copy(body);
        const bool gives_nothing = result == nullptr || (result->kind == ast::TypeSpec::Kind::named &&
                                                         result->name == "void" && result->modifiers.empty());
        if (copied->value == nullptr || gives_nothing) return copied;
        auto* block = arena_.make<ast::Block>(*copied);
        auto* node = make<ast::Return>(ast::StmtKind::return_, ast::extent(*copied->value));
        node->value = copied->value;
        block->statements.push_back(node);
        block->value = nullptr;
        return block;
    }

    static bool same_parameters(const ast::Macro& a, const ast::Macro& b) {
        return std::equal(a.parameters.begin(), a.parameters.end(), b.parameters.begin(), b.parameters.end(),
                          [](const ast::MacroParameter& x, const ast::MacroParameter& y) { return x.kind == y.kind; });
    }
    /// "macro name"
    static Range head_of(const ast::Macro& macro) {
        return {macro.range.file, macro.range.begin, macro.name_range.end};
    }

    static bool fits(const ast::MacroParameter& parameter, const ast::Expr& argument) {
        switch (parameter.kind) {
            case ast::MacroParameter::Kind::variable: return argument.kind == ast::ExprKind::variable;
            case ast::MacroParameter::Kind::map:
                return argument.kind == ast::ExprKind::map && !ast::as<ast::Map>(argument).has_key;
            case ast::MacroParameter::Kind::expression: return true;
        }
        return false;
    }

    static std::string_view wanted(ast::MacroParameter::Kind kind) {
        switch (kind) {
            case ast::MacroParameter::Kind::variable: return "a variable";
            case ast::MacroParameter::Kind::map: return "a map";
            case ast::MacroParameter::Kind::expression: return "an expression";
        }
        return "";
    }
    static std::string_view given(const ast::Expr& argument) {
        if (argument.kind == ast::ExprKind::variable) return "a variable";
        if (argument.kind == ast::ExprKind::map && !ast::as<ast::Map>(argument).has_key) return "a map";
        return "an expression";
    }

    /// How many of its arguments must be variables or maps: the more, the better it fits where it fits.
    static std::ptrdiff_t names_taken(const ast::Macro& macro) {
        return std::ranges::count_if(macro.parameters, [](const ast::MacroParameter& parameter) {
            return parameter.kind != ast::MacroParameter::Kind::expression;
        });
    }

    /// The definition that takes these arguments; null: none of this name, or (reported) none that fits.
    const ast::Macro* choose(std::string_view name, Range range, const std::vector<const ast::Expr*>& arguments,
                             bool& is_reported) {
        const auto found = macros_.find(std::string(name));
        if (found == macros_.end()) return nullptr;
        const ast::Macro* closest = nullptr;
        const ast::Macro* chosen = nullptr;
        for (const ast::Macro* macro : found->second) {
            if (macro->parameters.size() != arguments.size()) continue;
            if (std::equal(arguments.begin(), arguments.end(), macro->parameters.begin(),
                           [](const ast::Expr* argument, const ast::MacroParameter& parameter) {
                               return fits(parameter, *argument);
                           })) {
                if (chosen == nullptr || names_taken(*macro) > names_taken(*chosen)) chosen = macro;
            }
            if (closest == nullptr) closest = macro;
        }
        if (chosen != nullptr) return chosen;
        // A macro named like a builtin does not hide it from calls it does not fit.
        if (analysis_.find_row(name) != nullptr) return nullptr;
        is_reported = true;
        auto added = analysis_.diagnostics.add(
            DiagnosticKind::bad_macro, range,
            fmt::format("Call to {}() has arguments that do not match any definition.", name));
        if (closest == nullptr) {
            closest = *std::min_element(
                found->second.begin(), found->second.end(), [&](const ast::Macro* a, const ast::Macro* b) {
                    const auto distance = [&](const ast::Macro* m) {
                        return m->parameters.size() > arguments.size() ? m->parameters.size() - arguments.size()
                                                                       : arguments.size() - m->parameters.size();
                    };
                    return distance(a) < distance(b);
                });
            added.note(
                head_of(*closest),
                fmt::format(
                    "The closest definition of {}() has a different number of arguments. Expected: {} but got {}", name,
                    closest->parameters.size(), arguments.size()));
            return nullptr;
        }
        for (std::size_t i = 0; i < arguments.size(); ++i) {
            const ast::MacroParameter& parameter = closest->parameters[i];
            if (fits(parameter, *arguments[i])) continue;
            added.note(ast::extent(*arguments[i]),
                       fmt::format("Mismatched arg. {}() expects {} for arg {} but got {}.", name,
                                   wanted(parameter.kind), parameter.name, given(*arguments[i])));
            added.note(parameter.range, "This is the argument in the closest definition.");
            break;
        }
        return nullptr;
    }

    /// The macro's body in the caller's place. `arguments` are copies already.
    const ast::Expr* expand_call(const ast::Macro& macro, Range range, const std::vector<const ast::Expr*>& arguments) {
        if (std::ranges::find(chain_, &macro, &Step::macro) != chain_.end()) {
            std::string chain;
            for (const Step& step : chain_)
                chain += fmt::format("{} > ", step.name);
            analysis_.diagnostics.add(
                DiagnosticKind::bad_macro, range,
                fmt::format("Recursive macro call detected. Call chain: {}{}", chain, macro.name));
            return failed(range);
        }
        if (++expansions_ > kMostExpansions) {
            analysis_.diagnostics.add(DiagnosticKind::too_deep, range,
                                      fmt::format("more than {} macro calls are expanded", kMostExpansions));
            return failed(range);
        }
        Environment environment;
        environment.macro = &macro;
        environment.suffix = fmt::format("#{}", expansions_);
        for (std::size_t i = 0; i < arguments.size(); ++i) {
            Binding binding{macro.parameters[i].kind, {}, arguments[i]};
            if (binding.kind == ast::MacroParameter::Kind::variable)
                binding.name = ast::as<ast::Variable>(*arguments[i]).name;
            if (binding.kind == ast::MacroParameter::Kind::map) binding.name = ast::as<ast::Map>(*arguments[i]).name;
            environment.bindings.emplace(macro.parameters[i].name, binding);
        }
        const Environment* outer = std::exchange(environment_, &environment);
        const unsigned outer_loops = std::exchange(loops_, 0);
        chain_.push_back({macro.name, &macro});
        const ast::Block* block = copy(*macro.body);
        chain_.pop_back();
        loops_ = outer_loops;
        environment_ = outer;
        if (block->statements.empty() && block->value != nullptr) return block->value;
        auto* node = make<ast::BlockExpr>(ast::ExprKind::block, range);
        node->block = block;
        analysis_.macro_blocks.insert(node);
        return node;
    }

    // ---- making nodes

    template <typename Node>
    Node* make(ast::ExprKind kind, Range range) {
        Node* node = arena_.make<Node>();
        node->kind = kind;
        node->id = analysis_.new_id();
        node->range = place_.value_or(range);
        return node;
    }
    template <typename Node>
    Node* make(ast::StmtKind kind, Range range) {
        Node* node = arena_.make<Node>();
        node->kind = kind;
        node->range = place_.value_or(range);
        return node;
    }

    const ast::Expr* failed(Range range) {
        auto* node = make<ast::Integer>(ast::ExprKind::integer, range);
        analysis_.info(*node).type = analysis_.types.error();
        return node;
    }

    const ast::Expr* literal(const Literal& value, Range range) {
        if (value.is_text()) {
            auto* node = make<ast::String>(ast::ExprKind::string, range);
            node->value = arena_.text(value.text);
            return node;
        }
        if (value.kind == Literal::Kind::boolean) {
            auto* node = make<ast::Boolean>(ast::ExprKind::boolean, range);
            node->value = value.bits != 0;
            return node;
        }
        auto* node = make<ast::Integer>(ast::ExprKind::integer, range);
        node->value = value.is_negative ? 0 - value.bits : value.bits;
        if (!value.is_negative) return node;
        auto* minus = make<ast::Unary>(ast::ExprKind::unary, range);
        minus->op = ast::UnaryOp::negate;
        minus->operand = node;
        return minus;
    }

    // ---- parameters of the command line

    ParameterValue parameter(std::uint64_t number, Range range) {
        ParameterValue value = parameter_value(analysis_, number);
        if (!value.is_given)
            analysis_.diagnostics.add(DiagnosticKind::warn_parameter, range,
                                      fmt::format("Positional parameter ${} is empty or not provided.", number));
        return value;
    }

    const ast::Expr* positional(const ast::Positional& node) {
        const ParameterValue value = parameter(node.number, node.range);
        const ast::Expr* made = !value.is_given
                                    ? literal(Literal::of(std::uint64_t{0}), node.range)
                                    : literal(value.number ? *value.number : Literal::of(value.text), node.range);
        analysis_.info(*made).positional = static_cast<std::uint32_t>(node.number);
        return made;
    }

    const ast::Expr* positional_text(const ast::Positional& node) {
        return literal(Literal::of(parameter(node.number, node.range).text), node.range);
    }

    /// str($1) and str($1 + 3) take the text as it was typed, whatever it looks like.
    const ast::Expr* text_argument(const ast::Expr& argument) {
        if (argument.kind == ast::ExprKind::positional) return positional_text(ast::as<ast::Positional>(argument));
        if (argument.kind == ast::ExprKind::binary) {
            const auto& binary = ast::as<ast::Binary>(argument);
            if (binary.op == ast::BinaryOp::add && binary.left->kind == ast::ExprKind::positional) {
                auto* node = make<ast::Binary>(ast::ExprKind::binary, binary.range);
                node->op = binary.op;
                node->op_range = binary.op_range;
                node->left = positional_text(ast::as<ast::Positional>(*binary.left));
                node->right = copy(*binary.right);
                return node;
            }
        }
        return copy(argument);
    }

    // ---- getopt

    /// What a default may be: nothing that needs types.
    std::optional<Literal> plain_literal(const ast::Expr& expr) {
        switch (expr.kind) {
            case ast::ExprKind::integer: return Literal::of(ast::as<ast::Integer>(expr).value);
            case ast::ExprKind::boolean: return Literal::of(ast::as<ast::Boolean>(expr).value);
            case ast::ExprKind::string: return Literal::of(std::string(ast::as<ast::String>(expr).value));
            case ast::ExprKind::identifier: {
                const auto value = analysis_.definitions.constant(ast::as<ast::Identifier>(expr).name);
                if (!value) return std::nullopt;
                if (const auto* text = std::get_if<std::string>(&*value)) return Literal::of(*text);
                return Literal::of(std::get<types::Constant>(*value).value);
            }
            case ast::ExprKind::unary: {
                const auto& unary = ast::as<ast::Unary>(expr);
                const auto operand = plain_literal(*unary.operand);
                return operand ? fold(unary.op, *operand).value : std::nullopt;
            }
            case ast::ExprKind::binary: {
                const auto& binary = ast::as<ast::Binary>(expr);
                const auto left = plain_literal(*binary.left), right = plain_literal(*binary.right);
                return left && right ? fold(binary.op, *left, *right).value : std::nullopt;
            }
            default: return std::nullopt;
        }
    }

    const ast::Expr* getopt(const ast::Call& call) {
        auto& diagnostics = analysis_.diagnostics;
        if (call.arguments.empty() || call.arguments.size() > 3) {
            diagnostics.add(DiagnosticKind::bad_call, call.range,
                            call.arguments.empty()
                                ? "getopt() requires at least one argument (0 provided)"
                                : fmt::format("getopt() takes up to 3 arguments ({} provided)", call.arguments.size()));
            return failed(call.range);
        }
        std::vector<std::optional<Literal>> given;
        for (const ast::Expr* argument : call.arguments)
            given.push_back(plain_literal(*copy(*argument)));
        if (!given[0] || !given[0]->is_text()) {
            diagnostics.add(DiagnosticKind::bad_parameter, ast::extent(*call.arguments[0]),
                            "First argument to 'getopt' must be a string literal.");
            return failed(call.range);
        }
        if (given.size() > 1 && !given[1]) {
            diagnostics.add(
                DiagnosticKind::bad_parameter, ast::extent(*call.arguments[1]),
                "Second argument to 'getopt' must be a string literal, integer literal, or a boolean literal.");
            return failed(call.range);
        }
        if (given.size() > 2 && (!given[2] || !given[2]->is_text())) {
            diagnostics.add(DiagnosticKind::bad_parameter, ast::extent(*call.arguments[2]),
                            "Third argument to 'getopt' must be a string literal.");
            return failed(call.range);
        }
        const std::string& name = given[0]->text;
        Option option{
            given.size() > 1 ? *given[1] : Literal::of(false), {}, given.size() > 2 ? given[2]->text : std::string()};
        option.default_text = text_of(option.default_value);
        const auto [known, is_new] = options_.try_emplace(name, option);
        if (!is_new) {
            if (known->second.default_value.kind != option.default_value.kind ||
                known->second.default_text != option.default_text) {
                diagnostics.add(DiagnosticKind::bad_parameter, call.range,
                                fmt::format("Command line option '{}' needs to have the same default value in all "
                                            "places it is used. Previous default "
                                            "value: {}",
                                            name, known->second.default_text));
                return failed(call.range);
            }
            if (known->second.description != option.description && !option.description.empty()) {
                if (!known->second.description.empty()) {
                    diagnostics.add(DiagnosticKind::bad_parameter, call.range,
                                    fmt::format("Command line option '{}' needs to have the same description in all "
                                                "places it is used. Previous "
                                                "description: {}",
                                                name, known->second.description));
                    return failed(call.range);
                }
                known->second.description = option.description;
            }
        }
        const auto value = option_value(name, option.default_value);
        return value ? literal(*value, call.range) : failed(call.range);
    }

    static std::string text_of(const Literal& value) {
        if (value.is_text()) return value.text;
        if (value.kind == Literal::Kind::boolean) return value.bits != 0 ? "true" : "false";
        return value.is_negative ? fmt::format("{}", static_cast<std::int64_t>(value.bits))
                                 : fmt::format("{}", value.bits);
    }

    /// What stands on the command line, as the default's type; nullopt: reported.
    std::optional<Literal> option_value(const std::string& name, const Literal& default_value) {
        const Options& options = input_.options;
        const bool is_bare = options.bare_parameters.contains(name);
        const auto found = options.named_parameters.find(name);
        if (!is_bare && found == options.named_parameters.end()) return default_value;
        const std::string text = is_bare ? "true" : found->second;
        const auto refuse = [&](std::string_view why) {
            analysis_.diagnostics.add(DiagnosticKind::bad_parameter,
                                      fmt::format("program command line option --{} {} (value: {})", name, why, text));
            return std::nullopt;
        };
        switch (default_value.kind) {
            case Literal::Kind::string:
                if (is_bare) return refuse("expects a string");
                return Literal::of(text);
            case Literal::Kind::boolean: {
                const std::string lower = base::to_lower(text);
                if (lower == "true" || lower == "1") return Literal::of(true);
                if (lower == "false" || lower == "0") return Literal::of(false);
                return refuse("expects a boolean (e.g. 'true')");
            }
            case Literal::Kind::integer: {
                if (is_bare) return refuse("expects an integer");
                if (const auto number = number_of(text)) return number;
                // Digits throughout, yet not readable: too many of them.
                const std::string_view digits = std::string_view(text).substr(text.starts_with('-') ? 1 : 0);
                if (!digits.empty() && std::all_of(digits.begin(), digits.end(), base::is_digit))
                    return refuse("value is out of range");
                return refuse("invalid integer");
            }
        }
        return std::nullopt;
    }

  public:
    static std::optional<Literal> number_of(std::string_view text) {
        if (const auto integer = base::parse_integer(text)) {
            if (!integer->is_negative) return Literal::of(integer->magnitude);
            if (integer->magnitude > std::uint64_t{1} << 63) return std::nullopt;
            return Literal::of_signed(static_cast<std::int64_t>(0 - integer->magnitude));
        }
        if (const auto duration = base::parse_duration(text)) return Literal::of(*duration);
        return std::nullopt;
    }

  private:
    void check_named_parameters() {
        const Options& options = input_.options;
        std::string known;
        for (const auto& [name, option] : options_)
            known += fmt::format("{}--{}", known.empty() ? "" : ", ", name);
        if (options.bare_parameters.contains("help") && !options_.contains("help")) {
            // Only the hint is wanted: an error without a sentence.
            std::string lines;
            for (const auto& [name, option] : options_)
                lines += fmt::format("\n--{}{}{}", name, option.description.empty() ? "" : ": ", option.description);
            analysis_.diagnostics.add(DiagnosticKind::bad_parameter, std::string())
                .hint(options_.empty() ? std::string("no custom program options defined.")
                                       : "expected program options:" + lines);
            return;
        }
        std::string unexpected;
        std::vector<std::string> names;
        const auto note = [&](const std::string& name) {
            if (options_.contains(name)) return;
            unexpected += fmt::format("{}--{}", unexpected.empty() ? "" : ", ", name);
            names.push_back(name);
        };
        for (const auto& [name, value] : options.named_parameters)
            if (!options.bare_parameters.contains(name)) note(name);
        for (const std::string& name : options.bare_parameters)
            note(name);
        if (unexpected.empty()) return;
        auto added = analysis_.diagnostics.add(DiagnosticKind::bad_parameter,
                                               fmt::format("unexpected program command line options: {}", unexpected));
        if (options_.empty()) {
            added.hint("no custom program options defined.");
            return;
        }
        added.hint("expected program options: " + known);
        std::vector<std::string> candidates;
        for (const auto& [name, option] : options_)
            candidates.push_back("--" + name);
        add_nearest(added, "--" + names.front(), candidates);
    }

    // ---- copying types

    const ast::TypeSpec* copy(const ast::TypeSpec& spec) {
        if (spec.kind == ast::TypeSpec::Kind::named && environment_ != nullptr) {
            const auto bound = environment_->bindings.find(spec.name);
            if (bound != environment_->bindings.end() && bound->second.value != nullptr &&
                bound->second.value->kind == ast::ExprKind::type_argument) {
                // (T)v with T = typeof(...): what the caller gave, then the modifiers written here.
                const ast::TypeSpec* given = ast::as<ast::TypeArgument>(*bound->second.value).type;
                if (spec.modifiers.empty()) return given;
                auto* joined = arena_.make<ast::TypeSpec>(*given);
                joined->modifiers.insert(joined->modifiers.end(), spec.modifiers.begin(), spec.modifiers.end());
                return joined;
            }
        }
        if (spec.kind != ast::TypeSpec::Kind::type_of && !place_) return &spec;
        auto* node = arena_.make<ast::TypeSpec>(spec);
        node->range = place_.value_or(spec.range);
        if (spec.of_expr != nullptr) node->of_expr = copy(*spec.of_expr);
        if (spec.of_type != nullptr) {
            // typeof(x) of a macro's parameter is the type of what was given.
            if (const ast::Expr* value = bound_value(*spec.of_type)) {
                node->of_type = nullptr;
                node->of_expr = value;
            } else {
                node->of_type = copy(*spec.of_type);
            }
        }
        return node;
    }

    /// A type's name that is really a macro's parameter standing for an expression.
    const ast::Expr* bound_value(const ast::TypeSpec& spec) {
        if (spec.kind != ast::TypeSpec::Kind::named || !spec.modifiers.empty() || environment_ == nullptr)
            return nullptr;
        const auto bound = environment_->bindings.find(spec.name);
        if (bound == environment_->bindings.end() || bound->second.value == nullptr ||
            bound->second.value->kind == ast::ExprKind::type_argument)
            return nullptr;
        return again(*bound->second.value);
    }

    // ---- copying expressions

    /// One more copy of a macro's argument, outside the macro's own names.
    const ast::Expr* again(const ast::Expr& argument) {
        const Environment* inner = std::exchange(environment_, nullptr);
        is_again_ = true;
        const ast::Expr* copied = copy(argument);
        is_again_ = false;
        environment_ = inner;
        const ExprInfo& from = analysis_.info(argument);
        ExprInfo& to = analysis_.info(*copied);
        to.positional = from.positional;
        to.type = from.type;
        return copied;
    }

    ast::Text variable_name(ast::Text name) {
        if (environment_ == nullptr) return name;
        const auto bound = environment_->bindings.find(name);
        if (bound != environment_->bindings.end()) return bound->second.name;
        return arena_.text(std::string(name) + environment_->suffix);
    }

    const ast::Variable* copy_variable(const ast::Variable& variable) {
        auto* node = make<ast::Variable>(ast::ExprKind::variable, variable.range);
        node->name = variable_name(variable.name);
        return node;
    }

    const ast::Map* copy_map(const ast::Map& map) {
        auto* node = make<ast::Map>(ast::ExprKind::map, map.range);
        node->name = map.name;
        if (environment_ != nullptr) {
            const auto bound = environment_->bindings.find(map.name);
            if (bound != environment_->bindings.end())
                node->name = bound->second.name;
            else
                analysis_.diagnostics.add(
                    DiagnosticKind::bad_macro, map.range,
                    fmt::format("Unhygienic access to map: {}. Maps must be passed into the macro as arguments.",
                                map.name));
        }
        node->has_key = map.has_key;
        node->keys = copy_all(map.keys);
        return node;
    }

    std::vector<const ast::Expr*> copy_all(const std::vector<const ast::Expr*>& from) {
        std::vector<const ast::Expr*> to;
        to.reserve(from.size());
        for (const ast::Expr* expr : from)
            to.push_back(copy(*expr));
        return to;
    }

    const ast::Expr* copy_identifier(const ast::Identifier& identifier) {
        if (environment_ != nullptr) {
            const auto bound = environment_->bindings.find(identifier.name);
            if (bound != environment_->bindings.end()) {
                const Binding& binding = bound->second;
                if (binding.kind == ast::MacroParameter::Kind::expression) return again(*binding.value);
            }
        }
        if (analysis_.find_row(identifier.name) == nullptr && !is_again_) {
            const auto found = macros_.find(std::string(identifier.name));
            if (found != macros_.end())
                for (const ast::Macro* macro : found->second)
                    if (macro->parameters.empty()) return expand_call(*macro, identifier.range, {});
        }
        if (const ast::Expr* value = defined_value(identifier)) return value;
        auto* node = make<ast::Identifier>(ast::ExprKind::identifier, identifier.range);
        node->name = identifier.name;
        return node;
    }

    /// What a #define that is no constant stands for, as if it were written in the identifier's place. Null: there is
    /// none, or its text is no expression.
    const ast::Expr* defined_value(const ast::Identifier& identifier) {
        if (analysis_.find_row(identifier.name) != nullptr) return nullptr;
        const std::string* text = analysis_.definitions.expression(identifier.name);
        // A macro that comes upon itself stays a word, as in C.
        if (text == nullptr || std::ranges::find(chain_, identifier.name, &Step::name) != chain_.end()) return nullptr;
        const auto [known, is_new] = defined_.try_emplace(identifier.name);
        if (is_new && input_.parse_expression) known->second = input_.parse_expression(*text);
        if (known->second == nullptr || ++expansions_ > kMostExpansions) return nullptr;
        const Environment* environment = std::exchange(environment_, nullptr);
        const auto outer = std::exchange(place_, place_ ? *place_ : identifier.range);
        chain_.push_back({identifier.name, nullptr});
        const ast::Expr* value = copy(*known->second);
        chain_.pop_back();
        place_ = outer;
        environment_ = environment;
        return value;
    }

    /// a.b.c as the names of a path; empty: it is something else.
    static std::vector<ast::Text> member_path(const ast::Expr& expr) {
        if (expr.kind == ast::ExprKind::identifier) return {ast::as<ast::Identifier>(expr).name};
        if (expr.kind != ast::ExprKind::field) return {};
        const auto& field = ast::as<ast::Field>(expr);
        std::vector<ast::Text> path = member_path(*field.base);
        if (!path.empty()) path.push_back(field.name);
        return path;
    }

    /// container_of(p, typeof(T), member) is (T *)((uint64)p - offsetof(T, member)). Null: not called like that.
    const ast::Expr* container_of(const ast::Call& call) {
        if (call.arguments.size() != 3) return nullptr;
        std::vector<ast::Text> path = member_path(*call.arguments[2]);
        const ast::TypeSpec* outer = nullptr;
        if (call.arguments[1]->kind == ast::ExprKind::type_argument) {
            outer = copy(*ast::as<ast::TypeArgument>(*call.arguments[1]).type);
        } else if (call.arguments[1]->kind == ast::ExprKind::identifier) {
            auto* named = arena_.make<ast::TypeSpec>();
            named->range = call.arguments[1]->range;
            named->name = ast::as<ast::Identifier>(*call.arguments[1]).name;
            outer = copy(*named);
        }
        if (path.empty() || outer == nullptr) return nullptr;
        auto* number = arena_.make<ast::TypeSpec>();
        number->range = call.range;
        number->name = "uint64";
        auto* pointer = arena_.make<ast::TypeSpec>(*outer);
        pointer->modifiers.push_back({true, std::nullopt});
        auto* address = make<ast::Cast>(ast::ExprKind::cast, call.range);
        address->type = number;
        address->operand = copy(*call.arguments[0]);
        auto* offset = make<ast::OffsetOf>(ast::ExprKind::offset_of, call.range);
        offset->type = outer;
        offset->path = std::move(path);
        auto* difference = make<ast::Binary>(ast::ExprKind::binary, call.range);
        difference->op = ast::BinaryOp::subtract;
        difference->left = address;
        difference->right = offset;
        difference->op_range = call.range;
        auto* cast = make<ast::Cast>(ast::ExprKind::cast, call.range);
        cast->type = pointer;
        cast->operand = difference;
        return cast;
    }

    const ast::Expr* copy_call(const ast::Call& call) {
        if (call.name == "getopt" && !macros_.contains("getopt")) return getopt(call);
        if (call.name == "container_of" && !macros_.contains("container_of") && !is_again_)
            if (const ast::Expr* outer = container_of(call)) return outer;
        const bool takes_text = call.name == "str" && !call.arguments.empty() && !is_again_;
        std::vector<const ast::Expr*> arguments;
        for (std::size_t i = 0; i < call.arguments.size(); ++i)
            arguments.push_back(i == 0 && takes_text ? text_argument(*call.arguments[i]) : copy(*call.arguments[i]));
        if (!is_again_) {
            bool is_reported = false;
            if (const ast::Macro* macro = choose(call.name, call.range, arguments, is_reported))
                return expand_call(*macro, call.range, arguments);
            if (is_reported) return failed(call.range);
        }
        // delete(@a[1], @a[2]): one call for each key.
        if (call.name == "delete" && arguments.size() > 1 &&
            std::all_of(arguments.begin(), arguments.end(), [](const ast::Expr* argument) {
                return argument->kind == ast::ExprKind::map && ast::as<ast::Map>(*argument).has_key;
            })) {
            auto* block = arena_.make<ast::Block>();
            block->range = call.range;
            for (const ast::Expr* argument : arguments) {
                auto* one = make<ast::Call>(ast::ExprKind::call, call.range);
                one->name = call.name;
                one->name_range = call.name_range;
                one->arguments = {argument};
                if (argument == arguments.back()) {
                    block->value = one;
                    break;
                }
                auto* statement = make<ast::ExprStmt>(ast::StmtKind::expression, call.range);
                statement->expr = one;
                block->statements.push_back(statement);
            }
            auto* node = make<ast::BlockExpr>(ast::ExprKind::block, call.range);
            node->block = block;
            return node;
        }
        std::uint32_t function = kNoIndex;
        if (const auto found = functions_.find(std::string(call.name)); found != functions_.end()) {
            function = instantiate(*found->second, call.range);
            if (function == kNoIndex) return failed(call.range);
        }
        auto* node = make<ast::Call>(ast::ExprKind::call, call.range);
        node->name = call.name;
        node->name_range = place_.value_or(call.name_range);
        node->has_bang = call.has_bang;
        node->arguments = std::move(arguments);
        analysis_.info(*node).function = function;
        return node;
    }

    const ast::Expr* copy(const ast::Expr& expr) {
        return ast::visit(
            expr, ast::Overloaded{
                      [&](const ast::Integer& from) -> const ast::Expr* {
                          auto* node = make<ast::Integer>(from.kind, from.range);
                          node->value = from.value;
                          node->spelling = from.spelling;
                          node->is_duration = from.is_duration;
                          return node;
                      },
                      [&](const ast::String& from) -> const ast::Expr* {
                          auto* node = make<ast::String>(from.kind, from.range);
                          node->value = from.value;
                          return node;
                      },
                      [&](const ast::Boolean& from) -> const ast::Expr* {
                          auto* node = make<ast::Boolean>(from.kind, from.range);
                          node->value = from.value;
                          return node;
                      },
                      [&](const ast::Character& from) -> const ast::Expr* {
                          auto* node = make<ast::Character>(from.kind, from.range);
                          node->value = from.value;
                          return node;
                      },
                      [&](const ast::Variable& from) -> const ast::Expr* { return copy_variable(from); },
                      [&](const ast::Map& from) -> const ast::Expr* { return copy_map(from); },
                      [&](const ast::Positional& from) -> const ast::Expr* { return positional(from); },
                      [&](const ast::ParameterCount& from) -> const ast::Expr* {
                          return literal(Literal::of(std::uint64_t{input_.options.parameters.size()}), from.range);
                      },
                      [&](const ast::Identifier& from) -> const ast::Expr* { return copy_identifier(from); },
                      [&](const ast::Call& from) -> const ast::Expr* { return copy_call(from); },
                      [&](const ast::Field& from) -> const ast::Expr* {
                          auto* node = make<ast::Field>(from.kind, from.range);
                          node->base = copy(*from.base);
                          node->name = from.name;
                          node->name_range = place_.value_or(from.name_range);
                          node->is_arrow = from.is_arrow;
                          return node;
                      },
                      [&](const ast::TupleIndex& from) -> const ast::Expr* {
                          auto* node = make<ast::TupleIndex>(from.kind, from.range);
                          node->base = copy(*from.base);
                          node->index = from.index;
                          return node;
                      },
                      [&](const ast::Index& from) -> const ast::Expr* {
                          const ast::Expr* base = copy(*from.base);
                          auto* node = make<ast::Index>(from.kind, from.range);
                          node->base = base;
                          node->indices = copy_all(from.indices);
                          return node;
                      },
                      [&](const ast::Unary& from) -> const ast::Expr* {
                          auto* node = make<ast::Unary>(from.kind, from.range);
                          node->op = from.op;
                          node->operand = copy(*from.operand);
                          return node;
                      },
                      [&](const ast::Binary& from) -> const ast::Expr* {
                          auto* node = make<ast::Binary>(from.kind, from.range);
                          node->op = from.op;
                          node->op_range = place_.value_or(from.op_range);
                          node->left = copy(*from.left);
                          node->right = copy(*from.right);
                          return node;
                      },
                      [&](const ast::Increment& from) -> const ast::Expr* {
                          auto* node = make<ast::Increment>(from.kind, from.range);
                          node->is_decrement = from.is_decrement;
                          node->is_prefix = from.is_prefix;
                          node->target = copy(*from.target);
                          return node;
                      },
                      [&](const ast::Ternary& from) -> const ast::Expr* {
                          auto* node = make<ast::Ternary>(from.kind, from.range);
                          node->condition = copy(*from.condition);
                          node->then = from.then == nullptr ? nullptr : copy(*from.then);
                          node->otherwise = copy(*from.otherwise);
                          return node;
                      },
                      [&](const ast::Cast& from) -> const ast::Expr* {
                          auto* node = make<ast::Cast>(from.kind, from.range);
                          node->type = copy(*from.type);
                          node->operand = copy(*from.operand);
                          return node;
                      },
                      [&](const ast::Tuple& from) -> const ast::Expr* {
                          auto* node = make<ast::Tuple>(from.kind, from.range);
                          node->elements = copy_all(from.elements);
                          return node;
                      },
                      [&](const ast::Record& from) -> const ast::Expr* {
                          auto* node = make<ast::Record>(from.kind, from.range);
                          node->members = from.members;
                          for (ast::Record::Member& member : node->members)
                              member = {member.name, copy(*member.value), place_.value_or(member.name_range)};
                          return node;
                      },
                      [&](const ast::SizeOf& from) -> const ast::Expr* {
                          auto* node = make<ast::SizeOf>(from.kind, from.range);
                          copy_type_or_expr(from, *node);
                          return node;
                      },
                      [&](const ast::OffsetOf& from) -> const ast::Expr* {
                          auto* node = make<ast::OffsetOf>(from.kind, from.range);
                          copy_type_or_expr(from, *node);
                          node->path = from.path;
                          return node;
                      },
                      [&](const ast::TypeInfo& from) -> const ast::Expr* {
                          auto* node = make<ast::TypeInfo>(from.kind, from.range);
                          copy_type_or_expr(from, *node);
                          return node;
                      },
                      [&](const ast::Comptime& from) -> const ast::Expr* {
                          auto* node = make<ast::Comptime>(from.kind, from.range);
                          node->operand = copy(*from.operand);
                          return node;
                      },
                      [&](const ast::IfExpr& from) -> const ast::Expr* {
                          auto* node = make<ast::IfExpr>(from.kind, from.range);
                          node->condition = copy(*from.condition);
                          node->then = copy(*from.then);
                          node->otherwise = from.otherwise == nullptr ? nullptr : copy(*from.otherwise);
                          return node;
                      },
                      [&](const ast::BlockExpr& from) -> const ast::Expr* {
                          auto* node = make<ast::BlockExpr>(from.kind, from.range);
                          node->block = copy(*from.block);
                          if (analysis_.macro_blocks.contains(&from)) analysis_.macro_blocks.insert(node);
                          return node;
                      },
                      [&](const ast::AddressOf& from) -> const ast::Expr* {
                          auto* node = make<ast::AddressOf>(from.kind, from.range);
                          node->target = copy(*from.target);
                          return node;
                      },
                      [&](const ast::TypeArgument& from) -> const ast::Expr* {
                          auto* node = make<ast::TypeArgument>(from.kind, from.range);
                          node->type = copy(*from.type);
                          return node;
                      },
                  });
    }

    template <typename Node>
    void copy_type_or_expr(const Node& from, Node& to) {
        to.type = from.type == nullptr ? nullptr : copy(*from.type);
        to.operand = from.operand == nullptr ? nullptr : copy(*from.operand);
        if (from.type == nullptr) return;
        if (const ast::Expr* value = bound_value(*from.type)) {
            to.type = nullptr;
            to.operand = value;
        }
    }

    // ---- copying statements

    const ast::Block* copy(const ast::Block& block) {
        auto* to = arena_.make<ast::Block>();
        to->range = place_.value_or(block.range);
        for (const ast::Stmt* statement : block.statements)
            to->statements.push_back(copy(*statement));
        to->value = block.value == nullptr ? nullptr : copy(*block.value);
        return to;
    }

    void refuse_in_macro(std::string_view word, Range range) {
        analysis_.diagnostics.add(DiagnosticKind::bad_jump, range,
                                  fmt::format("'{}' statement is not allowed in a macro", word));
    }

    const ast::Block* copy_loop(const ast::Block& body) {
        ++loops_;
        const ast::Block* copied = copy(body);
        --loops_;
        return copied;
    }

    const ast::Stmt* copy(const ast::Stmt& stmt) {
        return ast::visit(stmt, ast::Overloaded{
                                    [&](const ast::Let& from) -> const ast::Stmt* {
                                        auto* node = make<ast::Let>(from.kind, from.range);
                                        node->value = from.value == nullptr ? nullptr : copy(*from.value);
                                        node->variable = copy_variable(*from.variable);
                                        node->type = from.type == nullptr ? nullptr : copy(*from.type);
                                        return node;
                                    },
                                    [&](const ast::Assign& from) -> const ast::Stmt* {
                                        auto* node = make<ast::Assign>(from.kind, from.range);
                                        node->target = copy(*from.target);
                                        node->value = copy(*from.value);
                                        return node;
                                    },
                                    [&](const ast::CompoundAssign& from) -> const ast::Stmt* {
                                        auto* node = make<ast::CompoundAssign>(from.kind, from.range);
                                        node->op = from.op;
                                        node->target = copy(*from.target);
                                        node->value = copy(*from.value);
                                        return node;
                                    },
                                    [&](const ast::Discard& from) -> const ast::Stmt* {
                                        auto* node = make<ast::Discard>(from.kind, from.range);
                                        node->value = copy(*from.value);
                                        return node;
                                    },
                                    [&](const ast::While& from) -> const ast::Stmt* {
                                        auto* node = make<ast::While>(from.kind, from.range);
                                        node->condition = copy(*from.condition);
                                        node->body = copy_loop(*from.body);
                                        return node;
                                    },
                                    [&](const ast::Unroll& from) -> const ast::Stmt* {
                                        auto* node = make<ast::Unroll>(from.kind, from.range);
                                        node->count = copy(*from.count);
                                        node->body = copy_loop(*from.body);
                                        return node;
                                    },
                                    [&](const ast::ForRange& from) -> const ast::Stmt* {
                                        auto* node = make<ast::ForRange>(from.kind, from.range);
                                        node->first = copy(*from.first);
                                        node->last = copy(*from.last);
                                        node->variable = copy_variable(*from.variable);
                                        node->body = copy_loop(*from.body);
                                        return node;
                                    },
                                    [&](const ast::ForMap& from) -> const ast::Stmt* {
                                        auto* node = make<ast::ForMap>(from.kind, from.range);
                                        node->map = copy_map(*from.map);
                                        node->variable = copy_variable(*from.variable);
                                        node->body = copy_loop(*from.body);
                                        return node;
                                    },
                                    [&](const ast::Break& from) -> const ast::Stmt* {
                                        if (environment_ != nullptr && loops_ == 0)
                                            refuse_in_macro("break", from.range);
                                        return &from;
                                    },
                                    [&](const ast::Continue& from) -> const ast::Stmt* {
                                        if (environment_ != nullptr && loops_ == 0)
                                            refuse_in_macro("continue", from.range);
                                        return &from;
                                    },
                                    [&](const ast::Return& from) -> const ast::Stmt* {
                                        if (environment_ != nullptr) refuse_in_macro("return", from.range);
                                        auto* node = make<ast::Return>(from.kind, from.range);
                                        node->value = from.value == nullptr ? nullptr : copy(*from.value);
                                        return node;
                                    },
                                    [&](const ast::ImportStmt& from) -> const ast::Stmt* { return &from; },
                                    [&](const ast::BlockStmt& from) -> const ast::Stmt* {
                                        auto* node = make<ast::BlockStmt>(from.kind, from.range);
                                        node->block = copy(*from.block);
                                        return node;
                                    },
                                    [&](const ast::ExprStmt& from) -> const ast::Stmt* {
                                        auto* node = make<ast::ExprStmt>(from.kind, from.range);
                                        node->expr = copy(*from.expr);
                                        return node;
                                    },
                                });
    }

    // ---- clauses

    /// Of the macros and fns that the body may call, and those that they may call: whose names stand in it.
    std::string called_text(const Clause& clause) const {
        if (macros_.empty() && functions_.empty()) return {};
        const ast::Probe& probe = *clause.probe;
        std::string body(input_.sources.text(
            probe.predicate == nullptr ? probe.body->range : source::join(probe.predicate->range, probe.body->range)));
        std::string called;
        std::set<std::string_view> seen;
        const auto look_for = [&](std::string_view name) {
            return (body.find(name) != std::string::npos || called.find(name) != std::string::npos) &&
                   seen.insert(name).second;
        };
        for (bool is_new = true; is_new;) {
            const std::size_t before = seen.size();
            for (const auto& [name, overloads] : macros_) {
                if (!look_for(name)) continue;
                for (const ast::Macro* macro : overloads)
                    called += input_.sources.text(macro->body->range);
            }
            for (const auto& [name, function] : functions_)
                if (look_for(name)) called += input_.sources.text(function->body->range);
            is_new = seen.size() != before;
        }
        return called;
    }

    void check_limit(const std::vector<std::vector<PlaceGroup>>& clauses) {
        std::size_t count = 0;
        for (const std::vector<PlaceGroup>& groups : clauses)
            for (const PlaceGroup& group : groups)
                count += count_programs(group);
        const std::uint64_t limit = analysis_.config.max_bpf_progs;
        if (count <= limit) return;
        analysis_.diagnostics
            .add(DiagnosticKind::too_many_probes,
                 fmt::format("Your program is trying to generate more than {} BPF programs, which exceeds the current "
                             "limit of {}",
                             count, limit))
            .hint("You can increase the limit through the BPFTRACE_MAX_BPF_PROGS environment variable.");
    }

    void expand_clause(const Clause& clause, std::size_t number, std::vector<PlaceGroup> groups) {
        for (PlaceGroup& group : groups) {
            Body& body = analysis_.bodies.emplace_back();
            body.probe = clause.probe;
            body.group = number;
            body.places = std::move(group.places);
            body.is_told_name = group.is_told_name;
            body_ = &body;
            made_functions_.clear();
            body.predicate = clause.probe->predicate == nullptr ? nullptr : copy(*clause.probe->predicate);
            body.block = copy(*clause.probe->body);
        }
    }

    /// Far above any script, low enough to end an explosion (each macro calling the one before it twice) in time.
    static constexpr unsigned kMostExpansions = 20'000;

    Analysis& analysis_;
    const Input& input_;
    ast::Arena& arena_;
    std::map<std::string, std::vector<const ast::Macro*>> macros_;
    std::map<std::string, const ast::Function*> functions_;
    std::map<const ast::Function*, std::uint32_t> made_functions_;  ///< for the body at hand; kNoIndex: being made
    Body* body_ = nullptr;
    std::map<std::string, Option> options_;
    const Environment* environment_ = nullptr;
    /// What is being expanded inside one another: macros, and #defines (null).
    struct Step {
        std::string_view name;
        const ast::Macro* macro = nullptr;
    };
    std::vector<Step> chain_;
    unsigned expansions_ = 0, loops_ = 0;
    bool is_again_ = false;                                 ///< copying what was expanded already
    std::map<std::string_view, const ast::Expr*> defined_;  ///< trees of #defines
    std::optional<Range> place_;  ///< of the word that stands for what is copied: its ranges are nobody's
};

}  // namespace

ParameterValue parameter_value(const Analysis& analysis, std::uint64_t number) {
    ParameterValue value;
    const auto& parameters = analysis.input.options.parameters;
    if (number == 0 || number > parameters.size() || parameters[number - 1].empty()) return value;
    value.is_given = true;
    value.text = parameters[number - 1];
    value.number = Expander::number_of(value.text);
    return value;
}

void expand_macros(Analysis& analysis) {
    Expander(analysis).run();
}

}  // namespace check
