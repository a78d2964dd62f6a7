#include "onednn.hpp"

#include "mixnn/base/check.hpp"
#include "mixnn/tensor/convolution.hpp"

// OpenMP's, of the library that oneDNN computes with; its header comes with some compilers only.
extern "C" void omp_set_num_threads(int count);

namespace mixnn {
namespace {

std::string instructions() {
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::sse41:
      return "sse41";
    case dnnl::cpu_isa::avx:
      return "avx";
    case dnnl::cpu_isa::avx2:
      return "avx2";
    case dnnl::cpu_isa::avx2_vnni:
      return "avx2_vnni";
    case dnnl::cpu_isa::avx512_mic:
      return "avx512_mic";
    case dnnl::cpu_isa::avx512_mic_4ops:
      return "avx512_mic_4ops";
    case dnnl::cpu_isa::avx512_core:
      return "avx512_core";
    case dnnl::cpu_isa::avx512_core_vnni:
      return "avx512_core_vnni";
    case dnnl::cpu_isa::avx512_core_bf16:
      return "avx512_core_bf16";
    case dnnl::cpu_isa::avx512_core_amx:
      return "avx512_core_amx";
    default:
      return "isa " + std::to_string(static_cast<int>(dnnl::get_effective_cpu_isa()));
  }
}

}  // namespace

std::string onednn_version() {
  const dnnl::version_t* const v = dnnl::version();
  return "oneDNN " + std::to_string(v->major) + "." + std::to_string(v->minor) + "." +
         std::to_string(v->patch) + " " + instructions();
}

void onednn_on_this_thread() {
  thread_local bool told = false;
  if (!told) omp_set_num_threads(1);
  told = true;
}

const dnnl::engine& onednn_engine() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

dnnl::primitive_attr onednn_attributes() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

OneDnnCall::OneDnnCall(const dnnl::primitive_desc_base& kernel,
                       std::initializer_list<Argument> arguments)
    : scratch_(kernel.scratchpad_desc().get_size()),
      primitive_(kernel.get()),
      stream_(onednn_engine()) {
  const auto add = [&](const Argument& argument, void* where) {
    dnnl::memory& memory = memories_.emplace_back();
    if (argument.desc.data.ndims == 0) return;
    memory = dnnl::memory(argument.desc, onednn_engine(), where);
    arguments_.push_back({argument.name, memory.get()});
  };
  for (const Argument& argument : arguments) add(argument, nullptr);
  add({DNNL_ARG_SCRATCHPAD, kernel.scratchpad_desc()}, scratch_.data());
}

void OneDnnCall::operator()(std::initializer_list<const float*> where) {
  MIXNN_CHECK(where.size() + 1 == memories_.size(), "arguments of a kernel");
  onednn_on_this_thread();
  auto memory = memories_.begin();
  for (const float* at : where) {
    if (*memory) memory->set_data_handle(const_cast<float*>(at));
    ++memory;
  }
  dnnl::error::wrap_c_api(
      dnnl_primitive_execute(primitive_.get(), stream_.get(), static_cast<int>(arguments_.size()),
                             arguments_.data()),
      "oneDNN does not compute");
  stream_.wait();
}

}  // namespace mixnn
