// base::Result<T>: a value, or the Error that says what the system refused and while doing what.
//
// Given by everything that asks the kernel, the file system or libbpf for something; taken by the callers, who add
// what they were doing, and at last by src/cli, which prints it once. Mistakes of the user's script never travel in
// here: they go to source::Diagnostics. g++ 12 lacks std::expected in C++20 mode, hence our own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace base {

/// What was being done, why it failed and, where the kernel said so, its errno (positive; 0 = none).
struct Error {
    std::string message;  ///< one sentence without full stop: "opening /sys/kernel/tracing/events: Permission denied"
    int errnum = 0;
    std::string hint = {};    ///< what the user can do about it; may be empty
    std::string detail = {};  ///< long text shown only with -v (verifier log, libbpf's messages); may be empty
};

/// Puts what the caller was doing in front: "loading the program: " + message.
inline Error while_doing(std::string_view doing, Error error) {
    error.message = std::string(doing) + ": " + error.message;
    return error;
}

template <typename T>
class [[nodiscard]] Result {
  public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    [[nodiscard]] bool ok() const { return state_.index() == 0; }
    explicit operator bool() const { return ok(); }
    T& value() & { return std::get<0>(state_); }
    const T& value() const& { return std::get<0>(state_); }
    T&& value() && { return std::get<0>(std::move(state_)); }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    /// By value: `for (auto& x : *f())` must not look into a Result that is gone.
    T operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }
    [[nodiscard]] const Error& error() const { return std::get<1>(state_); }
    [[nodiscard]] Error take_error(std::string_view doing = {}) {
        Error error = std::get<1>(std::move(state_));
        return doing.empty() ? error : while_doing(doing, std::move(error));
    }

  private:
    std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
  public:
    Result() = default;
    Result(Error error) : error_(std::move(error)) {}

    [[nodiscard]] bool ok() const { return !error_; }
    explicit operator bool() const { return ok(); }
    [[nodiscard]] const Error& error() const { return *error_; }
    [[nodiscard]] Error take_error(std::string_view doing = {}) {
        return doing.empty() ? std::move(*error_) : while_doing(doing, std::move(*error_));
    }

  private:
    std::optional<Error> error_;
};

using Status = Result<void>;

/// An Error from errno's value: "message: No such file or directory".
[[nodiscard]] Error error_from_errno(std::string_view message, int errnum);

}  // namespace base
