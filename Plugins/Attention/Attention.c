/* Attention: the attention family of spatial transformers [Jaderberg et al., arXiv:1506.02025, equation 2].
 *
 * Three parameters, isotropic scale s and translation (x, y): θ = [s 0 x; 0 s y]. It crops, zooms and shifts, and
 * cannot rotate. Scale and translation are affine in the parameters, so θ is one matrix product; gradients come by themselves. */
#define OPERATORS(X)                                                                                                                       \
  X(MATMUL, "aten::matmul", "")                                                                                                            \
  X(TO, "aten::to", "other")                                                                                                               \
  X(RESHAPE, "aten::reshape", "")                                                                                                          \
  X(NARROW, "aten::narrow", "")                                                                                                            \
  X(PAD, "aten::constant_pad_nd", "")                                                                                                      \
  X(ADD, "aten::add", "Tensor")                                                                                                            \
  X(NEG, "aten::neg", "")                                                                                                                  \
  X(INVERSE, "aten::linalg_inv", "")                                                                                                       \
  X(CAT, "aten::cat", "")                                                                                                                  \
  X(WARP, "zoo::warp", "")
#include "zoo_support.h"

enum { PARAMETERS = 3 };

typedef struct family {
  module base;
  zoo_tensor *basis; /* 3×6: what each parameter adds to the six entries of θ */
  char padding[8];   /* "zeros" or "border" */
} family;

static const char *const paddings[] = {"zeros", "border", NULL};
static const zoo_option_v1 options[] = {
    {"padding", "what lies outside the image", ZOO_STRING, {ZOO_STRING, 5, {.string = "zeros"}}, -INFINITY, INFINITY, paddings},
};

static void destroy(void *self) {
  host->release(((family *)self)->basis);
  module_destroy(self);
}

static zoo_status create(const zoo_component_v1 *component, const zoo_build_v1 *build, void **self) {
  (void)component;
  static const float basis[PARAMETERS * 6] = {
      1, 0, 0, 0, 1, 0, /* s */
      0, 0, 1, 0, 0, 0, /* x */
      0, 0, 0, 0, 0, 1, /* y */
  };
  family *f = NULL;
  zoo_status s = module_make(sizeof *f, &f);
  if (s != ZOO_OK) return s;
  /* Settings live during `create` only. The host has checked that this is one of `paddings`. */
  snprintf(f->padding, sizeof f->padding, "%.*s", (int)build->settings[0].count, build->settings[0].as.string);
  s = host->from_data(basis, ZOO_F32, (int64_t[]){PARAMETERS, 6}, 2, NULL, NULL, &f->basis);
  if (s != ZOO_OK) {
    destroy(f);
    return s;
  }
  *self = f;
  return ZOO_OK;
}

static uint32_t parameter_count(void *self) {
  (void)self;
  return PARAMETERS;
}

static uint32_t flags(void *self) {
  (void)self;
  return ZOO_COMPOSES | ZOO_INVERTS;
}

static zoo_status identity(void *self, double *parameters) {
  (void)self;
  parameters[0] = 1;
  parameters[1] = parameters[2] = 0;
  return ZOO_OK;
}

static zoo_status output_size(void *self, int64_t height, int64_t width, int64_t *out_height, int64_t *out_width) {
  (void)self;
  *out_height = height;
  *out_width = width;
  return ZOO_OK;
}

/* N×3 to θ, N×2×3. */
static zoo_status transformation(void *self, zoo_tensor *parameters, zoo_tensor **theta) {
  zoo_tensor_info info;
  host->describe(parameters, &info);
  if (info.ndim != 2 || info.sizes[1] != PARAMETERS) return host->fail(ZOO_BAD_ARGUMENT, "attention takes parameters of shape N×3");
  zoo_tensor *x = NULL;
  /* The basis as the parameters are: float64 in checks, on a GPU maybe. */
  zoo_status s = CALL(TO, &x, T(((family *)self)->basis), T(parameters));
  if (s == ZOO_OK) s = NEXT(MATMUL, &x, T(parameters), T(x));
  if (s == ZOO_OK) s = NEXT(RESHAPE, &x, T(x), INTS(((int64_t[]){-1, 2, 3}), 3));
  if (s != ZOO_OK)
    host->release(x);
  else
    *theta = x;
  return s;
}

/* [A a]·[B b] = [AB, Ab + a]: the linear part times all of the second, and a added in the last column. */
static zoo_status compose(void *self, zoo_tensor *first, zoo_tensor *second, zoo_tensor **theta) {
  (void)self;
  zoo_tensor *x = NULL, *shift = NULL;
  zoo_status s = CALL(NARROW, &x, T(first), INT(2), INT(0), INT(2));
  if (s == ZOO_OK) s = NEXT(MATMUL, &x, T(x), T(second));
  if (s == ZOO_OK) s = CALL(NARROW, &shift, T(first), INT(2), INT(2), INT(1));
  if (s == ZOO_OK) s = NEXT(PAD, &shift, T(shift), INTS(((int64_t[]){2, 0}), 2));
  if (s == ZOO_OK) s = NEXT(ADD, &x, T(x), T(shift));
  host->release(shift);
  if (s != ZOO_OK)
    host->release(x);
  else
    *theta = x;
  return s;
}

/* [A a]⁻¹ = [A⁻¹, -A⁻¹a]. */
static zoo_status invert(void *self, zoo_tensor *theta, zoo_tensor **inverse) {
  (void)self;
  zoo_tensor *linear = NULL, *shift = NULL;
  zoo_status s = CALL(NARROW, &linear, T(theta), INT(2), INT(0), INT(2));
  if (s == ZOO_OK) s = NEXT(INVERSE, &linear, T(linear));
  if (s == ZOO_OK) s = CALL(NARROW, &shift, T(theta), INT(2), INT(2), INT(1));
  if (s == ZOO_OK) s = NEXT(MATMUL, &shift, T(linear), T(shift));
  if (s == ZOO_OK) s = NEXT(NEG, &shift, T(shift));
  zoo_tensor *both[2] = {linear, shift};
  if (s == ZOO_OK) s = CALL(CAT, inverse, TENSORS(both, 2), INT(2));
  host->release(linear);
  host->release(shift);
  return s;
}

static zoo_status warp(void *self, zoo_tensor *images, zoo_tensor *theta, int64_t height, int64_t width, zoo_tensor **out) {
  const family *f = self;
  return CALL(WARP, out, T(images), T(theta), INTS(((int64_t[]){height, width}), 2), STRING(f->padding, strlen(f->padding)));
}

static const zoo_transformer_v1 functions = {sizeof functions, parameter_count, flags,  identity, output_size,
                                             transformation,   compose,         invert, warp};

static const zoo_component_v1 component = {
    .struct_size = sizeof component,
    .kind = ZOO_TRANSFORMER,
    .id = "attention",
    .summary = "Attention: isotropic scale and translation, 3 parameters",
    .paper = "arXiv:1506.02025",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .create = create,
    .destroy = destroy,
    .state = module_state,
    .set_training = module_set_training,
    .table = &functions,
};

/* ---- What the host reads and calls ---- */

static const char descriptor[] = ZOO_DESCRIPTOR("id: Attention\n"
                                                "version: 1.0.0\n"
                                                "licence: Apache-2.0\n"
                                                "summary: The attention family: isotropic scale and translation, in C\n"
                                                "authors: The STN Zoo authors\n"
                                                "papers: arXiv:1506.02025\n");

static const zoo_component_v1 *const components[] = {&component};
static const zoo_plugin_table_v1 table = {
    .magic = ZOO_MAGIC,
    .abi_major = ZOO_ABI_MAJOR,
    .abi_minor = ZOO_ABI_MINOR,
    .struct_size = sizeof table,
    .descriptor = descriptor,
    .components = components,
    .component_count = sizeof components / sizeof *components,
};

ZOO_EXPORT const zoo_plugin_table_v1 *libAttention_LTX_zoo_plugin_v1(const zoo_host_v1 *given);
const zoo_plugin_table_v1 *libAttention_LTX_zoo_plugin_v1(const zoo_host_v1 *given) { return attach(given) == ZOO_OK ? &table : NULL; }
