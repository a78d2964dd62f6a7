// The main function of the micro-benchmarks: one BLAS thread, the kernels that mixnn itself would
// choose, and the machine described before the numbers, also in Google Benchmark's JSON and CSV
// (--benchmark_out=FILE).
#include <benchmark/benchmark.h>

#include <cstdio>

#include "machine_lines.hpp"
#include "mixnn/app/restart.hpp"
#include "mixnn/tensor/gemm.hpp"
#include "mixnn/tensor/subnormals.hpp"

int main(int argc, char** argv) {
  mixnn::restart_with_better_blas_core(argv);
  mixnn::flush_subnormals();
  mixnn::set_blas_threads(1);
  const mixnn::Machine machine = mixnn::this_machine();
  for (const auto& [name, value] : mixnn::machine_lines(machine, mixnn::blas_threads()))
    benchmark::AddCustomContext("mixnn_" + name, value);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  std::fprintf(
      stderr,
      "A line \"Library was built as DEBUG\" below would be about Google Benchmark's own library; "
      "MixNN's build is mixnn_build.\n");
  mixnn::warn_of_worthless_build(machine);
  benchmark::RunSpecifiedBenchmarks();
  mixnn::warn_of_worthless_build(machine);
  benchmark::Shutdown();
  return 0;
}
