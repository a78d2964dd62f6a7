#pragma once
#include <utility>
#include <variant>

#include "mixnn/base/check.hpp"

namespace mixnn {

// A value, or the reason why there is none. For failures that the caller expects and handles.
template <class T, class E>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(E error) : state_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return state_.index() == 0; }
  T& value() {
    MIXNN_CHECK(*this, "value of a failed result");
    return std::get<0>(state_);
  }
  const T& value() const {
    MIXNN_CHECK(*this, "value of a failed result");
    return std::get<0>(state_);
  }
  const E& error() const {
    MIXNN_CHECK(!*this, "error of a successful result");
    return std::get<1>(state_);
  }
  T& operator*() { return value(); }
  T* operator->() { return &value(); }

 private:
  std::variant<T, E> state_;
};

}  // namespace mixnn
