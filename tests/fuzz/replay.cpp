// Runs a fuzz target without libFuzzer: over the files it is given, then over random changes of them. What every test
// run can afford; the search with coverage is preset fuzz.
//
//   x_replay [-runs=N] [-seed=N] FILE-OR-FOLDER...
//
// The same seed gives the same inputs. Before a crash ends the process, its input is written to crash-<seed>-<run> in
// the current directory; it belongs into tests/fuzz/corpus.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

// Inputs stay small: long ones find nothing that short ones do not, and take their time.
constexpr std::size_t kLargest = 4096;

std::string current;  // what the target is looking at
char crash_name[64];  // made before each run: a signal handler may not format

void keep_input(int number) {
    const int fd = open(crash_name, O_CREAT | O_TRUNC | O_WRONLY, 0644);
    if (fd >= 0) {
        (void)!write(fd, current.data(), current.size());
        close(fd);
        constexpr std::string_view kSaid = "the input that did it was written to ";
        (void)!write(STDERR_FILENO, kSaid.data(), kSaid.size());
        (void)!write(STDERR_FILENO, crash_name, std::char_traits<char>::length(crash_name));
        (void)!write(STDERR_FILENO, "\n", 1);
    }
    signal(number, SIG_DFL);
    raise(number);
}

/// xorshift64*: small, the same everywhere.
class Random {
  public:
    explicit Random(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15 + 1) {}
    std::uint64_t next() {
        state_ ^= state_ >> 12;
        state_ ^= state_ << 25;
        state_ ^= state_ >> 27;
        return state_ * 0x2545f4914f6cdd1d;
    }
    /// 0 … limit - 1; 0 for 0.
    std::size_t below(std::size_t limit) { return limit == 0 ? 0 : static_cast<std::size_t>(next() % limit); }

  private:
    std::uint64_t state_;
};

// Words that mean something to one or the other target; numbers at the edges of what fits somewhere.
constexpr std::string_view kWords[] = {
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "/",
    "\"",
    "\\",
    "%",
    "%s",
    "%-5.3d",
    "@",
    "@x",
    "$x",
    "$1",
    "$#",
    ":",
    ";",
    ",",
    ".",
    "..",
    "->",
    "&&",
    "||",
    "<<",
    "/*",
    "*/",
    "//",
    "#",
    "#define ",
    "struct ",
    "enum ",
    "begin",
    "end",
    "if (",
    "else ",
    "for (",
    "while (",
    "unroll (",
    "let ",
    "macro ",
    "config = {",
    "args.",
    "count()",
    "hist(",
    "printf(",
    "print(",
    "0",
    "-1",
    "127",
    "128",
    "255",
    "256",
    "65536",
    "2147483648",
    "18446744073709551615",
    "18446744073709551616",
    "0x",
    "1e9",
    "5ms",
    "field:",
    "offset:",
    "size:",
    "signed:",
    "__data_loc ",
    "__rel_loc ",
    "print fmt: ",
    "__print_symbolic(",
    "__print_flags(",
    "REC->",
    "unsigned ",
    "char ",
    "long ",
    "\n",
    "\t",
};

void change(std::string& text, const std::vector<std::string>& inputs, Random& random) {
    const std::size_t place = random.below(text.size() + 1);
    const std::size_t length = 1 + random.below(16);
    switch (random.below(8)) {
        case 0:
            if (!text.empty()) text[random.below(text.size())] ^= static_cast<char>(1u << random.below(8));
            return;
        case 1:
            if (!text.empty()) text[random.below(text.size())] = static_cast<char>(random.next());
            return;
        case 2: text.insert(place, 1, static_cast<char>(random.next())); return;
        case 3: text.erase(place, length); return;
        case 4: text.insert(random.below(text.size() + 1), std::string(text.substr(place, length * 4))); return;
        case 5: text.insert(place, kWords[random.below(std::size(kWords))]); return;
        case 6: {  // another input's end
            const std::string& other = inputs[random.below(inputs.size())];
            text.resize(place);
            text += other.substr(random.below(other.size() + 1));
            return;
        }
        default: {  // a piece out of the middle of another
            const std::string& other = inputs[random.below(inputs.size())];
            text.insert(place, other.substr(random.below(other.size() + 1), length * 4));
        }
    }
}

void run(std::string_view input, std::uint64_t seed, std::uint64_t number) {
    current.assign(input.substr(0, kLargest));
    std::snprintf(crash_name, sizeof crash_name, "crash-%llu-%llu", static_cast<unsigned long long>(seed),
                  static_cast<unsigned long long>(number));
    // A copy of exactly this size, so that a sanitizer sees a read behind its end.
    const std::vector<std::uint8_t> bytes(current.begin(), current.end());
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

std::string read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

int main(int argc, char** argv) {
    std::uint64_t runs = 0, seed = 1;
    std::vector<std::string> names;
    for (int i = 1; i < argc; i++) {
        const std::string_view word = argv[i];
        if (word.starts_with("-runs=")) {
            runs = std::strtoull(argv[i] + 6, nullptr, 10);
        } else if (word.starts_with("-seed=")) {
            seed = std::strtoull(argv[i] + 6, nullptr, 10);
        } else if (fs::is_directory(argv[i])) {
            for (const auto& entry : fs::recursive_directory_iterator(argv[i]))
                if (entry.is_regular_file()) names.push_back(entry.path());
        } else if (fs::is_regular_file(argv[i])) {
            names.emplace_back(argv[i]);
        }
    }
    // The order of a folder is not the same everywhere.
    std::sort(names.begin(), names.end());
    std::vector<std::string> inputs{std::string()};
    for (const std::string& name : names)
        inputs.push_back(read(name));

    for (const int number : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL})
        signal(number, keep_input);
    for (const std::string& input : inputs)
        run(input, 0, 0);
    Random random(seed);
    for (std::uint64_t i = 0; i < runs; i++) {
        std::string input = inputs[random.below(inputs.size())];
        // Where no files are given, bytes that never were anything; small numbers more often than large ones, as in
        // records.
        if (input.empty() || random.below(16) == 0)
            for (std::size_t length = random.below(512); length > 0; length--)
                input += static_cast<char>(random.below(4) == 0 ? random.next() : random.below(24));
        for (std::size_t changes = 1 + random.below(6); changes > 0; changes--)
            change(input, inputs, random);
        run(input, seed, i);
    }
    std::printf("%zu inputs, %llu changes of them\n", inputs.size(), static_cast<unsigned long long>(runs));
    return 0;
}
