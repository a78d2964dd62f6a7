#include "mixnn/app/report/audit_json.hpp"

#include "mixnn/app/report/audit_table.hpp"
#include "mixnn/app/version.hpp"

namespace mixnn {
namespace {

Json interval_json(const Interval& interval) {
  return {{"mean", interval.mean}, {"low", interval.low}, {"high", interval.high}};
}

Json finding_json(const Finding& finding) {
  const char* const secrets[] = {"order", "position", "next"};
  const Judgement& judgement = finding.judgement;
  Json json;
  json["observer"] = finding.observer.name;
  json["secret"] = secrets[static_cast<std::size_t>(finding.observer.secret)];
  json["evidence"] = evidence_name(finding.evidence);
  json["steps"] = finding.steps;
  json["runs"] = finding.runs;
  json["prior_bits"] = judgement.prior_bits;
  json["bits"] = interval_json(judgement.bits);
  json["top_1"] = interval_json(judgement.found);
  json["top_1_stated"] = judgement.stated;
  json["calibration_error"] = judgement.parts.error;
  json["reliability"] = Json::array();
  for (const ReliabilityBin& bin : judgement.parts.bins)
    json["reliability"].push_back(
        {{"stated", bin.stated}, {"real", bin.real}, {"claims", bin.claims}});
  if (finding.permuted) json["permuted"] = interval_json(*finding.permuted);
  if (finding.noise) json["noise"] = interval_json(*finding.noise);
  if (finding.permuted) json["nothing_learnt"] = nothing_learnt(finding);
  return json;
}

}  // namespace

Json audit_json(const std::vector<AuditedGroup>& groups) {
  Json json;
  json["version"] = version_text();
  json["command"] = "audit";
  json["groups"] = Json::array();
  for (const AuditedGroup& group : groups) {
    Json one;
    one["model"] = group.run.model;
    one["traffic"] = group.run.traffic;
    one["runs"] = group.runs;
    one["ranks"] = group.ranks;
    one["stages"] = group.run.hosts.size();
    one["hops"] = group.hops;
    one["batch_size"] = group.batch;
    one["micro_batches"] = group.micro_batches;
    one["steps"] = group.run.steps;
    one["findings"] = Json::array();
    for (const Finding& finding : group.findings) one["findings"].push_back(finding_json(finding));
    json["groups"].push_back(one);
  }
  return json;
}

}  // namespace mixnn
