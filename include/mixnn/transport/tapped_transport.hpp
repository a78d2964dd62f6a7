#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "mixnn/transport/transport.hpp"

namespace mixnn {

// Another transport, whose cells somebody looks at: for measuring tools of the owner's. A cell that
// was taken keeps its number until it is let go, so that it is known which of those sent are cells
// taken before, and which are the rank's own.
class TappedTransport final : public Transport, private CellHome {
 public:
  struct Cell {
    int peer = 0;             // whom it came from, or goes to
    std::uint32_t taken = 0;  // its number, from 1; of a cell sent that was never taken, 0
    ConstBytes bytes;
  };
  using Look = std::function<void(const Cell&)>;

  // `transport` must outlive it, and it whatever holds its cells. `took` is called before anybody
  // else has the cell, `sends` before the transport has.
  TappedTransport(Transport& transport, Look took, Look sends);

  int rank() const override { return transport_.rank(); }
  int size() const override { return transport_.size(); }
  bool on_this_host(int other) const override { return transport_.on_this_host(other); }
  int first_on_host_of(int other) const override { return transport_.first_on_host_of(other); }
  Turns& turns() override { return transport_.turns(); }
  Refusals& refusals() override { return transport_.refusals(); }
  void send_datagram(int to, ConstBytes bytes) override { transport_.send_datagram(to, bytes); }
  std::optional<Datagram> poll_datagram() override { return transport_.poll_datagram(); }
  std::unique_ptr<CellPool> make_pool(std::size_t cell_bytes, std::size_t capacity) override {
    return transport_.make_pool(cell_bytes, capacity);
  }
  void open(CellPool& pool) override { transport_.open(pool); }
  void send(int to, CellBuffer cell) override;
  std::optional<Arrival> poll() override;
  void flush() override { transport_.flush(); }
  bool all_sent() override { return transport_.all_sent(); }
  void close() noexcept override { transport_.close(); }

 private:
  struct Held {
    CellBuffer cell;
    std::uint32_t number = 0;
  };
  void give_back(std::size_t index) noexcept override;

  Transport& transport_;
  Look took_, sends_;
  std::vector<Held> held_;  // taken, and neither sent nor let go
  std::vector<std::size_t> free_;
  std::uint32_t taken_ = 0;
};

}  // namespace mixnn
