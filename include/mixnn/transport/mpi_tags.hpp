#pragma once

namespace mixnn {

// Of messages between ranks, in the communicator of the transport.
inline constexpr int kDatagramTag = 1, kCellTag = 2;

}  // namespace mixnn
