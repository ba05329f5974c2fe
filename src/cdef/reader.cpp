#include "src/cdef/reader.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "src/cdef/constants.h"
#include "src/cdef/front_end.h"

namespace cdef {

namespace {

bool is_readable(const std::string& path) {
    struct stat status;
    return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

/// A script's definitions count as one file of this name, as users know it from messages; a header has its own.
constexpr std::string_view kScript = "definitions.h";

constexpr int kMostIncludes = 32;
constexpr int kMostNesting = 64;  // structs in structs, parentheses in parentheses
constexpr int kMostExpansions = 32;

bool is_punctuation(const Token& token, std::string_view text) {
    return token.kind == TokenKind::punctuation && token.text == text;
}
Token number_token(std::uint64_t value) {
    Token token;
    token.kind = TokenKind::number;
    token.value = value;
    token.text = std::to_string(value);
    return token;
}

/// A macro that makes more than this is one that makes itself.
constexpr std::size_t kMostExpanded = 50'000;

bool is_incomplete(const types::Type* type) {
    while (type->kind == types::Kind::array)
        type = type->element;
    return type->kind == types::Kind::structure && !type->structure->is_complete && !type->structure->complete;
}

bool have_same_members(const types::Structure& a, const types::Structure& b) {
    return a.size == b.size && std::equal(a.members.begin(), a.members.end(), b.members.begin(), b.members.end(),
                                          [](const types::Member& one, const types::Member& other) {
                                              return one.name == other.name && one.offset == other.offset &&
                                                     one.bit_offset == other.bit_offset &&
                                                     one.bit_size == other.bit_size &&
                                                     types::name_of(one.type) == types::name_of(other.type);
                                          });
}

bool is_word(const Token& token, std::string_view text) {
    return token.kind == TokenKind::word && token.text == text;
}

/// Tokens as a script spells them.
std::string spell(const std::vector<Token>& tokens) {
    std::string text;
    for (const Token& token : tokens) {
        // "$x" and "@x" are two tokens in C.
        if (!text.empty() && text.back() != '$' && text.back() != '@') text += ' ';
        if (token.kind != TokenKind::string && token.kind != TokenKind::character) {
            text += token.text;
            continue;
        }
        const char quote = token.kind == TokenKind::string ? '"' : '\'';
        text += quote;
        for (const char c : token.text) {
            const auto byte = static_cast<unsigned char>(c);
            text += c == quote || c == '\\' || byte < 0x20 ? fmt::format("\\{:03o}", byte) : std::string(1, c);
        }
        text += quote;
    }
    return text;
}

/// What is left of a value in so narrow a type.
std::uint64_t cut(std::uint64_t value, const types::Type& type) {
    const unsigned shift = 64 - 8 * type.size;
    value <<= shift;
    return type.is_signed ? static_cast<std::uint64_t>(static_cast<std::int64_t>(value) >> shift) : value >> shift;
}

std::uint32_t round_up(std::uint64_t value, std::uint64_t to) {
    return static_cast<std::uint32_t>((value + to - 1) / to * to);
}

}  // namespace

Reader::Reader(Definitions& definitions, const Options& options, source::Diagnostics& diagnostics)
    : definitions_(definitions), options_(options), diagnostics_(diagnostics) {
    const Token one = number_token(1);
    for (const char* name : {"__KERNEL__", "__BPF_TRACING__", "__x86_64__", "__LP64__", "__STDC__"})
        macros_[name].body = {one};
    if (definitions_.kernel_types_.has_btf()) macros_["BPFTRACE_HAVE_BTF"].body = {one};
}

/// What <linux/version.h> says; scripts of old times ask for it.
void Reader::know_kernel_version() {
    if (macros_.contains("LINUX_VERSION_CODE")) return;
    unsigned major = 0, minor = 0, patch = 0;
    if (std::sscanf(definitions_.kernel_types_.kernel().release().c_str(), "%u.%u.%u", &major, &minor, &patch) < 2)
        return;
    macros_["LINUX_VERSION_CODE"].body = {number_token((major << 16) + (minor << 8) + std::min(patch, 255u))};
    refresh_constant("LINUX_VERSION_CODE");
    Macro version;
    version.is_function = true;
    version.parameters = {"a", "b", "c"};
    version.body = scan("(((a) << 16) + ((b) << 8) + ((c) > 255 ? 255 : (c)))");
    version.body.pop_back();
    macros_["KERNEL_VERSION"] = std::move(version);
}

void Reader::read(const Piece& piece) {
    read_text(piece.text, piece.range);
    lines_read_ += static_cast<std::size_t>(std::ranges::count(piece.text, '\n')) + 1;
}

void Reader::finish() {
    for (const auto& [name, macro] : macros_) {
        if (macro.is_function || macro.body.empty() || definitions_.constants_.contains(name)) continue;
        expanded_ = 0;
        const std::vector<Token> tokens = expand(macro.body);
        if (!define_type(name, tokens)) definitions_.expressions_[name] = spell(tokens);
    }
    if (!conditions_.empty())
        diagnostics_.add(source::DiagnosticKind::bad_definition, place_,
                         "definitions.h: error: unterminated conditional directive");
}

std::string Reader::in_file(std::string message) const {
    if (!file_.empty() && message.starts_with(kScript))
        message.replace(0, kScript.size(), file_.substr(file_.rfind('/') + 1));
    return message;
}

/// Of a token of the declarations at hand, or of the preprocessor line.
Reader::Spot Reader::spot_of(std::size_t token) const {
    Spot spot{place_, line_, directive_column_};
    if (run_.empty() || tokens_.empty()) return spot;
    const Token& where = tokens_[std::min(token, tokens_.size() - 1)];
    const std::size_t begin = std::min(run_begin_ + where.offset, run_.size() - 1);
    const std::string_view before = run_.substr(0, begin);
    spot.line = (file_.empty() ? lines_read_ : 0) + 1 + static_cast<std::size_t>(std::ranges::count(before, '\n'));
    spot.column = begin - (before.rfind('\n') + 1) + 1;
    if (file_.empty() && run_.size() <= place_.end - place_.begin) {
        const std::size_t size = std::max<std::size_t>(1, where.size);
        spot.range.begin = place_.begin + static_cast<std::uint32_t>(begin);
        spot.range.end = std::min(place_.end, spot.range.begin + static_cast<std::uint32_t>(size));
    }
    return spot;
}

void Reader::fail(std::string message) {
    fail_at(at_, std::move(message));
}

void Reader::fail_at(std::size_t token, std::string message) {
    has_any_failed_ = true;
    const Spot spot = spot_of(token);
    static constexpr std::string_view kPlain = "definitions.h: error:";
    if (message.starts_with(kPlain) && has_places_)
        message.replace(0, kPlain.size(), fmt::format("{}:{}:{}: error:", kScript, spot.line, spot.column));
    message = in_file(std::move(message));
    if (swallowed_ != nullptr) {
        if (swallowed_->empty()) *swallowed_ = std::move(message);
        has_failed_ = true;
        return;
    }
    if (!has_failed_) diagnostics_.add(source::DiagnosticKind::bad_definition, spot.range, std::move(message));
    has_failed_ = true;
}

// ---- preprocessor

/// Lines that start with # are carried out; what lies between them is one run of declarations.
void Reader::read_text(std::string_view text, source::Range at) {
    place_ = at;
    expanded_ = 0;
    // What is left out stays as blanks, so that places in the run are places in the text.
    std::string run;
    std::size_t position = 0, run_begin = 0;
    const auto declare = [&] {
        const std::string_view outer = std::exchange(run_, text);
        run_begin_ = run_begin;
        declarations(expand(scan(run)), at);
        run_ = outer;
        run.clear();
    };
    while (position < text.size()) {
        std::size_t end = text.find('\n', position);
        while (end != std::string_view::npos && end > position && text[end - 1] == '\\')
            end = text.find('\n', end + 1);
        if (end == std::string_view::npos) end = text.size();
        const std::string_view line = text.substr(position, end - position);
        const std::size_t first = line.find_first_not_of(" \t\r");
        if (first != std::string_view::npos && line[first] == '#') {
            declare();
            run_begin = end + 1;
            line_ = (file_.empty() ? lines_read_ : 0) + 1 +
                    static_cast<std::size_t>(std::ranges::count(text.substr(0, position), '\n'));
            directive_column_ = first + 2;
            directive(line.substr(first + 1), first + 1, at);
        } else {
            if (is_active())
                run += line;
            else
                run.append(line.size(), ' ');
            run += '\n';
        }
        position = end + 1;
    }
    declare();
}

/// What stands behind the #, which ends that many bytes into its line.
void Reader::directive(std::string_view line, std::size_t offset, source::Range at) {
    place_ = at;
    has_failed_ = false;
    const std::size_t word_begin = line.find_first_not_of(" \t");
    if (word_begin == std::string_view::npos) return;
    std::size_t word_end = word_begin;
    while (word_end < line.size() && std::isalpha(static_cast<unsigned char>(line[word_end])) != 0)
        ++word_end;
    const std::string_view word = line.substr(word_begin, word_end - word_begin);
    const std::string_view rest = line.substr(word_end);

    const auto name_of = [&]() -> std::string {
        const auto tokens = scan(rest);
        return tokens[0].kind == TokenKind::word ? tokens[0].text : std::string();
    };
    if (word == "if" || word == "ifdef" || word == "ifndef") {
        const bool outer = is_active();
        bool holds = false;
        if (outer) holds = word == "if" ? condition(rest) : macros_.contains(name_of()) == (word == "ifdef");
        conditions_.push_back({outer && holds, holds, outer});
    } else if (word == "elif") {
        if (conditions_.empty()) return fail("definitions.h: error: #elif without #if");
        Condition& top = conditions_.back();
        const bool holds = top.outer_active && !top.was_active && condition(rest);
        top.is_active = holds;
        top.was_active = top.was_active || holds;
    } else if (word == "else") {
        if (conditions_.empty()) return fail("definitions.h: error: #else without #if");
        Condition& top = conditions_.back();
        top.is_active = top.outer_active && !top.was_active;
        top.was_active = true;
    } else if (word == "endif") {
        if (conditions_.empty()) return fail("definitions.h: error: #endif without #if");
        conditions_.pop_back();
    } else if (!is_active()) {
        return;
    } else if (word == "define") {
        define(rest);
    } else if (word == "undef") {
        const std::string name = name_of();
        macros_.erase(name);
        definitions_.constants_.erase(name);
    } else if (word == "include") {
        const std::size_t open = rest.find_first_of("<\"");
        if (open == std::string_view::npos) return fail("definitions.h: error: expected \"FILENAME\" or <FILENAME>");
        const bool is_quoted = rest[open] == '"';
        const std::size_t close = rest.find(is_quoted ? '"' : '>', open + 1);
        if (close == std::string_view::npos) return fail("definitions.h: error: expected \"FILENAME\" or <FILENAME>");
        column_ = offset + word_end + open + 1;
        include(rest.substr(open + 1, close - open - 1), is_quoted, at);
    } else if (word == "error") {
        fail(fmt::format("definitions.h: error: {}", rest.substr(std::min(rest.size(), rest.find_first_not_of(' ')))));
    } else if (word == "pragma") {
        // Other pragmas change nothing here.
        if (rest.find("once") != std::string_view::npos && !file_.empty()) once_.insert(file_);
    } else if (file_.empty() && !word.empty() && word != "line" && word != "warning" && word != "ident") {
        fail(fmt::format("definitions.h: error: invalid preprocessing directive '#{}'", word));
    }
}

void Reader::include(std::string_view path, bool is_quoted, source::Range at) {
    place_ = at;
    std::vector<std::string> candidates;
    if (is_quoted || path.starts_with('/')) candidates.emplace_back(path);
    for (const std::string& folder : options_.include_dirs)
        candidates.push_back(folder + "/" + std::string(path));
    if (!is_quoted && !path.starts_with('/') && is_system_header(path)) {
        // -I may bring the header of another kernel on purpose; without one, types come from BTF and constants from the
        // table, and the header itself need not be installed.
        const auto own = std::find_if(candidates.begin(), candidates.end(), is_readable);
        if (own == candidates.end()) {
            know_kernel_version();
            definitions_.system_headers_.emplace_back(path);
            return;
        }
    }
    for (const char* folder : {"/usr/local/include/", "/usr/include/", "/usr/include/x86_64-linux-gnu/"})
        if (!path.starts_with('/')) candidates.push_back(folder + std::string(path));
    for (const std::string& candidate : candidates)
        if (is_readable(candidate) && include_file(candidate, at)) return;
    if (is_system_header(path)) {
        know_kernel_version();
        definitions_.system_headers_.emplace_back(path);
        return;
    }
    fail(fmt::format("definitions.h:{}:{}: fatal error: '{}' file not found", line_, column_, path));
}

/// false: no such file.
bool Reader::include_file(const std::string& path, source::Range at) {
    if (once_.contains(path)) return true;
    std::ifstream in(path, std::ios::binary);
    if (!in) return false;
    if (include_depth_ >= kMostIncludes) {
        fail("definitions.h: error: #include nested too deeply");
        return true;
    }
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    ++include_depth_;
    const std::string outer = std::exchange(file_, path);
    if (swallowed_ != nullptr) {
        // Inside a header that is being tried: its mistakes are that header's.
        read_text(text, at);
    } else {
        std::string mistake;
        swallowed_ = &mistake;
        has_any_failed_ = false;
        const std::size_t conditions = conditions_.size();
        read_text(text, at);
        if (conditions_.size() != conditions) {
            conditions_.resize(std::min(conditions, conditions_.size()));
            if (mistake.empty()) mistake = in_file("definitions.h: error: unterminated conditional directive");
        }
        swallowed_ = nullptr;
        has_failed_ = false;
        if (!mistake.empty()) {
            const FrontEndOutput simpler =
                options_.may_ask_compiler ? preprocess(path, options_.include_dirs) : FrontEndOutput{};
            std::string second;
            if (simpler.is_read) {
                swallowed_ = &second;
                has_places_ = false;  // in what the compiler made of it
                read_text(simpler.text, at);
                has_places_ = true;
                swallowed_ = nullptr;
                has_failed_ = false;
                conditions_.resize(std::min(conditions, conditions_.size()));
            }
            if (!simpler.is_read || !second.empty()) {
                const bool is_same = mistake.ends_with(second.substr(std::min(second.size(), second.find(" error: "))));
                auto added = diagnostics_.add(source::DiagnosticKind::bad_definition, at, is_same ? mistake : second);
                if (!simpler.message.empty()) added.hint(simpler.message);
            }
        }
    }
    file_ = outer;
    --include_depth_;
    return true;
}

void Reader::define(std::string_view rest) {
    const std::size_t begin = rest.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return fail("definitions.h: error: macro name missing");
    std::size_t end = begin;
    while (end < rest.size() && (std::isalnum(static_cast<unsigned char>(rest[end])) != 0 || rest[end] == '_'))
        ++end;
    const std::string name(rest.substr(begin, end - begin));
    if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0])) != 0)
        return fail("definitions.h: error: macro name must be an identifier");
    Macro macro;
    std::vector<Token> body = scan(rest.substr(end));
    body.pop_back();
    if (end < rest.size() && rest[end] == '(') {
        macro.is_function = true;
        std::size_t at = 1;
        for (; at < body.size() && !is_punctuation(body[at], ")"); ++at) {
            if (is_punctuation(body[at], "...")) macro.is_variadic = true;
            if (body[at].kind == TokenKind::word) macro.parameters.push_back(body[at].text);
        }
        if (at == body.size()) return fail("definitions.h: error: missing ')' in macro parameter list");
        body.erase(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(at) + 1);
    }
    macro.body = std::move(body);
    if (macro.is_function) definitions_.function_macros_.insert(name);
    macros_[name] = std::move(macro);
    definitions_.constants_.erase(name);
    if (!macros_[name].is_function) refresh_constant(name);
}

/// What the macro means as a value, if it is one.
void Reader::refresh_constant(const std::string& name) {
    std::vector<Token> tokens = expand(macros_[name].body);
    if (tokens.empty()) return;
    if (const auto text = text_of(tokens)) {
        definitions_.constants_[name] = *text;
        return;
    }
    tokens.emplace_back();
    std::vector<Token> outer = std::exchange(tokens_, std::move(tokens));
    const std::size_t outer_at = std::exchange(at_, 0);
    if (const auto value = expression(); value && peek().kind == TokenKind::end) {
        const auto as_signed = static_cast<std::int64_t>(value->value);
        std::uint32_t size = 8;
        if (!value->is_unsigned)
            size = as_signed >= INT8_MIN && as_signed <= INT8_MAX     ? 1
                   : as_signed >= INT16_MIN && as_signed <= INT16_MAX ? 2
                   : as_signed >= INT32_MIN && as_signed <= INT32_MAX ? 4
                                                                      : 8;
        definitions_.constants_[name] = types::Constant{
            value->value, definitions_.table_.integer(size, !value->is_unsigned || !(value->value >> 63))};
    }
    tokens_ = std::move(outer);
    at_ = outer_at;
}

/// `#define SOCK struct sock *`: a name for a type. false: the tokens are none.
bool Reader::define_type(const std::string& name, std::vector<Token> tokens) {
    if (tokens.empty() || tokens.front().kind != TokenKind::word) return false;
    tokens.emplace_back();
    std::vector<Token> outer = std::exchange(tokens_, std::move(tokens));
    const std::size_t outer_at = std::exchange(at_, 0);
    std::string mistake;
    std::string* outer_swallowed = std::exchange(swallowed_, &mistake);
    const bool had_failed = std::exchange(has_failed_, false);
    Declared declared;
    if (const types::Type* base = specifiers()) declared = declarator(base);
    const bool is_type =
        declared.type != nullptr && declared.name.empty() && !has_failed_ && peek().kind == TokenKind::end;
    if (is_type) definitions_.typedefs_[name] = declared.type;
    has_failed_ = had_failed;
    swallowed_ = outer_swallowed;
    tokens_ = std::move(outer);
    at_ = outer_at;
    return is_type;
}

std::optional<std::string> Reader::text_of(const std::vector<Token>& tokens) {
    std::string text;
    for (const Token& token : tokens) {
        if (token.kind != TokenKind::string) return std::nullopt;
        text += token.text;
    }
    return text;
}

std::optional<std::vector<std::vector<Token>>> Reader::arguments(const std::vector<Token>& tokens, std::size_t& at) {
    std::vector<std::vector<Token>> given(1);
    int depth = 0;
    for (std::size_t i = at; i < tokens.size(); ++i) {
        const Token& token = tokens[i];
        if (token.kind == TokenKind::end) break;
        if (is_punctuation(token, "(") && depth++ == 0) continue;
        if (is_punctuation(token, ")") && --depth == 0) {
            at = i + 1;
            return given;
        }
        if (is_punctuation(token, ",") && depth == 1)
            given.emplace_back();
        else
            given.back().push_back(token);
    }
    return std::nullopt;
}

std::vector<Token> Reader::substitute(const Macro& macro, const std::vector<std::vector<Token>>& given) {
    std::vector<Token> made;
    const auto argument = [&](const Token& token) -> const std::vector<Token>* {
        if (token.kind != TokenKind::word) return nullptr;
        for (std::size_t i = 0; i < macro.parameters.size(); ++i)
            if (macro.parameters[i] == token.text && i < given.size()) return &given[i];
        return nullptr;
    };
    for (std::size_t i = 0; i < macro.body.size(); ++i) {
        const Token& token = macro.body[i];
        if (is_punctuation(token, "##")) {
            // What stands on both sides becomes one word.
            if (made.empty() || i + 1 == macro.body.size()) continue;
            const Token& next = macro.body[++i];
            const std::vector<Token>* right = argument(next);
            std::vector<Token> tail = right != nullptr ? *right : std::vector<Token>{next};
            if (tail.empty()) continue;
            std::vector<Token> glued = scan(made.back().text + tail.front().text);
            glued.pop_back();
            made.pop_back();
            made.insert(made.end(), glued.begin(), glued.end());
            made.insert(made.end(), tail.begin() + 1, tail.end());
        } else if (const std::vector<Token>* value = argument(token)) {
            made.insert(made.end(), value->begin(), value->end());
        } else if (macro.is_variadic && is_word(token, "__VA_ARGS__")) {
            for (std::size_t a = macro.parameters.size(); a < given.size(); ++a)
                made.insert(made.end(), given[a].begin(), given[a].end());
        } else {
            made.push_back(token);
        }
    }
    return made;
}

std::vector<Token> Reader::expand(const std::vector<Token>& tokens, int depth) {
    std::vector<Token> result;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const Token& token = tokens[i];
        const auto macro =
            token.kind == TokenKind::word && depth < kMostExpansions ? macros_.find(token.text) : macros_.end();
        if (macro == macros_.end() || expanded_ > kMostExpanded) {
            result.push_back(token);
            continue;
        }
        // A macro that names itself stays as it is (and the depth limit ends longer circles).
        const bool names_itself = std::any_of(macro->second.body.begin(), macro->second.body.end(),
                                              [&](const Token& t) { return is_word(t, token.text); });
        std::size_t behind = i + 1;
        std::optional<std::vector<std::vector<Token>>> given;
        const bool is_call = behind < tokens.size() && is_punctuation(tokens[behind], "(");
        if (macro->second.is_function && is_call) given = arguments(tokens, behind);
        if (names_itself || (macro->second.is_function && !given)) {
            result.push_back(token);
            continue;
        }
        const std::vector<Token> body = given ? substitute(macro->second, *given) : macro->second.body;
        expanded_ += body.size() + 1;
        for (Token& inner : expand(body, depth + 1)) {
            inner.offset = token.offset;  // it stands where the macro does
            inner.size = token.size;
            result.push_back(std::move(inner));
        }
        if (given) i = behind - 1;
    }
    return result;
}

bool Reader::condition(std::string_view rest) {
    // `defined X` is answered before macros are expanded.
    std::vector<Token> tokens = scan(rest);
    std::vector<Token> answered;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (!is_word(tokens[i], "defined")) {
            answered.push_back(tokens[i]);
            continue;
        }
        const bool in_parentheses = i + 1 < tokens.size() && is_punctuation(tokens[i + 1], "(");
        const std::size_t name = i + (in_parentheses ? 2 : 1);
        Token number;
        number.kind = TokenKind::number;
        number.value = name < tokens.size() && macros_.contains(tokens[name].text) ? 1 : 0;
        answered.push_back(number);
        i = name + (in_parentheses ? 1 : 0);
    }
    if (answered.empty() || answered.back().kind != TokenKind::end) answered.emplace_back();
    std::vector<Token> expanded = expand(answered);
    // Words that no macro stands for count as 0 here, as in C; those of the headers that were not read have their
    // value.
    for (Token& token : expanded) {
        if (token.kind != TokenKind::word) continue;
        const auto known = definitions_.system_headers_.empty() ? std::nullopt : system_constant(token.text);
        token = number_token(static_cast<std::uint64_t>(known.value_or(0)));
    }
    std::vector<Token> outer = std::exchange(tokens_, std::move(expanded));
    const std::size_t outer_at = std::exchange(at_, 0);
    const auto value = expression();
    const bool is_whole = value && peek().kind == TokenKind::end;
    tokens_ = std::move(outer);
    at_ = outer_at;
    // Headers ask their compiler things we do not know, __has_include(...); for those the answer is no.
    if (!is_whole && file_.empty()) fail("definitions.h: error: #if needs a constant expression");
    return is_whole && value->value != 0;
}

// ---- tokens

const Token& Reader::peek(std::size_t ahead) const {
    static const Token kEnd;
    return at_ + ahead < tokens_.size() ? tokens_[at_ + ahead] : kEnd;
}

bool Reader::accept(std::string_view text) {
    if ((peek().kind != TokenKind::punctuation && peek().kind != TokenKind::word) || peek().text != text) return false;
    ++at_;
    return true;
}

// ---- constant expressions

/// The words of an integer type; nullptr: something else stands here.
const types::Type* Reader::cast_type() {
    struct Word {
        std::string_view name;
        std::uint32_t size;  ///< 0: says only the sign, or nothing
        bool is_unsigned;
    };
    static constexpr Word kWords[] = {
        {"unsigned", 0, true}, {"signed", 0, false}, {"int", 0, false},     {"long", 8, false},
        {"short", 2, false},   {"char", 1, false},   {"__force", 0, false}, {"gfp_t", 4, true},
        {"size_t", 8, true},   {"u8", 1, true},      {"u16", 2, true},      {"u32", 4, true},
        {"u64", 8, true},      {"__u8", 1, true},    {"__u16", 2, true},    {"__u32", 4, true},
        {"__u64", 8, true},    {"s8", 1, false},     {"s16", 2, false},     {"s32", 4, false},
        {"s64", 8, false},     {"__s8", 1, false},   {"__s16", 2, false},   {"__s32", 4, false},
        {"__s64", 8, false},   {"uint8_t", 1, true}, {"uint16_t", 2, true}, {"uint32_t", 4, true},
        {"uint64_t", 8, true}, {"int8_t", 1, false}, {"int16_t", 2, false}, {"int32_t", 4, false},
        {"int64_t", 8, false}};
    bool is_type = false, is_unsigned = false;
    std::uint32_t size = 4;
    for (;; ++at_) {
        const auto word = std::ranges::find(kWords, std::string_view(peek().text), &Word::name);
        if (peek().kind != TokenKind::word || word == std::end(kWords)) break;
        is_type = true;
        is_unsigned |= word->is_unsigned;
        if (word->size != 0) size = word->size;
    }
    return is_type ? definitions_.table_.integer(size, !is_unsigned) : nullptr;
}

std::optional<Reader::Number> Reader::unary() {
    if (++nesting_ > kMostNesting) {
        --nesting_;
        return std::nullopt;
    }
    const auto leave = [this](std::optional<Number> value) {
        --nesting_;
        return value;
    };
    if (accept("-")) {
        auto value = unary();
        if (value) value->value = std::uint64_t{0} - value->value;
        return leave(value);
    }
    if (accept("+")) return leave(unary());
    if (accept("~")) {
        auto value = unary();
        if (value) value->value = ~value->value;
        return leave(value);
    }
    if (accept("!")) {
        auto value = unary();
        if (value) *value = {value->value == 0 ? 1u : 0u, false};
        return leave(value);
    }
    if (accept("(")) {
        const std::size_t before = at_;
        if (const types::Type* type = cast_type(); type != nullptr && accept(")")) {
            auto value = unary();
            if (value) *value = {cut(value->value, *type), !type->is_signed};
            return leave(value);
        }
        at_ = before;
        auto value = expression();
        if (!accept(")")) return leave(std::nullopt);
        return leave(value);
    }
    const Token& token = peek();
    if (token.kind == TokenKind::number) {
        ++at_;
        if (!token.is_plain) return leave(std::nullopt);
        return leave(Number{token.value, token.is_unsigned});
    }
    if (token.kind == TokenKind::character) {
        ++at_;
        return leave(Number{token.value, false});
    }
    if (token.kind == TokenKind::word) {
        if (token.text == "sizeof") {
            ++at_;
            if (!accept("(")) return leave(std::nullopt);
            const types::Type* base = specifiers();
            if (base == nullptr || has_failed_) return leave(std::nullopt);
            const Declared declared = declarator(base);
            if (has_failed_ || declared.type == nullptr || !accept(")")) return leave(std::nullopt);
            return leave(Number{declared.type->size, true});
        }
        const auto known = definitions_.constants_.find(token.text);
        ++at_;
        if (known != definitions_.constants_.end()) {
            if (const auto* constant = std::get_if<types::Constant>(&known->second))
                return leave(Number{constant->value,
                                    constant->type && !constant->type->is_signed && (constant->value >> 63) != 0});
            return leave(std::nullopt);
        }
        if (!definitions_.system_headers_.empty())
            if (const auto value = system_constant(token.text))
                return leave(Number{static_cast<std::uint64_t>(*value), false});
        if (const auto constant = definitions_.kernel_types_.constant(token.text))
            return leave(Number{constant->value, false});
        return leave(std::nullopt);
    }
    return leave(std::nullopt);
}

std::optional<Reader::Number> Reader::expression(int level) {
    static constexpr std::pair<std::string_view, int> kOperators[] = {
        {"||", 1}, {"&&", 2}, {"|", 3},  {"^", 4},  {"&", 5}, {"==", 6}, {"!=", 6}, {"<", 7},  {">", 7},
        {"<=", 7}, {">=", 7}, {"<<", 8}, {">>", 8}, {"+", 9}, {"-", 9},  {"*", 10}, {"/", 10}, {"%", 10}};
    auto left = unary();
    while (left) {
        int found = 0;
        std::string op;
        for (const auto& [text, precedence] : kOperators)
            if (is_punctuation(peek(), text)) {
                found = precedence;
                op = text;
            }
        if (level == 0 && is_punctuation(peek(), "?")) {
            ++at_;
            const auto yes = expression();
            if (!accept(":")) return std::nullopt;
            const auto no = expression();
            return left->value != 0 ? yes : no;
        }
        if (found == 0 || found <= level) return left;
        ++at_;
        const auto right = expression(found);
        if (!right) return std::nullopt;
        const bool is_unsigned = left->is_unsigned || right->is_unsigned;
        const std::uint64_t a = left->value;
        const std::uint64_t b = right->value;
        const auto sa = static_cast<std::int64_t>(a);
        const auto sb = static_cast<std::int64_t>(b);
        Number value{0, is_unsigned};
        const bool overflows = sa == INT64_MIN && sb == -1;
        if (op == "||")
            value = {(a != 0 || b != 0) ? 1u : 0u, false};
        else if (op == "&&")
            value = {(a != 0 && b != 0) ? 1u : 0u, false};
        else if (op == "|")
            value.value = a | b;
        else if (op == "^")
            value.value = a ^ b;
        else if (op == "&")
            value.value = a & b;
        else if (op == "==")
            value = {a == b ? 1u : 0u, false};
        else if (op == "!=")
            value = {a != b ? 1u : 0u, false};
        else if (op == "<")
            value = {(is_unsigned ? a < b : sa < sb) ? 1u : 0u, false};
        else if (op == ">")
            value = {(is_unsigned ? a > b : sa > sb) ? 1u : 0u, false};
        else if (op == "<=")
            value = {(is_unsigned ? a <= b : sa <= sb) ? 1u : 0u, false};
        else if (op == ">=")
            value = {(is_unsigned ? a >= b : sa >= sb) ? 1u : 0u, false};
        else if (op == "<<")
            value = {b < 64 ? a << b : 0, left->is_unsigned};
        else if (op == ">>")
            value = {b < 64 ? (left->is_unsigned ? a >> b : static_cast<std::uint64_t>(sa >> b)) : 0,
                     left->is_unsigned};
        else if (op == "+")
            value.value = a + b;
        else if (op == "-")
            value.value = a - b;
        else if (op == "*")
            value.value = a * b;
        else if (b == 0 || (overflows && !is_unsigned))
            return std::nullopt;
        else if (op == "/")
            value.value = is_unsigned ? a / b : static_cast<std::uint64_t>(sa / sb);
        else
            value.value = is_unsigned ? a % b : static_cast<std::uint64_t>(sa % sb);
        left = value;
    }
    return left;
}

// ---- declarations

void Reader::declarations(std::vector<Token> tokens, source::Range at) {
    if (tokens.size() <= 1) return;
    tokens_ = std::move(tokens);
    at_ = 0;
    place_ = at;
    has_failed_ = false;
    while (peek().kind != TokenKind::end && !has_failed_) {
        if (accept(";")) continue;
        const bool is_typedef = accept("typedef");
        const types::Type* base = specifiers();
        if (has_failed_) return;
        if (!base) {
            skip_to_semicolon();  // a declaration of something else: a function, a variable
            continue;
        }
        if (is_typedef) {
            do {
                Declared declared = declarator(base);
                if (has_failed_) return;
                if (!declared.name.empty()) definitions_.typedefs_[declared.name] = declared.type;
            } while (accept(","));
        }
        skip_attributes();
        if (!accept(";") && peek().kind != TokenKind::end && (is_typedef || !is_word(peek(), "struct"))) {
            // `struct s { } name;`, or the next definition without ';' in between, which old scripts have
            if (peek().kind == TokenKind::word && peek().text != "struct" && peek().text != "union" &&
                peek().text != "enum")
                skip_to_semicolon();
        }
    }
}

void Reader::skip_to_semicolon() {
    int depth = 0;
    while (peek().kind != TokenKind::end) {
        const Token& token = peek();
        ++at_;
        if (is_punctuation(token, "{") || is_punctuation(token, "(")) ++depth;
        if (is_punctuation(token, "}") || is_punctuation(token, ")")) --depth;
        if (depth <= 0 && (is_punctuation(token, ";") || is_punctuation(token, "}"))) return;
    }
}

/// At the word "aligned": what stands behind it. Without a number it is the largest alignment that x86-64 knows.
void Reader::aligned(std::uint32_t* alignment) const {
    constexpr std::uint32_t kLargest = 16;
    if (alignment == nullptr) return;
    const bool has_number = is_punctuation(peek(1), "(") && peek(2).kind == TokenKind::number;
    *alignment = has_number ? static_cast<std::uint32_t>(peek(2).value) : kLargest;
}

void Reader::skip_attributes(bool* is_packed, std::uint32_t* alignment) {
    while (is_word(peek(), "__attribute__") || is_word(peek(), "__packed") || is_word(peek(), "__aligned") ||
           is_word(peek(), "__user") || is_word(peek(), "__rcu")) {
        const bool is_list = peek().text == "__attribute__" || peek().text == "__aligned";
        if (peek().text == "__packed" && is_packed) *is_packed = true;
        if (peek().text == "__aligned") aligned(alignment);
        ++at_;
        if (!is_list || !is_punctuation(peek(), "(")) continue;
        int depth = 0;
        do {
            if (accept("(")) {
                ++depth;
            } else if (accept(")")) {
                --depth;
            } else {
                if ((is_word(peek(), "packed") || is_word(peek(), "__packed__")) && is_packed) *is_packed = true;
                if (is_word(peek(), "aligned") || is_word(peek(), "__aligned__")) aligned(alignment);
                if (peek().kind == TokenKind::end) return;
                ++at_;
            }
        } while (depth > 0);
    }
}

/// Type words up to the declarator; nullptr: not a type we know (no error: the caller decides).
const types::Type* Reader::specifiers() {
    types::Table& table = definitions_.table_;
    int longs = 0;
    bool is_unsigned = false, is_signed = false, is_char = false, is_short = false, is_int = false, is_bool = false,
         is_void = false;
    bool is_float = false, is_single = false;
    bool any = false;
    const types::Type* named = nullptr;
    while (true) {
        skip_attributes();
        if (peek().kind != TokenKind::word) break;
        const std::string& word = peek().text;
        if (word == "const" || word == "volatile" || word == "static" || word == "extern" || word == "inline" ||
            word == "register" || word == "__signed__") {
            ++at_;
            continue;
        }
        if (named) break;
        if (word == "struct" || word == "union") {
            const bool is_union = word == "union";
            ++at_;
            named = structure(is_union);
            if (!named) return nullptr;
            continue;
        }
        if (word == "enum") {
            ++at_;
            named = enumeration();
            if (!named) return nullptr;
            continue;
        }
        if (word == "long")
            ++longs;
        else if (word == "unsigned")
            is_unsigned = true;
        else if (word == "signed")
            is_signed = true;
        else if (word == "char")
            is_char = true;
        else if (word == "short")
            is_short = true;
        else if (word == "int")
            is_int = true;
        else if (word == "_Bool" || word == "bool")
            is_bool = true;
        else if (word == "void")
            is_void = true;
        else if (word == "float" || word == "double")
            is_float = true, is_single = word == "float";
        else {
            if (any) break;  // the declarator's name
            named = definitions_.named(word);
            if (!named) return nullptr;
            ++at_;
            continue;
        }
        any = true;
        ++at_;
    }
    is_plain_char_ = !named && is_char && !is_unsigned && !is_signed;
    is_float_ = !named && is_float;
    if (named) return named;
    if (!any) return nullptr;
    if (is_void) return table.void_type();
    if (is_bool) return table.boolean();
    // As wide and as aligned; members() takes care that nobody reads it as a number.
    if (is_float) return longs > 0 ? table.array(table.integer(8, false), 2) : table.integer(is_single ? 4 : 8, false);
    if (is_char) {
        const types::Type* plain = definitions_.named("char");
        return is_unsigned ? table.integer(1, false) : is_signed || !plain ? table.integer(1, true) : plain;
    }
    if (is_short) return table.integer(2, !is_unsigned);
    if (longs > 0) return table.integer(8, !is_unsigned);
    (void)is_int;
    return table.integer(4, !is_unsigned);
}

const types::Type* Reader::structure(bool is_union) {
    types::Table& table = definitions_.table_;
    bool is_packed = false;
    std::uint32_t alignment = 1;
    skip_attributes(&is_packed, &alignment);
    std::string name;
    const std::size_t name_at = at_;
    if (peek().kind == TokenKind::word) {
        name = peek().text;
        ++at_;
    }
    skip_attributes(&is_packed, &alignment);
    auto& known = is_union ? definitions_.unions_ : definitions_.structures_;
    if (!is_punctuation(peek(), "{")) {
        if (name.empty()) {
            fail("definitions.h: error: declaration of anonymous struct must be a definition");
            return nullptr;
        }
        if (const types::Type* type = definitions_.structure(name, is_union)) return type;
        // Only named so far: good for pointers.
        types::Structure* forward = table.new_structure();
        forward->name = (is_union ? "union " : "struct ") + name;
        forward->is_union = is_union;
        return known[name] = table.structure(forward);
    }
    if (++nesting_ > kMostNesting) {
        fail("definitions.h: error: definitions are nested too deeply");
        --nesting_;
        return nullptr;
    }
    ++at_;
    types::Structure* structure = nullptr;
    const types::Structure* earlier = nullptr;
    const types::Type* type = nullptr;
    if (!name.empty() && std::find(open_.begin(), open_.end(), name) != open_.end()) {
        fail_at(name_at, fmt::format("definitions.h: error: nested redefinition of '{}'", name));
        --nesting_;
        return nullptr;
    }
    if (const auto found = known.find(name);
        !name.empty() && found != known.end() && !found->second->structure->is_complete) {
        structure = found->second->structure;
        structure->members.clear();  // of an earlier attempt that failed half-way
        structure->size = 0;
    } else {
        if (!name.empty() && found != known.end()) earlier = found->second->structure;
        structure = table.new_structure();
        structure->name = name.empty() ? "" : (is_union ? "union " : "struct ") + name;
        structure->is_union = is_union;
        if (!name.empty()) known[name] = table.structure(structure);
    }
    attributes_behind(&is_packed, &alignment);
    open_.push_back(name);
    members(*structure, is_packed);
    open_.pop_back();
    if (has_failed_) {
        --nesting_;
        return nullptr;
    }
    skip_attributes();
    if (alignment > 1 && alignment <= 4096) {
        structure->size = round_up(structure->size, alignment);
        structure->alignment = alignment;
    } else if (is_packed) {
        structure->alignment = 1;
    }
    structure->is_complete = true;
    --nesting_;
    // Saying the same twice, as imported scripts may, does no harm.
    if (earlier != nullptr && !have_same_members(*earlier, *structure)) {
        fail_at(name_at, fmt::format("definitions.h: error: redefinition of '{}'", name));
        return nullptr;
    }
    // Made again now that its size is known: types are interned by structure, and sizeof reads the type.
    type = table.structure(structure);
    if (!name.empty()) known[name] = type;
    return type;
}

void Reader::attributes_behind(bool* is_packed, std::uint32_t* alignment) {
    const std::size_t before = at_;
    int depth = 1;
    while (depth > 0 && peek().kind != TokenKind::end) {
        if (is_punctuation(peek(), "{")) ++depth;
        if (is_punctuation(peek(), "}")) --depth;
        ++at_;
    }
    skip_attributes(is_packed, alignment);
    at_ = before;
}

void Reader::members(types::Structure& structure, bool is_packed) {
    std::uint64_t offset = 0;  // bytes
    std::uint64_t bits = 0;    // bits used behind `offset` by a run of bit-fields
    std::uint32_t most_aligned = 1;
    std::uint64_t size = 0;
    const auto close_bits = [&] {
        offset += (bits + 7) / 8;
        bits = 0;
    };
    while (!accept("}")) {
        if (peek().kind == TokenKind::end) return fail("definitions.h: error: expected '}'");
        if (accept(";")) continue;
        const types::Type* base = specifiers();
        const bool is_float = is_float_;
        if (has_failed_) return;
        if (!base) return fail(fmt::format("definitions.h: error: unknown type name '{}'", peek().text));
        do {
            Declared declared;
            const bool is_anonymous = is_punctuation(peek(), ";") && base->kind == types::Kind::structure;
            if (is_anonymous)
                declared.type = base;
            else
                declared = declarator(base);
            if (has_failed_) return;
            const types::Type* held = declared.type;
            while (held->kind == types::Kind::array)
                held = held->element;
            if (held->kind == types::Kind::structure && !held->structure->is_complete && !held->structure->complete)
                return fail(fmt::format("definitions.h: error: field has incomplete type '{}'", held->structure->name));
            const auto has_name = [&](const types::Member& member) { return member.name == declared.name; };
            if (!declared.name.empty() && std::ranges::any_of(structure.members, has_name))
                return fail_at(at_ - 1, fmt::format("definitions.h: error: duplicate member '{}'", declared.name));
            std::optional<std::uint64_t> width;
            if (accept(":")) {
                const auto number = expression(0);
                if (!number) return fail("definitions.h: error: expected a constant bit-field width");
                width = number->value;
            }
            // A structure cannot hold itself, nor one that is only named so far.
            if (is_incomplete(declared.type))
                return fail(fmt::format("definitions.h: error: field has incomplete type '{}'", types::name_of(base)));
            std::uint32_t own_alignment = declared.alignment;
            skip_attributes(nullptr, &own_alignment);
            if (own_alignment == 0 || own_alignment > 4096) own_alignment = 1;
            const std::uint32_t alignment = is_packed ? 1 : std::max(own_alignment, types::alignment_of(declared.type));
            if (width) {
                const std::uint64_t unit = std::uint64_t{declared.type->size} * 8;
                if (unit == 0 || *width > unit)
                    return fail("definitions.h: error: width of bit-field exceeds the width of its type");
                std::uint64_t position = structure.is_union ? 0 : offset * 8 + bits;
                if (*width == 0) {
                    position = (position + unit - 1) / unit * unit;
                } else {
                    if (!is_packed && position / unit != (position + *width - 1) / unit)
                        position = (position + unit - 1) / unit * unit;
                    if (!declared.name.empty()) {
                        types::Member member;
                        member.name = declared.name;
                        member.type = declared.type;
                        // Packed ones may cross the borders of their type: counted from the byte they begin in.
                        const bool crosses = position / unit != (position + *width - 1) / unit;
                        member.offset =
                            static_cast<std::uint32_t>(crosses ? position / 8 : position / unit * declared.type->size);
                        member.bit_offset = static_cast<std::uint16_t>(crosses ? position % 8 : position % unit);
                        member.bit_size = static_cast<std::uint16_t>(*width);
                        structure.members.push_back(std::move(member));
                        most_aligned = std::max(most_aligned, alignment);
                    }
                    position += *width;
                }
                if (structure.is_union)
                    size = std::max(size, (position + 7) / 8);
                else
                    bits = position - offset * 8;
                continue;
            }
            close_bits();
            most_aligned = std::max(most_aligned, alignment);
            const std::uint64_t at = structure.is_union ? 0 : round_up(offset, alignment);
            types::Member member;
            member.name = declared.name;
            member.type = is_float && held->kind != types::Kind::pointer ? definitions_.table_.none() : declared.type;
            member.offset = static_cast<std::uint32_t>(at);
            structure.members.push_back(std::move(member));
            if (structure.is_union)
                size = std::max<std::uint64_t>(size, declared.type->size);
            else
                offset = at + declared.type->size;
        } while (accept(","));
        if (!accept(";")) return fail("definitions.h: error: expected ';' at end of declaration list");
    }
    close_bits();
    structure.size = round_up(std::max(size, offset), most_aligned);
}

/// Pointers, name, array bounds; a pointer to a function becomes void *.
Reader::Declared Reader::declarator(const types::Type* base) {
    types::Table& table = definitions_.table_;
    Declared declared;
    declared.type = base;
    const auto pointers = [&] {
        while (accept("*")) {
            declared.type = table.pointer(declared.type);
            while (accept("const") || accept("volatile") || accept("restrict") || accept("__restrict"))
                continue;
            skip_attributes();
        }
    };
    pointers();
    if (is_punctuation(peek(), "(") && is_punctuation(peek(1), "*")) {
        at_ += 2;
        if (peek().kind == TokenKind::word) declared.name = tokens_[at_++].text;
        int depth = 1;
        while (depth > 0 && peek().kind != TokenKind::end) {
            if (is_punctuation(peek(), "(")) ++depth;
            if (is_punctuation(peek(), ")")) --depth;
            ++at_;
        }
        if (accept("(")) {
            depth = 1;
            while (depth > 0 && peek().kind != TokenKind::end) {
                if (is_punctuation(peek(), "(")) ++depth;
                if (is_punctuation(peek(), ")")) --depth;
                ++at_;
            }
        }
        declared.type = table.pointer(table.void_type());
        return declared;
    }
    if (peek().kind == TokenKind::word) declared.name = tokens_[at_++].text;
    skip_attributes(nullptr, &declared.alignment);
    std::vector<std::uint64_t> bounds;
    while (accept("[")) {
        std::uint64_t bound = 0;
        if (!is_punctuation(peek(), "]")) {
            const auto number = expression(0);
            if (!number || static_cast<std::int64_t>(number->value) < 0) {
                fail("definitions.h: error: array size is not a constant");
                return declared;
            }
            bound = number->value;
        }
        if (!accept("]")) {
            fail("definitions.h: error: expected ']'");
            return declared;
        }
        bounds.push_back(bound);
    }
    for (std::size_t i = bounds.size(); i-- > 0;) {
        constexpr std::uint64_t kMost = 1 << 20;  // nobody reads a larger array through a probe
        if (bounds[i] > kMost || bounds[i] * declared.type->size > kMost) {
            fail("definitions.h: error: array is too large");
            return declared;
        }
        // char arrays are text; arrays of them are arrays of text
        const bool is_text = is_plain_char_ && i + 1 == bounds.size() && bounds[i] > 0 && declared.type->is_integer();
        declared.type =
            is_text ? table.string(static_cast<std::uint32_t>(bounds[i])) : table.array(declared.type, bounds[i]);
    }
    return declared;
}

/// An enumeration that was read before has it with another value; with the same it may be the same enumeration.
bool Reader::is_another_enumerator(const std::string& name, std::uint64_t value) const {
    const auto known = definitions_.constants_.find(name);
    if (known == definitions_.constants_.end()) return false;
    const auto* constant = std::get_if<types::Constant>(&known->second);
    return constant != nullptr && constant->type != nullptr && constant->type->kind == types::Kind::enumeration &&
           constant->value != value;
}

const types::Type* Reader::enumeration() {
    types::Table& table = definitions_.table_;
    skip_attributes();
    std::string name;
    if (peek().kind == TokenKind::word) {
        name = peek().text;
        ++at_;
    }
    const types::Type* underlying = accept(":") ? specifiers() : nullptr;  // C23
    if (!accept("{")) {
        const types::Type* known = definitions_.enumeration(name);
        return known ? known : table.integer(4, false);
    }
    types::Enumeration* made = table.new_enumeration();
    made->name = name.empty() ? "" : "enum " + name;
    std::uint64_t next = 0;
    bool is_negative = false;
    bool is_wide = false;
    std::vector<std::string> names;
    while (!accept("}")) {
        if (peek().kind != TokenKind::word) {
            fail("definitions.h: error: expected identifier");
            return nullptr;
        }
        const std::size_t constant_at = at_;
        const std::string constant = tokens_[at_++].text;
        if (accept("=")) {
            const auto value = expression(0);
            if (!value) {
                fail(
                    fmt::format("definitions.h: error: value of '{}' is not an integer constant expression", constant));
                return nullptr;
            }
            next = value->value;
        }
        if (std::ranges::find(names, constant) != names.end() || is_another_enumerator(constant, next)) {
            fail_at(constant_at, fmt::format("definitions.h: error: redefinition of enumerator '{}'", constant));
            return nullptr;
        }
        made->constants.emplace_back(constant, next);
        // So that later constants of the same enum may use it.
        definitions_.constants_[constant] = types::Constant{next, table.integer(8, true)};
        names.push_back(constant);
        const auto as_signed = static_cast<std::int64_t>(next);
        is_negative = is_negative || as_signed < 0;
        is_wide = is_wide || as_signed > UINT32_MAX || as_signed < INT32_MIN;
        ++next;
        if (!accept(",") && !is_punctuation(peek(), "}")) {
            fail("definitions.h: error: expected '}' or ','");
            return nullptr;
        }
    }
    skip_attributes();
    const bool says_size = underlying != nullptr && underlying->is_integer();
    const types::Type* type = table.enumeration(made,
                                                says_size ? underlying->size
                                                : is_wide ? 8
                                                          : 4,
                                                says_size ? underlying->is_signed : is_negative);
    for (std::size_t i = 0; i < names.size(); ++i)
        definitions_.constants_[names[i]] = types::Constant{made->constants[i].second, type};
    if (!name.empty()) definitions_.enumerations_[name] = type;
    return type;
}

}  // namespace cdef
