#include "cuda.h"

#include "errors.h"

#include <ATen/Context.h>
#include <atomic>
#include <cstdlib>
#include <dlfcn.h>
#include <mutex>
#include <string>
#include <unistd.h>

namespace ctorch {
namespace {

std::atomic<int32_t> devices_found{0};

[[noreturn]] void no_cuda(const std::string &why) { throw Failure(ZOO_UNSUPPORTED, why); }
[[noreturn]] void no_device(const std::string &why) { throw Failure(ZOO_NOT_FOUND, "libtorch's CUDA part finds " + why); }

void load() {
  std::string folder = library_path();
  const auto slash = folder.rfind('/');
  folder = slash == folder.npos ? std::string(".") : folder.substr(0, slash);
  const std::string path = folder + "/libtorch_cuda.so";
  if (access(path.c_str(), F_OK) != 0) no_cuda("the libtorch in " + folder + " is built without CUDA");
  // cuBLAS reads it once. With a workspace of its own for each stream its sums are made in one order.
  setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 1);
  // Global, so that its registrations and libtorch_cpu's templates share one set of symbols. It stays loaded.
  if (!dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL)) {
    const char *reason = dlerror();
    no_cuda("libtorch's CUDA part cannot be loaded: " + std::string(reason ? reason : path));
  }
}

void choose_algorithms() {
  auto &context = at::globalContext();
  context.setAllowTF32CuBLAS(false);
  context.setAllowTF32CuDNN(false);
  context.setBenchmarkCuDNN(false);
  context.setDeterministicCuDNN(true);
  // An operator without such an algorithm warns, as an error would leave no transformer of feature maps that can be trained.
  context.setDeterministicAlgorithms(true, /*warn_only=*/true);
  context.setDeterministicFillUninitializedMemory(false);
}

std::string version(long number, long major, long minor) {
  return std::to_string(number / major) + "." + std::to_string(number % major / minor);
}

} // namespace

const char *library_path() {
  Dl_info info{};
  auto *symbol = reinterpret_cast<void *>(&at::globalContext);
  return dladdr(symbol, &info) && info.dli_fname ? info.dli_fname : "";
}

int32_t enabled_cuda_devices() { return devices_found; }

zoo_status enable_cuda(int32_t *devices) {
  return guard([&] {
    static std::mutex lock;
    std::lock_guard hold(lock);
    if (devices_found == 0) {
      load();
      const auto &cuda = at::detail::getCUDAHooks();
      if (!at::hasCUDA()) no_device("no driver or no device, or was asked for before it was loaded");
      const auto count = cuda.deviceCount();
      if (count < 1) no_device("no device");
      choose_algorithms();
      devices_found = int32_t(count);
    }
    if (devices) *devices = devices_found;
  });
}

const char *cuda_libraries() {
  if (devices_found == 0) return "";
  static const std::string text = [] {
    std::string all;
    guard([&] {
      const auto &cuda = at::detail::getCUDAHooks();
      all = "CUDA " + version(cuda.versionCUDART(), 1000, 10);
      if (!cuda.compiledWithCuDNN()) return;
      const long number = cuda.versionCuDNN();
      all += ", cuDNN " + version(number, 10000, 100) + "." + std::to_string(number % 100);
    });
    return all;
  }();
  return text.c_str();
}

} // namespace ctorch
