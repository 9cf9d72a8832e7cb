#include "codecs.h"

#include <string.h>

// EXIF data are a small TIFF file, of which one number of the first directory is wanted. libexif parses all of it, makers' notes
// included, which is much code for untrusted bytes to go through.

static uint32_t number(const uint8_t *bytes, int size, int is_big) {
  uint32_t value = 0;
  for (int i = 0; i < size; i++) value = value << 8 | bytes[is_big ? i : size - 1 - i];
  return value;
}

int cimage_exif_orientation(const uint8_t *bytes, size_t count) {
  if (count >= 6 && !memcmp(bytes, "Exif\0", 5)) {
    bytes += 6;
    count -= 6;
  }
  if (count < 8) return 0;
  int is_big = !memcmp(bytes, "MM\0*", 4);
  if (!is_big && memcmp(bytes, "II*\0", 4)) return 0;
  size_t offset = number(bytes + 4, 4, is_big);
  if (offset > count - 2) return 0;
  size_t entries = number(bytes + offset, 2, is_big);
  offset += 2;
  for (size_t i = 0; i < entries && offset + 12 <= count; i++, offset += 12) {
    if (number(bytes + offset, 2, is_big) != 0x112) continue;
    uint32_t type = number(bytes + offset + 2, 2, is_big);
    if (number(bytes + offset + 4, 4, is_big) < 1) return 0;
    uint32_t value = type == 4 ? number(bytes + offset + 8, 4, is_big) : type == 3 ? number(bytes + offset + 8, 2, is_big) : 0;
    return value >= 1 && value <= 8 ? (int)value : 0;
  }
  return 0;
}

int cimage_xmp_orientation(const uint8_t *bytes, size_t count) {
  static const char name[] = "tiff:Orientation";
  const size_t length = sizeof name - 1;
  for (size_t i = 0; i + length + 3 <= count; i++) {
    if (bytes[i] != 't' || memcmp(bytes + i, name, length)) continue;
    const uint8_t *after = bytes + i + length;
    size_t skip = after[0] == '>' ? 1 : after[0] == '=' && (after[1] == '"' || after[1] == '\'') ? 2 : 0;
    if (skip && after[skip] >= '1' && after[skip] <= '8') return after[skip] - '0';
  }
  return 0;
}
