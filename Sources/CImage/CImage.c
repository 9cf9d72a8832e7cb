#include "CImage.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>

static int fail(char *message, size_t size, const char *format, const char *text) {
  if (message && size) snprintf(message, size, format, text);
  return -1;
}

// Memory for an image whose size is already in `out`.
static int allocate(cimage *out, char *message, size_t size) {
  int64_t pixels = (int64_t)out->width * out->height;
  if (out->width < 1 || out->height < 1 || pixels > CIMAGE_MAX_PIXELS) {
    char found[64];
    snprintf(found, sizeof found, "%ld x %ld", (long)out->width, (long)out->height);
    return fail(message, size, "an image of %s pixels is too large", found);
  }
  out->pixels = malloc((size_t)pixels * (size_t)out->channels);
  return out->pixels ? 0 : fail(message, size, "%s", "out of memory");
}

// MARK: PNG, by libpng's simplified interface, which keeps its longjmp to itself

static uint8_t luma(const uint8_t *rgb) {
  // Of JPEG: 0.299, 0.587, 0.114 in 16-bit fixed point.
  return (uint8_t)((19595u * rgb[0] + 38470u * rgb[1] + 7471u * rgb[2] + 32768u) >> 16);
}

static int decode_png(const uint8_t *bytes, size_t count, cimage *out, char *message, size_t size) {
  png_image image;
  memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  if (!png_image_begin_read_from_memory(&image, bytes, count)) return fail(message, size, "PNG: %s", image.message);
  int is_color = (image.format & PNG_FORMAT_FLAG_COLOR) != 0, wanted = out->channels;
  // Without this, 16-bit files are taken to be linear light.
  image.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
  image.format = is_color ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  if (image.width > CIMAGE_MAX_PIXELS || image.height > CIMAGE_MAX_PIXELS) {
    png_image_free(&image);
    return fail(message, size, "%s", "PNG: the image is too large");
  }
  out->width = (int32_t)image.width;
  out->height = (int32_t)image.height;
  out->channels = is_color || wanted == 3 ? 3 : 1;
  if (allocate(out, message, size)) {
    png_image_free(&image);
    return -1;
  }
  png_color black = {0, 0, 0};
  if (!png_image_finish_read(&image, &black, out->pixels, 0, NULL) || PNG_IMAGE_FAILED(image)) {
    cimage_free(out);
    return fail(message, size, "PNG: %s", image.message);
  }
  if (image.warning_or_error) {
    cimage_free(out);
    return fail(message, size, "PNG: %s", image.message);
  }
  size_t pixels = (size_t)out->width * (size_t)out->height;
  if (is_color && wanted == 1)
    for (size_t i = 0; i < pixels; i++) out->pixels[i] = luma(out->pixels + 3 * i);
  else if (!is_color && wanted == 3)
    for (size_t i = pixels; i-- > 0;) out->pixels[3 * i] = out->pixels[3 * i + 1] = out->pixels[3 * i + 2] = out->pixels[i];
  out->channels = wanted;
  return 0;
}

// MARK: JPEG

typedef struct {
  struct jpeg_error_mgr base; // first: libjpeg hands back its address
  jmp_buf escape;
  char text[JMSG_LENGTH_MAX];
} jpeg_errors;

static void jpeg_stop(j_common_ptr info) {
  jpeg_errors *errors = (jpeg_errors *)info->err;
  errors->base.format_message(info, errors->text);
  longjmp(errors->escape, 1);
}

static void jpeg_warn(j_common_ptr info, int level) {
  // Level -1: the data are damaged. Others are remarks.
  if (level < 0) jpeg_stop(info);
}

static int decode_jpeg(const uint8_t *bytes, size_t count, cimage *out, char *message, size_t size) {
  struct jpeg_decompress_struct info;
  jpeg_errors errors;
  memset(&info, 0, sizeof info);
  info.err = jpeg_std_error(&errors.base);
  errors.base.error_exit = jpeg_stop;
  errors.base.emit_message = jpeg_warn;
  // Nothing of this function's own changes after here but through pointers, so longjmp leaves it all defined.
  if (setjmp(errors.escape)) {
    jpeg_destroy_decompress(&info);
    cimage_free(out);
    return fail(message, size, "JPEG: %s", errors.text);
  }
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, bytes, (unsigned long)count);
  jpeg_read_header(&info, TRUE);
  info.out_color_space = out->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  out->width = (int32_t)info.image_width;
  out->height = (int32_t)info.image_height;
  if (allocate(out, message, size)) {
    jpeg_destroy_decompress(&info);
    return -1;
  }
  jpeg_start_decompress(&info);
  while (info.output_scanline < info.output_height) {
    JSAMPROW row = out->pixels + (size_t)info.output_scanline * (size_t)out->width * (size_t)out->channels;
    jpeg_read_scanlines(&info, &row, 1);
  }
  jpeg_finish_decompress(&info);
  jpeg_destroy_decompress(&info);
  return 0;
}

int cimage_decode(const uint8_t *bytes, size_t count, int32_t channels, cimage *out, char *message, size_t message_size) {
  static const uint8_t png[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  memset(out, 0, sizeof *out);
  if (channels != 1 && channels != 3) return fail(message, message_size, "%s", "the number of channels must be 1 or 3");
  out->channels = channels;
  if (bytes && count >= sizeof png && !memcmp(bytes, png, sizeof png)) return decode_png(bytes, count, out, message, message_size);
  if (bytes && count >= 3 && bytes[0] == 0xff && bytes[1] == 0xd8 && bytes[2] == 0xff)
    return decode_jpeg(bytes, count, out, message, message_size);
  return fail(message, message_size, "%s", count ? "neither a PNG nor a JPEG file" : "the file is empty");
}

void cimage_free(cimage *image) {
  free(image->pixels);
  image->pixels = NULL;
}
