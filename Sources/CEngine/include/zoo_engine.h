/* What the host sees of the engine: `zoo_host_v1`, which it hands to plugins, and what it alone may set.
 *
 * The engine is a shared library of its own, libCTorch.so beside the program: libtorch's static initialisers take
 * 200 ms, which only those commands should pay that compute something. It exports `zoo_engine_v1` and nothing else.
 *
 * Functions that return a zoo_status leave their reason in the per-thread text of `host->last_error()`. All are callable from
 * any thread; settings hold for the whole process and belong before the first operator. */
#ifndef ZOO_ENGINE_H
#define ZOO_ENGINE_H

#include "zoo_plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Told of an operator that `call_op` has run, on the caller's thread, with what went in and came out. Those are its to look at
 * during the call, not to keep without `retain`. It must not fail, and calls nothing of the host's but `describe`, `schema` and
 * `retain`. `context` is what `listen` got. */
typedef void (*zoo_listener)(void *context, const zoo_op *op, const zoo_value *in, uint32_t n_in, const zoo_value *out, uint32_t n_out);

/* Opens a file that is a program (TorchScript, an AOTInductor package) after asking whether it may run. `descriptor` is the engine's
 * to close; `changed` is when its contents were last changed, in nanoseconds since 1970, as it was before anything else was asked of it. */
typedef zoo_status (*zoo_open_program)(const char *path, int32_t *descriptor, int64_t *changed);

/* What an observed operator got or gave. Lives for the call. */
typedef struct zoo_observed {
  int32_t ndim;      /* of a tensor; -1: it is none, or one without sizes */
  int32_t is_number; /* an integer or a truth value, which `number` holds */
  int64_t number;
  const int64_t *sizes;
  const void *identity; /* the same for the same tensor, as long as that lives */
} zoo_observed;

/* Told of an operator that has run, on the thread it ran on. `depth` counts the operators of that thread that it was called within,
 * which come later. It must not fail, and calls nothing of the engine's. */
typedef void (*zoo_observer)(void *context, const char *name, int32_t depth, const zoo_observed *in, uint32_t n_in, const zoo_observed *out,
                             uint32_t n_out);

typedef struct zoo_engine {
  uint32_t struct_size; /* program and engine are built together: anything but its size here is another build's */

  /* The one table of this process. */
  const zoo_host_v1 *host;

  /* The version of the libtorch this was compiled for, "2.13.0". */
  const char *version;

  /* The services that are not the engine's. Call it once, before any plugin gets the table; NULL keeps what is there: `log` writes
   * to standard error, `make_part` fails with ZOO_UNSUPPORTED, `open_program` opens whatever it is asked for. */
  void (*set_host_callbacks)(void (*log)(zoo_log_level, const char *message),
                             zoo_status (*make_part)(zoo_builder *, const char *slot, const zoo_build_v1 *, zoo_part_v1 *),
                             zoo_open_program open_program);

  /* The path of the libtorch_cpu.so in use; "" if the dynamic linker does not tell. */
  const char *(*library_path)(void);

  /* Threads within one operator; 1 or more. Between operators it is always 1. Threads that have already run an operator
   * may keep the former number, so set it first. */
  zoo_status (*set_threads)(int32_t threads);
  int32_t (*threads)(void);

  /* Seeds the default generators: the CPU's, and those of all CUDA devices once CUDA is enabled. */
  zoo_status (*seed)(uint64_t seed);

  /* 1: the CPU takes subnormal floats as zero. They can slow down an operator a hundredfold when weights or
   * activations decay towards zero; results change by less than 1.2e-38 (float32). It holds for the calling thread and
   * for the threads that start afterwards. ZOO_UNSUPPORTED where the processor cannot. */
  zoo_status (*flush_denormals)(int32_t on);

  /* What convolutions multiply from now on, in float32's operators: float32 itself, or both factors rounded to bfloat16 and their
   * products added in float32. Weights stay as they are. ZOO_UNSUPPORTED for bfloat16 where ZOO_KERNELS=off takes ATen's operators. */
  zoo_status (*set_precision)(zoo_dtype precision); /* ZOO_F32 or ZOO_BF16 */

  /* The set of instructions that the kernels are taken for: "avx2"; "off" for ATen's operators. NULL if ZOO_CPU names one that this
   * processor lacks, with the reason in `last_error`. */
  const char *(*instructions)(void);

  /* Loads libtorch_cuda.so from beside libtorch_cpu.so, if it is not loaded yet. Must come before the first operator, as
   * libtorch asks for CUDA once and remembers the answer. `devices`: how many it finds. ZOO_UNSUPPORTED: this libtorch is
   * built without CUDA, or that part cannot be loaded. ZOO_NOT_FOUND: it finds no device.
   *
   * From then on float32 is multiplied as float32 (no TF32), algorithms are those that give the same bits each time where
   * there are such, and of an operator that has none the log tells once. No memory of a device is taken yet. */
  zoo_status (*enable_cuda)(int32_t *devices);

  /* "CUDA 13.0, cuDNN 9.15.1": what this libtorch was built with; "" before CUDA is enabled. */
  const char *(*cuda_libraries)(void);

  /* From now on `listener` is told of every operator that a plugin or the host calls, on whatever thread, and that succeeds. There is
   * one listener in a process; NULL: none. When it returns, the former one is not told of anything any more. */
  void (*listen)(zoo_listener listener, void *context);

  /* From now on `observer` is told of every operator of the dispatcher, wherever it is called from: by `call_op`, by another operator, by
   * TorchScript. A compiled package, whose arithmetic is no operator's, shows as one call of "zoo::aotinductor". There is one observer in a
   * process; NULL: none. When it returns, the former one is not told of anything any more. */
  void (*observe)(zoo_observer observer, void *context);
} zoo_engine;

/* The exported function, `zoo_engine_v1`. */
typedef const zoo_engine *(*zoo_engine_fn)(void);

#ifdef __cplusplus
}
#endif
#endif
