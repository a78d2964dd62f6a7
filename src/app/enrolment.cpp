#include "mixnn/app/enrolment.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>
#include <vector>

#include "mixnn/base/error.hpp"
#include "mixnn/base/file_calls.hpp"
#include "mixnn/base/text.hpp"
#include "mixnn/identity/machine_key.hpp"
#include "mixnn/identity/private_text.hpp"

namespace mixnn {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kAnswer = "mixnn machine 1: ";
constexpr std::size_t kMostText = 65536;

// All that comes, up to a bound.
std::string read_to_end(int descriptor) {
  std::string text;
  char piece[4096];
  while (text.size() < kMostText) {
    const ssize_t got = ::read(descriptor, piece, sizeof piece);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(piece, static_cast<std::size_t>(got));
  }
  wipe(std::as_writable_bytes(std::span(piece)));
  return text;
}

// For the shell of the machine that ssh reaches.
std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

std::vector<std::string> words_to_start(const std::string& host, const EnrolmentOptions& how) {
  const std::string program =
      how.program ? how.program->string() : fs::read_symlink("/proc/self/exe").string();
  if (how.by == Channel::kSsh) return {"ssh", "-T", "--", host, quoted(program) + " roster accept"};
  return {"srun", "--nodes=1", "--ntasks=1", "--nodelist=" + host, program, "roster", "accept"};
}

// A program with pipes to its standard input and from its standard output.
class Conversation {
 public:
  explicit Conversation(const std::vector<std::string>& words) {
    int in[2], out[2];
    if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0)
      throw RunError("no pipe to " + words[0] + ": " + system_reason(errno));
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const int error =
        ::posix_spawnp(&child_, arguments[0], &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(in[0]);
    ::close(out[1]);
    to_ = in[1];
    from_ = out[0];
    if (error != 0) {
      close_both();
      throw RunError(words[0] + " cannot be started: " + system_reason(error));
    }
  }
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  // Says it all, and returns all that is answered; the exit code in `code`.
  std::string talk(std::string_view text, int& code) {
    write_all(to_, bytes_of(text));  // a child that is gone says why by its exit code
    ::close(std::exchange(to_, -1));
    std::string answer = read_to_end(from_);
    close_both();
    int status = 0;
    while (::waitpid(child_, &status, 0) < 0 && errno == EINTR) {
    }
    code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return answer;
  }

 private:
  void close_both() {
    if (to_ >= 0) ::close(std::exchange(to_, -1));
    if (from_ >= 0) ::close(std::exchange(from_, -1));
  }

  pid_t child_ = -1;
  int to_ = -1, from_ = -1;
};

std::optional<Enrolled> enrolled_from(std::string_view line) {
  if (!line.starts_with(kAnswer)) return std::nullopt;
  const std::vector<std::string_view> words = words_of(line.substr(kAnswer.size()));
  if (words.size() != 3 || words[1] != "cores") return std::nullopt;
  const std::optional<PublicKey> key = public_key_from_text(words[0]);
  Enrolled machine;
  const std::string_view cores = words[2];
  const auto [end, error] =
      std::from_chars(cores.data(), cores.data() + cores.size(), machine.cores);
  if (!key || error != std::errc() || end != cores.data() + cores.size() || machine.cores == 0)
    return std::nullopt;
  machine.key = *key;
  return machine;
}

}  // namespace

Enrolled enrol(const std::string& host, const KnownOwner& owner, const EnrolmentOptions& how) {
  const std::vector<std::string> words = words_to_start(host, how);
  const SecretText line(to_line(owner));
  int code = 0;
  const std::string answer = Conversation(words).talk(line.view(), code);
  if (code != 0)
    throw RunError(host + ": " + words[0] + " ended with exit code " + std::to_string(code));
  for (const std::string_view said : lines_of(answer))  // a login may print what it likes before
    if (const std::optional<Enrolled> machine = enrolled_from(said)) return *machine;
  throw RunError(host + ": what answered is no mixnn of this version (--remote-program)");
}

std::string accept(const fs::path& machine_key, const fs::path& known_owners) {
  const SecretText said(read_to_end(STDIN_FILENO));
  const std::vector<std::string_view> lines = lines_of(said.view());
  const std::optional<KnownOwner> owner =
      lines.size() == 1 ? known_owner_from_line(lines[0]) : std::nullopt;
  if (!owner)
    throw UsageError(
        "mixnn roster accept is what mixnn roster add starts at a machine: it reads "
        "an owner from standard input");
  std::optional<X25519KeyPair> key = find_machine_key(machine_key);
  if (!key) key = make_machine_key(machine_key, false);
  if (!key) key = find_machine_key(machine_key);  // another conversation was faster
  KnownOwners::add(known_owners, *owner);
  return std::string(kAnswer) + to_text(key.value().public_key) + " cores " +
         std::to_string(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
}

}  // namespace mixnn
