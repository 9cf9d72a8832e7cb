// Decoding of PNG and JPEG files that are in memory, through libpng and libjpeg.
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
#define CIMAGE_MAX_PIXELS (1 << 26)

// Decodes a PNG or JPEG file, which its first bytes tell apart, into `channels` channels (1 or 3). Grey becomes three equal
// channels; colour becomes its luma (ITU-R BT.601); what is transparent becomes black; 16 bits become 8.
//
// Returns 0, or -1 with one line in `message` (cut to `message_size` bytes with the final zero) and nothing to free. Damage
// that a library would paper over with a warning is an error too. Keeps no state: any number of threads may call it.
int cimage_decode(const uint8_t *bytes, size_t count, int32_t channels, cimage *out, char *message, size_t message_size);

void cimage_free(cimage *image);

#endif
