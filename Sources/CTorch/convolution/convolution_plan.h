// How the kernels of convolution.h cut a problem that they do without tiles, and the weight packed for it.
#pragma once

#include "convolution_forward.h"
#include "convolution_weights.h"

namespace ctorch::convolution {
namespace {

Plan make_plan(const Problem &p) {
  Plan l{};
  l.lanes = lanes;
  l.vectors = whole(p.outputs, lanes);
  l.forward_blocks = whole(l.vectors, tile_vectors);
  l.group = std::clamp<int64_t>(whole(32, p.cells()), 1, p.images);
  l.groups = whole(p.images, l.group);
  // Patches where rows of the kernel would waste more than a fifth of the lanes.
  l.patches = 5 * p.run() < 4 * whole(p.run(), lanes) * lanes;
  // One vector of channels after the other, so that what a piece meets stays in the first-level cache.
  const int64_t vectors = whole(p.channels, lanes);
  l.blocks = !l.patches && 5 * p.channels >= 4 * vectors * lanes ? vectors : 1;
  l.block_channels = l.blocks > 1 ? lanes : p.channels;
  const int64_t run = p.kernel * l.block_channels;
  l.segments = l.patches ? 1 : p.kernel * l.blocks;
  l.length = whole(l.patches ? p.taps() : run, lanes) * lanes;
  l.chunks = whole(l.length / lanes, Processor::held);
  l.pieces = l.segments * l.chunks;
  l.pitch = whole(l.length / lanes, l.chunks) * lanes;
  l.dense = p.pool == 1 && 5 * p.outputs >= 4 * l.vectors * lanes;
  // Without pooling a cell is one position: all of its terms are taken where no ReLU leaves any out, and where sorting them takes longer
  // than it saves.
  l.all_terms = p.pool == 1 && (p.slope != 0 || l.patches || l.packed() <= Processor::most_floats_unsorted);
  l.batches = l.dense ? std::min<int64_t>(p.images, 24) : l.pieces >= 24 ? 1 : std::min(p.images, whole(24, l.pieces));
  constexpr int64_t near = 12 * 1024; // floats that the first-level cache keeps beside the sums
  const int64_t line = p.width * l.block_channels, image = p.height * line, step = p.pool * p.stride;
  l.block_rows = image <= near ? p.rows * (near / image) : std::max<int64_t>(1, (near / line - p.kernel) / step);
  l.block_rows = std::min(l.block_rows, p.images * p.rows);
  l.block_cells = l.block_rows * p.columns;
  l.needs_slack = l.patches || p.run() % lanes != 0;
  return l;
}

// Packs the weight to [block][row][column][channel][the block's output channels].
void pack_forward(const Problem &p, const Plan &l, const float *weight, Strides s, bool rounds, float *to, int64_t block) {
  const int64_t first = block_begin(l, block) * lanes, width = block_begin(l, block + 1) * lanes - first;
  order_weight(p, weight, s, rounds, first, width, to + first * p.taps());
}

} // namespace
} // namespace ctorch::convolution
