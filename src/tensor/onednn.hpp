#pragma once
#include <dnnl.hpp>
#include <initializer_list>
#include <vector>

#include "mixnn/base/buffer.hpp"

namespace mixnn {

const dnnl::engine& onednn_engine();

// Without memory of its own: it is given scratch memory, too.
dnnl::primitive_attr onednn_attributes();

// Before each call of oneDNN: it is to compute on the caller's thread alone, or the bits would
// depend on how many threads there are. A setting of each thread.
void onednn_on_this_thread();

// A kernel of oneDNN with its arguments, which each run says anew. One run at a time.
class OneDnnCall {
 public:
  struct Argument {
    int name;
    dnnl::memory::desc desc;  // empty: the kernel has none such
  };
  OneDnnCall(const dnnl::primitive_desc_base& kernel, std::initializer_list<Argument> arguments);

  // Where they lie, in the same order.
  void operator()(std::initializer_list<const float*> where);

 private:
  AlignedBuffer scratch_;
  std::vector<dnnl::memory> memories_;
  std::vector<dnnl_exec_arg_t> arguments_;
  dnnl::primitive primitive_;
  dnnl::stream stream_;
};

}  // namespace mixnn
