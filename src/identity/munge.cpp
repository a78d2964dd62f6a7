#include "mixnn/identity/munge.hpp"

#ifdef MIXNN_HAVE_MUNGE
#include <munge.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>

#include "mixnn/base/error.hpp"
#endif

namespace mixnn {

#ifdef MIXNN_HAVE_MUNGE
namespace {

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};

class Munge final : public Credentials {
 public:
  // Only this user can read it back, and munge takes each once on a machine.
  std::string vouch(ConstBytes statement) override {
    const std::unique_ptr<munge_ctx, decltype(&munge_ctx_destroy)> context(munge_ctx_create(),
                                                                           &munge_ctx_destroy);
    munge_ctx_set(context.get(), MUNGE_OPT_UID_RESTRICTION, ::geteuid());
    char* text = nullptr;
    const munge_err_t error =
        munge_encode(&text, context.get(), statement.data(), static_cast<int>(statement.size()));
    const std::unique_ptr<char, Free> credential(text);
    if (error != EMUNGE_SUCCESS)
      throw RunError(std::string("munge vouches for nothing: ") + munge_strerror(error));
    return credential.get();
  }

  std::optional<std::string> refuse(const std::string& text, ConstBytes statement) override {
    void* memory = nullptr;
    int size = 0;
    uid_t user = 0;
    const munge_err_t error = munge_decode(text.c_str(), nullptr, &memory, &size, &user, nullptr);
    const std::unique_ptr<void, Free> said(memory);
    if (error != EMUNGE_SUCCESS) return munge_strerror(error);
    if (user != ::geteuid()) return "it is another user's, " + std::to_string(user);
    const std::string_view payload(static_cast<const char*>(memory),
                                   static_cast<std::size_t>(size));
    if (payload !=
        std::string_view(reinterpret_cast<const char*>(statement.data()), statement.size()))
      return "it is for another handshake";
    return std::nullopt;
  }
};

}  // namespace

Credentials* munge_service() {
  static Munge munge;
  return &munge;
}
#else
Credentials* munge_service() { return nullptr; }
#endif

}  // namespace mixnn
