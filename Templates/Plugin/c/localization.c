/* {{NAME}}: a localization net with squeeze and excitation.
 *
 * Two strided convolutions look at the image. After each, a small network reads the mean of every channel ("squeeze")
 * and scales the channels by what it finds ("excitation") [Hu et al., arXiv:1709.01507]: which edges matter for the pose
 * may depend on what is in the picture. The last layer starts at zero, so that the transformer starts as the identity. */
#define OPERATORS(X)                                                                                                                       \
  X(CONV2D, "aten::conv2d", "")                                                                                                            \
  X(RELU, "aten::relu", "")                                                                                                                \
  X(SIGMOID, "aten::sigmoid", "")                                                                                                          \
  X(LINEAR, "aten::linear", "")                                                                                                            \
  X(MEAN, "aten::mean", "dim")                                                                                                             \
  X(MUL, "aten::mul", "Tensor")                                                                                                            \
  X(RESHAPE, "aten::reshape", "")                                                                                                          \
  X(FLATTEN, "aten::flatten", "using_ints")
#include "zoo_support.h"

{{SQUEEZE}}
typedef struct net {
  module base;
  layer layers[LAYERS];
  int64_t channels;
  zoo_tensor *theta, *theta_bias;
} net;

static const zoo_option_v1 options[] = {
    {"width", "channels of both convolutions", ZOO_INT, {ZOO_INT, 0, {.i = 16}}, 1, 1024, NULL},
    {"reduction", "channels per unit of the squeezed layer", ZOO_INT, {ZOO_INT, 0, {.i = 4}}, 1, 64, NULL},
};

static zoo_status create(const zoo_component_v1 *component, const zoo_build_v1 *build, void **self) {
  (void)component;
  static const int64_t kernels[LAYERS] = {5, 3};
  const int64_t width = build->settings[0].as.i, reduction = build->settings[1].as.i;
  net *n = NULL;
  zoo_status s = module_make(sizeof *n, &n);
  if (s != ZOO_OK) return s;
  n->channels = width;
  int64_t inputs = build->channels, height = build->height, width_of_map = build->width;
  for (int i = 0; i < LAYERS && s == ZOO_OK; i++) {
    s = make_layer(&n->base, names[i], inputs, width, reduction, kernels[i], &n->layers[i]);
    /* Stride 2 and padding k / 2 halve the sides, rounded up. */
    inputs = width;
    height = (height + 1) / 2;
    width_of_map = (width_of_map + 1) / 2;
  }
  /* At zero: a localization net says "no offset from the identity" before it has learned anything. */
  if (s == ZOO_OK)
    s = parameter(&n->base, "theta.weight", (int64_t[]){build->outputs, width * height * width_of_map}, 2, 0, &n->theta);
  if (s == ZOO_OK) s = parameter(&n->base, "theta.bias", &build->outputs, 1, 0, &n->theta_bias);
  if (s != ZOO_OK) {
    module_destroy(n);
    return s;
  }
  *self = n;
  return ZOO_OK;
}

/* N×C×H×W to N×outputs. */
static zoo_status forward(void *self, zoo_tensor *in, zoo_tensor **offset) {
  const net *n = self;
  zoo_tensor *x = in;
  host->retain(x);
  zoo_status s = ZOO_OK;
  for (int i = 0; i < LAYERS && s == ZOO_OK; i++) {
    const layer *l = &n->layers[i];
    s = NEXT(CONV2D, &x, T(x), T(l->weight), T(l->bias), INT(2), INT(i == 0 ? 2 : 1));
    if (s == ZOO_OK) s = NEXT(RELU, &x, T(x));
    if (s == ZOO_OK) s = squeeze_excite(l, n->channels, &x);
  }
  if (s == ZOO_OK) s = NEXT(FLATTEN, &x, T(x), INT(1));
  if (s == ZOO_OK) s = NEXT(LINEAR, &x, T(x), T(n->theta), T(n->theta_bias));
  if (s != ZOO_OK) host->release(x);
  else *offset = x;
  return s;
}

static const zoo_localization_v1 functions = {sizeof functions, forward};

static const zoo_component_v1 component = {
    .struct_size = sizeof component,
    .kind = ZOO_LOCALIZATION,
    .id = "{{ID}}",
    .summary = "Localization with squeeze and excitation: two strided convolutions, channels scaled by what they see",
    .paper = "arXiv:1709.01507",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .create = create,
    .destroy = module_destroy,
    .state = module_state,
    .set_training = module_set_training,
    .table = &functions,
};
