#pragma once
#include <atomic>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "mixnn/node/node_link.hpp"
#include "mixnn/node/recent_labels.hpp"
#include "mixnn/node/stage_host.hpp"
#include "mixnn/session/node_handshake.hpp"
#include "mixnn/transport/transport.hpp"
#include "mixnn/wire/specification_part.hpp"

namespace mixnn {

class PacedNodeLink;

// Every rank but the owner: relays what its link is to relay (node/node_link.hpp), and hosts a
// stage if the specification that it is sent has one. It knows nothing beforehand: no model, no
// data, no options.
class Node final : private Answers {
 public:
  // `seen`, if there is one, is called for each whole message that this rank is sent, with its
  // bytes (padding included): for tests, and for a log of the traffic.
  using Seen = std::function<void(const MessageInfo&, std::size_t)>;
  // The same for each answer and report that it has given to its link.
  using Said = std::function<void(const Label&)>;
  // What a hostile host does to the messages that it takes, and to the answers and reports that it
  // gives: for tests.
  struct Lies {
    std::function<void(Message&)> takes;
    std::function<void(const Label&, std::vector<std::byte>&)> answers;
    std::function<void(Report&)> reports;
  };
  explicit Node(Transport& transport, NodeIdentity identity = {}, Seen seen = {}, Lies lies = {},
                Said said = {});
  ~Node() override;

  // One round: handles what has come and does at most one piece of work; with a pace it goes on
  // with the rounds alone. False where there was nothing to do. Throws RunError where the run
  // cannot go on and the owner cannot be told.
  bool step();
  bool finished();  // stopped by the owner, and its final report has gone
  // step() as a round of Transport::run(). After one with nothing to do, what follows counts as
  // waiting.
  Turn turn();

 private:
  bool can_answer(const Label& label) const override { return link_->can_answer(label); }
  void answer(const Label& label, ConstBytes payload) override;
  void recycle(AlignedBuffer buffer) override { link_->recycle(std::move(buffer)); }
  void begins(const Label& label) override { activity_.set_work(activity_work(label)); }

  void start(const NodeHandshake::Outcome& outcome);
  bool serve();
  bool serve_or_throw();
  bool do_some();
  void compute();
  // A handler for every kind that is for a node (wire/kinds.hpp); messages for its stage wait until
  // it stands.
  void handle(Message message);
  void on(OfKind<MessageKind::kSpecification>, Message& message);
  void on(OfKind<MessageKind::kTicketBook>, Message& message) { store_tickets(message); }
  void on(OfKind<MessageKind::kEpoch> kind, Message& message);
  void on(OfKind<MessageKind::kPause>, Message& message);
  void on(OfKind<MessageKind::kResume>, Message& message);
  void on(OfKind<MessageKind::kStop>, Message& message);
  void on(OfKind<MessageKind::kTrace>, Message& message);
  void on(OfKind<MessageKind::kClip> kind, Message& message);
  void on(OfKind<MessageKind::kScale> kind, Message& message);
  void on(OfKind<MessageKind::kSettle>, Message& message);
  void on(OfKind<MessageKind::kCommit>, Message& message);
  void on(OfKind<MessageKind::kInquiry>, Message& message);
  void to_stage(Message message);

  bool build_stage();
  void make_stage();
  void store_tickets(Message& message);
  void take_orders(const TicketBook& tickets);
  void settle();
  void commit();
  void clip();
  void report(Report::Type type, const std::string& error = {}, const PublicKey& fresh_key = {});
  void send_report(Report report);
  Report::Known known(const Label& request) const;

  struct StagePart {
    MessageInfo info;
    SpecificationPart specification;
    bool answered = false;
  };

  Transport& transport_;
  Seen seen_;
  Lies lies_;
  Said said_;
  ActivityRecorder activity_;
  std::optional<NodeHandshake> handshake_;  // gone, with its secrets, once it has ended (P7)
  std::unique_ptr<NodeLink> link_;          // once the handshake has ended
  std::unique_ptr<Crew> crew_;              // of a stage host
  std::optional<StageHost> host_;  // once there is a specification; of a decoy, without a stage
  RecentLabels answered_;
  std::map<std::uint32_t, StagePart> specification_;  // by part, until all have come
  std::vector<Message> early_;                        // for the stage, before it stands
  std::size_t trace_part_ = 0;                        // the next that is asked for
  std::optional<std::uint64_t> settles_at_;           // cells delivered: then it reports
  std::optional<CommitOrder> commit_;                 // until it is answered
  std::optional<std::uint32_t> clip_;                 // the same: updates before it
  bool failed_ = false, stopped_ = false;
  // With a pace: the link, whose rounds are the thread's that calls step(); then all else here is
  // the computing thread's, and `broken_` what ended it.
  PacedNodeLink* paced_ = nullptr;
  std::exception_ptr broken_;
  std::atomic<bool> over_{false};
  std::jthread computing_;
};

// Serves the owner until it stops the run.
void serve_node(Transport& transport, NodeIdentity identity = {}, Node::Seen seen = {},
                Node::Said said = {});

}  // namespace mixnn
