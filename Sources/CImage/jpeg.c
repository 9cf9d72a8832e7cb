#include "codecs.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

// A file of more scans is made to take time.
enum { most_scans = 500 };

typedef struct {
  struct jpeg_error_mgr errors; // first: libjpeg hands back its address
  struct jpeg_source_mgr input;
  struct jpeg_progress_mgr progress;
  struct jpeg_decompress_struct info;
  jmp_buf escape;
  cimage_source *source;
  cimage_raw *raw;
  int has_ended;  // whether libjpeg wanted more bytes than there are
  int is_starved; // whether the image's data stopped too early
} reader;

static void stop(j_common_ptr info) {
  reader *self = (reader *)info->err;
  char text[JMSG_LENGTH_MAX];
  self->errors.format_message(info, text);
  if (self->errors.msg_code == JERR_OUT_OF_MEMORY)
    cimage_exhausted(self->source);
  else
    cimage_fail(self->source, "%s", text);
  longjmp(self->escape, 1);
}

static void remark(j_common_ptr info, int level) {
  if (level >= 0) return; // not about damage
  reader *self = (reader *)info->err;
  if (self->errors.msg_code == JWRN_HIT_MARKER) self->is_starved = 1;
  char text[JMSG_LENGTH_MAX];
  self->errors.format_message(info, text);
  cimage_warn(self->source, "JPEG: %s", text);
}

static void nothing(j_decompress_ptr info) { (void)info; }

// The end of the file reads as the marker that should stand there; what it cuts off shows in `is_starved`.
static boolean fill(j_decompress_ptr info) {
  static const JOCTET end[] = {0xff, JPEG_EOI};
  reader *self = (reader *)info->err;
  self->has_ended = 1;
  if (!self->raw->pixels) { // still in the header
    cimage_fail(self->source, "the file ends before its image does");
    longjmp(self->escape, 1);
  }
  info->src->next_input_byte = end;
  info->src->bytes_in_buffer = sizeof end;
  return TRUE;
}

static void skip(j_decompress_ptr info, long count) {
  if (count <= 0) return;
  if ((size_t)count > info->src->bytes_in_buffer) {
    fill(info);
    return;
  }
  info->src->next_input_byte += count;
  info->src->bytes_in_buffer -= (size_t)count;
}

static void watch(j_common_ptr info) {
  reader *self = (reader *)info->err;
  if (self->info.input_scan_number <= most_scans) return;
  cimage_fail(self->source, "more than %d scans", most_scans);
  longjmp(self->escape, 1);
}

static int orientation(const struct jpeg_decompress_struct *info) {
  static const char xmp[] = "http://ns.adobe.com/xap/1.0/";
  int stated = 0;
  for (jpeg_saved_marker_ptr marker = info->marker_list; marker; marker = marker->next) {
    size_t count = marker->data_length;
    if (count > 6 && !memcmp(marker->data, "Exif\0", 5)) {
      int found = cimage_exif_orientation(marker->data, count);
      if (found) return found;
    } else if (!stated && count > sizeof xmp && !memcmp(marker->data, xmp, sizeof xmp)) {
      stated = cimage_xmp_orientation(marker->data, count);
    }
  }
  return stated;
}

// Every coefficient to its last bit.
static int has_all_scans(const struct jpeg_decompress_struct *info) {
  if (!info->progressive_mode || !info->coef_bits) return 1;
  for (int c = 0; c < info->num_components; c++)
    for (int i = 0; i < DCTSIZE2; i++)
      if (info->coef_bits[c][i] != 0) return 0;
  return 1;
}

static void read_rows(reader *self) {
  struct jpeg_decompress_struct *info = &self->info;
  cimage_raw *raw = self->raw;
  jpeg_save_markers(info, JPEG_APP0 + 1, 0xffff);
  jpeg_read_header(info, TRUE);
  // Each block of 64 pixels takes a bit at least, so a small file that claims more gets no memory.
  if (!info->arith_code && (uint64_t)info->image_width * info->image_height / 1024 > self->source->count) {
    cimage_fail(self->source, "%u x %u pixels in %zu bytes: the file ends before its image does", info->image_width, info->image_height,
                self->source->count);
    longjmp(self->escape, 1);
  }
  info->out_color_space = info->num_components == 1 ? JCS_GRAYSCALE : info->num_components == 4 ? JCS_CMYK : JCS_RGB;
  if (cimage_allocate(self->source, raw, info->image_width, info->image_height, info->num_components == 1 ? 1 : 3))
    longjmp(self->escape, 1);
  raw->orientation = orientation(info);
  jpeg_start_decompress(info);
  // CMYK does not fit into its pixels, so it gets a row of libjpeg's own memory.
  int is_cmyk = info->out_color_space == JCS_CMYK;
  JSAMPARRAY ink = is_cmyk ? info->mem->alloc_sarray((j_common_ptr)info, JPOOL_IMAGE, info->image_width * 4, 1) : NULL;
  while (info->output_scanline < info->output_height) {
    JSAMPROW row = raw->pixels + (size_t)info->output_scanline * (size_t)raw->width * (size_t)raw->channels;
    jpeg_read_scanlines(info, ink ? ink : &row, 1);
    if (!ink) continue;
    for (JDIMENSION x = 0; x < info->image_width; x++) {
      // Every program that writes CMYK follows Adobe: 255 is no ink.
      const uint8_t *from = ink[0] + 4 * x;
      const uint8_t cmyk[4] = {255 - from[0], 255 - from[1], 255 - from[2], 255 - from[3]};
      cimage_cmyk(cmyk, row + 3 * x);
    }
  }
  if (self->has_ended && (self->is_starved || !has_all_scans(info))) {
    cimage_fail(self->source, "the file ends before its image does");
    longjmp(self->escape, 1);
  }
}

int cimage_read_jpeg(cimage_source *source, cimage_raw *raw) {
  reader *self = calloc(1, sizeof *self);
  if (!self) return cimage_exhausted(source);
  self->source = source;
  self->raw = raw;
  self->info.err = jpeg_std_error(&self->errors);
  self->errors.error_exit = stop;
  self->errors.emit_message = remark;
  int status = -1;
  if (!setjmp(self->escape)) {
    jpeg_create_decompress(&self->info);
    self->input = (struct jpeg_source_mgr){source->bytes, source->count, nothing, fill, skip, jpeg_resync_to_restart, nothing};
    self->info.src = &self->input;
    self->progress.progress_monitor = watch;
    self->info.progress = &self->progress;
    read_rows(self);
    jpeg_destroy_decompress(&self->info);
    free(self);
    return 0;
  }
  jpeg_destroy_decompress(&self->info);
  cimage_release(raw);
  free(self);
  return status;
}
