// Compiles scripts and has this kernel's verifier judge them, without attaching anything.
//
//   load_scripts [-j N] LIST     LIST: one script a line, "name<TAB>folder<TAB>word<TAB>word...": the
//   folder to be in (may be empty), and the words as on bpfline's command line
//
// Prints "ok<TAB>name" or "FAIL<TAB>name<TAB>message" (line breaks as "\n") for each, in the order they finish. Each
// script has a process of its own, forked after the libraries are in place: a crash is one script's failure, and
// hundreds of scripts cost seconds where starting bpfline for each would cost minutes on an emulated processor.

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "runtime/kernel/real_kernel.h"
#include "runtime/live/live_engine.h"
#include "src/cli/environment.h"
#include "src/cli/options.h"
#include "src/driver/compile.h"

namespace {

struct Script {
    std::string name;
    std::string folder;  ///< where it finds the files it includes; empty: anywhere
    std::vector<std::string> words;
};

// Collects what is said; only errors matter.
class Collected final : public driver::Reporter {
  public:
    using driver::Reporter::error;
    void error(std::string_view sentence, std::string_view hint) override {
        add(sentence);
        if (!hint.empty()) add(hint);
    }
    void error(const base::Error& error) override {
        add(error.message);
        // The end of a verifier's log is where it says what it does not like.
        const std::string_view detail = error.detail;
        add(detail.size() > 1500 ? detail.substr(detail.size() - 1500) : detail);
    }
    void warning(std::string_view /*sentence*/, std::string_view /*hint*/) override {}
    void diagnostic(driver::Severity severity, std::string_view rendered) override {
        if (severity == driver::Severity::error) add(rendered);
    }
    void line(std::string_view /*text*/) override {}
    void verbose(std::string_view /*text*/) override {}

    std::string text;

  private:
    void add(std::string_view part) {
        if (part.empty()) return;
        if (!text.empty() && text.back() != '\n') text += '\n';
        text += part;
    }
};

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts;
    std::size_t start = 0;
    while (true) {
        const std::size_t end = text.find(separator, start);
        parts.push_back(text.substr(start, end - start));
        if (end == std::string::npos) return parts;
        start = end + 1;
    }
}

std::vector<Script> read_list(const char* path) {
    std::vector<Script> scripts;
    std::ifstream file(path);
    std::string line;
    while (std::getline(file, line)) {
        if (line.empty()) continue;
        std::vector<std::string> words = split(line, '\t');
        if (words.size() < 2) continue;
        Script script{words[0], words[1], {}};
        script.words.assign(words.begin() + 2, words.end());
        scripts.push_back(std::move(script));
    }
    return scripts;
}

/// Of "processed 66 insns (limit 1000000) ...", which ends the verifier's log.
std::uint64_t steps_of(const std::string& log) {
    constexpr std::string_view kWord = "processed ";
    const std::size_t at = log.rfind(kWord);
    return at == std::string::npos ? 0 : std::strtoull(log.c_str() + at + kWord.size(), nullptr, 10);
}

/// Empty: the verifier took it. Else what is wrong. `steps`: what the longest of its programs took the verifier.
std::string judge(const Script& script, bool counts_steps, std::uint64_t& steps) {
    std::vector<const char*> argv{"bpfline"};
    for (const std::string& word : script.words)
        argv.push_back(word.c_str());
    cli::ParseResult parsed = cli::parse_options(argv);
    if (const auto* refused = std::get_if<cli::UsageError>(&parsed)) return "command line: " + refused->message;
    auto& options = std::get<cli::Options>(parsed);
    driver::Request& request = options.request;
    cli::read_environment(environ, request);
    if (options.source.text) {
        request.program = driver::Program{"stdin", *options.source.text};
    } else if (options.source.path) {
        request.program = driver::Program{*options.source.path, read_file(*options.source.path)};
    } else {
        return "command line: no program";
    }

    Collected said;
    const kernel::RealKernel kernel{kernel::RealKernelOptions{}};
    const auto program = driver::compile(request, kernel, said);
    if (!program) return said.text.empty() ? "does not compile, and nothing says why" : said.text;
    live::LiveEngine engine(kernel, {.keeps_verifier_logs = counts_steps});
    if (const auto loaded = engine.load(*program); !loaded) {
        said.error(loaded.error());
        return said.text;
    }
    for (std::size_t i = 0; counts_steps && i < program->functions.size(); ++i)
        steps = std::max(steps, steps_of(engine.verifier_log(program::FunctionId(i))));
    return {};
}

struct Worker {
    const Script* script;
    std::string output_path;
};

std::string escaped(const std::string& text) {
    std::string result;
    for (const char c : text) {
        if (c == '\n') {
            result += "\\n";
        } else if (c == '\t') {
            result += ' ';
        } else {
            result += c;
        }
    }
    return result;
}

// In the child: the verdict goes into a file, since a pipe may fill up while the parent waits.
[[noreturn]] void work(const Script& script, bool counts_steps, int output) {
    const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(null, STDOUT_FILENO);
    const bool is_there = script.folder.empty() || chdir(script.folder.c_str()) == 0;
    std::uint64_t steps = 0;
    std::string verdict = is_there ? judge(script, counts_steps, steps) : "no folder " + script.folder;
    const bool is_good = verdict.empty();
    if (is_good && counts_steps) verdict = std::to_string(steps);
    std::size_t written = 0;
    while (written < verdict.size()) {
        const ssize_t part = write(output, verdict.data() + written, verdict.size() - written);
        if (part <= 0) _exit(3);
        written += static_cast<std::size_t>(part);
    }
    _exit(is_good ? 0 : 1);
}

}  // namespace

int main(int argc, char** argv) {
    std::size_t jobs = 2;
    bool counts_steps = false;
    const char* list = nullptr;
    for (int i = 1; i < argc; i++) {
        if (std::strcmp(argv[i], "-j") == 0 && i + 1 < argc) {
            jobs = static_cast<std::size_t>(std::max(1, std::atoi(argv[++i])));
        } else if (std::strcmp(argv[i], "-s") == 0) {
            counts_steps = true;
        } else {
            list = argv[i];
        }
    }
    if (list == nullptr) {
        std::fputs("usage: load_scripts [-j N] [-s] LIST\n", stderr);
        return 2;
    }
    const std::vector<Script> scripts = read_list(list);

    struct Running {
        const Script* script;
        int output;
    };
    std::map<pid_t, Running> running;
    std::size_t next = 0;
    std::size_t failed = 0;
    while (next < scripts.size() || !running.empty()) {
        while (running.size() < jobs && next < scripts.size()) {
            std::FILE* file = std::tmpfile();
            const int output = file != nullptr ? fileno(file) : -1;
            std::fflush(stdout);
            const pid_t pid = fork();
            if (pid == 0) work(scripts[next], counts_steps, output);
            if (pid < 0 || output < 0) {
                std::perror("load_scripts");
                return 2;
            }
            running[pid] = Running{&scripts[next++], dup(output)};
            std::fclose(file);
        }
        int status = 0;
        const pid_t pid = wait(&status);
        const auto found = running.find(pid);
        if (found == running.end()) continue;
        std::string verdict;
        char part[4096];
        lseek(found->second.output, 0, SEEK_SET);
        for (ssize_t size = 0; (size = read(found->second.output, part, sizeof part)) > 0;)
            verdict.append(part, static_cast<std::size_t>(size));
        close(found->second.output);
        if (!WIFEXITED(status)) verdict += "\nended by signal " + std::to_string(WTERMSIG(status));
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
            std::printf("ok\t%s%s%s\n", found->second.script->name.c_str(), verdict.empty() ? "" : "\t",
                        verdict.c_str());
        } else {
            failed++;
            std::printf("FAIL\t%s\t%s\n", found->second.script->name.c_str(), escaped(verdict).c_str());
        }
        std::fflush(stdout);
        running.erase(found);
    }
    return failed == 0 ? 0 : 1;
}
