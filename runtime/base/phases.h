// base::Phases: where the time of a run goes, one phase after the other without gaps, so that they add up to the whole.
// The parts of the program that begin something say so (a clock read each, 30 ns); --timing prints the table. One a
// process, since it is the process's time that is told.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace base {

class Phases {
  public:
    struct Phase {
        std::string_view name;
        std::int64_t began_ns = 0;
    };

    /// From now on it is this phase; the one before is over. `name` must be a literal. The same name may come again.
    void begin(std::string_view name);
    /// Ends the last one, and prints name, milliseconds and share of each in order of first mention, then the sum.
    [[nodiscard]] std::string table();

    /// Given by the clock at `at_ns`, for tests.
    void begin(std::string_view name, std::int64_t at_ns);
    [[nodiscard]] std::string table(std::int64_t at_ns) const;

  private:
    std::vector<Phase> phases_;
};

/// This process's.
[[nodiscard]] Phases& phases();

}  // namespace base
