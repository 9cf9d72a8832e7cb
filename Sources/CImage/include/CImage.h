// Decoding of picture files that are in memory: PNG, JPEG, WebP, TIFF, BMP, PNM (PBM, PGM, PPM), and the first frame of a GIF; and
// encoding as PNG.
#ifndef CIMAGE_H
#define CIMAGE_H

#include <stddef.h>
#include <stdint.h>

// An image of 8 bits per value, rows from the top, channels interleaved.
typedef struct cimage {
  int32_t width;
  int32_t height;
  int32_t channels; // 1 (grey) or 3 (red, green, blue)
  uint8_t *pixels;  // width * height * channels bytes, freed by cimage_free
} cimage;

// Most pixels that an image may have; a header that claims more is refused before any memory is taken.
#define CIMAGE_MAX_PIXELS (1 << 27)

// Room that every message fits into, the final zero included.
#define CIMAGE_MESSAGE 256

// What cimage_decode returns where the system gave no memory, which is no fault of the file.
#define CIMAGE_OUT_OF_MEMORY (-2)

typedef enum cimage_format {
  CIMAGE_UNKNOWN,
  CIMAGE_PNG,
  CIMAGE_JPEG,
  CIMAGE_WEBP,
  CIMAGE_TIFF,
  CIMAGE_BMP,
  CIMAGE_PNM,
  CIMAGE_GIF
} cimage_format;

// The format that the first bytes of a file say, whatever its name.
cimage_format cimage_sniff(const uint8_t *bytes, size_t count);

// Decodes a picture into `channels` channels (1 or 3), turned as its EXIF or XMP orientation says.
//
// Grey becomes three equal channels; colour becomes its luma, (19595 R + 38470 G + 7471 B + 32768) / 65536. Of 16 bits the
// upper 8 count. CMYK becomes (255 - C)(255 - K) / 255 and so on. What is transparent shows `background`, a grey value.
// Colour profiles and gamma are not applied.
//
// Returns 0; `warning` then holds what the codec found odd (the first of it), or is empty. Returns -1 with one line in
// `message` and nothing to free if the file is of no known format or its image is not whole, or CIMAGE_OUT_OF_MEMORY. Both texts have room
// for CIMAGE_MESSAGE bytes. Keeps no state: any number of threads may call it.
int cimage_decode(const uint8_t *bytes, size_t count, int32_t channels, uint8_t background, cimage *out, char *warning, char *message);

void cimage_free(cimage *image);

// Encodes width * height * channels bytes (1 or 3 channels, interleaved, rows from the top) as a PNG file.
//
// Returns 0 with the file's bytes, which the caller frees with free(); -1 for an image that is empty, too large or of other channels, or
// CIMAGE_OUT_OF_MEMORY; then there is nothing to free.
int cimage_write_png(const uint8_t *pixels, int32_t width, int32_t height, int32_t channels, uint8_t **bytes, size_t *count);

#endif
