// Cells on their way, slots, and books of tickets.
#include "fuzz/target.hpp"
#include "mixnn/wire/ticket_book.hpp"
#include "onion/onion_testing.hpp"

namespace mixnn::fuzzing {
namespace {

using testing::Cell;
using testing::Network;

constexpr unsigned kFewSerials = 4;  // bits

// One change of a cell that `key` opens: of its slot's text, which is sealed anew, or of its bytes.
// Says whether there was any.
bool change(Cell& cell, const EpochKeys& key, Choices& choices) {
  const std::uint32_t what = choices.below(4);
  if (what == 0) return false;
  if (what == 1) {
    const auto at = choices.number<std::uint16_t>();
    alter(cell, at, choices.some());
    return true;
  }
  std::array<std::byte, kSlotTextBytes> text{};
  const Bytes box = Bytes(cell).first(kSlotBytes);
  if (what == 2 && !open_box(key.slot_key(), box, text)) return true;
  const std::size_t at = choices.below(kSlotTextBytes);
  alter(text, at, choices.some());
  seal_box(key.slot_key(), text, box);
  return true;
}

// Follows one cell over all its hops. At each it may be changed by somebody who has the node's key.
bool run_cell(ConstBytes input) {
  Choices choices(input);
  const std::size_t hops = choices.below(kMaxHops + 1);
  const bool aes = choices.below(2) == 1 && aes256gcm_available();
  Network network(hops + 2, 1, aes ? AeadSuite::kAes256Gcm : AeadSuite::kChaCha20Poly1305,
                  kFewSerials);
  if (choices.below(2) == 1) network.ratchet();
  const Ticket ticket = network.ticket(hops, 1 + choices.below(2));
  const std::uint32_t index = choices.below(ticket.cells);
  const ConstBytes payload = choices.some();
  Cell cell =
      network.wrapped(ticket, index, payload.first(std::min(payload.size(), testing::kSmallBody)));
  for (std::uint32_t rank = 1; rank <= hops + 1; ++rank) {
    for (int changes = 0; changes < 4 && change(cell, network.keys[rank], choices);) ++changes;
    testing::Inbox inbox;
    inbox.refuse = choices.below(16) == 15;
    Cell again = cell;
    const Peeled peeled = network.peel(rank, cell, inbox);
    if (testing::deliver_of(peeled) != nullptr) return true;
    if (testing::forward_of(peeled) == nullptr) return false;
    MIXNN_CHECK(testing::reject_of(network.peel(rank, again)) == RejectReason::kReplay,
                "a cell that comes twice is refused");
  }
  return false;
}

std::vector<Input> cell_seeds() {
  std::vector<Input> seeds;
  for (int hops = 0; hops <= static_cast<int>(kMaxHops); ++hops)
    seeds.push_back(
        Chosen().bytes({hops, hops % 2, hops / 2 % 2, 1, 0}).some(bytes_of("payload")).input());
  return seeds;
}

bool run_slot(ConstBytes input) {
  std::array<std::byte, kSlotTextBytes> text{}, once{}, twice{};
  copy_bytes(input.first(std::min(input.size(), text.size())), text);
  const std::optional<SlotText> slot = read_slot(text);
  if (!slot) return false;
  write_slot(*slot, once);
  const std::optional<SlotText> again = read_slot(once);
  MIXNN_CHECK(again.has_value(), "a slot that was read can be read again");
  write_slot(*again, twice);
  MIXNN_CHECK(once == twice, "what was read comes back as it was");
  return true;
}

std::vector<Input> slot_seeds() {
  std::vector<Input> seeds;
  for (const std::size_t hops : {0u, 1u, 3u, 5u}) {
    Network network(hops + 2);
    Cell cell = network.wrapped(network.ticket(hops), 0, bytes_of("payload"));
    std::array<std::byte, kSlotTextBytes> text{};
    MIXNN_CHECK(open_box(network.keys[1].slot_key(), ConstBytes(cell).first(kSlotBytes), text),
                "the first node opens its slot");
    seeds.emplace_back(text.begin(), text.end());
  }
  return seeds;
}

// Whoever has a ticket seals by it.
void use(const Ticket& ticket) {
  static Csprng rng = testing::seeded(1);
  static const auto aead = make_bulk_aead(AeadSuite::kChaCha20Poly1305);
  static Cell cell(kMinCellBytes);
  for (const std::uint32_t index : {0u, ticket.cells - 1})
    wrap(ticket, index, bytes_of("payload"), *aead, rng, cell);
}

bool run_book(ConstBytes input) {
  const Input exact(input.begin(), input.end());  // its end is the end of its memory
  const std::optional<TicketBook> book = decode<TicketBook>(exact);
  if (!book) return false;
  std::size_t tickets = 0;
  for (const BookPage& page : book->pages) {
    const std::optional<Ticket> ticket = decode_whole<Ticket>(page.ticket);
    if (!ticket) continue;
    ++tickets;
    use(*ticket);
  }
  return tickets > 0;
}

std::vector<Input> book_seeds() {
  std::vector<Input> seeds;
  for (const std::size_t hops : {0u, 2u, 5u}) {
    Network network(hops + 2);
    BookWriter book(8192);
    for (const std::uint32_t cells : {1u, 2u})
      if (hops < 5 || cells == 1)
        book.add({MessageKind::kForward, cells, 0, 0}, encode(network.ticket(hops, cells)));
    const Bytes bytes = book.finish();
    seeds.emplace_back(bytes.begin(), bytes.end());
  }
  return seeds;
}

}  // namespace

extern const Target kCells, kSlots, kBooks;
const Target kCells{"cells", run_cell, cell_seeds, 1024};
const Target kSlots{"slots", run_slot, slot_seeds, kSlotTextBytes};
const Target kBooks{"books", run_book, book_seeds, 4096};

}  // namespace mixnn::fuzzing
