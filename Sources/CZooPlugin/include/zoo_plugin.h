/* The contract between an STN Zoo host and its plugins, version 1.3.
 *
 * A plugin is a shared library that exports one function, `zoo_plugin_v1`, and carries one text, its descriptor.
 * The host reads the descriptor from the file before it loads anything, loads the library, calls the function with
 * its own table of services (`zoo_host_v1`), and gets back the plugin's table of components (`zoo_plugin_table_v1`).
 * The host brings the tensor engine; a plugin links none and reaches every operator by name through the host table.
 * Pure C99, also valid C++11. Nothing here depends on the engine or on the language a plugin is written in.
 *
 * OWNERSHIP, in four rules
 *  1. What a caller passes in stays the caller's and need only live until the call returns, unless said otherwise.
 *  2. A tensor that comes out (`zoo_tensor **out`, or inside a `zoo_value`) is one reference for the caller, who gives
 *     it back with `release` (or with `clear`, for values).
 *  3. Lists and strings inside a `zoo_value` that came out of `call_op` are the host's memory; only `clear` frees them.
 *  4. Tables, ids, help texts and other `const` data that a side publishes live as long as the process.
 *  No memory is ever freed by the side that did not allocate it.
 *
 * ERRORS
 *  A function that can fail returns a `zoo_status`. On anything but ZOO_OK the out-parameters hold nothing to release,
 *  and the reason, in plain words, is the host's per-thread text: read it with `last_error`, set it with `fail`.
 *  A plugin fails like this:  return host->fail(ZOO_BAD_ARGUMENT, "size must be odd");
 *  Neither exceptions nor longjmp may cross this boundary.
 *
 * THREADS
 *  [any]      callable from any thread at any time.
 *  [instance] one thread at a time per `self`; different instances may be used from different threads at once.
 *  [load]     called once, on the thread that loads the plugin, before anything else of it.
 *
 * GROWTH
 *  No struct here ever changes within ABI major 1. What is new is a new struct, found by name through `extension`,
 *  which returns NULL for a name it does not know. The minor number grows when extensions are added; a host takes a
 *  plugin of the same major and of any minor. */
#ifndef ZOO_PLUGIN_H
#define ZOO_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ZOO_MAGIC 0x5a4f4f31u /* "ZOO1" */
#define ZOO_ABI_MAJOR 1u
/* 1: ZOO_EXT_TORCHSCRIPT; 2: ZOO_EXT_FILES, ZOO_EXT_TORCHSCRIPT_OUTPUTS, ZOO_EXT_AOTINDUCTOR; 3: ZOO_EXT_LOSSES, ZOO_EXT_TRAITS,
 * ZOO_EXT_SCALING */
#define ZOO_ABI_MINOR 3u

#if defined(__GNUC__)
#define ZOO_EXPORT __attribute__((visibility("default")))
#else
#define ZOO_EXPORT
#endif

/* ---- The descriptor -------------------------------------------------------------------------------------------
 *
 * A text constant anywhere in the library's loaded data, found by its first line; so it can be read without running
 * a single instruction of the plugin, not even its static initialisers. Lines of `key: value`, UTF-8, ended by a NUL:
 *
 *   "ZOO-PLUGIN-DESCRIPTOR 1.3\n"         magic, and the ABI major.minor that the plugin was written for
 *   "id: SqueezeLoc\n"                    required; letters, digits, '-', '_', '.'; unique among loaded plugins
 *   "version: 0.3.1\n"                    required; of the plugin
 *   "licence: Apache-2.0\n"               required; an SPDX expression
 *   "summary: Squeeze-excite localization nets\n"   required; one line
 *   "authors: A. Author; B. Author\n"     required; ';' between several
 *   "papers: arXiv:1709.01507\n"          optional; ';' between several
 *   "engine: libtorch 2.13.0"             only if the library itself links libtorch, and which: such a plugin is
 *                                         loaded only by a host with that very version. All others leave it out.
 *
 * Unknown keys are kept and shown. The same text is `descriptor` in the plugin's table, where the host checks that the
 * two agree. In C: const char text[] = ZOO_DESCRIPTOR("id: ...\n" ...). */
#define ZOO_DESCRIPTOR_MAGIC "ZOO-PLUGIN-DESCRIPTOR "
#define ZOO_DESCRIPTOR(lines) "ZOO-PLUGIN-DESCRIPTOR 1.3\n" lines

/* ---- Values --------------------------------------------------------------------------------------------------- */

/* A counted reference to a tensor of the host's engine. The count is atomic; the contents are not locked. NULL is the
 * undefined tensor. */
typedef struct zoo_tensor zoo_tensor;

/* An operator of the engine: found once by name, immutable, valid for ever, usable from any thread. */
typedef struct zoo_op zoo_op;

typedef enum zoo_status {
  ZOO_OK = 0,
  ZOO_ERROR = 1,         /* anything that has no code of its own */
  ZOO_NOT_FOUND = 2,     /* no such operator, component, slot or entry of a list */
  ZOO_BAD_ARGUMENT = 3,  /* a value, shape, dtype or setting does not fit */
  ZOO_OUT_OF_MEMORY = 4, /* memory of the machine or of the device */
  ZOO_UNSUPPORTED = 5    /* this component has no such operation (for example, a family without an inverse) */
} zoo_status;

typedef enum zoo_tag {
  ZOO_NONE = 0,           /* None, an absent optional, an undefined tensor */
  ZOO_DEFAULT = 1,        /* in only: the default of the operator's schema */
  ZOO_BOOL = 2,           /* i: 0 or 1 */
  ZOO_INT = 3,            /* i; fits int, float, Scalar, bool, and int[N], where it is repeated */
  ZOO_DOUBLE = 4,         /* d; fits float, Scalar */
  ZOO_STRING = 5,         /* string, `count` bytes; when it comes out, a NUL follows them */
  ZOO_TENSOR = 6,         /* tensor */
  ZOO_INTS = 7,           /* ints, `count` of them; fits int[], float[] */
  ZOO_DOUBLES = 8,        /* doubles, `count` of them */
  ZOO_BOOLS = 9,          /* bools, `count` of them, one byte each */
  ZOO_TENSORS = 10,       /* tensors, `count` of them; NULL entries fit Tensor?[] */
  ZOO_SCALAR_TYPE = 11,   /* i: a zoo_dtype */
  ZOO_DEVICE = 12,        /* count: a zoo_device_type; i: its index, -1 the current one */
  ZOO_MEMORY_FORMAT = 13, /* i: a zoo_memory_format */
  ZOO_LAYOUT = 14,        /* i: 0, strided */
  ZOO_GENERATOR = 15      /* object: a random generator, from ZOO_EXT_RANDOM */
} zoo_tag;

typedef enum zoo_dtype {
  ZOO_U8 = 0,
  ZOO_I8 = 1,
  ZOO_I16 = 2,
  ZOO_I32 = 3,
  ZOO_I64 = 4,
  ZOO_F16 = 5,
  ZOO_F32 = 6,
  ZOO_F64 = 7,
  ZOO_B8 = 11, /* bool, one byte */
  ZOO_BF16 = 15
} zoo_dtype;

typedef enum zoo_device_type { ZOO_CPU = 0, ZOO_CUDA = 1 } zoo_device_type;

typedef enum zoo_memory_format { ZOO_CONTIGUOUS = 0, ZOO_PRESERVE = 1, ZOO_CHANNELS_LAST = 2 } zoo_memory_format;

/* A tagged value of 16 bytes: what operators take and give, and what settings are. */
typedef struct zoo_value {
  zoo_tag tag;
  uint32_t count; /* bytes of a string, elements of a list; see the tags */
  union {
    int64_t i;
    double d;
    const char *string;
    zoo_tensor *tensor;
    const int64_t *ints;
    const double *doubles;
    const uint8_t *bools;
    zoo_tensor *const *tensors;
    void *object;
  } as;
} zoo_value;

/* What a tensor is. The pointers live as long as the tensor does and is not resized or moved. */
typedef struct zoo_tensor_info {
  zoo_dtype dtype;
  zoo_device_type device;
  int32_t device_index; /* -1 on the CPU */
  int32_t ndim;
  int32_t requires_grad;  /* 0 or 1 */
  int32_t contiguous;     /* row-major without gaps: 0 or 1 */
  const int64_t *sizes;   /* ndim of them */
  const int64_t *strides; /* ndim of them, in elements */
  void *data;             /* first element, in the device's memory; NULL if there is none */
} zoo_tensor_info;

/* ---- What a component is built from ----------------------------------------------------------------------------- */

typedef enum zoo_kind {
  ZOO_EXTRACTOR = 1,    /* table: zoo_extractor_v1; stages of a classification network, and its classifier */
  ZOO_TRANSFORMER = 2,  /* table: zoo_transformer_v1; a family of spatial transformations and its warp */
  ZOO_LOCALIZATION = 3, /* table: zoo_localization_v1; image or features to transformation parameters */
  ZOO_ARCHITECTURE = 4  /* table: zoo_architecture_v1; a whole classifier, wired from parts */
} zoo_kind;

/* One setting that a component understands: its schema. Constant data. */
typedef struct zoo_option_v1 {
  const char *name;           /* lower_snake_case, unique within the component */
  const char *help;           /* one line; units where there are any */
  zoo_tag type;               /* ZOO_BOOL, ZOO_INT, ZOO_DOUBLE, ZOO_STRING, ZOO_INTS or ZOO_DOUBLES */
  zoo_value fallback;         /* the default; ZOO_NONE: the setting is required */
  double minimum, maximum;    /* inclusive, of a number or of every number of a list; -INFINITY, INFINITY: open */
  const char *const *choices; /* of a string: the allowed ones, NULL-terminated; NULL: any */
} zoo_option_v1;

/* One part that an architecture needs. Constant data. */
typedef struct zoo_slot_v1 {
  const char *name; /* also the prefix of the part's parameters: "localization" gives "localization.fc.weight" */
  const char *help;
  zoo_kind kind;
  int32_t required; /* 1: an entry must fill it; 0: the architecture does without */
} zoo_slot_v1;

/* Announces that an architecture will resample the feature maps after `stage` stages (0: the input itself) to
 * `height` × `width`, so that an extractor can size what follows. */
typedef struct zoo_resize_v1 {
  uint32_t stage;
  int64_t height, width;
} zoo_resize_v1;

/* The host's memory of who fills the slots; opaque, valid during `create` only. */
typedef struct zoo_builder zoo_builder;

/* What an instance is made for. Valid during `create` only. */
typedef struct zoo_build_v1 {
  uint32_t struct_size;
  uint32_t setting_count;          /* = option_count of the component */
  const zoo_value *settings;       /* setting i belongs to option i; type and range are checked, defaults filled in */
  int64_t channels, height, width; /* of one input, C×H×W */
  int64_t outputs;                 /* extractor, architecture: classes (extractor: 0 = features only, no classifier);
                                      localization: parameters of the family; transformer: not used */
  uint32_t resize_count;           /* extractor: resamplings between its stages, ascending by stage */
  const zoo_resize_v1 *resizes;
  zoo_builder *builder; /* for make_part; NULL where a component has no slots */
} zoo_build_v1;

typedef enum zoo_role {
  ZOO_PARAMETER = 0, /* trained */
  ZOO_BUFFER = 1     /* kept with the weights, not trained: running statistics, for example */
} zoo_role;

/* One named tensor of an instance. */
typedef struct zoo_state_v1 {
  const char *name; /* unique within the instance, dotted path, lives as long as the instance */
  zoo_role role;
  zoo_tensor *tensor; /* one reference for the caller. The host loads weights by writing into it in place */
} zoo_state_v1;

struct zoo_component_v1;

/* An instance together with what it is an instance of. Who made it destroys it: part.component->destroy(part.instance). */
typedef struct zoo_part_v1 {
  const struct zoo_component_v1 *component;
  void *instance; /* the `self` of every function of the component */
} zoo_part_v1;

/* ---- Components ------------------------------------------------------------------------------------------------- */

/* A kind of thing a plugin can make. Constant data. */
typedef struct zoo_component_v1 {
  uint32_t struct_size;
  zoo_kind kind;
  const char *id;      /* unique within its kind among loaded plugins; lower case, digits, '-' */
  const char *summary; /* one line */
  const char *paper;   /* where it comes from, "arXiv:1506.02025" for example; "" if nowhere */
  const zoo_option_v1 *options;
  uint32_t option_count;
  const zoo_slot_v1 *slots; /* architectures only */
  uint32_t slot_count;
  void *context; /* the plugin's own; the host never reads it */
  /* [any] Makes an instance. Random initial weights come from the engine's default generator, on the CPU, float32. */
  zoo_status (*create)(const struct zoo_component_v1 *component, const zoo_build_v1 *, void **self);
  /* [instance] The last call on `self`; also destroys the parts it made. */
  void (*destroy)(void *self);
  /* [instance] Parameters and buffers by index, those of its parts included; ZOO_NOT_FOUND past the last. The list
   * and the identity of its tensors never change while the instance lives. */
  zoo_status (*state)(void *self, uint32_t index, zoo_state_v1 *out);
  /* [instance] 1: training (dropout on, batch statistics), 0: evaluation. Instances start in training mode. In
   * evaluation mode every forward function is pure: same input, same bits, no state changed. */
  zoo_status (*set_training)(void *self, int32_t on);
  const void *table; /* the struct of its kind, below */
  /* [any] What this component offers beyond version 1.0; NULL for an unknown id. May itself be NULL. */
  const void *(*extension)(const struct zoo_component_v1 *component, const char *id);
} zoo_component_v1;

/* Extension of an architecture: what it transforms and how it is wired, for people. Constant data. */
#define ZOO_EXT_WIRING "zoo.wiring/1"
typedef enum zoo_target { ZOO_TARGET_NONE = 0, ZOO_TARGET_INPUT = 1, ZOO_TARGET_FEATURES = 2 } zoo_target;
typedef struct zoo_wiring_v1 {
  uint32_t struct_size;
  zoo_target target;
  const char *drawing; /* several lines of text; {slot} stands for what fills the slot, {option} for a setting */
} zoo_wiring_v1;

/* Extension of a component: which of its options of type ZOO_STRING name files. In a manifest such a path may be relative to the
 * manifest's folder; the component gets it absolute. Results are kept by the file's contents, not by its path. Constant
 * data. Since 1.2. */
#define ZOO_EXT_FILES "zoo.files/1"
typedef enum zoo_file_contents {
  ZOO_FILE_DATA = 0,
  ZOO_FILE_WEIGHTS = 1, /* trained weights, with which an instance starts */
  ZOO_FILE_CODE = 2     /* a program (with weights), TorchScript or native code: taken from where a plugin would be, and nowhere else */
} zoo_file_contents;
typedef struct zoo_file_v1 {
  const char *option;
  zoo_file_contents contents;
} zoo_file_v1;
typedef struct zoo_files_v1 {
  uint32_t struct_size, count;
  const zoo_file_v1 *files;
} zoo_files_v1;

/* Extension of an architecture: what training minimises beside the cross entropy. In training mode its `forward` records, under
 * "loss." and the name, a tensor of one value for each, the mean over the batch, with its gradient. The host adds it with the weight
 * that the recipe gives it, or else `weight`. Constant data. Since 1.3. */
#define ZOO_EXT_LOSSES "zoo.losses/1"
typedef struct zoo_loss_v1 {
  const char *name; /* lower case, digits, '-'; unique within the architecture */
  const char *help; /* one line */
  double weight;    /* where the recipe says nothing; 0: the loss is computed and shown, and not minimised */
} zoo_loss_v1;
typedef struct zoo_losses_v1 {
  uint32_t struct_size, count;
  const zoo_loss_v1 *losses;
} zoo_losses_v1;

/* Extension of a component: in what its instances differ from what others of their kind promise, and what they promise beyond.
 * Checks hold them to that. Since 1.3. */
#define ZOO_EXT_TRAITS "zoo.traits/1"
typedef enum zoo_trait_flags {
  ZOO_POSED_AT_FIRST = 1, /* θ, or the offset of a localization net, need not be the identity before training */
  ZOO_POSE_DETACHED = 2   /* θ is computed without gradients: none reaches the input or the weights through it */
} zoo_trait_flags;
typedef struct zoo_traits_v1 {
  uint32_t struct_size;
  uint32_t flags; /* zoo_trait_flags */
  /* The group under which logits (of an architecture) do not change, as in zoo_stage_v1. 1 and 0: none. */
  int32_t rotations, mirror;
  /* How far they may change, as a share of the largest logit. 0: by rounding, under the elements that only move pixels, quarter
   * turns and mirroring. Above 0: under all elements, of smooth images within the largest disc. */
  double tolerance;
} zoo_traits_v1;
typedef struct zoo_trait_table_v1 {
  uint32_t struct_size;
  /* [any] */
  zoo_status (*traits)(void *self, zoo_traits_v1 *out);
} zoo_trait_table_v1;

/* One stage of an extractor: a convolution with its nonlinearity, pooling and normalisation. */
typedef struct zoo_stage_v1 {
  const char *name;                /* lives as long as the instance */
  int64_t channels, height, width; /* of one output, C×H×W, with the resizes that were announced */
  double stride;                   /* input pixels per output pixel, cumulative, without resizes */
  /* The group under which the stage's output is equivariant: `rotations` steps of 360°/rotations, with `mirror` also
   * reflections. 1 and 0: translations only. */
  int32_t rotations, mirror;
} zoo_stage_v1;

typedef struct zoo_extractor_v1 {
  uint32_t struct_size;
  /* [any] */
  uint32_t (*stage_count)(void *self);
  /* [any] ZOO_NOT_FOUND past the last. */
  zoo_status (*stage)(void *self, uint32_t index, zoo_stage_v1 *out);
  /* [instance] Runs stages first ..< last on N×C×H×W; first == last gives the input back. */
  zoo_status (*forward)(void *self, uint32_t first, uint32_t last, zoo_tensor *in, zoo_tensor **out);
  /* [instance] The output of the last stage to logits: N×classes, or N×heads×classes where several things are
   * read at once. ZOO_UNSUPPORTED if built with outputs = 0. */
  zoo_status (*classify)(void *self, zoo_tensor *features, zoo_tensor **logits);
  /* [any] How a rotation by `rotation` steps anticlockwise, after a left-right mirroring if `mirror`, moves the
   * channels of a stage: channel c of the transformed input's features holds what was in channels[c] and has been
   * transformed spatially. `channels` has room for the stage's channel count. May be NULL: then the identity. */
  zoo_status (*permutation)(void *self, uint32_t stage, int32_t rotation, int32_t mirror, int64_t *channels);
} zoo_extractor_v1;

/* Extension of an extractor whose stages are equivariant under scaling by powers of a ratio, their maps staying where they are:
 * scale channels. Since 1.3. */
#define ZOO_EXT_SCALING "zoo.scaling/1"
typedef struct zoo_scaling_v1 {
  uint32_t struct_size;
  /* [any] The ratio of a stage, above 1; 1: the stage is not equivariant under scaling. */
  zoo_status (*ratio)(void *self, uint32_t stage, double *out);
  /* [any] How an enlargement of the image by ratio^steps moves the channels of a stage: channel c of the enlarged image's features
   * holds, at the same places, what was in channels[c]; -1 where nothing corresponds, at the ends. `channels` has room for the
   * stage's channel count. */
  zoo_status (*channels)(void *self, uint32_t stage, int32_t steps, int64_t *channels);
} zoo_scaling_v1;

typedef enum zoo_transformer_flags {
  ZOO_COMPOSES = 1, /* transformations are N×2×3 or N×3×3 matrices; `compose` works */
  ZOO_INVERTS = 2   /* `invert` works */
} zoo_transformer_flags;

/* A family of transformations. Coordinates are [-1, 1] from edge to edge of the image (pixel centres as with
 * align_corners = false), x to the right, y down. A transformation θ maps output to input coordinates. */
typedef struct zoo_transformer_v1 {
  uint32_t struct_size;
  /* [any] K, the number of parameters. */
  uint32_t (*parameter_count)(void *self);
  /* [any] zoo_transformer_flags. */
  uint32_t (*flags)(void *self);
  /* [any] The K parameters of the identity. */
  zoo_status (*identity)(void *self, double *parameters);
  /* [any] The size of the warped image, from the size of the image. */
  zoo_status (*output_size)(void *self, int64_t height, int64_t width, int64_t *out_height, int64_t *out_width);
  /* [instance] Parameters N×K to transformations θ: N×2×3 (affine and below), N×3×3 (projective), or whatever
   * `warp` of the same family takes, where no matrix can say it. */
  zoo_status (*transformation)(void *self, zoo_tensor *parameters, zoo_tensor **theta);
  /* [instance] first · second as matrices: sampling with the result is sampling with `second`, then looking those
   * places up through `first`. Projective results are divided by their lower right element. */
  zoo_status (*compose)(void *self, zoo_tensor *first, zoo_tensor *second, zoo_tensor **theta);
  /* [instance] */
  zoo_status (*invert)(void *self, zoo_tensor *theta, zoo_tensor **inverse);
  /* [instance] Samples images N×C×H×W bilinearly at the places θ names; N×C×height×width. Differentiable in both. */
  zoo_status (*warp)(void *self, zoo_tensor *images, zoo_tensor *theta, int64_t height, int64_t width, zoo_tensor **out);
} zoo_transformer_v1;

typedef struct zoo_localization_v1 {
  uint32_t struct_size;
  /* [instance] N×C×H×W to N×outputs: the offset from the family's identity. Zero at initialisation, for every
   * input, because the last layer's weight and bias start at zero. */
  zoo_status (*forward)(void *self, zoo_tensor *in, zoo_tensor **offset);
} zoo_localization_v1;

/* Where an architecture puts what happened on the way. Names that the harness knows: "theta.1" .. "theta.n" (one per
 * iteration or placement, in order), "warped" (what the classifier saw, or the last warped features), "stage.1" ..
 * (outputs of the stages), "loss.NAME" (ZOO_EXT_LOSSES). Others are kept too. */
typedef struct zoo_trace_v1 {
  uint32_t struct_size;
  void *context;
  /* Takes a reference of its own. Same thread, during `forward` only. */
  void (*record)(void *context, const char *name, zoo_tensor *);
} zoo_trace_v1;

typedef struct zoo_architecture_v1 {
  uint32_t struct_size;
  /* [instance] N×C×H×W to logits, N×classes or N×heads×classes. `trace` may be NULL. */
  zoo_status (*forward)(void *self, zoo_tensor *in, const zoo_trace_v1 *trace, zoo_tensor **logits);
} zoo_architecture_v1;

/* ---- The host's table ------------------------------------------------------------------------------------------- */

typedef enum zoo_log_level { ZOO_LOG_DEBUG = 0, ZOO_LOG_INFO = 1, ZOO_LOG_WARNING = 2, ZOO_LOG_ERROR = 3 } zoo_log_level;

/* What the host does for a plugin. One table per process; it outlives every plugin. All functions are [any]; a tensor
 * that one thread writes must not be used by another meanwhile. */
typedef struct zoo_host_v1 {
  uint32_t magic, abi_major, abi_minor, struct_size;
  const char *engine; /* for people, "libtorch 2.13.0" */

  /* Errors, per thread. `last_error` is never NULL and lasts until the next failure on the same thread. `fail` copies
   * the message and returns `code` (ZOO_ERROR if that is ZOO_OK). */
  const char *(*last_error)(void);
  zoo_status (*fail)(zoo_status code, const char *message);
  void (*log)(zoo_log_level, const char *message);

  /* Tensors. */
  void (*retain)(zoo_tensor *);  /* NULL is allowed */
  void (*release)(zoo_tensor *); /* NULL is allowed */
  void (*describe)(const zoo_tensor *, zoo_tensor_info *);
  /* A CPU tensor from memory. deleter NULL: the data is copied. Otherwise it is shared, and deleter(context) runs
   * when the last user is gone, on any thread; also when the call fails. */
  zoo_status (*from_data)(const void *data, zoo_dtype, const int64_t *sizes, int32_t ndim, void (*deleter)(void *), void *context,
                          zoo_tensor **out);
  zoo_status (*grad)(const zoo_tensor *, zoo_tensor **out); /* the gradient accumulated in a leaf; NULL if there is none */
  zoo_status (*set_grad)(zoo_tensor *, zoo_tensor *grad);   /* NULL: forget it */
  zoo_status (*require_grad)(zoo_tensor *, int32_t on);     /* of a leaf */

  /* Operators: every one of the engine, by name and overload ("aten::add", "Tensor"; "" if it has none). Gradients
   * are recorded when grad mode is on; "aten::_backward" runs them. */
  zoo_status (*find_op)(const char *name, const char *overload, const zoo_op **out);
  const char *(*schema)(const zoo_op *);
  /* Missing trailing values take the schema's defaults. *n_out is the number of results, set also when there was no
   * room for them. */
  zoo_status (*call_op)(const zoo_op *, const zoo_value *in, uint32_t n_in, zoo_value *out, uint32_t n_out_max, uint32_t *n_out);
  /* Gives back what call_op or an extension put out, and sets each value to ZOO_NONE. */
  void (*clear)(zoo_value *, uint32_t n);

  int32_t (*grad_mode)(void);        /* of this thread: 0 or 1 */
  void (*set_grad_mode)(int32_t on); /* of this thread */

  /* Makes the part that the entry names for `slot`, a fresh instance at every call; or, for a slot written `kind:id`
   * ("localization:fcn"), that very component with its default settings, whatever the entry says. Only fields channels,
   * height, width, outputs and resizes of `build` are read. ZOO_NOT_FOUND: the entry leaves an optional slot empty. The
   * caller destroys the part. Only during `create`. */
  zoo_status (*make_part)(zoo_builder *, const char *slot, const zoo_build_v1 *build, zoo_part_v1 *out);

  const void *(*extension)(const char *id); /* NULL if this host has no such thing */
} zoo_host_v1;

/* Random generators of the engine, apart from its default one. */
#define ZOO_EXT_RANDOM "zoo.random/1"
typedef struct zoo_random_v1 {
  uint32_t struct_size;
  /* out: ZOO_GENERATOR, given back with `clear`. */
  zoo_status (*generator)(zoo_device_type, int32_t index, uint64_t seed, zoo_value *out);
} zoo_random_v1;

/* Modules in TorchScript, the engine's own file format: what torch.jit.save writes in PyTorch. Since 1.1. */
#define ZOO_EXT_TORCHSCRIPT "zoo.torchscript/1"
typedef struct zoo_script zoo_script;
typedef struct zoo_torchscript_v1 {
  uint32_t struct_size;
  /* [any] Reads a module to the CPU. It starts in training mode, its parameters record gradients. A module is a program: the host reads
   * it from where it would take a plugin, and nowhere else, and an option that names one says ZOO_FILE_CODE. */
  zoo_status (*load)(const char *path, zoo_script **out);
  void (*release)(zoo_script *); /* NULL is allowed */
  /* [instance] Parameters and buffers by index; ZOO_NOT_FOUND past the last. The name lives as long as the module. */
  zoo_status (*state)(zoo_script *, uint32_t index, zoo_state_v1 *out);
  zoo_status (*set_training)(zoo_script *, int32_t on);
  /* [instance] One tensor in, one tensor out, through `name`: a submodule by its dotted path, or a method; NULL or "": the
   * module itself. ZOO_NOT_FOUND tells which names there are. Gradients are recorded as by operators. */
  zoo_status (*call)(zoo_script *, const char *name, zoo_tensor *in, zoo_tensor **out);
} zoo_torchscript_v1;

/* Modules in TorchScript that give several tensors at once. Since 1.2. */
#define ZOO_EXT_TORCHSCRIPT_OUTPUTS "zoo.torchscript.outputs/1"
typedef struct zoo_torchscript_outputs_v1 {
  uint32_t struct_size;
  /* [instance] As `call` of zoo_torchscript_v1, but of what comes out picks `count` tensors by name: keys of a dict, fields of a named
   * tuple, or places, from "0" on, in any tuple or list. `out` has room for them. ZOO_NOT_FOUND tells which there are. */
  zoo_status (*call)(zoo_script *, const char *name, zoo_tensor *in, const char *const *outputs, uint32_t count, zoo_tensor **out);
} zoo_torchscript_outputs_v1;

/* Packages of native code that torch._inductor.aoti_compile_and_package has written in PyTorch. They compute, and record
 * no gradients. Since 1.2. */
#define ZOO_EXT_AOTINDUCTOR "zoo.aotinductor/1"
typedef struct zoo_package zoo_package;
typedef struct zoo_aotinductor_v1 {
  uint32_t struct_size;
  /* [any] Loads the code of a package into this process, if it lies where a plugin may. */
  zoo_status (*load)(const char *path, zoo_package **out);
  void (*release)(zoo_package *); /* NULL is allowed */
  /* [instance] One tensor in, one tensor out. ZOO_UNSUPPORTED where a gradient by `in` would have to be recorded, or where
   * `in` is not on the CPU. */
  zoo_status (*call)(zoo_package *, zoo_tensor *in, zoo_tensor **out);
} zoo_aotinductor_v1;

/* ---- The plugin's table ------------------------------------------------------------------------------------------ */

typedef struct zoo_plugin_table_v1 {
  uint32_t magic, abi_major, abi_minor, struct_size; /* ZOO_MAGIC, ZOO_ABI_MAJOR, ZOO_ABI_MINOR, sizeof */
  const char *descriptor;                            /* the text described above */
  const zoo_component_v1 *const *components;
  uint32_t component_count;
  const void *(*extension)(const char *id); /* [any] may be NULL */
} zoo_plugin_table_v1;

/* The exported function, [load]. Its name is `zoo_plugin_v1` or, so that several plugins can be linked into one
 * program, `<file stem>_LTX_zoo_plugin_v1` (for example libSqueezeLoc_LTX_zoo_plugin_v1). Returns NULL if this host will not do,
 * after telling why with `fail`. */
typedef const zoo_plugin_table_v1 *(*zoo_plugin_fn)(const zoo_host_v1 *);

#ifdef __cplusplus
}
#endif
#endif
