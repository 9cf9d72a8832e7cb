#include "codecs.h"

#include <string.h>

#include <webp/decode.h>
#include <webp/demux.h>

static int orientation(const WebPDemuxer *demuxer) {
  WebPChunkIterator chunk;
  int found = 0;
  if (WebPDemuxGetChunk(demuxer, "EXIF", 1, &chunk)) {
    found = cimage_exif_orientation(chunk.chunk.bytes, chunk.chunk.size);
    WebPDemuxReleaseChunkIterator(&chunk);
  }
  if (!found && WebPDemuxGetChunk(demuxer, "XMP ", 1, &chunk)) {
    found = cimage_xmp_orientation(chunk.chunk.bytes, chunk.chunk.size);
    WebPDemuxReleaseChunkIterator(&chunk);
  }
  return found;
}

static int first_frame(cimage_source *source, const WebPData *data, cimage_raw *raw) {
  WebPAnimDecoder *decoder = WebPAnimDecoderNew(data, NULL);
  uint8_t *frame = NULL;
  int time = 0;
  int is_whole = decoder && WebPAnimDecoderGetNext(decoder, &frame, &time);
  if (is_whole) memcpy(raw->pixels, frame, (size_t)raw->width * (size_t)raw->height * 4);
  WebPAnimDecoderDelete(decoder);
  return is_whole ? 0 : cimage_fail(source, "its first frame is cut or damaged");
}

static int still(cimage_source *source, cimage_raw *raw) {
  size_t stride = (size_t)raw->width * (size_t)raw->channels, size = stride * (size_t)raw->height;
  uint8_t *pixels = raw->channels == 4 ? WebPDecodeRGBAInto(source->bytes, source->count, raw->pixels, size, (int)stride)
                                       : WebPDecodeRGBInto(source->bytes, source->count, raw->pixels, size, (int)stride);
  return pixels ? 0 : cimage_fail(source, "its image is cut or damaged");
}

int cimage_read_webp(cimage_source *source, cimage_raw *raw) {
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(source->bytes, source->count, &features) != VP8_STATUS_OK) return cimage_fail(source, "its header is cut or damaged");
  int is_moving = features.has_animation;
  if (cimage_allocate(source, raw, features.width, features.height, is_moving || features.has_alpha ? 4 : 3)) return -1;
  const WebPData data = {source->bytes, source->count};
  if (is_moving ? first_frame(source, &data, raw) : still(source, raw)) {
    cimage_release(raw);
    return -1;
  }
  WebPDemuxer *demuxer = WebPDemux(&data);
  if (demuxer) raw->orientation = orientation(demuxer);
  WebPDemuxDelete(demuxer);
  return 0;
}
