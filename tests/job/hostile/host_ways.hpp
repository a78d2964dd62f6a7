#pragma once
#include <limits>

#include "job/hostile/hostile_rank.hpp"
#include "mixnn/onion/peel.hpp"
#include "mixnn/onion/wrap.hpp"
#include "mixnn/session/handshake.hpp"
#include "mixnn/session/timed_aead.hpp"
#include "mixnn/wire/settle_order.hpp"
#include "mixnn/wire/ticket_book.hpp"

// What a hostile host does: with the messages, tickets and reports that it is sent for itself.
namespace mixnn::testing {

// To the values of every answer of this kind, from the one of this number on.
inline Misdeed lies_in(MessageKind kind, int number, std::function<float(float)> lie) {
  Misdeed misdeed;
  misdeed.answers = [=, done = misdeed.done](const Label& label,
                                             std::vector<std::byte>& payload) mutable {
    if (label.kind != kind || payload.empty() || number-- > 0) return;
    ++*done;
    std::vector<float> values(payload.size() / sizeof(float));
    std::memcpy(values.data(), payload.data(), values.size() * sizeof(float));
    for (float& value : values) value = lie(value);
    std::memcpy(payload.data(), values.data(), values.size() * sizeof(float));
  };
  return misdeed;
}

inline Misdeed answers_nan(MessageKind kind, int number) {
  return lies_in(kind, number, [](float) { return std::numeric_limits<float>::quiet_NaN(); });
}

// A page of a book in the message itself.
struct OpenPage {
  Label label;
  Bytes label_bytes;
  Bytes ticket;
};
inline std::vector<OpenPage> pages_of(Message& message) {
  std::vector<OpenPage> pages;
  const std::optional<TicketBook> book = decode<TicketBook>(message.payload.bytes());
  if (message.info.label.kind != MessageKind::kTicketBook || !book) return pages;
  for (const BookPage& page : book->pages) {
    const auto at = static_cast<std::size_t>(page.ticket.data() - message.payload.bytes().data());
    const std::size_t label = encoded_size(Label{});
    pages.push_back({page.label, message.payload.bytes().subspan(at - 4 - label, label),
                     message.payload.bytes().subspan(at, page.ticket.size())});
  }
  return pages;
}

inline bool is_of_training(const Label& label) {
  return label.kind == MessageKind::kForward || label.kind == MessageKind::kBackward;
}

// In every book of training: the tickets of two labels change places.
inline Misdeed swaps_tickets() {
  Misdeed misdeed;
  misdeed.takes = [done = misdeed.done](HostileTransport& link, Message& message) {
    const std::vector<OpenPage> pages = pages_of(message);
    if (pages.size() < 2 || !is_of_training(pages[0].label)) return;
    const std::uint32_t i = link.rng.below(static_cast<std::uint32_t>(pages.size() - 1));
    encode_to(pages[i + 1].label, pages[i].label_bytes);
    encode_to(pages[i].label, pages[i + 1].label_bytes);
    ++*done;
  };
  return misdeed;
}

// Of every book one ticket is kept, under a label that nobody asks for.
inline Misdeed hoards() {
  Misdeed misdeed;
  misdeed.takes = [done = misdeed.done](HostileTransport& link, Message& message) {
    const std::vector<OpenPage> pages = pages_of(message);
    if (pages.empty()) return;
    const OpenPage& page = pages[link.rng.below(static_cast<std::uint32_t>(pages.size()))];
    Label label = page.label;
    label.part = 0xFFFFFF;
    encode_to(label, page.label_bytes);
    ++*done;
  };
  return misdeed;
}

// Alters the tickets of a training step as it gets them.
inline Misdeed alters_tickets(std::function<void(Ticket&)> alter) {
  Misdeed misdeed;
  misdeed.takes = [alter, done = misdeed.done](HostileTransport&, Message& message) {
    for (const OpenPage& page : pages_of(message)) {
      if (!is_of_training(page.label)) continue;
      Ticket ticket = decode_whole<Ticket>(page.ticket).value();
      alter(ticket);
      encode_to(ticket, page.ticket);
      ++*done;
    }
  };
  return misdeed;
}
inline Misdeed makes_a_wrong_inner_seal() {
  return alters_tickets([](Ticket& ticket) { ticket.keys[0].bytes()[0] ^= std::byte{1}; });
}
inline Misdeed makes_a_wrong_seal_for_the_crossover() {
  return alters_tickets([](Ticket& ticket) { ticket.keys[1].bytes()[0] ^= std::byte{1}; });
}
inline Misdeed exchanges_cells_of_a_message() {
  return alters_tickets([](Ticket& ticket) {
    for (std::size_t i = 0; i < ticket.live; ++i)
      std::swap(ticket.headers[i], ticket.headers[std::size_t{ticket.live} + i]);
  });
}
inline Misdeed sends_to_another_first_hop() {
  return alters_tickets([](Ticket& ticket) { ticket.first_hop = ticket.first_hop == 1 ? 2 : 1; });
}

// Answers with each ticket of this kind as soon as it has it, before it was asked.
inline Misdeed answers_early(MessageKind kind) {
  Misdeed misdeed;
  misdeed.takes = [kind, done = misdeed.done](HostileTransport& link, Message& message) {
    const std::unique_ptr<BulkAead> aead = make_bulk_aead(
        local_capabilities().aes256gcm ? AeadSuite::kAes256Gcm : AeadSuite::kChaCha20Poly1305);
    Csprng rng;
    std::vector<std::byte> cell(link.cell_bytes());
    for (const OpenPage& page : pages_of(message)) {
      if (page.label.kind != kind) continue;
      const Ticket ticket = decode_whole<Ticket>(page.ticket).value();
      for (std::uint32_t i = 0; i < ticket.cells; ++i) {
        wrap(ticket, i, {}, *aead, rng, cell);
        *done += link.slip(static_cast<int>(ticket.first_hop), cell);
      }
    }
  };
  return misdeed;
}

// Says that all has come to it, at once.
inline Misdeed settles_at_once() {
  Misdeed misdeed;
  misdeed.takes = [done = misdeed.done](HostileTransport&, Message& message) {
    if (message.info.label.kind != MessageKind::kSettle) return;
    const std::optional<SettleOrder> order = decode<SettleOrder>(message.payload.bytes());
    const std::size_t bytes = encoded_size(*order);
    std::ranges::fill(message.payload.bytes().subspan(bytes - 8, 8), std::byte{0});
    ++*done;
  };
  return misdeed;
}

// From its report of this number on.
inline Misdeed lies_in_reports(int number, std::function<void(Report&)> lie) {
  Misdeed misdeed;
  misdeed.reports = [=, done = misdeed.done](Report& report) mutable {
    if (number-- > 0) return;
    ++*done;
    lie(report);
  };
  return misdeed;
}

inline Misdeed reports_other_counts() {
  return lies_in_reports(0, [](Report& report) {
    report.counters = {.received = 1, .sent = 1u << 30, .forwarded = 7, .delivered = 0};
    report.usage.resident = std::uint64_t{1} << 60;
  });
}

// As if the owner's neighbour had flooded it.
inline Misdeed reports_junk_of(std::uint32_t victim) {
  return lies_in_reports(0, [=](Report& report) { report.refused[0] = {victim, 1000}; });
}

inline Misdeed reports_a_loss_by(std::uint32_t victim, int number, RejectReason why,
                                 SlotRole role) {
  return lies_in_reports(number, [=](Report& report) {
    report.lost = {static_cast<std::uint8_t>(1 + static_cast<int>(why)),
                   static_cast<std::uint8_t>(role), 2, victim};
  });
}

inline Misdeed reports_an_error_of(std::uint32_t victim, int number) {
  return lies_in_reports(number, [=](Report& report) {
    report.type = Report::Type::kError;
    report.error = "\x1b[2Jrank " + std::to_string(victim) + " altered a cell";
  });
}

}  // namespace mixnn::testing
