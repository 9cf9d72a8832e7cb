#include "codecs.h"

#include <stdlib.h>
#include <string.h>

// Windows and OS/2 bitmaps. No library of Debian's reads them alone.

enum { rgb, rle8, rle4, bitfields, alpha_bitfields = 6 };

typedef struct {
  cimage_source *source;
  int64_t width, height;
  int is_top_down, bits;
  uint32_t compression, mask[4]; // red, green, blue, alpha
  uint8_t palette[256][3];
  size_t offset; // of the pixels
} bitmap;

static uint32_t number(const uint8_t *bytes, int size) {
  uint32_t value = 0;
  for (int i = size; i-- > 0;) value = value << 8 | bytes[i];
  return value;
}

static int cut(cimage_source *source) { return cimage_fail(source, "the file ends before its image does"); }

static void set_masks(bitmap *self, uint32_t red, uint32_t green, uint32_t blue) {
  self->mask[0] = red;
  self->mask[1] = green;
  self->mask[2] = blue;
}

static int read_header(bitmap *self) {
  cimage_source *source = self->source;
  const uint8_t *header = source->bytes + 14;
  size_t size = number(header, 4), after = 14 + size;
  if (after > source->count || (size != 12 && size < 16)) return cimage_fail(source, "its header is cut or damaged");
  self->offset = number(source->bytes + 10, 4);
  uint32_t colours = 0;
  if (size == 12) {
    self->width = number(header + 4, 2);
    self->height = number(header + 6, 2);
    self->bits = (int)number(header + 10, 2);
  } else {
    self->width = (int32_t)number(header + 4, 4);
    self->height = (int32_t)number(header + 8, 4);
    self->bits = (int)number(header + 14, 2);
    // OS/2 may leave out any number of the fields at the end.
    self->compression = size >= 20 ? number(header + 16, 4) : rgb;
    colours = size >= 36 ? number(header + 32, 4) : 0;
    self->is_top_down = self->height < 0;
    if (self->is_top_down) self->height = -self->height;
  }
  uint32_t kind = self->compression;
  int bits = self->bits;
  int is_plain = kind == rgb && (bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16 || bits == 24 || bits == 32);
  int is_packed = (kind == rle8 && bits == 8) || (kind == rle4 && bits == 4);
  int is_masked = (kind == bitfields || kind == alpha_bitfields) && (bits == 16 || bits == 32) && size != 64;
  if (!is_plain && !is_packed && !is_masked) return cimage_fail(source, "%d bits per pixel with compression %u", bits, kind);
  if (bits == 16) set_masks(self, 0x7c00, 0x3e0, 0x1f);
  if (bits == 32) set_masks(self, 0xff0000, 0xff00, 0xff);
  if (is_masked) {
    // In the header itself from its second version on, behind it in the first.
    int masks = kind == alpha_bitfields || size >= 56 ? 4 : 3;
    if (source->count < 14 + 40 + 4 * (size_t)masks) return cut(source);
    for (int i = 0; i < masks; i++) self->mask[i] = number(header + 40 + 4 * i, 4);
    if (size == 40) after += 4 * (size_t)masks;
  }
  if (bits <= 8) {
    size_t entry = size == 12 ? 3 : 4, most = (size_t)1 << bits;
    size_t held = colours && colours < most ? colours : most;
    // A file without all of its colours has its pixels where they would be.
    size_t end = self->offset > after && self->offset < source->count ? self->offset : source->count;
    for (size_t i = 0; i < held && after + entry * (i + 1) <= end; i++) {
      const uint8_t *colour = source->bytes + after + entry * i;
      for (int c = 0; c < 3; c++) self->palette[i][c] = colour[2 - c];
    }
    // Pixels in the place of the palette are meant to follow it.
    if (self->offset <= after) self->offset = after + entry * (size_t)(colours ? colours : most);
  }
  if (self->offset < after && bits > 8) self->offset = after;
  return 0;
}

// A channel of a pixel by its mask, 0 ... 255.
static uint8_t channel(uint32_t pixel, uint32_t mask) {
  if (!mask) return 0;
  while (!(mask & 1)) {
    mask >>= 1;
    pixel >>= 1;
  }
  return (uint8_t)((uint64_t)(pixel & mask) * 255 / mask);
}

static uint8_t *row(const cimage_raw *raw, const bitmap *self, int64_t y) {
  int64_t place = self->is_top_down ? y : self->height - 1 - y;
  return raw->pixels + place * self->width * raw->channels;
}

static int read_plain(bitmap *self, cimage_raw *raw) {
  const cimage_source *source = self->source;
  size_t stride = ((size_t)self->width * (size_t)self->bits + 31) / 32 * 4, used = ((size_t)self->width * (size_t)self->bits + 7) / 8;
  uint32_t opaque = 0;
  for (int64_t y = 0; y < self->height; y++) {
    size_t start = self->offset + (size_t)y * stride;
    // The last row may lack what fills it up to four bytes.
    if (start > source->count || used > source->count - start) return cut(self->source);
    const uint8_t *from = source->bytes + start;
    uint8_t *to = row(raw, self, y);
    for (int64_t x = 0; x < self->width; x++, to += raw->channels) {
      if (self->bits <= 8) {
        int64_t bit = x * self->bits;
        unsigned index = from[bit >> 3] >> (8 - self->bits - (bit & 7)) & ((1u << self->bits) - 1);
        memcpy(to, self->palette[index], 3);
      } else if (self->bits == 24) {
        for (int c = 0; c < 3; c++) to[c] = from[3 * x + 2 - c];
      } else {
        int bytes = self->bits / 8;
        uint32_t pixel = number(from + x * bytes, bytes);
        for (int c = 0; c < raw->channels; c++) to[c] = channel(pixel, self->mask[c]);
        if (raw->channels == 4) opaque |= to[3];
      }
    }
  }
  // A field for the alpha that nothing was written into.
  if (raw->channels == 4 && !opaque)
    for (size_t i = 0; i < (size_t)(self->width * self->height); i++) raw->pixels[4 * i + 3] = 255;
  return 0;
}

static int read_packed(bitmap *self, cimage_raw *raw) {
  const uint8_t *bytes = self->source->bytes;
  size_t at = self->offset, count = self->source->count;
  int64_t x = 0, y = 0;
  // Pixels that are passed over have the first colour.
  for (int64_t i = 0; i < self->width * self->height; i++) memcpy(raw->pixels + 3 * i, self->palette[0], 3);
  for (;;) {
    if (at > count || count - at < 2) return y >= self->height || (y == self->height - 1 && x >= self->width) ? 0 : cut(self->source);
    unsigned run = bytes[at], value = bytes[at + 1];
    at += 2;
    if (!run && value == 0) {
      x = 0;
      y++;
    } else if (!run && value == 1) {
      return 0;
    } else if (!run && value == 2) {
      if (count - at < 2) return cut(self->source);
      x += bytes[at];
      y += bytes[at + 1];
      at += 2;
    } else {
      unsigned length = run ? run : value;
      size_t held = run ? 0 : self->bits == 8 ? length : (length + 1) / 2;
      if (held > count - at) return cut(self->source);
      for (unsigned i = 0; i < length; i++, x++) {
        if (x >= self->width || y >= self->height) continue;
        unsigned pair = run ? value : self->bits == 8 ? bytes[at + i] : bytes[at + i / 2];
        unsigned index = self->bits == 8 ? pair : i % 2 ? pair & 15 : pair >> 4;
        memcpy(row(raw, self, y) + 3 * x, self->palette[index], 3);
      }
      at += held + (held & 1);
    }
  }
}

int cimage_read_bmp(cimage_source *source, cimage_raw *raw) {
  bitmap self = {.source = source};
  if (read_header(&self)) return -1;
  if (cimage_allocate(source, raw, self.width, self.height, self.mask[3] ? 4 : 3)) return -1;
  int is_packed = self.compression == rle8 || self.compression == rle4;
  if (is_packed ? read_packed(&self, raw) : read_plain(&self, raw)) {
    cimage_release(raw);
    return -1;
  }
  return 0;
}
