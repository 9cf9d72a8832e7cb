/* {{NAME}}: canonicalization in closed form.
 *
 * The image is turned about its centre so that its centre of brightness lies to the right, and the classifier sees the turned image.
 * Nothing is learned for it, and it follows every rotation. It differs from what other architectures promise, so it says so in its
 * traits: its pose is not the identity before training, and no gradient goes through it. It also promises more: logits that do not
 * change under quarter turns. */
#define OPERATORS(X)                                                                                                                       \
  X(MEAN, "aten::mean", "dim")                                                                                                             \
  X(FLATTEN, "aten::flatten", "using_ints")                                                                                                \
  X(SMALLEST, "aten::amin", "")                                                                                                            \
  X(SUBTRACT, "aten::sub", "Tensor")                                                                                                       \
  X(PRODUCT, "aten::matmul", "")                                                                                                           \
  X(TO, "aten::to", "other")                                                                                                               \
  X(PICK, "aten::select", "int")                                                                                                           \
  X(ARCTANGENT, "aten::atan2", "")                                                                                                         \
  X(COSINE, "aten::cos", "")                                                                                                               \
  X(SINE, "aten::sin", "")                                                                                                                 \
  X(SCALE, "aten::mul", "Scalar")                                                                                                          \
  X(STACK, "aten::stack", "")                                                                                                              \
  X(RESHAPE, "aten::reshape", "")                                                                                                          \
  X(WARP, "zoo::warp", "")
#include "zoo_support.h"

static const zoo_slot_v1 slots[] = {
    {"extractor", "the classification network, on the turned image", ZOO_EXTRACTOR, 1},
};

typedef struct net {
  module base;
  int64_t height, width;
  zoo_part_v1 extractor;
  uint32_t stages;
  zoo_tensor *places;           /* (H·W)×2: how far every pixel is to the right of the centre, and above it */
  char *names[MOST_PARAMETERS]; /* "extractor.name" of its parameters */
} net;

static void destroy(void *self) {
  net *n = self;
  host->release(n->places);
  for (uint32_t i = 0; i < n->base.count; i++) {
    host->release(n->base.entries[i].tensor);
    free(n->names[i]);
  }
  if (n->extractor.component) n->extractor.component->destroy(n->extractor.instance);
  free(n);
}

static zoo_status make(net *n, const zoo_build_v1 *build) {
  n->height = build->height, n->width = build->width;
  zoo_build_v1 wanted = {.struct_size = sizeof wanted,
                         .channels = build->channels,
                         .height = build->height,
                         .width = build->width,
                         .outputs = build->outputs};
  zoo_status s = host->make_part(build->builder, "extractor", &wanted, &n->extractor);
  if (s != ZOO_OK) return s;
  const zoo_extractor_v1 *extractor = n->extractor.component->table;
  n->stages = extractor->stage_count(n->extractor.instance);
  const int64_t pixels = n->height * n->width;
  double *list = malloc((size_t)(2 * pixels) * sizeof *list);
  if (!list) return host->fail(ZOO_OUT_OF_MEMORY, "out of memory");
  for (int64_t i = 0; i < pixels; i++) {
    list[2 * i] = (double)(i % n->width) - (double)(n->width - 1) / 2;
    list[2 * i + 1] = (double)(n->height - 1) / 2 - (double)(i / n->width);
  }
  s = host->from_data(list, ZOO_F64, (int64_t[]){pixels, 2}, 2, NULL, NULL, &n->places);
  free(list);
  return s == ZOO_OK ? adopt(&n->base, "extractor", &n->extractor, n->names) : s;
}

static zoo_status create(const zoo_component_v1 *component, const zoo_build_v1 *build, void **self) {
  (void)component;
  net *n = NULL;
  zoo_status s = module_make(sizeof *n, &n);
  if (s == ZOO_OK) s = make(n, build);
  if (s != ZOO_OK) {
    if (n) destroy(n);
    return s;
  }
  *self = n;
  return ZOO_OK;
}

static zoo_status set_training(void *self, int32_t on) {
  net *n = self;
  n->base.training = on;
  return n->extractor.component->set_training(n->extractor.instance, on);
}

/* The angle of the centre of brightness, N, in radians, anticlockwise from the right. In float64, the type of `places`, as what is left
 * and right of the centre nearly cancels. */
static zoo_status direction(const net *n, zoo_tensor *in, zoo_tensor **angle) {
  const int64_t along[] = {1};
  zoo_tensor *plane = NULL, *floor = NULL, *right = NULL;
  zoo_status s = CALL(TO, &plane, T(in), T(n->places));
  if (s == ZOO_OK) s = NEXT(MEAN, &plane, T(plane), INTS(along, 1));
  if (s == ZOO_OK) s = NEXT(FLATTEN, &plane, T(plane), INT(1));
  if (s == ZOO_OK) s = CALL(SMALLEST, &floor, T(plane), INTS(along, 1), BOOL(1));
  if (s == ZOO_OK) s = NEXT(SUBTRACT, &plane, T(plane), T(floor));
  if (s == ZOO_OK) s = NEXT(PRODUCT, &plane, T(plane), T(n->places));
  if (s == ZOO_OK) s = CALL(PICK, &right, T(plane), INT(1), INT(0));
  if (s == ZOO_OK) s = NEXT(PICK, &plane, T(plane), INT(1), INT(1));
  if (s == ZOO_OK) s = CALL(ARCTANGENT, angle, T(plane), T(right));
  host->release(plane);
  host->release(floor);
  host->release(right);
  return s;
}

/* θ, N×2×3, which turns an image clockwise by an angle. A pixel is as long as its side is short in coordinates of [-1, 1]. */
static zoo_status undo(const net *n, zoo_tensor *angle, zoo_tensor **theta) {
  const double aspect = (double)n->height / (double)n->width;
  zoo_tensor *cosine = NULL, *sine = NULL, *right = NULL, *down = NULL, *zero = NULL;
  zoo_status s = CALL(COSINE, &cosine, T(angle));
  if (s == ZOO_OK) s = CALL(SINE, &sine, T(angle));
  if (s == ZOO_OK) s = CALL(SCALE, &right, T(sine), DOUBLE(aspect));
  if (s == ZOO_OK) s = CALL(SCALE, &down, T(sine), DOUBLE(-1 / aspect));
  if (s == ZOO_OK) s = CALL(SCALE, &zero, T(angle), DOUBLE(0));
  if (s == ZOO_OK) {
    zoo_tensor *const rows[] = {cosine, right, zero, down, cosine, zero};
    const int64_t sizes[] = {-1, 2, 3};
    s = CALL(STACK, theta, TENSORS(rows, 6), INT(1));
    if (s == ZOO_OK) s = NEXT(RESHAPE, theta, T(*theta), INTS(sizes, 3));
  }
  host->release(cosine);
  host->release(sine);
  host->release(right);
  host->release(down);
  host->release(zero);
  return s;
}

static zoo_status forward(void *self, zoo_tensor *in, const zoo_trace_v1 *trace, zoo_tensor **logits) {
  const net *n = self;
  zoo_tensor_info info;
  host->describe(in, &info);
  if (info.ndim != 4 || info.sizes[2] != n->height || info.sizes[3] != n->width)
    return host->fail(ZOO_BAD_ARGUMENT, "{{ID}} takes images of the size that it was built for");
  zoo_tensor *angle = NULL, *theta = NULL, *turned = NULL, *features = NULL;
  const int32_t recording = host->grad_mode();
  host->set_grad_mode(0);
  zoo_status s = direction(n, in, &angle);
  if (s == ZOO_OK) s = undo(n, angle, &theta);
  if (s == ZOO_OK) s = NEXT(TO, &theta, T(theta), T(in));
  host->set_grad_mode(recording);
  const int64_t size[] = {n->height, n->width};
  if (s == ZOO_OK) s = CALL(WARP, &turned, T(in), T(theta), INTS(size, 2), STRING("border", 6));
  if (s == ZOO_OK && trace) {
    trace->record(trace->context, "theta.1", theta);
    trace->record(trace->context, "warped", turned);
  }
  const zoo_extractor_v1 *extractor = n->extractor.component->table;
  if (s == ZOO_OK) s = extractor->forward(n->extractor.instance, 0, n->stages, turned, &features);
  if (s == ZOO_OK) s = extractor->classify(n->extractor.instance, features, logits);
  host->release(angle);
  host->release(theta);
  host->release(turned);
  host->release(features);
  return s;
}

static const zoo_architecture_v1 functions = {sizeof functions, forward};

static const zoo_wiring_v1 wiring = {sizeof wiring, ZOO_TARGET_INPUT,
                                     "x ─┬─→ direction of the centre of brightness ─┐\n"
                                     "   └──────→ x turned back by it ──→ {extractor} ──→ logits"};

/* What 'zoo plugin check' holds it to. */
static zoo_status traits(void *self, zoo_traits_v1 *out) {
  (void)self;
  *out = (zoo_traits_v1){.struct_size = sizeof *out, .flags = ZOO_POSED_AT_FIRST | ZOO_POSE_DETACHED, .rotations = 4};
  return ZOO_OK;
}

static const zoo_trait_table_v1 trait_table = {sizeof trait_table, traits};

static const void *extension(const zoo_component_v1 *component, const char *id) {
  (void)component;
  if (!id) return NULL;
  return strcmp(id, ZOO_EXT_WIRING) == 0 ? (const void *)&wiring : strcmp(id, ZOO_EXT_TRAITS) == 0 ? (const void *)&trait_table : NULL;
}

static const zoo_component_v1 component = {
    .struct_size = sizeof component,
    .kind = ZOO_ARCHITECTURE,
    .id = "{{ID}}",
    .summary = "Canonicalization in closed form: the centre of brightness is turned to the right",
    .paper = "arXiv:2211.06489",
    .slots = slots,
    .slot_count = 1,
    .create = create,
    .destroy = destroy,
    .state = module_state,
    .set_training = set_training,
    .table = &functions,
    .extension = extension,
};
