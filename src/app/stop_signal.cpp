#include "mixnn/app/stop_signal.hpp"

#include <array>
#include <csignal>

#include "mixnn/app/print.hpp"

namespace mixnn {
namespace {

volatile std::sig_atomic_t came = 0;

void remember(int signal) { came = signal; }

void set_handler(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  ::sigaction(signal, &action, nullptr);
}

// A signal that was ignored before (nohup, a shell's background) stays so.
void set_unless_ignored(int signal, void (*handler)(int)) {
  struct sigaction before {};
  if (::sigaction(signal, nullptr, &before) == 0 && before.sa_handler == SIG_IGN) return;
  set_handler(signal, handler);
}

struct StopSignal {
  int number;
  const char* name;
};
constexpr StopSignal kWarning{SIGUSR1, "SIGUSR1"};
constexpr std::array kEnds{StopSignal{SIGTERM, "SIGTERM"}, StopSignal{SIGINT, "SIGINT"},
                           StopSignal{SIGHUP, "SIGHUP"}};

}  // namespace

void remember_stop_signals() { set_handler(kWarning.number, remember); }

void remember_ends() {
  for (const StopSignal& signal : kEnds) set_unless_ignored(signal.number, remember);
}

void ignore_stop_signals() {
  set_handler(kWarning.number, SIG_IGN);
  for (const StopSignal& signal : kEnds) set_handler(signal.number, SIG_IGN);
}

std::optional<std::string> stop_signal() {
  if (came == 0) return std::nullopt;
  for (const StopSignal& signal : kEnds)
    if (came == signal.number) return signal.name;
  return kWarning.name;
}

void forget_stop_signal() { came = 0; }

void end_if_told(const std::string& why) {
  const std::optional<std::string> name = stop_signal();
  if (!name) return;
  print_error(*name + ": " + why);
  const int signal = came;
  set_handler(signal, SIG_DFL);
  ::raise(signal);
}

}  // namespace mixnn
