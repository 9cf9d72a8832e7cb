/* A plugin of four small components that keeps its contract, and breaks it in one way where FAULT_… is defined: for each check of
 * 'zoo plugin check' there is a fault that it, and no other, finds. */
#ifndef FAULTY_PLUGIN_H
#define FAULTY_PLUGIN_H
#define _GNU_SOURCE
#include "zoo_plugin.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const zoo_host_v1 *host;

/* ---- Operators ------------------------------------------------------------------------------------------------ */

static inline zoo_value tensor(zoo_tensor *t) { return (zoo_value){.tag = ZOO_TENSOR, .as.tensor = t}; }
static inline zoo_value integer(int64_t i) { return (zoo_value){.tag = ZOO_INT, .as.i = i}; }
static inline zoo_value boolean(int on) { return (zoo_value){.tag = ZOO_BOOL, .as.i = on}; }
static inline zoo_value number(double d) { return (zoo_value){.tag = ZOO_DOUBLE, .as.d = d}; }
static inline zoo_value list(const int64_t *values, uint32_t count) {
  return (zoo_value){.tag = ZOO_INTS, .count = count, .as.ints = values};
}

/* Calls an operator that has one tensor as its result. */
static zoo_status call(const char *name, const char *overload, const zoo_value *in, uint32_t count, zoo_tensor **out) {
  const zoo_op *op;
  zoo_status status = host->find_op(name, overload, &op);
  if (status != ZOO_OK) return status;
  zoo_value result = {.tag = ZOO_NONE};
  uint32_t results = 0;
  status = host->call_op(op, in, count, &result, 1, &results);
  if (status == ZOO_OK) *out = result.as.tensor; /* its reference is now ours */
  return status;
}

static int rank(const zoo_tensor *t) {
  zoo_tensor_info info;
  host->describe(t, &info);
  return info.ndim;
}

/* ---- What all have ---------------------------------------------------------------------------------------- */

typedef struct Part {
  zoo_tensor *weight, *bias; /* NULL: a family has none */
#ifdef FAULT_STATE
  zoo_tensor *old_weight, *old_bias;
#endif
  int64_t channels, height, width, outputs;
  int training;
} Part;

static zoo_status make_state(Part *part, const int64_t *weight, int32_t rank_of_weight, int random) {
  zoo_value shape[] = {list(weight, (uint32_t)rank_of_weight)};
  int64_t count[] = {weight[0]};
  zoo_value shape_of_bias[] = {list(count, 1)};
  zoo_status status = call(random ? "aten::randn" : "aten::zeros", "", shape, 1, &part->weight);
  if (status == ZOO_OK) status = call("aten::zeros", "", shape_of_bias, 1, &part->bias);
  if (status == ZOO_OK) status = host->require_grad(part->weight, 1);
  if (status == ZOO_OK) status = host->require_grad(part->bias, 1);
  return status;
}

static void destroy(void *self) {
  Part *part = self;
#ifndef FAULT_MEMORY_OF_INSTANCES
  host->release(part->weight);
#endif
  host->release(part->bias);
  free(part);
}

static zoo_status state(void *self, uint32_t index, zoo_state_v1 *out) {
  Part *part = self;
  zoo_tensor *tensors[] = {part->weight, part->bias};
  static const char *const names[] = {"weight", "bias"};
  if (index > 1 || !tensors[index]) return host->fail(ZOO_NOT_FOUND, "there are no more");
  host->retain(tensors[index]);
  out->tensor = tensors[index];
  out->name = names[index];
  out->role = ZOO_PARAMETER;
  return ZOO_OK;
}

static zoo_status set_training(void *self, int32_t on) {
  Part *part = self;
#ifdef FAULT_EVALUATION
  /* Every change of mode moves the weights. */
  if (part->bias && part->training != on) {
    int32_t recording = host->grad_mode();
    host->set_grad_mode(0);
    zoo_tensor *same = NULL;
    zoo_value in[] = {tensor(part->bias), number(0.25)};
    if (part->training == 0 && call("aten::add_", "Scalar", in, 2, &same) == ZOO_OK) host->release(same);
    host->set_grad_mode(recording);
  }
#endif
  part->training = on;
  return ZOO_OK;
}

static zoo_status wrong(const char *text) {
#ifdef FAULT_ERROR_TEXT
  text = strcat(strcpy(malloc(strlen(text) + 400), text), "."); /* never freed */
#endif
  return host->fail(ZOO_BAD_ARGUMENT, text);
}

/* Images of this part's own channels, and what it does once it has them. */
static zoo_status check_images(const Part *part, zoo_tensor *in) {
  zoo_tensor_info info;
  host->describe(in, &info);
  if (info.ndim != 4) return wrong("expected images, N×C×H×W");
  if (info.sizes[1] != part->channels) return wrong("expected other channels");
#ifdef FAULT_BATCH
  if (info.sizes[0] == 0) abort();
#endif
  return ZOO_OK;
}

static const void *extension(const zoo_component_v1 *component, const char *id) {
#ifdef FAULT_EXTENSION
  if (!*id) return component;
#endif
  (void)component, (void)id;
  return NULL;
}

#endif
