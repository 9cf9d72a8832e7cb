// What CImage.c and the codecs share.
#ifndef CIMAGE_CODECS_H
#define CIMAGE_CODECS_H

#include "CImage.h"

// A file, and the texts that its codec leaves. A codec runs on through a warning and stops at an error.
typedef struct cimage_source {
  const uint8_t *bytes;
  size_t count;
  char *warning;
  char *message;
  int is_out_of_memory;
} cimage_source;

// The image as the file has it: 1 (grey), 2 (grey, alpha), 3 (colour) or 4 (colour, alpha) channels of 8 bits.
typedef struct cimage_raw {
  int32_t width;
  int32_t height;
  int32_t channels;
  int is_premultiplied; // whether colours are multiplied by their alpha already
  int orientation;      // 1 ... 8 as in EXIF; anything else is taken for 1
  uint8_t *pixels;
} cimage_raw;

// Each returns 0, or -1 with a message and `pixels` null.
int cimage_read_png(cimage_source *source, cimage_raw *raw);
int cimage_read_jpeg(cimage_source *source, cimage_raw *raw);
int cimage_read_webp(cimage_source *source, cimage_raw *raw);
int cimage_read_tiff(cimage_source *source, cimage_raw *raw);
int cimage_read_bmp(cimage_source *source, cimage_raw *raw);
int cimage_read_pnm(cimage_source *source, cimage_raw *raw);
int cimage_read_gif(cimage_source *source, cimage_raw *raw);

// Writes the message and returns -1.
int cimage_fail(cimage_source *source, const char *format, ...) __attribute__((format(printf, 2, 3)));

// The same, for memory that the system does not give: no fault of the file.
int cimage_exhausted(cimage_source *source);

// Keeps the first warning.
void cimage_warn(cimage_source *source, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Zeroed memory for an image of that size. Returns -1 if it is empty or too large.
int cimage_allocate(cimage_source *source, cimage_raw *raw, int64_t width, int64_t height, int32_t channels);

void cimage_release(cimage_raw *raw);

// The orientation that EXIF data (with or without "Exif" before them) or an XMP text state; 0 if they state none.
int cimage_exif_orientation(const uint8_t *bytes, size_t count);
int cimage_xmp_orientation(const uint8_t *bytes, size_t count);

// Colour from cyan, magenta, yellow and black, 255 for full ink.
void cimage_cmyk(const uint8_t cmyk[4], uint8_t rgb[3]);

#endif
