/* {{NAME}}: a spatial transformer that does not bet everything on its transformation.
 *
 * The classifier sees the image twice, as it is and as the transformer aligned it, and the two answers (logits) are averaged.
 * At the beginning, when the transformation is the identity, this is exactly the plain classifier. In training the two answers are
 * also drawn towards each other, by a loss that stands beside the cross entropy. */
#define OPERATORS(X)                                                                                                                       \
  X(ADD, "aten::add", "Tensor")                                                                                                            \
  X(SCALE, "aten::mul", "Scalar")                                                                                                          \
  X(GAP, "aten::mse_loss", "")                                                                                                             \
  X(TO, "aten::to", "other")
#include "zoo_support.h"

enum { LOCALIZATION, TRANSFORMER, EXTRACTOR, PARTS };

/* What an entry has to fill, in the order of the enumeration. */
static const zoo_slot_v1 slots[PARTS] = {
    {"localization", "predicts the transformation from the input", ZOO_LOCALIZATION, 1},
    {"transformer", "family of the transformation, and how it samples", ZOO_TRANSFORMER, 1},
    {"extractor", "the classification network, for both views", ZOO_EXTRACTOR, 1},
};

typedef struct net {
  module base;
  zoo_part_v1 parts[PARTS];
  zoo_tensor *identity;        /* 1×K, the family's parameters of the identity */
  uint32_t stages;             /* of the extractor */
  char *names[MOST_PARAMETERS]; /* "slot.name" of the parts' parameters */
} net;

static void destroy(void *self) {
  net *n = self;
  host->release(n->identity);
  for (uint32_t i = 0; i < n->base.count; i++) {
    host->release(n->base.entries[i].tensor);
    free(n->names[i]);
  }
  for (int i = 0; i < PARTS; i++)
    if (n->parts[i].component) n->parts[i].component->destroy(n->parts[i].instance);
  free(n);
}

static zoo_status make_parts(net *n, const zoo_build_v1 *build) {
  /* A part is asked for with the size of what it will get; only these fields are read. */
  zoo_build_v1 wanted = {.struct_size = sizeof wanted, .channels = build->channels, .height = build->height, .width = build->width};
  zoo_status s = host->make_part(build->builder, "transformer", &wanted, &n->parts[TRANSFORMER]);
  if (s != ZOO_OK) return s;
  const zoo_transformer_v1 *family = n->parts[TRANSFORMER].component->table;
  void *instance = n->parts[TRANSFORMER].instance;
  const int64_t count = family->parameter_count(instance);
  double *identity = calloc((size_t)count + 1, sizeof *identity);
  if (!identity) return host->fail(ZOO_OUT_OF_MEMORY, "out of memory");
  s = family->identity(instance, identity);
  if (s == ZOO_OK) s = host->from_data(identity, ZOO_F64, (int64_t[]){1, count}, 2, NULL, NULL, &n->identity);
  free(identity);
  if (s != ZOO_OK) return s;

  int64_t height = build->height, width = build->width;
  s = family->output_size(instance, build->height, build->width, &height, &width);
  if (s == ZOO_OK && (height != build->height || width != build->width))
    s = host->fail(ZOO_BAD_ARGUMENT, "{{ID}}: the transformer changes the image's size, expected one that keeps it: both views go to one classifier");
  if (s != ZOO_OK) return s;
  wanted.outputs = build->outputs;
  s = host->make_part(build->builder, "extractor", &wanted, &n->parts[EXTRACTOR]);
  if (s != ZOO_OK) return s;
  const zoo_extractor_v1 *extractor = n->parts[EXTRACTOR].component->table;
  n->stages = extractor->stage_count(n->parts[EXTRACTOR].instance);

  wanted.outputs = count;
  return host->make_part(build->builder, "localization", &wanted, &n->parts[LOCALIZATION]);
}

static zoo_status create(const zoo_component_v1 *component, const zoo_build_v1 *build, void **self) {
  (void)component;
  net *n = NULL;
  zoo_status s = module_make(sizeof *n, &n);
  if (s != ZOO_OK) return s;
  s = make_parts(n, build);
  for (int i = 0; i < PARTS && s == ZOO_OK; i++) s = adopt(&n->base, slots[i].name, &n->parts[i], n->names);
  if (s != ZOO_OK) {
    destroy(n);
    return s;
  }
  *self = n;
  return ZOO_OK;
}

static zoo_status set_training(void *self, int32_t on) {
  net *n = self;
  n->base.training = on;
  for (int i = 0; i < PARTS; i++) {
    zoo_status s = n->parts[i].component->set_training(n->parts[i].instance, on);
    if (s != ZOO_OK) return s;
  }
  return ZOO_OK;
}

static zoo_status classify(const net *n, zoo_tensor *images, zoo_tensor **logits) {
  const zoo_part_v1 *part = &n->parts[EXTRACTOR];
  const zoo_extractor_v1 *extractor = part->component->table;
  zoo_tensor *features = NULL;
  zoo_status s = extractor->forward(part->instance, 0, n->stages, images, &features);
  if (s == ZOO_OK) s = extractor->classify(part->instance, features, logits);
  host->release(features);
  return s;
}

/* θ = M(identity + localization(x)). */
static zoo_status predict(const net *n, zoo_tensor *in, zoo_tensor **theta) {
  const zoo_localization_v1 *localization = n->parts[LOCALIZATION].component->table;
  const zoo_transformer_v1 *family = n->parts[TRANSFORMER].component->table;
  zoo_tensor *parameters = NULL, *start = NULL;
  zoo_status s = localization->forward(n->parts[LOCALIZATION].instance, in, &parameters);
  if (s == ZOO_OK) s = CALL(TO, &start, T(n->identity), T(parameters));
  if (s == ZOO_OK) s = NEXT(ADD, &parameters, T(parameters), T(start));
  if (s == ZOO_OK) s = family->transformation(n->parts[TRANSFORMER].instance, parameters, theta);
  host->release(start);
  host->release(parameters);
  return s;
}

static zoo_status forward(void *self, zoo_tensor *in, const zoo_trace_v1 *trace, zoo_tensor **logits) {
  const net *n = self;
  zoo_tensor_info info;
  host->describe(in, &info);
  if (info.ndim != 4) return host->fail(ZOO_BAD_ARGUMENT, "{{ID}} takes images N×C×H×W");
  const zoo_transformer_v1 *family = n->parts[TRANSFORMER].component->table;
  zoo_tensor *theta = NULL, *warped = NULL, *plain = NULL, *aligned = NULL, *gap = NULL;
  zoo_status s = predict(n, in, &theta);
  if (s == ZOO_OK) s = family->warp(n->parts[TRANSFORMER].instance, in, theta, info.sizes[2], info.sizes[3], &warped);
  if (s == ZOO_OK && trace) {
    /* Names that the harness knows: it measures poses by them. */
    trace->record(trace->context, "theta.1", theta);
    trace->record(trace->context, "warped", warped);
  }
  if (s == ZOO_OK) s = classify(n, in, &plain);
  if (s == ZOO_OK) s = classify(n, warped, &aligned);
  if (s == ZOO_OK && trace && n->base.training) {
    s = CALL(GAP, &gap, T(plain), T(aligned));
    if (s == ZOO_OK) trace->record(trace->context, "loss.agreement", gap);
  }
  if (s == ZOO_OK) s = NEXT(ADD, &plain, T(plain), T(aligned));
  if (s == ZOO_OK) s = CALL(SCALE, logits, T(plain), DOUBLE(0.5));
  host->release(theta);
  host->release(warped);
  host->release(plain);
  host->release(aligned);
  host->release(gap);
  return s;
}

static const zoo_architecture_v1 functions = {sizeof functions, forward};

static const zoo_wiring_v1 wiring = {sizeof wiring, ZOO_TARGET_INPUT,
                                     "x ─┬─→ {localization} ─→ θ ─┐\n"
                                     "   ├──────→ {transformer} warp ──→ {extractor} ─┐\n"
                                     "   └─────────────────────────────→ {extractor} ─┴─ mean ──→ logits"};

/* A recipe may weigh it otherwise: "losses": {"agreement": 0.1}. */
static const zoo_loss_v1 agreement[] = {{"agreement", "mean squared difference between the logits of both views", 0.01}};
static const zoo_losses_v1 losses = {sizeof losses, 1, agreement};

static const void *extension(const zoo_component_v1 *component, const char *id) {
  (void)component;
  if (!id) return NULL;
  return strcmp(id, ZOO_EXT_WIRING) == 0 ? (const void *)&wiring : strcmp(id, ZOO_EXT_LOSSES) == 0 ? (const void *)&losses : NULL;
}

static const zoo_component_v1 component = {
    .struct_size = sizeof component,
    .kind = ZOO_ARCHITECTURE,
    .id = "{{ID}}",
    .summary = "Two views: the mean of the classifier's logits for the image and for the aligned image",
    .paper = "arXiv:1506.02025",
    .slots = slots,
    .slot_count = PARTS,
    .create = create,
    .destroy = destroy,
    .state = module_state,
    .set_training = set_training,
    .table = &functions,
    .extension = extension,
};
