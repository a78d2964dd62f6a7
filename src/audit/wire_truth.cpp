#include "mixnn/audit/wire_truth.hpp"

#include <set>
#include <string_view>

#include "mixnn/base/error.hpp"
#include "mixnn/base/private_file.hpp"
#include "whole_file.hpp"

namespace mixnn {
namespace {

constexpr std::string_view kHead = "mixnn wire truth";

bool are_hosts(const std::vector<std::uint32_t>& hosts, std::uint32_t ranks) {
  const std::set<std::uint32_t> distinct(hosts.begin(), hosts.end());
  return !hosts.empty() && distinct.size() == hosts.size() && *distinct.begin() > 0 &&
         *distinct.rbegin() < ranks;
}

}  // namespace

std::filesystem::path wire_truth_file(const std::filesystem::path& folder) {
  return folder / "truth.wire";
}

WireTruth read_wire_truth(const std::filesystem::path& file) {
  const std::vector<std::byte> bytes = whole_file(file);
  const ConstBytes all = bytes;
  if (all.size() < kHead.size() || !std::ranges::equal(all.first(kHead.size()), bytes_of(kHead)))
    throw UsageError(file.string() + ": is no truth of a wire log: it begins otherwise");
  const std::optional<WireTruth> truth = decode_whole<WireTruth>(all.subspan(kHead.size()));
  if (!truth) throw UsageError(file.string() + ": is malformed, or cut off");
  if (!are_hosts(truth->hosts, truth->ranks))
    throw UsageError(file.string() + ": its hosts are not ranks of the run");
  return *truth;
}

void write_wire_truth(const WireTruth& truth, const std::filesystem::path& file) {
  PrivateFile out(file);
  out.write(bytes_of(kHead));
  out.write(encode(truth));
  out.commit();
}

}  // namespace mixnn
