#include "src/cli/options.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace {

using cli::Options;
using cli::UsageError;

cli::ParseResult parse(std::initializer_list<const char*> words) {
    std::vector<const char*> argv{"/usr/bin/bpfline"};
    argv.insert(argv.end(), words);
    return cli::parse_options(argv);
}

Options good(std::initializer_list<const char*> words) {
    auto result = parse(words);
    if (const auto* error = std::get_if<UsageError>(&result)) {
        ADD_FAILURE() << error->message;
        return {};
    }
    return std::get<Options>(result);
}

UsageError bad(std::initializer_list<const char*> words) {
    auto result = parse(words);
    if (const auto* error = std::get_if<UsageError>(&result)) return *error;
    ADD_FAILURE() << "accepted";
    return {};
}

TEST(Options, TakeTheLastProgramAndItsParameters) {
    const Options options = good({"-e", "one", "-e", "two", "41", "word"});
    EXPECT_EQ(options.source.text, "two");
    EXPECT_FALSE(options.source.path);
    EXPECT_EQ(options.request.parameters, (std::vector<std::string>{"41", "word"}));
}

TEST(Options, MayFollowTheFile) {
    const Options options = good({"prog.bt", "a", "-q", "-f", "json", "b"});
    EXPECT_EQ(options.source.path, "prog.bt");
    EXPECT_TRUE(options.request.is_quiet);
    EXPECT_EQ(options.request.output_format, driver::OutputFormat::json);
    EXPECT_EQ(options.request.parameters, (std::vector<std::string>{"a", "b"}));
}

TEST(Options, LeaveDashWordsAfterTheDashesToTheProgram) {
    const Options options = good({"tool.bt", "word", "--", "-9", "--loud", "--n=-44", "--s=", "x"});
    EXPECT_EQ(options.request.parameters, (std::vector<std::string>{"word", "-9", "x"}));
    ASSERT_EQ(options.request.named_parameters.size(), 3u);
    EXPECT_EQ(options.request.named_parameters[0].name, "loud");
    EXPECT_FALSE(options.request.named_parameters[0].value);
    EXPECT_EQ(options.request.named_parameters[1].value, "-44");
    EXPECT_EQ(options.request.named_parameters[2].value, "");
}

TEST(Options, SingleDashIsStandardInput) {
    EXPECT_EQ(good({"-"}).source.path, "-");
}

TEST(Options, ListTakesOnePattern) {
    EXPECT_EQ(good({"-l"}).request.action, driver::Action::list);
    EXPECT_EQ(good({"-lv", "tracepoint:*"}).request.list_pattern, "tracepoint:*");
    EXPECT_TRUE(good({"-lv"}).request.is_verbose);
    EXPECT_NE(bad({"-l", "a", "b"}).message.find("-l takes one"), std::string::npos);
}

TEST(Options, NothingAtAllIsHelpWithStatusOne) {
    const UsageError error = bad({});
    EXPECT_EQ(error.message, "");
    EXPECT_TRUE(error.shows_help);
    EXPECT_EQ(error.exit_status, 1);
}

TEST(Options, NeedAProgram) {
    const std::string sentence = "USAGE: filename or -e 'program' required.";
    EXPECT_EQ(bad({"-q"}).message, sentence);
    EXPECT_EQ(bad({"-e", ""}).message, sentence);
    EXPECT_EQ(bad({"--", "--flag"}).message, sentence);
    EXPECT_FALSE(bad({"-q"}).shows_help);
}

TEST(Options, HelpAndVersionAnswerFirst) {
    EXPECT_EQ(good({"-h", "-x"}).start, cli::Start::help);
    EXPECT_EQ(good({"-V", "-h"}).start, cli::Start::version);
    EXPECT_EQ(good({"--version"}).start, cli::Start::version);
}

TEST(Options, KnowWhenTheyAreBpftraces) {
    EXPECT_FALSE(good({"x.bt"}).is_bpftrace);
    const std::vector<const char*> argv{"./bpftrace", "x.bt"};
    EXPECT_TRUE(std::get<Options>(cli::parse_options(argv)).is_bpftrace);
    const std::vector<const char*> wrong{"./bpftrace", "-x"};
    EXPECT_EQ(std::get<UsageError>(cli::parse_options(wrong)).message, "bpftrace: invalid option -- 'x'");
}

struct Refused {
    std::initializer_list<const char*> words;
    std::string_view message;
    int exit_status = 1;
};

TEST(Options, RefuseWithTheseSentences) {
    const Refused rows[] = {
        {{"-f", "xml", "x"}, "Invalid output format \"xml\"\nValid formats: 'text', 'json'"},
        {{"-B", "block", "x"}, "USAGE: -B must be either 'line', 'full', or 'none'."},
        {{"-p", "abc", "x"}, "Failed to parse pid: invalid integer: abc"},
        {{"-p", "", "x"}, "Failed to parse pid: invalid integer: "},
        {{"-p", "12a", "x"}, "Failed to parse pid: invalid integer: 12a"},
        {{"-p", "88888888", "x"}, "Pid out of range: 88888888"},
        {{"-p", "99999999999999999999", "x"}, "Pid out of range: 99999999999999999999"},
        {{"-p", "0", "x"}, "Pid out of range: 0"},
        {{"-c", "true", "-p", "1", "x"}, "USAGE: Cannot use both -c and -p."},
        {{"-k", "--no-warnings", "x"}, "USAGE: -k, --warnings conflicts with --no-warnings"},
        {{"-d", "nosuchstage", "-e", "x"}, "USAGE: invalid option for -d: nosuchstage"},
        {{"-d", "ast,nosuchstage", "-e", "x"}, "USAGE: invalid option for -d: nosuchstage"},
        {{"--probe-filter", "(", "-e", "x"}, "Invalid --probe-filter regex '(': Unmatched ( or \\(", 255},
        {{"--aot", "f", "-e", "x"}, "--aot is not available in this version"},
        {{"-x", "-e", "x"}, "bpfline: invalid option -- 'x'"},
        {{"-e", "x", "-5"}, "bpfline: invalid option -- '5'"},
        {{"-qx", "-e", "x"}, "bpfline: invalid option -- 'x'"},
        {{"--no-such-option", "-e", "x"}, "bpfline: unrecognized option '--no-such-option'"},
        {{"--no-such-option=5", "-e", "x"}, "bpfline: unrecognized option '--no-such-option'"},
        {{"x.bt", "--no-such-option", "y"}, "bpfline: unrecognized option '--no-such-option'"},
        {{"--verbose=5", "-e", "x"}, "bpfline: option '--verbose' doesn't allow an argument"},
        {{"--no", "x"}, "bpfline: option '--no' is ambiguous; possibilities: '--no-feature' '--no-warnings'"},
        {{"x", "-e"}, "bpfline: option requires an argument -- 'e'"},
        {{"x", "-qe"}, "bpfline: option requires an argument -- 'e'"},
        {{"x", "--pid"}, "bpfline: option '--pid' requires an argument"},
    };
    for (const Refused& row : rows) {
        const UsageError error = bad(row.words);
        EXPECT_EQ(error.message, row.message);
        EXPECT_EQ(error.exit_status, row.exit_status) << row.message;
        EXPECT_EQ(error.is_labelled, row.message.substr(0, 8) != "bpfline:") << row.message;
    }
    EXPECT_TRUE(bad({"-x"}).shows_help);
    EXPECT_TRUE(bad({"-c", "true", "-p", "1", "x"}).shows_help);
}

TEST(Options, DebugTakesStages) {
    const auto stages = [](std::initializer_list<const char*> words) { return good(words).request.debug_stages; };
    EXPECT_TRUE(stages({"-d", "ast,ir", "-e", "x"}).has(driver::Stage::ast));
    EXPECT_TRUE(stages({"-d", "ast,ir", "-e", "x"}).has(driver::Stage::ir));
    EXPECT_FALSE(stages({"-d", "ast,ir", "-e", "x"}).has(driver::Stage::ir_opt));
    EXPECT_TRUE(stages({"-d", "codegen-opt", "-e", "x"}).has(driver::Stage::ir_opt)) << "bpftrace's name";
    EXPECT_TRUE(stages({"--debug=all", "-e", "x"}).has(driver::Stage::verifier));
    EXPECT_FALSE(good({"-d", "all", "-e", "x"}).request.is_dry_run);
}

TEST(Options, OldDebugTookNoArgument) {
    for (const auto& options : {good({"-d", "-e", "x"}), good({"-dd", "-e", "x"}), good({"-e", "x", "-d"})}) {
        EXPECT_TRUE(options.request.is_dry_run);
        EXPECT_TRUE(options.request.debug_stages.has(driver::Stage::tokens));
        EXPECT_EQ(options.source.text, "x");
    }
    EXPECT_EQ(good({"-d", "tool.bt"}).source.path, "tool.bt");
    EXPECT_EQ(good({"-d", "./tool"}).source.path, "./tool");
    // Words that belong to others are left alone.
    EXPECT_EQ(good({"-e", "-d"}).source.text, "-d");
    EXPECT_EQ(good({"-e", "x", "--", "-d"}).request.parameters, std::vector<std::string>{"-d"});
}

TEST(Options, CollectWhatMayBeRepeated) {
    const Options options = good({"-I", "a", "-Ib", "--include", "c.h", "--include=d.h", "--debuginfo", "x:+y",
                                  "--no-feature", "kprobe_multi,uprobe_multi", "-kk", "-e", "x"});
    EXPECT_EQ(options.request.include_dirs, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(options.request.include_files, (std::vector<std::string>{"c.h", "d.h"}));
    EXPECT_EQ(options.request.debug_info_dirs, (std::vector<std::string>{"x", "+y"}));
    EXPECT_EQ(options.request.disabled_features, (std::vector<std::string>{"kprobe_multi", "uprobe_multi"}));
    EXPECT_TRUE(options.request.warns_at_run_time);
}

// Made from the table: each long option, misspelt in each of these ways, is found again.
TEST(Options, NameTheRightOptionForAMisspeltOne) {
    for (const cli::Flag& flag : cli::flags()) {
        if (flag.word.size() < 4) continue;
        std::vector<std::string> misspelt;
        std::string word(flag.word);
        misspelt.push_back(word.substr(0, 1) + word.substr(2));                                  // a letter left out
        misspelt.push_back(word.substr(0, 2) + "x" + word.substr(2));                            // one too many
        misspelt.push_back(word.substr(0, 1) + word[2] + word[1] + word.substr(3));              // two exchanged
        misspelt.push_back(word.substr(0, word.size() - 1) + (word.back() == 'q' ? 'z' : 'q'));  // a wrong one
        for (const std::string& wrong : misspelt) {
            if (wrong == word || flag.word.substr(0, wrong.size()) == wrong) continue;
            const std::string given = "--" + wrong;
            const std::vector<const char*> argv{"bpfline", given.c_str(), "-e", "x"};
            const auto result = cli::parse_options(argv);
            const auto* error = std::get_if<UsageError>(&result);
            ASSERT_NE(error, nullptr) << given;
            EXPECT_NE(error->hint.find("`--" + word + "`"), std::string::npos) << given << " → " << error->hint;
        }
    }
}

TEST(Options, HintAtTheOtherCaseAndAtTheDashes) {
    EXPECT_EQ(bad({"-E", "x"}).hint.substr(0, 18), "did you mean `-e`?");
    EXPECT_EQ(bad({"-e", "x", "-5"}).hint, "parameters that begin with '-' stand after '--'");
    EXPECT_EQ(bad({"-d", "asst", "-e", "x"}).hint.substr(0, 18), "did you mean `ast`");
}

TEST(Options, EveryFlagCanBeGiven) {
    for (const cli::Flag& flag : cli::flags()) {
        if (flag.word.empty()) continue;
        const std::string word = "--" + std::string(flag.word);
        std::vector<const char*> argv{"bpfline", word.c_str()};
        const std::string value(flag.values.substr(0, flag.values.find(' ')));
        if (!flag.argument.empty()) argv.push_back(value.empty() || value[0] == '<' ? "1" : value.c_str());
        argv.push_back("x.bt");
        const auto result = cli::parse_options(argv);
        const auto* error = std::get_if<UsageError>(&result);
        if (error != nullptr) {
            EXPECT_NE(error->message.find("not available"), std::string::npos) << word << ": " << error->message;
        }
    }
}

}  // namespace
