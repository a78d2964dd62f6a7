#include "mixnn/onion/ticket.hpp"

namespace mixnn {

void write_ticket(const Ticket& ticket, std::vector<std::byte>& out) {
  out.reserve(out.size() + 12 + ticket.layers * Key::size() +
              ticket.headers.size());  // leaves no keys behind in growing
  ByteWriter writer(out);
  writer.put(ticket.first_hop);
  writer.put(ticket.cells);
  writer.put(ticket.live);
  writer.put(ticket.layers);
  writer.put(std::uint8_t{0});
  for (std::size_t i = 0; i < ticket.layers; ++i) writer.put_bytes(ticket.keys[i].bytes());
  writer.put_bytes(ticket.headers);
}

std::optional<Ticket> read_ticket(ByteReader& reader) {
  Ticket ticket;
  ticket.first_hop = reader.get<std::uint32_t>();
  ticket.cells = reader.get<std::uint32_t>();
  ticket.live = reader.get<std::uint16_t>();
  ticket.layers = reader.get<std::uint8_t>();
  const auto reserved = reader.get<std::uint8_t>();
  if (!reader.ok() || ticket.cells == 0 || reserved != 0 || !is_live_header(ticket.live, kMaxHops))
    return std::nullopt;
  if (ticket.layers != sender_layers((ticket.live - kSlotBytes) / kHopBytes)) return std::nullopt;
  for (std::size_t i = 0; i < ticket.layers; ++i) {
    const ConstBytes key = reader.get_bytes(Key::size());
    if (!reader.ok()) return std::nullopt;
    ticket.keys[i] = Key::from(key);
  }
  const ConstBytes headers = reader.get_bytes(std::size_t{ticket.cells} * ticket.live);
  if (!reader.ok()) return std::nullopt;
  ticket.headers.assign(headers.begin(), headers.end());
  return ticket;
}

}  // namespace mixnn
