#include "codecs.h"

#include <stdlib.h>
#include <string.h>

#include <gif_lib.h>

typedef struct {
  cimage_source *source;
  size_t offset;
  int is_in_image;
} reader;

// Beyond the end of the file an image's data are followed by zeros: an empty block, all that may be missing.
static int take(GifFileType *gif, GifByteType *to, int count) {
  reader *self = gif->UserData;
  size_t left = self->source->count - self->offset, wanted = count < 0 ? 0 : (size_t)count, held = wanted < left ? wanted : left;
  memcpy(to, self->source->bytes + self->offset, held);
  self->offset += held;
  if (!self->is_in_image) return (int)held;
  memset(to + held, 0, wanted - held);
  return (int)wanted;
}

static int failed(cimage_source *source, const GifFileType *gif) {
  const char *text = GifErrorString(gif->Error);
  return cimage_fail(source, "%s", text ? text : "the file ends before its image does");
}

// Passes over everything up to the first frame; `transparent` gets the index of the transparent colour, or -1.
static int find_frame(cimage_source *source, GifFileType *gif, int *transparent) {
  *transparent = NO_TRANSPARENT_COLOR;
  for (;;) {
    GifRecordType type;
    if (DGifGetRecordType(gif, &type) == GIF_ERROR) return failed(source, gif);
    if (type == IMAGE_DESC_RECORD_TYPE) return DGifGetImageDesc(gif) == GIF_ERROR ? failed(source, gif) : 0;
    if (type == TERMINATE_RECORD_TYPE) return cimage_fail(source, "it has no frame");
    GifByteType *block = NULL;
    int code = 0;
    if (DGifGetExtension(gif, &code, &block) == GIF_ERROR) return failed(source, gif);
    GraphicsControlBlock control;
    if (code == GRAPHICS_EXT_FUNC_CODE && block && DGifExtensionToGCB(block[0], block + 1, &control) == GIF_OK)
      *transparent = control.TransparentColor;
    while (block)
      if (DGifGetExtensionNext(gif, &block) == GIF_ERROR) return failed(source, gif);
  }
}

static int read_frame(cimage_source *source, GifFileType *gif, cimage_raw *raw) {
  int transparent = 0;
  if (find_frame(source, gif, &transparent)) return -1;
  ((reader *)gif->UserData)->is_in_image = 1;
  const GifImageDesc *frame = &gif->Image;
  const ColorMapObject *colours = frame->ColorMap ? frame->ColorMap : gif->SColorMap;
  // A frame may reach beyond the screen that the file states; then that is made larger.
  int64_t width = (int64_t)frame->Left + frame->Width, height = (int64_t)frame->Top + frame->Height;
  if (frame->Left < 0 || frame->Top < 0 || frame->Width < 1 || frame->Height < 1) return cimage_fail(source, "an empty frame");
  if (width < gif->SWidth) width = gif->SWidth;
  if (height < gif->SHeight) height = gif->SHeight;
  int is_whole = !frame->Left && !frame->Top && frame->Width == width && frame->Height == height;
  int channels = is_whole && transparent == NO_TRANSPARENT_COLOR ? 3 : 4;
  if (cimage_allocate(source, raw, width, height, channels)) return -1;
  GifPixelType *line = malloc(frame->Width > 0 ? (size_t)frame->Width : 1);
  if (!line) return cimage_exhausted(source);
  static const int starts[] = {0, 4, 2, 1}, steps[] = {8, 8, 4, 2};
  for (int pass = 0; pass < (frame->Interlace ? 4 : 1); pass++) {
    int step = frame->Interlace ? steps[pass] : 1;
    for (int y = frame->Interlace ? starts[pass] : 0; y < frame->Height; y += step) {
      if (DGifGetLine(gif, line, frame->Width) == GIF_ERROR) {
        free(line);
        return failed(source, gif);
      }
      uint8_t *to = raw->pixels + ((size_t)(frame->Top + y) * (size_t)width + (size_t)frame->Left) * (size_t)channels;
      for (int x = 0; x < frame->Width; x++, to += channels) {
        // Without a map of colours, or beyond it, black.
        if (colours && line[x] < colours->ColorCount) {
          const GifColorType *colour = colours->Colors + line[x];
          to[0] = colour->Red;
          to[1] = colour->Green;
          to[2] = colour->Blue;
        }
        if (channels == 4) to[3] = line[x] == transparent ? 0 : 255;
      }
    }
  }
  free(line);
  return 0;
}

int cimage_read_gif(cimage_source *source, cimage_raw *raw) {
  reader reader = {source, 0, 0};
  int error = 0;
  GifFileType *gif = DGifOpen(&reader, take, &error);
  if (!gif) return cimage_fail(source, "its header is cut or damaged");
  int status = read_frame(source, gif, raw);
  if (status) cimage_release(raw);
  DGifCloseFile(gif, &error);
  return status;
}
