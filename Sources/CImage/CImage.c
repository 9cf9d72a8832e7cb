#include "codecs.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// MARK: Texts and memory

static void print(char *text, const char *format, va_list arguments) {
  if (!text) return;
  vsnprintf(text, CIMAGE_MESSAGE, format, arguments);
  // One line of printable characters, whatever a file put into a codec's text.
  for (char *c = text; *c; c++)
    if ((unsigned char)*c < 32 || (unsigned char)*c > 126) *c = *c == '\n' || *c == '\t' ? ' ' : '?';
}

int cimage_fail(cimage_source *source, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  print(source->message, format, arguments);
  va_end(arguments);
  return -1;
}

int cimage_exhausted(cimage_source *source) {
  source->is_out_of_memory = 1;
  return cimage_fail(source, "out of memory");
}

void cimage_warn(cimage_source *source, const char *format, ...) {
  if (!source->warning || *source->warning) return;
  va_list arguments;
  va_start(arguments, format);
  print(source->warning, format, arguments);
  va_end(arguments);
}

int cimage_allocate(cimage_source *source, cimage_raw *raw, int64_t width, int64_t height, int32_t channels) {
  if (width < 1 || height < 1) return cimage_fail(source, "an image of %lld x %lld pixels", (long long)width, (long long)height);
  if (width > CIMAGE_MAX_PIXELS || height > CIMAGE_MAX_PIXELS || width * height > CIMAGE_MAX_PIXELS)
    return cimage_fail(source, "an image of %lld x %lld pixels, more than the %d that are read", (long long)width, (long long)height,
                       CIMAGE_MAX_PIXELS);
  raw->width = (int32_t)width;
  raw->height = (int32_t)height;
  raw->channels = channels;
  raw->pixels = calloc((size_t)(width * height), (size_t)channels);
  return raw->pixels ? 0 : cimage_exhausted(source);
}

void cimage_release(cimage_raw *raw) {
  free(raw->pixels);
  raw->pixels = NULL;
}

void cimage_free(cimage *image) {
  free(image->pixels);
  image->pixels = NULL;
}

// MARK: Formats

static int begins(const uint8_t *bytes, size_t count, size_t offset, const char *magic, size_t length) {
  return count >= offset + length && !memcmp(bytes + offset, magic, length);
}

cimage_format cimage_sniff(const uint8_t *bytes, size_t count) {
  if (!bytes) return CIMAGE_UNKNOWN;
  if (begins(bytes, count, 0, "\x89PNG\r\n\x1a\n", 8)) return CIMAGE_PNG;
  if (begins(bytes, count, 0, "\xff\xd8\xff", 3)) return CIMAGE_JPEG;
  if (begins(bytes, count, 0, "RIFF", 4) && begins(bytes, count, 8, "WEBP", 4)) return CIMAGE_WEBP;
  // 42 for TIFF, 43 for BigTIFF.
  if (begins(bytes, count, 0, "II*\0", 4) || begins(bytes, count, 0, "MM\0*", 4)) return CIMAGE_TIFF;
  if (begins(bytes, count, 0, "II+\0", 4) || begins(bytes, count, 0, "MM\0+", 4)) return CIMAGE_TIFF;
  if (begins(bytes, count, 0, "GIF87a", 6) || begins(bytes, count, 0, "GIF89a", 6)) return CIMAGE_GIF;
  // Two letters alone would be the start of many a text: the size of the header that follows them is known.
  if (begins(bytes, count, 0, "BM", 2) && count >= 18 && bytes[14] >= 12 && bytes[14] <= 124 && !bytes[15] && !bytes[16] && !bytes[17])
    return CIMAGE_BMP;
  if (count >= 3 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6' && strchr(" \t\r\n\v\f#", bytes[2]) && bytes[2])
    return CIMAGE_PNM;
  return CIMAGE_UNKNOWN;
}

static int read_any(cimage_source *source, cimage_raw *raw) {
  switch (cimage_sniff(source->bytes, source->count)) {
  case CIMAGE_PNG: return cimage_read_png(source, raw);
  case CIMAGE_JPEG: return cimage_read_jpeg(source, raw);
  case CIMAGE_WEBP: return cimage_read_webp(source, raw);
  case CIMAGE_TIFF: return cimage_read_tiff(source, raw);
  case CIMAGE_BMP: return cimage_read_bmp(source, raw);
  case CIMAGE_PNM: return cimage_read_pnm(source, raw);
  case CIMAGE_GIF: return cimage_read_gif(source, raw);
  case CIMAGE_UNKNOWN: break;
  }
  return cimage_fail(source, source->count ? "no format that is read" : "an empty file");
}

// MARK: To the channels that are asked for

static uint8_t scaled(uint32_t value, uint32_t by) {
  uint32_t product = value * by + 128;
  return (uint8_t)((product + (product >> 8)) >> 8); // rounded product / 255
}

void cimage_cmyk(const uint8_t cmyk[4], uint8_t rgb[3]) {
  uint32_t light = 255u - cmyk[3];
  for (int i = 0; i < 3; i++) rgb[i] = (uint8_t)(light - scaled(cmyk[i], light));
}

// Of JPEG: 0.299, 0.587, 0.114 in 16-bit fixed point.
static uint8_t luma(const uint8_t *rgb) { return (uint8_t)((19595u * rgb[0] + 38470u * rgb[1] + 7471u * rgb[2] + 32768u) >> 16); }

static uint8_t over(uint32_t value, uint32_t alpha, uint32_t background, int is_premultiplied) {
  if (!is_premultiplied) {
    uint32_t sum = value * alpha + background * (255u - alpha) + 128;
    return (uint8_t)((sum + (sum >> 8)) >> 8);
  }
  uint32_t sum = value + scaled(background, 255u - alpha);
  return (uint8_t)(sum > 255 ? 255 : sum);
}

// Where pixel (x, y) of the image that is shown lies in the one that is stored, as steps from its first pixel.
typedef struct {
  size_t width, height;
  ptrdiff_t start, right, down;
} layout;

static layout oriented(const cimage_raw *raw) {
  ptrdiff_t w = raw->width, h = raw->height;
  switch (raw->orientation) {
  case 2: return (layout){(size_t)w, (size_t)h, w - 1, -1, w};
  case 3: return (layout){(size_t)w, (size_t)h, w * h - 1, -1, -w};
  case 4: return (layout){(size_t)w, (size_t)h, w * (h - 1), 1, -w};
  case 5: return (layout){(size_t)h, (size_t)w, 0, w, 1};
  case 6: return (layout){(size_t)h, (size_t)w, w * (h - 1), -w, 1};
  case 7: return (layout){(size_t)h, (size_t)w, w * h - 1, -w, -1};
  case 8: return (layout){(size_t)h, (size_t)w, w - 1, w, -1};
  default: return (layout){(size_t)w, (size_t)h, 0, 1, w};
  }
}

static void convert(const cimage_raw *raw, layout place, cimage *out, uint8_t background) {
  int has_alpha = raw->channels == 2 || raw->channels == 4, colours = raw->channels - has_alpha;
  uint8_t *to = out->pixels;
  for (size_t y = 0; y < place.height; y++) {
    const uint8_t *from = raw->pixels + (place.start + (ptrdiff_t)y * place.down) * raw->channels;
    for (size_t x = 0; x < place.width; x++, from += place.right * raw->channels, to += out->channels) {
      uint8_t pixel[3];
      for (int i = 0; i < colours; i++) pixel[i] = has_alpha ? over(from[i], from[colours], background, raw->is_premultiplied) : from[i];
      if (out->channels == 1)
        to[0] = colours == 3 ? luma(pixel) : pixel[0];
      else
        for (int i = 0; i < 3; i++) to[i] = pixel[colours == 3 ? i : 0];
    }
  }
}

int cimage_decode(const uint8_t *bytes, size_t count, int32_t channels, uint8_t background, cimage *out, char *warning, char *message) {
  cimage_source source = {bytes, count, warning, message, 0};
  cimage_raw raw = {0};
  memset(out, 0, sizeof *out);
  if (warning) *warning = 0;
  if (message) *message = 0;
  if (channels != 1 && channels != 3) return cimage_fail(&source, "the number of channels must be 1 or 3");
  if (read_any(&source, &raw)) return source.is_out_of_memory ? CIMAGE_OUT_OF_MEMORY : -1;
  layout place = oriented(&raw);
  out->width = (int32_t)place.width;
  out->height = (int32_t)place.height;
  out->channels = channels;
  if (raw.channels == channels && (raw.orientation < 2 || raw.orientation > 8)) {
    out->pixels = raw.pixels;
    return 0;
  }
  out->pixels = malloc(place.width * place.height * (size_t)channels);
  if (out->pixels) convert(&raw, place, out, background);
  cimage_release(&raw);
  return out->pixels ? 0 : (cimage_exhausted(&source), CIMAGE_OUT_OF_MEMORY);
}
