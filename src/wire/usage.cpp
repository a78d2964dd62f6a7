#include "mixnn/wire/usage.hpp"

namespace mixnn {
namespace {

template <class UsageType, class Visit>
void each_number(UsageType& u, const Visit& visit) {
  for (auto& time : u.wall) visit(time);
  for (auto* number : {&u.cpu, &u.resident, &u.parameters, &u.optimizer, &u.passes, &u.pass_bytes,
                       &u.message_bytes, &u.cells, &u.cell_limit})
    visit(*number);
}

}  // namespace

void write(const Usage& usage, ByteWriter& writer) {
  each_number(usage, [&](const std::uint64_t& n) { writer.put(n); });
}

Usage read_usage(ByteReader& reader) {
  Usage usage;
  each_number(usage, [&](std::uint64_t& n) { n = reader.get<std::uint64_t>(); });
  return usage;
}

}  // namespace mixnn
