#include "aotinductor.h"

#include "operators.h"
#include "program_file.h"
#include "values.h"

#include <ATen/core/grad_mode.h>
#include <ATen/record_function.h>
#include <cstdlib>
#include <memory>
#include <string>
#include <torch/csrc/inductor/aoti_package/model_package_loader.h>
#include <vector>

struct zoo_package {
  std::string path;
  torch::inductor::AOTIModelPackageLoader loader;
};

namespace ctorch {
namespace {

// Errors of the package's code come with the place in PyTorch that passed them on; their first line says what it was.
std::string first_line(const std::exception &e) {
  const auto *error = dynamic_cast<const c10::Error *>(&e);
  std::string text = error ? error->what_without_backtrace() : e.what();
  return text.substr(0, text.find('\n'));
}

zoo_status load(const char *path, zoo_package **out) {
  if (!path || !out) return fail(ZOO_BAD_ARGUMENT, "aotinductor: path or out is NULL");
  *out = nullptr;
  route_warnings();
  return guard([&] {
    // Compiled code looks at the sizes of its inputs only when it is told to, and else reads beyond their ends.
    setenv("AOTI_RUNTIME_CHECK_INPUTS", "1", 1);
    const ProgramFile file(path);
    try {
      std::unique_ptr<zoo_package> package(new zoo_package{path, {file.place(), "model", /*run_single_threaded=*/false}});
      file.require_unchanged();
      *out = package.release();
    } catch (const Failure &) {
      throw;
    } catch (const std::exception &e) {
      throw Failure(ZOO_ERROR,
                    std::string(path) +
                        ": not a package of torch._inductor.aoti_compile_and_package for this machine and libtorch " TORCH_VERSION ": " +
                        first_line(e));
    }
  });
}

void release(zoo_package *package) { delete package; }

zoo_status call(zoo_package *package, zoo_tensor *in, zoo_tensor **out) {
  if (!package || !out) return fail(ZOO_BAD_ARGUMENT, "aotinductor: the package or out is NULL");
  *out = nullptr;
  route_warnings();
  return guard([&] {
    auto x = need(in, "aotinductor");
    if (c10::GradMode::is_enabled() && x.requires_grad())
      throw Failure(ZOO_UNSUPPORTED, package->path + ": an AOTInductor package computes no gradients");
    if (!x.is_cpu())
      throw Failure(ZOO_UNSUPPORTED,
                    package->path + ": an AOTInductor package computes on the CPU here, and the input is on " + x.device().str());
    std::vector<at::Tensor> results;
    // What is computed inside passes no dispatcher; that it is shows under this name.
    RECORD_USER_SCOPE("zoo::aotinductor");
    try {
      results = package->loader.run({x.contiguous()});
    } catch (const std::exception &e) {
      throw Failure(ZOO_BAD_ARGUMENT, package->path + ": the package does not take an input of " + c10::str(x.sizes()) + " " +
                                          c10::toString(x.scalar_type()) + ": " + first_line(e));
    }
    if (results.size() != 1)
      throw Failure(ZOO_UNSUPPORTED, package->path + ": the package gives " + std::to_string(results.size()) + " tensors, expected one");
    *out = give(std::move(results.front()));
  });
}

} // namespace

const zoo_aotinductor_v1 aotinductor_extension = {sizeof(zoo_aotinductor_v1), load, release, call};

} // namespace ctorch
