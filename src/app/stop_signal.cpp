#include "mixnn/app/stop_signal.hpp"

#include <csignal>

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

}  // namespace

void remember_stop_signals() { set_handler(SIGUSR1, remember); }
void remember_terminate() { set_handler(SIGTERM, remember); }

void ignore_stop_signals() {
  set_handler(SIGUSR1, SIG_IGN);
  set_handler(SIGTERM, SIG_IGN);
}

std::optional<std::string> stop_signal() {
  if (came == 0) return std::nullopt;
  return came == SIGTERM ? "SIGTERM" : "SIGUSR1";
}

void forget_stop_signal() { came = 0; }

}  // namespace mixnn
