#pragma once
#include "mixnn/base/crew.hpp"
#include "mixnn/machine/sitter.hpp"

namespace mixnn {

// A helper of a rank that computes, on a seat that no rank needs (seats.hpp).
class HelperSeat final : public HelperPlace {
 public:
  // `number`: of the helper's desk. `rank`: who opens it.
  HelperSeat(SeatDesks& desks, Sitter& rank, int number)
      : desks_(desks), opener_(rank), helper_(desks, number) {}

  void open() override;
  void close() override;
  void wait() override;
  bool may_work() override;
  void leave() override { helper_.leave(); }

 private:
  SeatDesks& desks_;
  Sitter& opener_;
  Sitter helper_;
  bool begun_ = false;
};

}  // namespace mixnn
