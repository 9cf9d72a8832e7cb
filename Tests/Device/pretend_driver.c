/* A libcuda.so.1 for the devices of pretend_cuda.cpp: what ZooHost asks a driver. */
#include <stdlib.h>
#include <string.h>

static int count(void) {
  const char *text = getenv("PRETEND_DEVICES");
  return text ? atoi(text) : 2;
}

int cuInit(unsigned flags) { return flags != 0 ? 1 : count() > 0 ? 0 : 100; }

int cuDriverGetVersion(int *version) {
  *version = 13000;
  return 0;
}

int cuDeviceGetCount(int *out) {
  *out = count();
  return 0;
}

int cuDeviceGet(int *device, int index) {
  *device = index;
  return index < 0 || index >= count() ? 101 : 0;
}

/* PRETEND_NAMES, separated by semicolons; the last holds for all that follow. */
int cuDeviceGetName(char *name, int room, int device) {
  const char *text = getenv("PRETEND_NAMES"), *end;
  if (!text) text = "Pretended GPU";
  for (; device > 0 && (end = strchr(text, ';')); device--) text = end + 1;
  end = strchr(text, ';');
  size_t length = end ? (size_t)(end - text) : strlen(text);
  if (length >= (size_t)room) length = (size_t)room - 1;
  memcpy(name, text, length);
  name[length] = 0;
  return 0;
}

int cuDeviceTotalMem_v2(size_t *bytes, int device) {
  *bytes = (size_t)8 << 30;
  return device < 0 ? 101 : 0;
}

int cuDeviceGetAttribute(int *value, int attribute, int device) {
  *value = attribute == 75 ? 9 : 0;
  return device < 0 ? 101 : 0;
}
