#include "mixnn/app/options/mix_names.hpp"

#include <optional>
#include <sstream>
#include <utility>
#include <vector>

namespace mixnn {
namespace {

// What follows visits the arguments of a strategy, one after the other. A count must be given, a
// time has a default.

struct PrintedArguments {
  std::ostringstream out;

  void count(const char*, const char*, std::uint32_t value, std::uint32_t, std::uint32_t) {
    out << ':' << value;
  }
  void milliseconds(const char*, const char*, Nanoseconds value, double) {
    out << ':' << seconds(value) * 1e3;
  }
};

// The forms that a strategy may take, such as threshold:N and threshold:N:MILLISECONDS.
struct Forms {
  std::string form;
  std::vector<std::string> all{form};
  std::string ranges = {};

  void count(const char*, const char* place, std::uint32_t, std::uint32_t least,
             std::uint32_t most) {
    form += std::string(":") + place;
    all = {form};
    ranges += std::string(", ") + place + " from " + std::to_string(least) + " to " +
              std::to_string(most);
  }
  void milliseconds(const char*, const char* place, Nanoseconds, double) {
    form += std::string(":") + place;
    all.push_back(form);
  }
};

class ArgumentReader {
 public:
  ArgumentReader(std::string option, std::optional<std::string> rest)
      : option_(std::move(option)), rest_(std::move(rest)) {}

  void count(const char* name, const char*, std::uint32_t& value, std::uint32_t least,
             std::uint32_t most) {
    missing_ = missing_ || !rest_;
    if (rest_) value = static_cast<std::uint32_t>(whole_number(next(name), least, most));
  }
  void milliseconds(const char* name, const char*, Nanoseconds& value, double most) {
    if (!rest_) return;
    const std::chrono::duration<double, std::milli> time(real_number(next(name), 0, most, true));
    value = std::chrono::duration_cast<Nanoseconds>(time);
  }
  bool complete() const { return !missing_ && !rest_; }

 private:
  OptionText next(const char* name) {
    const std::size_t colon = rest_->find(':');
    OptionText text{option_ + ": the " + name, rest_->substr(0, colon)};
    if (colon == std::string::npos)
      rest_.reset();
    else
      rest_->erase(0, colon + 1);
    return text;
  }

  std::string option_;
  std::optional<std::string> rest_;  // what is not yet read; nothing where no colon was
  bool missing_ = false;
};

// Calls visit with a strategy of each kind, with its defaults, until it returns true.
template <class Visit>
bool any_strategy(const Visit& visit) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return (visit(std::variant_alternative_t<I, MixStrategy>{}) || ...);
  }
  (std::make_index_sequence<std::variant_size_v<MixStrategy>>{});
}

std::string all_forms() {
  std::vector<std::string> forms;
  std::string ranges, text;
  any_strategy([&]<class Mix>(Mix mix) {
    Forms of_one{Mix::kName};
    Mix::arguments(of_one, mix);
    forms.insert(forms.end(), of_one.all.begin(), of_one.all.end());
    ranges += of_one.ranges;
    return false;
  });
  for (std::size_t i = 0; i < forms.size(); ++i)
    text += (i == 0 ? "" : i + 1 < forms.size() ? ", " : " or ") + forms[i];
  return text + ranges;
}

}  // namespace

std::string to_string(const MixStrategy& mix) {
  return std::visit(
      []<class Mix>(const Mix& strategy) {
        PrintedArguments arguments;
        Mix::arguments(arguments, strategy);
        return Mix::kName + arguments.out.str();
      },
      mix);
}

MixStrategy parse_mix(const OptionText& option) {
  const std::size_t colon = option.text.find(':');
  const std::string name = option.text.substr(0, colon);
  std::optional<std::string> rest;
  if (colon != std::string::npos) rest = option.text.substr(colon + 1);
  std::optional<MixStrategy> read;
  any_strategy([&]<class Mix>(Mix mix) {
    if (name != Mix::kName) return false;
    ArgumentReader reader(option.name, rest);
    Mix::arguments(reader, mix);
    if (reader.complete()) read = mix;
    return true;
  });
  if (!read) reject(option, all_forms());
  return mix_from(numbers_of(*read)).value();  // as all ranks will take it: threshold:1 is shuffle
}

}  // namespace mixnn
