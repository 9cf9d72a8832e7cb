/* A convolution, and behind it squeeze and excitation: a small network on the means of its channels. */
typedef struct layer {
  zoo_tensor *weight, *bias;          /* the convolution */
  zoo_tensor *squeeze, *squeeze_bias; /* channels to channels / reduction */
  zoo_tensor *excite, *excite_bias;   /* and back */
} layer;

enum { LAYERS = 2 };

/* Names of the layers' parameters, in the order of the structure. */
static const char *const names[LAYERS][6] = {
    {"conv1.weight", "conv1.bias", "se1.squeeze.weight", "se1.squeeze.bias", "se1.excite.weight", "se1.excite.bias"},
    {"conv2.weight", "conv2.bias", "se2.squeeze.weight", "se2.squeeze.bias", "se2.excite.weight", "se2.excite.bias"}};

static zoo_status make_layer(module *m, const char *const name[6], int64_t inputs, int64_t channels, int64_t reduction, int64_t kernel,
                             layer *l) {
  const int64_t squeezed = channels / reduction > 0 ? channels / reduction : 1;
  const double bound = initial_bound(inputs * kernel * kernel), in = initial_bound(channels), out = initial_bound(squeezed);
  zoo_status s = parameter(m, name[0], (int64_t[]){channels, inputs, kernel, kernel}, 4, bound, &l->weight);
  if (s == ZOO_OK) s = parameter(m, name[1], &channels, 1, bound, &l->bias);
  if (s == ZOO_OK) s = parameter(m, name[2], (int64_t[]){squeezed, channels}, 2, in, &l->squeeze);
  if (s == ZOO_OK) s = parameter(m, name[3], &squeezed, 1, in, &l->squeeze_bias);
  if (s == ZOO_OK) s = parameter(m, name[4], (int64_t[]){channels, squeezed}, 2, out, &l->excite);
  if (s == ZOO_OK) s = parameter(m, name[5], &channels, 1, out, &l->excite_bias);
  return s;
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
