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

enum { LAYERS = 2 };

typedef struct layer {
  zoo_tensor *weight, *bias;                           /* the convolution */
  zoo_tensor *squeeze, *squeeze_bias;                  /* channels to channels / reduction */
  zoo_tensor *excite, *excite_bias;                    /* and back */
} layer;

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
  static const char *const names[LAYERS][6] = {
      {"conv1.weight", "conv1.bias", "se1.squeeze.weight", "se1.squeeze.bias", "se1.excite.weight", "se1.excite.bias"},
      {"conv2.weight", "conv2.bias", "se2.squeeze.weight", "se2.squeeze.bias", "se2.excite.weight", "se2.excite.bias"}};
  static const int64_t kernels[LAYERS] = {5, 3};
  const int64_t width = build->settings[0].as.i, reduction = build->settings[1].as.i;
  const int64_t squeezed = width / reduction > 0 ? width / reduction : 1;
  net *n = NULL;
  zoo_status s = module_make(sizeof *n, &n);
  if (s != ZOO_OK) return s;
  n->channels = width;
  int64_t inputs = build->channels, height = build->height, width_of_map = build->width;
  for (int i = 0; i < LAYERS && s == ZOO_OK; i++) {
    const int64_t k = kernels[i];
    layer *l = &n->layers[i];
    const double bound = initial_bound(inputs * k * k);
    s = parameter(&n->base, names[i][0], (int64_t[]){width, inputs, k, k}, 4, bound, &l->weight);
    if (s == ZOO_OK) s = parameter(&n->base, names[i][1], &width, 1, bound, &l->bias);
    if (s == ZOO_OK) s = parameter(&n->base, names[i][2], (int64_t[]){squeezed, width}, 2, initial_bound(width), &l->squeeze);
    if (s == ZOO_OK) s = parameter(&n->base, names[i][3], &squeezed, 1, initial_bound(width), &l->squeeze_bias);
    if (s == ZOO_OK) s = parameter(&n->base, names[i][4], (int64_t[]){width, squeezed}, 2, initial_bound(squeezed), &l->excite);
    if (s == ZOO_OK) s = parameter(&n->base, names[i][5], &width, 1, initial_bound(squeezed), &l->excite_bias);
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

/* x · sigmoid(excite(relu(squeeze(mean of x)))), channel by channel; *x is replaced. */
static zoo_status squeeze_excite(const layer *l, int64_t channels, zoo_tensor **x) {
  zoo_tensor *gate = NULL;
  zoo_status s = CALL(MEAN, &gate, T(*x), INTS(((int64_t[]){2, 3}), 2));
  if (s == ZOO_OK) s = NEXT(LINEAR, &gate, T(gate), T(l->squeeze), T(l->squeeze_bias));
  if (s == ZOO_OK) s = NEXT(RELU, &gate, T(gate));
  if (s == ZOO_OK) s = NEXT(LINEAR, &gate, T(gate), T(l->excite), T(l->excite_bias));
  if (s == ZOO_OK) s = NEXT(SIGMOID, &gate, T(gate));
  if (s == ZOO_OK) s = NEXT(RESHAPE, &gate, T(gate), INTS(((int64_t[]){-1, channels, 1, 1}), 4));
  if (s == ZOO_OK) s = NEXT(MUL, x, T(*x), T(gate));
  host->release(gate);
  return s;
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
