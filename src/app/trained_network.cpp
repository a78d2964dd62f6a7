#include "mixnn/app/trained_network.hpp"

#include <utility>

#include "mixnn/app/machine.hpp"
#include "mixnn/app/report/report.hpp"
#include "mixnn/tensor/gemm.hpp"

namespace mixnn {

TrainedNetwork::TrainedNetwork(const OwnerTask& task)
    : options_(task.options),
      inputs_(task.inputs),
      console_(options_),
      machine_(this_machine(task.mpi_version, CPU_COUNT(&task.host_cores))),
      ranks_(task.transport.size()) {
  set_blas_threads(1);
  console_.setting(inputs_, machine_);
  owner_.emplace(task.transport, inputs_.model, inputs_.data, options_.training, options_.session,
                 std::exchange(task.identity, {}));
  session_ = start(*owner_, inputs_);
  console_.session(*session_, ranks_);
}

TrainedNetwork::TrainedNetwork(AppOptions& options, Inputs inputs)
    : options_(options),
      own_inputs_(std::move(inputs)),
      inputs_(*own_inputs_),
      console_(options_),
      machine_(this_machine()) {
  console_.setting(inputs_, machine_);
  alone_.emplace(inputs_.model, inputs_.data, options_.training,
                 Threading{.threads = machine_.cores});
  alone_->set_parameters(inputs_.weights);
}

void TrainedNetwork::outputs(const OutputSink& sink) {
  if (owner_)
    owner_->outputs(sink);
  else
    alone_->outputs(inputs_.data.test, sink);
}

void TrainedNetwork::one_by_one(std::size_t count, const NextSample& next, const OutputSink& sink) {
  if (owner_) return owner_->outputs_one_by_one(count, next, sink);
  for (std::size_t i = 0; i < count; ++i) {
    const ConstBytes sample = next();
    const DataSet one{Table(inputs_.model.input_type, inputs_.model.input_shape,
                            std::vector<std::byte>(sample.begin(), sample.end())),
                      {}};
    alone_->outputs(one, [&](std::size_t, std::span<const float> outputs) { sink(i, outputs); });
  }
}

Json TrainedNetwork::start_report() const {
  Json report = mixnn::start_report(options_, inputs_, machine_);
  if (session_) add_session(report, options_, *session_, ranks_);
  return report;
}

void TrainedNetwork::stop(ResultFiles& results) {
  if (owner_) results.stop(*owner_);
}

}  // namespace mixnn
