// What the host sets on the engine as a whole.
#include "ctorch.h"
#include "cuda.h"
#include "errors.h"
#include "host_table.h"
#include "instructions.h"
#include "observation.h"
#include "operators.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/Generator.h>
#include <mutex>
#include <string>

namespace {

void seed_generator(c10::Device device, uint64_t seed) {
  auto generator = at::globalContext().defaultGenerator(device);
  std::lock_guard hold(generator.mutex());
  generator.set_current_seed(seed);
}

zoo_status set_threads(int32_t threads) {
  return ctorch::guard([&] {
    if (threads < 1) ctorch::bad_argument("threads: want 1 or more, found " + std::to_string(threads));
    // It can be set once only, and not after inter-op work, of which we have none.
    if (at::get_num_interop_threads() != 1) at::set_num_interop_threads(1);
    at::set_num_threads(threads);
  });
}

int32_t threads() { return at::get_num_threads(); }

zoo_status seed(uint64_t seed) {
  return ctorch::guard([&] {
    seed_generator(c10::Device(c10::DeviceType::CPU), seed);
    for (int32_t i = 0; i < ctorch::enabled_cuda_devices(); i++)
      seed_generator(c10::Device(c10::DeviceType::CUDA, c10::DeviceIndex(i)), seed);
  });
}

zoo_status flush_denormals(int32_t on) {
  return ctorch::guard([&] {
    if (!at::globalContext().setFlushDenormal(on != 0))
      throw ctorch::Failure(ZOO_UNSUPPORTED, "this processor cannot flush subnormal numbers to zero");
  });
}

zoo_status set_precision(zoo_dtype precision) {
  return ctorch::guard([&] {
    if (precision != ZOO_F32 && precision != ZOO_BF16)
      ctorch::bad_argument("precision: want float32 or bfloat16, found dtype " + std::to_string(int(precision)));
    if (precision == ZOO_BF16 && ctorch::chosen_instructions("precision") == ctorch::Instructions::off)
      throw ctorch::Failure(ZOO_UNSUPPORTED, "bfloat16: the kernels have it, and ZOO_KERNELS=off turns them off");
    ctorch::choose_precision(precision == ZOO_BF16 ? ctorch::Precision::bfloat16 : ctorch::Precision::float32);
  });
}

const char *instructions() {
  const char *name = nullptr;
  ctorch::guard([&] { name = ctorch::name_of(ctorch::chosen_instructions("the kernels")); });
  return name;
}

} // namespace

const zoo_engine *zoo_engine_v1(void) {
  static const zoo_engine engine = {
      .struct_size = sizeof(zoo_engine),
      .host = ctorch::host_table(),
      .version = TORCH_VERSION,
      .set_host_callbacks = ctorch::set_host_callbacks,
      .library_path = ctorch::library_path,
      .set_threads = set_threads,
      .threads = threads,
      .seed = seed,
      .flush_denormals = flush_denormals,
      .set_precision = set_precision,
      .instructions = instructions,
      .enable_cuda = ctorch::enable_cuda,
      .cuda_libraries = ctorch::cuda_libraries,
      .listen = ctorch::listen,
      .observe = ctorch::observe,
  };
  return &engine;
}
