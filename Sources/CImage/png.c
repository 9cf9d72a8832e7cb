#include "codecs.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

typedef struct {
  cimage_source *source;
  size_t offset;
  int is_whole; // whether every row has been read
} reader;

static void stop(png_structp png, png_const_charp text) {
  reader *reader = png_get_error_ptr(png);
  // After the last row nothing matters any more.
  if (!reader->is_whole) cimage_fail(reader->source, "%s", text);
  longjmp(png_jmpbuf(png), 1);
}

static void warn(png_structp png, png_const_charp text) {
  reader *reader = png_get_error_ptr(png);
  cimage_warn(reader->source, "PNG: %s", text);
}

static void take(png_structp png, png_bytep to, size_t count) {
  reader *reader = png_get_io_ptr(png);
  if (count > reader->source->count - reader->offset) png_error(png, "the file ends before its image does");
  memcpy(to, reader->source->bytes + reader->offset, count);
  reader->offset += count;
}

static int hexadecimal(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; }

// EXIF as ImageMagick writes it: "\nexif\n    1234\n" and hexadecimal digits in lines.
static int raw_profile(const char *text, size_t count) {
  const char *end = text + count;
  for (int line = 0; line < 3; line++) {
    text = memchr(text, '\n', (size_t)(end - text));
    if (!text++) return 0;
  }
  // The first directory lies near the start.
  uint8_t bytes[4096];
  size_t length = 0;
  for (int high = -1; text < end && length < sizeof bytes; text++) {
    int digit = hexadecimal(*text);
    if (digit < 0) continue;
    if (high < 0)
      high = digit;
    else {
      bytes[length++] = (uint8_t)(high << 4 | digit);
      high = -1;
    }
  }
  return cimage_exif_orientation(bytes, length);
}

static int orientation(png_structp png, png_infop info) {
  png_uint_32 length = 0;
  png_bytep exif = NULL;
  int found = 0, xmp = 0, texts = 0;
  if (png_get_eXIf_1(png, info, &length, &exif)) found = cimage_exif_orientation(exif, length);
  png_textp text = NULL;
  png_get_text(png, info, &text, &texts);
  for (int i = 0; i < texts && !found; i++) {
    size_t count = text[i].compression > 0 ? text[i].itxt_length : text[i].text_length;
    if (!strcmp(text[i].key, "Raw profile type exif")) found = raw_profile(text[i].text, count);
    if (!xmp && !strcmp(text[i].key, "XML:com.adobe.xmp")) xmp = cimage_xmp_orientation((const uint8_t *)text[i].text, count);
  }
  return found ? found : xmp;
}

static void read_rows(png_structp png, png_infop info, reader *reader, cimage_raw *raw) {
  // Colour is not managed here, so these need not be right.
  static const png_byte passed_over[] = "iCCP\0gAMA\0cHRM\0sRGB\0sBIT\0bKGD\0hIST\0pHYs\0sPLT\0tIME\0oFFs\0pCAL\0sCAL";
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, passed_over, sizeof passed_over / 5);
  png_set_benign_errors(png, 1);
  png_set_user_limits(png, 0x7fffffff, 0x7fffffff); // cimage_allocate has its own
  png_read_info(png, info);
  png_set_expand(png); // palettes, fewer than 8 bits, transparent colours
  png_set_strip_16(png);
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  if (cimage_allocate(reader->source, raw, png_get_image_width(png, info), png_get_image_height(png, info), png_get_channels(png, info)))
    longjmp(png_jmpbuf(png), 1);
  size_t stride = png_get_rowbytes(png, info);
  for (int pass = 0; pass < passes; pass++)
    for (int32_t y = 0; y < raw->height; y++) png_read_row(png, raw->pixels + (size_t)y * stride, NULL);
  reader->is_whole = 1;
  png_read_end(png, info);
}

// A function of its own, whose variables do not change between setjmp and longjmp.
static void read_image(png_structp png, png_infop info, reader *reader, cimage_raw *raw) {
  if (!setjmp(png_jmpbuf(png))) read_rows(png, info, reader, raw);
}

int cimage_read_png(cimage_source *source, cimage_raw *raw) {
  reader reader = {source, 0, 0};
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reader, stop, warn);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  if (info) {
    png_set_read_fn(png, &reader, take);
    read_image(png, info, &reader, raw);
  } else {
    cimage_exhausted(source);
  }
  if (reader.is_whole)
    raw->orientation = orientation(png, info);
  else
    cimage_release(raw);
  png_destroy_read_struct(&png, &info, NULL);
  return reader.is_whole ? 0 : -1;
}
