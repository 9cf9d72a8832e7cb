#include "codecs.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tiffio.h>

typedef struct {
  cimage_source *source;
  uint64_t offset;
  int has_failed; // the first error counts: later ones follow from it
} reader;

static tmsize_t take(thandle_t handle, void *to, tmsize_t count) {
  reader *self = handle;
  if (count <= 0 || self->offset >= self->source->count) return 0;
  uint64_t left = self->source->count - self->offset, wanted = (uint64_t)count < left ? (uint64_t)count : left;
  memcpy(to, self->source->bytes + self->offset, (size_t)wanted);
  self->offset += wanted;
  return (tmsize_t)wanted;
}

static tmsize_t put(thandle_t handle, void *from, tmsize_t count) {
  (void)handle, (void)from, (void)count;
  return 0;
}

static toff_t seek(thandle_t handle, toff_t offset, int whence) {
  reader *self = handle;
  if (whence == SEEK_CUR) offset += self->offset;
  if (whence == SEEK_END) offset += self->source->count;
  return self->offset = offset;
}

static int finish(thandle_t handle) {
  (void)handle;
  return 0;
}

static toff_t size(thandle_t handle) { return ((reader *)handle)->source->count; }

// Mapped, so that nothing is copied.
static int map(thandle_t handle, void **base, toff_t *count) {
  reader *self = handle;
  *base = (void *)self->source->bytes;
  *count = self->source->count;
  return 1;
}

static void unmap(thandle_t handle, void *base, toff_t count) { (void)handle, (void)base, (void)count; }

// libtiff has one handler for the whole process, and tells it whose file it is about.
static void on_error(thandle_t handle, const char *module, const char *format, va_list arguments) {
  reader *self = handle;
  if (!self || self->has_failed) return;
  self->has_failed = 1;
  char text[CIMAGE_MESSAGE];
  vsnprintf(text, sizeof text, format, arguments);
  cimage_fail(self->source, "%s: %s", module ? module : "TIFF", text);
}

static void on_warning(thandle_t handle, const char *module, const char *format, va_list arguments) {
  // A tag that libtiff does not know is nothing odd: anyone may add one.
  if (!handle || (module && !strcmp(module, "TIFFReadDirectory"))) return;
  char text[CIMAGE_MESSAGE];
  vsnprintf(text, sizeof text, format, arguments);
  cimage_warn(((reader *)handle)->source, "TIFF: %s", text);
}

static void set_handlers(void) {
  TIFFSetErrorHandler(NULL);
  TIFFSetWarningHandler(NULL);
  TIFFSetErrorHandlerExt(on_error);
  TIFFSetWarningHandlerExt(on_warning);
}

static int failed(reader *self, const char *text) { return self->has_failed ? -1 : cimage_fail(self->source, "%s", text); }

static int read_image(reader *self, TIFF *tiff, cimage_raw *raw) {
  cimage_source *source = self->source;
  uint32_t width = 0, height = 0;
  TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width);
  TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height);
  if (cimage_allocate(source, raw, width, height, 4)) return -1;
  uint16_t orientation = 0, depth = 0, kind = SAMPLEFORMAT_UINT;
  if (!TIFFGetField(tiff, TIFFTAG_ORIENTATION, &orientation)) {
    const void *xmp = NULL;
    uint32_t count = 0;
    if (TIFFGetField(tiff, TIFFTAG_XMLPACKET, &count, &xmp) && xmp) orientation = (uint16_t)cimage_xmp_orientation(xmp, count);
  }
  TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &depth);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &kind);
  // Signed numbers of 8 bits are written by programs that mean unsigned ones.
  if (kind != SAMPLEFORMAT_UINT && kind != SAMPLEFORMAT_VOID && !(kind == SAMPLEFORMAT_INT && depth == 8))
    return cimage_fail(source, "samples that are %s, whose black and white the file does not state: save it as 8 or 16 bits",
                       kind == SAMPLEFORMAT_IEEEFP ? "floating-point numbers" : "signed or complex numbers");
  if (depth > 16) return cimage_fail(source, "%u bits per sample: save it as 8 or 16", depth);
  char reason[1024] = "";
  if (!TIFFRGBAImageOK(tiff, reason)) return cimage_fail(source, "%s", reason);
  // libtiff turns by half of the eight ways; CImage.c by all.
  TIFFSetField(tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
  TIFFRGBAImage image;
  if (!TIFFRGBAImageBegin(&image, tiff, 1, reason)) return failed(self, *reason ? reason : "its header is damaged");
  image.req_orientation = ORIENTATION_TOPLEFT;
  int is_whole = TIFFRGBAImageGet(&image, (uint32_t *)(void *)raw->pixels, width, height);
  int has_alpha = image.alpha != 0;
  TIFFRGBAImageEnd(&image);
  if (!is_whole || self->has_failed) return failed(self, "the file ends before its image does");
  size_t pixels = (size_t)width * height;
  raw->channels = has_alpha ? 4 : 3;
  raw->is_premultiplied = 1;
  raw->orientation = orientation;
  for (size_t i = 0; i < pixels; i++) {
    uint32_t pixel;
    memcpy(&pixel, raw->pixels + 4 * i, sizeof pixel);
    uint8_t *to = raw->pixels + (size_t)raw->channels * i;
    to[0] = TIFFGetR(pixel);
    to[1] = TIFFGetG(pixel);
    to[2] = TIFFGetB(pixel);
    if (has_alpha) to[3] = TIFFGetA(pixel);
  }
  return 0;
}

int cimage_read_tiff(cimage_source *source, cimage_raw *raw) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, set_handlers);
  reader self = {source, 0, 0};
  TIFF *tiff = TIFFClientOpen("TIFF", "r", &self, take, put, seek, finish, size, map, unmap);
  if (!tiff) return failed(&self, "its header is cut or damaged");
  int status = read_image(&self, tiff, raw);
  TIFFClose(tiff);
  if (status) cimage_release(raw);
  return status;
}
