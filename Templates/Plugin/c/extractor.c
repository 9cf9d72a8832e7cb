/* {{NAME}}: a small classification network with squeeze and excitation.
 *
 * Two stages of convolution 3×3, ReLU and max-pool 2, each followed by a gate per channel that is computed from the
 * channels' means [Hu et al., arXiv:1709.01507]; then one linear layer. */
#define OPERATORS(X)                                                                                                                       \
  X(CONV2D, "aten::conv2d", "")                                                                                                            \
  X(MAX_POOL, "aten::max_pool2d", "")                                                                                                      \
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
  zoo_stage_v1 stages[LAYERS];
  int64_t channels;
  zoo_tensor *classifier, *classifier_bias; /* NULL where only features are wanted */
} net;

static const zoo_option_v1 options[] = {
    {"width", "channels of both stages", ZOO_INT, {ZOO_INT, 0, {.i = 16}}, 1, 1024, NULL},
    {"reduction", "channels per unit of the squeezed layer", ZOO_INT, {ZOO_INT, 0, {.i = 4}}, 1, 64, NULL},
};

/* The size that an architecture gives the maps after `stage` stages, if it resamples them there. */
static void resample(const zoo_build_v1 *build, uint32_t stage, int64_t *height, int64_t *width) {
  for (uint32_t i = 0; i < build->resize_count; i++)
    if (build->resizes[i].stage == stage) {
      *height = build->resizes[i].height;
      *width = build->resizes[i].width;
    }
}

static zoo_status create(const zoo_component_v1 *component, const zoo_build_v1 *build, void **self) {
  (void)component;
  static const char *const stage_names[LAYERS] = {"se1", "se2"};
  const int64_t channels = build->settings[0].as.i, reduction = build->settings[1].as.i;
  net *n = NULL;
  zoo_status s = module_make(sizeof *n, &n);
  if (s != ZOO_OK) return s;
  n->channels = channels;
  int64_t inputs = build->channels, height = build->height, width = build->width;
  resample(build, 0, &height, &width);
  for (uint32_t i = 0; i < LAYERS && s == ZOO_OK; i++) {
    if (height < 2 || width < 2) {
      s = host->fail(ZOO_BAD_ARGUMENT, "{{ID}}: the input is too small for two poolings by 2, expected 4×4 or more");
      break;
    }
    s = make_layer(&n->base, names[i], inputs, channels, reduction, 3, &n->layers[i]);
    inputs = channels;
    height /= 2;
    width /= 2;
    /* What a stage gives is what it promises: the harness checks it, and architectures are sized by it. */
    n->stages[i] = (zoo_stage_v1){stage_names[i], channels, height, width, i == 0 ? 2 : 4, 1, 0};
    resample(build, i + 1, &height, &width);
  }
  if (s == ZOO_OK && build->outputs > 0) {
    const int64_t features = channels * height * width;
    s = parameter(&n->base, "classifier.weight", (int64_t[]){build->outputs, features}, 2, initial_bound(features), &n->classifier);
    if (s == ZOO_OK)
      s = parameter(&n->base, "classifier.bias", &build->outputs, 1, initial_bound(features), &n->classifier_bias);
  }
  if (s != ZOO_OK) {
    module_destroy(n);
    return s;
  }
  *self = n;
  return ZOO_OK;
}

static uint32_t stage_count(void *self) {
  (void)self;
  return LAYERS;
}

static zoo_status stage(void *self, uint32_t index, zoo_stage_v1 *out) {
  if (index >= LAYERS) return host->fail(ZOO_NOT_FOUND, "{{ID}} has two stages");
  *out = ((net *)self)->stages[index];
  return ZOO_OK;
}

/* Stages first ..< last. */
static zoo_status forward(void *self, uint32_t first, uint32_t last, zoo_tensor *in, zoo_tensor **out) {
  const net *n = self;
  if (first > last || last > LAYERS) return host->fail(ZOO_BAD_ARGUMENT, "{{ID}} has two stages");
  zoo_tensor *x = in;
  host->retain(x);
  zoo_status s = ZOO_OK;
  for (uint32_t i = first; i < last && s == ZOO_OK; i++) {
    const layer *l = &n->layers[i];
    s = NEXT(CONV2D, &x, T(x), T(l->weight), T(l->bias), INT(1), INT(1));
    if (s == ZOO_OK) s = NEXT(RELU, &x, T(x));
    if (s == ZOO_OK) s = NEXT(MAX_POOL, &x, T(x), INT(2), INT(2));
    if (s == ZOO_OK) s = squeeze_excite(l, n->channels, &x);
  }
  if (s != ZOO_OK) host->release(x);
  else *out = x;
  return s;
}

static zoo_status classify(void *self, zoo_tensor *features, zoo_tensor **logits) {
  const net *n = self;
  if (!n->classifier) return host->fail(ZOO_UNSUPPORTED, "{{ID}} was built for features only");
  zoo_tensor *x = NULL;
  zoo_status s = CALL(FLATTEN, &x, T(features), INT(1));
  if (s == ZOO_OK) s = NEXT(LINEAR, &x, T(x), T(n->classifier), T(n->classifier_bias));
  if (s != ZOO_OK) host->release(x);
  else *logits = x;
  return s;
}

static const zoo_extractor_v1 functions = {sizeof functions, stage_count, stage, forward, classify, NULL};

static const zoo_component_v1 component = {
    .struct_size = sizeof component,
    .kind = ZOO_EXTRACTOR,
    .id = "{{ID}}",
    .summary = "Classifier with squeeze and excitation: two stages of conv 3×3, ReLU and max-pool 2; linear",
    .paper = "arXiv:1709.01507",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .create = create,
    .destroy = module_destroy,
    .state = module_state,
    .set_training = module_set_training,
    .table = &functions,
};
