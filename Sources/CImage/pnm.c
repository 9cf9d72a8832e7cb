#include "codecs.h"

#include <stdlib.h>

// PBM, PGM and PPM. Netpbm's own library ends the process at an error.

typedef struct {
  cimage_source *source;
  size_t offset;
} reader;

static int is_space(uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static int next(reader *self) { return self->offset < self->source->count ? self->source->bytes[self->offset++] : -1; }

// The next character that is neither space nor part of a comment, or -1.
static int solid(reader *self) {
  for (int c = next(self); c >= 0; c = next(self)) {
    if (c == '#')
      while (c >= 0 && c != '\n' && c != '\r') c = next(self);
    else if (!is_space((uint8_t)c))
      return c;
  }
  return -1;
}

// A number and the one space after it; -1 if there is none below ten million.
static int64_t number(reader *self) {
  int64_t value = 0;
  int c = solid(self), digits = 0;
  for (; c >= '0' && c <= '9' && digits < 8; digits++, c = next(self)) value = 10 * value + (c - '0');
  if (c == '#') {
    while (c >= 0 && c != '\n' && c != '\r') c = next(self);
  }
  return digits && (c < 0 || is_space((uint8_t)c)) ? value : -1;
}

static uint8_t level(int64_t value, int64_t most) {
  if (value > most) value = most;
  return (uint8_t)(most == 255 ? value : most == 65535 ? value >> 8 : (value * 510 + most) / (2 * most));
}

static int cut(cimage_source *source) { return cimage_fail(source, "the file ends before its image does"); }

static int read_plain(reader *self, cimage_raw *raw, int64_t most, int is_bitmap) {
  size_t count = (size_t)raw->width * (size_t)raw->height * (size_t)raw->channels;
  for (size_t i = 0; i < count; i++) {
    // Bits need no space between them.
    if (is_bitmap) {
      int c = solid(self);
      if (c != '0' && c != '1') return c < 0 ? cut(self->source) : cimage_fail(self->source, "a value that is neither 0 nor 1");
      raw->pixels[i] = c == '0' ? 255 : 0;
    } else {
      int64_t value = number(self);
      if (value < 0 && self->offset >= self->source->count) return cut(self->source);
      if (value < 0 || value > most) return cimage_fail(self->source, "a value that is not from 0 to %d", (int)most);
      raw->pixels[i] = level(value, most);
    }
  }
  return 0;
}

static int read_binary(reader *self, cimage_raw *raw, int64_t most, int is_bitmap) {
  size_t width = (size_t)raw->width * (size_t)raw->channels, size = most > 255 ? 2 : 1;
  size_t stride = is_bitmap ? (width + 7) / 8 : width * size;
  if ((self->source->count - self->offset) / stride < (size_t)raw->height) return cut(self->source);
  const uint8_t *from = self->source->bytes + self->offset;
  uint8_t *to = raw->pixels;
  for (int32_t y = 0; y < raw->height; y++, from += stride, to += width)
    for (size_t x = 0; x < width; x++)
      to[x] =
          is_bitmap ? (from[x / 8] >> (7 - x % 8) & 1 ? 0 : 255) : level(size == 2 ? from[2 * x] << 8 | from[2 * x + 1] : from[x], most);
  return 0;
}

int cimage_read_pnm(cimage_source *source, cimage_raw *raw) {
  reader self = {source, 2};
  int kind = source->bytes[1] - '0', is_bitmap = kind == 1 || kind == 4;
  int64_t width = number(&self), height = number(&self), most = is_bitmap ? 1 : number(&self);
  if (width < 0 || height < 0 || most < 1 || most > 65535) return cimage_fail(source, "its header is cut or damaged");
  int channels = kind == 3 || kind == 6 ? 3 : 1;
  // A value takes a bit at least, so a small file that claims more gets no memory.
  if (width && height > (int64_t)(8 * source->count) / width) return cut(source);
  if (cimage_allocate(source, raw, width, height, channels)) return -1;
  if (kind < 4 ? read_plain(&self, raw, most, is_bitmap) : read_binary(&self, raw, most, is_bitmap)) {
    cimage_release(raw);
    return -1;
  }
  return 0;
}
