#include "codecs.h"

#include <stdlib.h>
#include <string.h>

#include <png.h>

int cimage_write_png(const uint8_t *pixels, int32_t width, int32_t height, int32_t channels, uint8_t **bytes, size_t *count) {
  *bytes = NULL;
  *count = 0;
  if (width <= 0 || height <= 0 || (channels != 1 && channels != 3) || (int64_t)width * height > CIMAGE_MAX_PIXELS) return -1;
  png_image image;
  memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  image.width = (png_uint_32)width;
  image.height = (png_uint_32)height;
  image.format = channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  // The first call tells the size.
  png_alloc_size_t size = 0;
  int is_written = png_image_write_to_memory(&image, NULL, &size, 0, pixels, 0, NULL);
  if (is_written) {
    *bytes = malloc(size);
    if (!*bytes) return CIMAGE_OUT_OF_MEMORY;
    is_written = png_image_write_to_memory(&image, *bytes, &size, 0, pixels, 0, NULL);
  }
  png_image_free(&image);
  if (!is_written) {
    free(*bytes);
    *bytes = NULL;
    return -1;
  }
  *count = size;
  return 0;
}
