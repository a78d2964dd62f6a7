#pragma once
#include "mixnn/wire/description.hpp"

namespace mixnn {

// What ranks must be sent ahead before a request may begin, for the requests of one Traffic.
// Whether that is anything, and what, is the traffic's way of travelling (OwnerLink::supply).
class Supply {
 public:
  virtual ~Supply() = default;

  // Whether all ranks have been sent what this request needs; sends what may be sent. The earliest
  // request that has not ended is always covered as soon as all before it have.
  virtual bool cover(const Label& request) = 0;
  virtual void ended(const Label& request) = 0;
  // The requests that have not ended never begin. What was sent for them is void once keys change,
  // which must come next; nothing may be under way.
  virtual void leave_unused() = 0;
  // Makes a little of what is to be sent: some microseconds' work. False where nothing is to be
  // made.
  virtual bool write_ahead() = 0;
};

}  // namespace mixnn
