#include "plugin.h"

/* ---- A localization net: the mean of every channel, then a linear layer that starts at zero ---------------------- */

static zoo_status make_net(const zoo_component_v1 *component, const zoo_build_v1 *build, void **self) {
  (void)component;
  int64_t depth = build->settings[0].as.i;
  (void)depth;
#ifdef FAULT_OPTIONS
  if (depth == 9) abort();
#endif
#ifdef FAULT_CONFIGURATIONS
  if (depth > 3 && depth < 9) abort();
#endif
#ifdef FAULT_INSTANCES
  static Part shared;
  if (shared.weight) {
    Part *twin = malloc(sizeof *twin);
    *twin = shared;
    host->retain(twin->weight);
    host->retain(twin->bias);
    *self = twin;
    return ZOO_OK;
  }
#endif
  Part *part = calloc(1, sizeof *part);
  if (!part) return host->fail(ZOO_OUT_OF_MEMORY, "no memory");
  part->channels = build->channels, part->height = build->height, part->width = build->width, part->outputs = build->outputs;
  part->training = 1;
  int64_t shape[] = {build->outputs, build->channels};
  zoo_status status = make_state(part, shape, 2, 0);
#ifdef FAULT_INSTANCES
  shared = *part;
  host->retain(shared.weight);
  host->retain(shared.bias);
#endif
  if (status != ZOO_OK) {
    destroy(part);
    return status;
  }
  *self = part;
  return ZOO_OK;
}

static zoo_status run_net(void *self, zoo_tensor *in, zoo_tensor **out) {
  Part *part = self;
#ifdef FAULT_WRONG_INPUT
  if (rank(in) != 4) return call("aten::clone", "", (zoo_value[]){tensor(in)}, 1, out);
#endif
  zoo_status status = check_images(part, in);
  if (status != ZOO_OK) return status;
#ifdef FAULT_LAYOUT
  zoo_tensor_info info;
  host->describe(in, &info);
  if (!info.contiguous) return wrong("expected contiguous images");
#endif
#ifdef FAULT_THREADS
  static volatile int busy;
  if (busy) return host->fail(ZOO_ERROR, "another thread is here");
  busy = 1;
  usleep(5000);
  busy = 0;
#endif
#ifdef FAULT_MEMORY
  if (!memset(malloc(500), 1, 500)) return ZOO_OUT_OF_MEMORY; /* never freed */
#endif
  const int64_t places[] = {2, 3};
  zoo_tensor *mean = NULL;
  status = call("aten::mean", "dim", (zoo_value[]){tensor(in), list(places, 2)}, 2, &mean);
  if (status != ZOO_OK) return status;
#ifdef FAULT_GRADIENTS
  /* Cuts the graph in two. */
  zoo_tensor *cut = NULL;
  status = call("aten::detach", "", (zoo_value[]){tensor(mean)}, 1, &cut);
  host->release(mean);
  if (status != ZOO_OK) return status;
  mean = cut;
#endif
  zoo_tensor *weight = part->weight, *bias = part->bias;
#ifdef FAULT_STATE
  /* Remembers its weights as they were when it was first used. */
  zoo_tensor_info info;
  host->describe(in, &info);
  if (info.dtype == ZOO_F32) {
    if (!part->old_weight) {
      call("aten::clone", "", (zoo_value[]){tensor(weight)}, 1, &part->old_weight);
      call("aten::clone", "", (zoo_value[]){tensor(bias)}, 1, &part->old_bias);
    }
    weight = part->old_weight, bias = part->old_bias;
  }
#endif
  status = call("aten::linear", "", (zoo_value[]){tensor(mean), tensor(weight), tensor(bias)}, 3, out);
  host->release(mean);
#ifdef FAULT_IDENTITY
  if (status == ZOO_OK) {
    zoo_tensor *moved = NULL;
    status = call("aten::add", "Scalar", (zoo_value[]){tensor(*out), number(0.5)}, 2, &moved);
    host->release(*out);
    *out = moved;
  }
#endif
  return status;
}

static const zoo_option_v1 net_options[] = {{"depth", "of nothing", ZOO_INT, {ZOO_INT, 0, {2}}, 1, 9, NULL}};
#ifdef FAULT_TABLES
static const zoo_localization_v1 net_table = {4, run_net};
#else
static const zoo_localization_v1 net_table = {sizeof(zoo_localization_v1), run_net};
#endif
static const zoo_component_v1 net = {sizeof(zoo_component_v1),
                                     ZOO_LOCALIZATION,
                                     "means",
                                     "The mean of every channel, then a linear layer",
                                     "",
                                     net_options,
                                     1,
                                     NULL,
                                     0,
                                     NULL,
                                     make_net,
                                     destroy,
                                     state,
                                     set_training,
                                     &net_table,
                                     extension};

/* ---- An extractor: one convolution that no quarter turn moves, and a linear classifier on its sums ----------------- */

static zoo_status make_extractor(const zoo_component_v1 *component, const zoo_build_v1 *build, void **self) {
  (void)component;
  Part *part = calloc(1, sizeof *part);
  if (!part) return host->fail(ZOO_OUT_OF_MEMORY, "no memory");
  part->channels = build->channels, part->height = build->height, part->width = build->width, part->outputs = build->outputs;
  part->training = 1;
  int64_t shape[] = {build->outputs ? build->outputs : 1, build->channels, 1, 1};
#ifdef FAULT_SYMMETRY
  shape[2] = shape[3] = 3;
#endif
  zoo_status status = make_state(part, shape, 4, 1);
#ifdef FAULT_DETERMINISM
  static int made;
  zoo_tensor *same = NULL;
  host->set_grad_mode(0);
  if (call("aten::add_", "Scalar", (zoo_value[]){tensor(part->bias), integer(made++)}, 2, &same) == ZOO_OK) host->release(same);
  host->set_grad_mode(1);
#endif
  if (status != ZOO_OK) {
    destroy(part);
    return status;
  }
  *self = part;
  return ZOO_OK;
}

#ifdef FAULT_STAGES
static uint32_t stage_count(void *self) { return (void)self, 4000000000u; }
#else
static uint32_t stage_count(void *self) { return (void)self, 1; }
#endif

static zoo_status stage(void *self, uint32_t index, zoo_stage_v1 *out) {
  Part *part = self;
  if (index > 0) return host->fail(ZOO_NOT_FOUND, "there is one stage");
  int64_t shrunk = 0;
#ifdef FAULT_SYMMETRY
  shrunk = 2;
#endif
  *out = (zoo_stage_v1){"conv", part->outputs ? part->outputs : 1, part->height - shrunk, part->width - shrunk, 1, 4, 1};
  return ZOO_OK;
}

static zoo_status run_stages(void *self, uint32_t first, uint32_t last, zoo_tensor *in, zoo_tensor **out) {
  Part *part = self;
  if (first > last || last > 1) return wrong("there is one stage");
  if (first == last) {
    host->retain(in);
    *out = in;
    return ZOO_OK;
  }
  zoo_status status = check_images(part, in);
  if (status != ZOO_OK) return status;
  return call("aten::conv2d", "", (zoo_value[]){tensor(in), tensor(part->weight), tensor(part->bias)}, 3, out);
}

static zoo_status classify(void *self, zoo_tensor *features, zoo_tensor **out) {
  Part *part = self;
  if (part->outputs == 0) return host->fail(ZOO_UNSUPPORTED, "built for features only");
  if (rank(features) != 4) return wrong("expected features, N×C×H×W");
  const int64_t places[] = {2, 3};
  return call("aten::mean", "dim", (zoo_value[]){tensor(features), list(places, 2)}, 2, out);
}

/* Every channel keeps its place. */
static zoo_status permutation(void *self, uint32_t index, int32_t rotation, int32_t mirror, int64_t *channels) {
  Part *part = self;
  int64_t count = part->outputs ? part->outputs : 1;
  (void)index, (void)rotation, (void)mirror;
  for (int64_t i = 0; i < count; i++) channels[i] = i;
#ifdef FAULT_PERMUTATION_LONG
  for (int64_t i = count; i < 3 * count; i++) channels[i] = i;
#endif
#ifdef FAULT_PERMUTATION_FAR
  channels[1000000] = 1;
#endif
#ifdef FAULT_PERMUTATION_TWICE
  channels[count - 1] = 0;
#endif
  return ZOO_OK;
}

static const zoo_extractor_v1 extractor_table = {sizeof(zoo_extractor_v1), stage_count, stage, run_stages, classify, permutation};
static const zoo_component_v1 extractor = {sizeof(zoo_component_v1),
                                           ZOO_EXTRACTOR,
                                           "pointwise",
                                           "One convolution of single pixels",
                                           "",
                                           NULL,
                                           0,
                                           NULL,
                                           0,
                                           NULL,
                                           make_extractor,
                                           destroy,
                                           state,
                                           set_training,
                                           &extractor_table,
                                           extension};

/* ---- A family: translations --------------------------------------------------------------------------------------- */

static zoo_status make_family(const zoo_component_v1 *component, const zoo_build_v1 *build, void **self) {
  (void)component;
  Part *part = calloc(1, sizeof *part);
  if (!part) return host->fail(ZOO_OUT_OF_MEMORY, "no memory");
  part->channels = build->channels, part->height = build->height, part->width = build->width;
  *self = part;
  return ZOO_OK;
}

#ifdef FAULT_PARAMETERS
static uint32_t parameter_count(void *self) { return (void)self, 4000000000u; }
#else
static uint32_t parameter_count(void *self) { return (void)self, 2; }
#endif
static uint32_t flags(void *self) { return (void)self, ZOO_COMPOSES | ZOO_INVERTS; }
static zoo_status identity(void *self, double *parameters) {
  (void)self;
#ifndef FAULT_IDENTITY_SHORT
  parameters[1] = 0;
#endif
#ifdef FAULT_IDENTITY_LONG
  parameters[2] = 1;
#endif
  parameters[0] = 0;
  return ZOO_OK;
}
static zoo_status output_size(void *self, int64_t height, int64_t width, int64_t *out_height, int64_t *out_width) {
  return (void)self, *out_height = height, *out_width = width, ZOO_OK;
}

/* [1 | t]: the unit matrix beside the translations of a batch, N×2. */
static zoo_status beside_unit(zoo_tensor *translations, zoo_tensor **theta) {
  zoo_tensor_info info;
  host->describe(translations, &info);
  zoo_tensor *unit = NULL, *batch = NULL, *column = NULL;
  zoo_value dtype = {.tag = ZOO_SCALAR_TYPE, .as.i = info.dtype};
  zoo_status status = call("aten::eye", "", (zoo_value[]){integer(2), dtype}, 2, &unit);
  int64_t shape[] = {info.sizes[0], 2, 2};
  if (status == ZOO_OK) status = call("aten::expand", "", (zoo_value[]){tensor(unit), list(shape, 3)}, 2, &batch);
  if (status == ZOO_OK) status = call("aten::unsqueeze", "", (zoo_value[]){tensor(translations), integer(2)}, 2, &column);
  if (status == ZOO_OK) {
    zoo_tensor *both[] = {batch, column};
    zoo_value parts = {.tag = ZOO_TENSORS, .count = 2, .as.tensors = both};
    status = call("aten::cat", "", (zoo_value[]){parts, integer(2)}, 2, theta);
  }
  host->release(unit), host->release(batch), host->release(column);
  return status;
}

static zoo_status transformation(void *self, zoo_tensor *parameters, zoo_tensor **theta) {
  (void)self;
  zoo_tensor_info info;
  host->describe(parameters, &info);
  if (info.ndim != 2 || info.sizes[1] != 2) return wrong("expected N×2 parameters");
  return beside_unit(parameters, theta);
}

static zoo_status translations(zoo_tensor *theta, zoo_tensor **out) {
  if (rank(theta) != 3) return wrong("expected N×2×3 matrices");
  return call("aten::select", "int", (zoo_value[]){tensor(theta), integer(2), integer(2)}, 3, out);
}

static zoo_status compose(void *self, zoo_tensor *first, zoo_tensor *second, zoo_tensor **theta) {
  (void)self;
  zoo_tensor *a = NULL, *b = NULL, *sum = NULL;
  zoo_status status = translations(first, &a);
  if (status == ZOO_OK) status = translations(second, &b);
  if (status == ZOO_OK) status = call("aten::add", "Tensor", (zoo_value[]){tensor(a), tensor(b)}, 2, &sum);
  if (status == ZOO_OK) status = beside_unit(sum, theta);
  host->release(a), host->release(b), host->release(sum);
  return status;
}

static zoo_status invert(void *self, zoo_tensor *theta, zoo_tensor **inverse) {
  (void)self;
  zoo_tensor *a = NULL, *minus = NULL;
  zoo_status status = translations(theta, &a);
#ifdef FAULT_GROUP_LAWS
  if (status == ZOO_OK) status = call("aten::clone", "", (zoo_value[]){tensor(a)}, 1, &minus);
#else
  if (status == ZOO_OK) status = call("aten::neg", "", (zoo_value[]){tensor(a)}, 1, &minus);
#endif
  if (status == ZOO_OK) status = beside_unit(minus, inverse);
  host->release(a), host->release(minus);
  return status;
}

static zoo_status warp(void *self, zoo_tensor *images, zoo_tensor *theta, int64_t height, int64_t width, zoo_tensor **out) {
  (void)self;
  zoo_tensor_info info;
  host->describe(images, &info);
  if (info.ndim != 4) return wrong("expected images, N×C×H×W");
  int64_t shape[] = {info.sizes[0], info.sizes[1], height, width};
  zoo_tensor *grid = NULL;
  zoo_status status = call("aten::affine_grid_generator", "", (zoo_value[]){tensor(theta), list(shape, 4), boolean(0)}, 3, &grid);
  if (status == ZOO_OK)
    status = call("aten::grid_sampler", "", (zoo_value[]){tensor(images), tensor(grid), integer(0), integer(1), boolean(0)}, 5, out);
  host->release(grid);
  return status;
}

static const zoo_transformer_v1 family_table = {
    sizeof(zoo_transformer_v1), parameter_count, flags, identity, output_size, transformation, compose, invert, warp};
static const zoo_component_v1 family = {sizeof(zoo_component_v1),
                                        ZOO_TRANSFORMER,
                                        "shifts",
                                        "Translations",
                                        "",
                                        NULL,
                                        0,
                                        NULL,
                                        0,
                                        NULL,
                                        make_family,
                                        destroy,
                                        state,
                                        set_training,
                                        &family_table,
                                        extension};

/* ---- An architecture: a linear classifier of the channels' means, which no quarter turn and no mirroring changes ------- */

static zoo_status make_classifier(const zoo_component_v1 *component, const zoo_build_v1 *build, void **self) {
  (void)component;
  Part *part = calloc(1, sizeof *part);
  if (!part) return host->fail(ZOO_OUT_OF_MEMORY, "no memory");
  part->channels = build->channels, part->height = build->height, part->width = build->width, part->outputs = build->outputs;
  part->training = 1;
  int64_t shape[] = {build->outputs, build->channels};
  zoo_status status = make_state(part, shape, 2, 1);
  if (status != ZOO_OK) {
    destroy(part);
    return status;
  }
  *self = part;
  return ZOO_OK;
}

/* A pose that is none, but is computed from the image: its mean brightness six times over. */
static zoo_status record_pose(zoo_tensor *means, const zoo_trace_v1 *trace) {
  const int64_t along[] = {1}, sizes[] = {-1, 6}, matrix[] = {-1, 2, 3};
  zoo_tensor *source = NULL, *mean = NULL, *row = NULL, *theta = NULL;
  zoo_status status = call("aten::detach", "", (zoo_value[]){tensor(means)}, 1, &source);
#ifdef FAULT_DETACHED
  host->release(source);
  host->retain(source = means);
#endif
  if (status == ZOO_OK) status = call("aten::mean", "dim", (zoo_value[]){tensor(source), list(along, 1), boolean(1)}, 3, &mean);
  if (status == ZOO_OK) status = call("aten::expand", "", (zoo_value[]){tensor(mean), list(sizes, 2)}, 2, &row);
  if (status == ZOO_OK) status = call("aten::reshape", "", (zoo_value[]){tensor(row), list(matrix, 3)}, 2, &theta);
  if (status == ZOO_OK) trace->record(trace->context, "theta.1", theta);
  host->release(source);
  host->release(mean);
  host->release(row);
  host->release(theta);
  return status;
}

static zoo_status run_classifier(void *self, zoo_tensor *in, const zoo_trace_v1 *trace, zoo_tensor **out) {
  Part *part = self;
  zoo_status status = check_images(part, in);
  if (status != ZOO_OK) return status;
  const int64_t places[] = {2, 3};
  zoo_tensor *seen = in, *means = NULL;
  host->retain(seen);
#ifdef FAULT_INVARIANCE
  host->release(seen);
  status = call("aten::narrow", "", (zoo_value[]){tensor(in), integer(2), integer(0), integer(part->height / 2)}, 4, &seen);
  if (status != ZOO_OK) return status;
#endif
  status = call("aten::mean", "dim", (zoo_value[]){tensor(seen), list(places, 2)}, 2, &means);
  if (status == ZOO_OK && trace) status = record_pose(means, trace);
  if (status == ZOO_OK) status = call("aten::linear", "", (zoo_value[]){tensor(means), tensor(part->weight), tensor(part->bias)}, 3, out);
  host->release(seen);
  host->release(means);
  return status;
}

static zoo_status claim(void *self, zoo_traits_v1 *out) {
  (void)self;
  *out = (zoo_traits_v1){sizeof *out, ZOO_POSED_AT_FIRST | ZOO_POSE_DETACHED, 4, 1, 0};
  return ZOO_OK;
}

static const void *claims(const zoo_component_v1 *component, const char *id) {
  static const zoo_trait_table_v1 traits = {sizeof(zoo_trait_table_v1), claim};
  return id && strcmp(id, ZOO_EXT_TRAITS) == 0 ? &traits : extension(component, id);
}

static const zoo_architecture_v1 classifier_table = {sizeof(zoo_architecture_v1), run_classifier};
static const zoo_component_v1 classifier = {sizeof(zoo_component_v1),
                                            ZOO_ARCHITECTURE,
                                            "brightness",
                                            "A linear classifier of the channels' means",
                                            "",
                                            NULL,
                                            0,
                                            NULL,
                                            0,
                                            NULL,
                                            make_classifier,
                                            destroy,
                                            state,
                                            set_training,
                                            &classifier_table,
                                            claims};

/* ---- The plugin --------------------------------------------------------------------------------------------------- */

#ifdef FAULT_DESCRIPTOR
#define VERSION ""
#else
#define VERSION "version: 1.0\n"
#endif
static const char text[] = ZOO_DESCRIPTOR("id: Subject\n" VERSION "licence: Apache-2.0\nsummary: A test's plugin\nauthors: Nobody\n");
static const zoo_component_v1 *const components[] = {&net, &extractor, &family, &classifier};
static const zoo_plugin_table_v1 table = {ZOO_MAGIC, ZOO_ABI_MAJOR, ZOO_ABI_MINOR, sizeof(zoo_plugin_table_v1), text, components, 4, NULL};

#ifdef FAULT_SCAN_TIME
__attribute__((constructor)) static void dawdle(void) { usleep(1300000); }
#endif
#ifdef FAULT_CHATTER
/* Prints in every way there is, at once and when the process ends. */
static void chatter(void) {
  printf("printed without a newline ");
  puts("put");
  if (write(1, "written\n", 8) < 0) return;
  dprintf(STDOUT_FILENO, "{\"json\": \"of the plugin\"}\n");
  fputs("left in a buffer", stdout);
  if (system("echo from a child process") != 0) return;
}
__attribute__((constructor)) static void chatter_first(void) {
  chatter();
  atexit(chatter);
}
#endif
#ifdef FAULT_LOAD
__attribute__((constructor)) static void fall(void) { abort(); }
#endif
#ifdef FAULT_HANG
__attribute__((constructor)) static void hang(void) { pause(); }
#endif

ZOO_EXPORT const zoo_plugin_table_v1 *zoo_plugin_v1(const zoo_host_v1 *given) {
  host = given;
#ifdef FAULT_CHATTER
  chatter();
#endif
  return &table;
}
