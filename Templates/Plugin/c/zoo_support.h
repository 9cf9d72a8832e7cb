/* What a plugin in C needs again and again: calling operators, keeping parameters. It is part of this project, to be
 * changed as you like; the contract itself is zoo_plugin.h.
 *
 * Before including it, name the operators of the engine that you use:
 *
 *   #define OPERATORS(X) X(CONV2D, "aten::conv2d", "") X(ADD, "aten::add", "Tensor")
 *
 * and call them by those names, arguments as in the operator's schema; what is left out takes its default:
 *
 *   zoo_status s = CALL(CONV2D, &y, T(x), T(weight), T(bias), INT(2), INT(1)); // y is yours to release
 *   if (s == ZOO_OK) s = NEXT(RELU, &y, T(y));                                  // y = relu(y), the former y released */
#ifndef ZOO_SUPPORT_H
#define ZOO_SUPPORT_H

#include "zoo_plugin.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The host's table, set once when the plugin is loaded. */
static const zoo_host_v1 *host;

/* ---- Operators ---- */

#define ZOO_NUMBER(name, op, overload) name,
#define ZOO_NAMES(name, op, overload) {op, overload},
enum { OPERATORS(ZOO_NUMBER) ZEROS, UNIFORM, OPERATOR_COUNT };
static const char *const operator_names[OPERATOR_COUNT][2] = {OPERATORS(ZOO_NAMES){"aten::zeros", ""}, {"aten::uniform_", ""}};
static const zoo_op *operators[OPERATOR_COUNT];

/* Takes the host and finds every operator, so that one that this engine lacks is noticed when the plugin is loaded. */
static inline zoo_status attach(const zoo_host_v1 *given) {
  host = given;
  for (int i = 0; i < OPERATOR_COUNT; i++) {
    zoo_status s = host->find_op(operator_names[i][0], operator_names[i][1], &operators[i]);
    if (s != ZOO_OK) return s;
  }
  return ZOO_OK;
}

#define T(x) ((zoo_value){.tag = ZOO_TENSOR, .as = {.tensor = (x)}})
#define INT(x) ((zoo_value){.tag = ZOO_INT, .as = {.i = (x)}})
#define DOUBLE(x) ((zoo_value){.tag = ZOO_DOUBLE, .as = {.d = (x)}})
#define BOOL(x) ((zoo_value){.tag = ZOO_BOOL, .as = {.i = (x)}})
#define STRING(text, length) ((zoo_value){.tag = ZOO_STRING, .count = (uint32_t)(length), .as = {.string = (text)}})
#define INTS(list, length) ((zoo_value){.tag = ZOO_INTS, .count = (uint32_t)(length), .as = {.ints = (list)}})
#define TENSORS(list, length) ((zoo_value){.tag = ZOO_TENSORS, .count = (uint32_t)(length), .as = {.tensors = (list)}})

#define VALUES(...) (zoo_value[]){__VA_ARGS__}, (uint32_t)(sizeof((zoo_value[]){__VA_ARGS__}) / sizeof(zoo_value))
#define CALL(op, out, ...) call(op, out, VALUES(__VA_ARGS__))
#define NEXT(op, x, ...) next(op, x, VALUES(__VA_ARGS__))

/* Calls an operator that gives one tensor. */
static inline zoo_status call(int op, zoo_tensor **out, const zoo_value *in, uint32_t n_in) {
  zoo_value result = {.tag = ZOO_NONE};
  uint32_t count = 0;
  *out = NULL;
  zoo_status s = host->call_op(operators[op], in, n_in, &result, 1, &count);
  if (s == ZOO_OK) *out = result.as.tensor;
  return s;
}

/* The same, for a chain: the result takes the place of *x, which is released. */
static inline zoo_status next(int op, zoo_tensor **x, const zoo_value *in, uint32_t n_in) {
  zoo_tensor *former = *x;
  zoo_status s = call(op, x, in, n_in);
  host->release(former);
  return s;
}

/* ---- Modules: named parameters and whether they are being trained ---- */

#define MOST_PARAMETERS 64

/* The first member of every instance. */
typedef struct module {
  zoo_state_v1 entries[MOST_PARAMETERS];
  uint32_t count;
  int32_t training;
} module;

/* Keeps a tensor under a name (a string that lives as long as the instance), and owns it. */
static inline zoo_status keep(module *m, const char *name, zoo_role role, zoo_tensor *tensor) {
  if (m->count == MOST_PARAMETERS) {
    host->release(tensor);
    return host->fail(ZOO_UNSUPPORTED, "more parameters than MOST_PARAMETERS");
  }
  m->entries[m->count++] = (zoo_state_v1){name, role, tensor};
  return ZOO_OK;
}

/* Takes in a part's parameters as "slot.name". `names`, with room for MOST_PARAMETERS, gets the texts, which are to be freed with the
 * instance. */
static inline zoo_status adopt(module *m, const char *slot, const zoo_part_v1 *part, char **names) {
  for (uint32_t i = 0;; i++) {
    zoo_state_v1 state;
    zoo_status s = part->component->state(part->instance, i, &state);
    if (s == ZOO_NOT_FOUND) return ZOO_OK;
    if (s != ZOO_OK) return s;
    const size_t size = strlen(slot) + 1 + strlen(state.name) + 1;
    char *name = malloc(size);
    if (!name) {
      host->release(state.tensor);
      return host->fail(ZOO_OUT_OF_MEMORY, "out of memory");
    }
    snprintf(name, size, "%s.%s", slot, state.name);
    s = keep(m, name, state.role, state.tensor);
    if (s != ZOO_OK) {
      free(name);
      return s;
    }
    names[m->count - 1] = name;
  }
}

/* Makes a parameter that starts uniform in [-bound, bound], or at zero; *out borrows it from the module. */
static inline zoo_status parameter(module *m, const char *name, const int64_t *sizes, int32_t ndim, double bound, zoo_tensor **out) {
  zoo_tensor *made = NULL, *same = NULL;
  zoo_status s = CALL(ZEROS, &made, INTS(sizes, ndim));
  if (s == ZOO_OK && bound > 0) s = CALL(UNIFORM, &same, T(made), DOUBLE(-bound), DOUBLE(bound));
  host->release(same);
  if (s == ZOO_OK) s = host->require_grad(made, 1);
  if (s != ZOO_OK) {
    host->release(made);
    return s;
  }
  *out = made;
  return keep(m, name, ZOO_PARAMETER, made);
}

/* Functions of the component's table that are the same for all. */
static inline zoo_status module_state(void *self, uint32_t index, zoo_state_v1 *out) {
  module *m = self;
  if (index >= m->count) return host->fail(ZOO_NOT_FOUND, "no more parameters");
  *out = m->entries[index];
  host->retain(out->tensor);
  return ZOO_OK;
}

static inline zoo_status module_set_training(void *self, int32_t on) {
  ((module *)self)->training = on;
  return ZOO_OK;
}

static inline void module_destroy(void *self) {
  module *m = self;
  for (uint32_t i = 0; i < m->count; i++) host->release(m->entries[i].tensor);
  free(m);
}

/* A fresh instance of `size` bytes, all zero but for its training mode. */
static inline zoo_status module_make(size_t size, void *out) {
  module *m = calloc(1, size);
  if (!m) return host->fail(ZOO_OUT_OF_MEMORY, "out of memory");
  m->training = 1;
  memcpy(out, &m, sizeof m);
  return ZOO_OK;
}

/* The bound of torch.nn's default initial weights: uniform in ±1/√(fan in). */
static inline double initial_bound(int64_t fan_in) { return 1 / sqrt((double)fan_in); }

#endif
