// All kernels of convolution.h for one set of instructions: what the file that is compiled for it includes.
#pragma once

#include "convolution_gradient.h"
#include "convolution_plan.h"
#include "convolution_shifts.h"

namespace ctorch::convolution {
namespace {

constexpr Kernels all = {
    .plan = make_plan,
    .pack_forward = pack_forward,
    .forward = forward<Singles>,
    .pack_backward = pack_backward,
    .input_gradient = input_gradient,
    .list_terms = list_terms,
    .weight_gradient = weight_gradient,
    .unpack_gradient = unpack_gradient,
    .activation_gradient = activation_gradient,
    .dense_weight_gradient = dense_weight_gradient,
    .unpack_dense = unpack_dense,
    .bias_gradient = bias_gradient,
    .tiling = make_tiling,
    .order_filters = order_filters,
    .pack_tiles = pack_tiles,
    .forward_tiles = forward_tiles,
    .forward_shifts = forward_shifts,
    .input_gradient_tiles = input_gradient_tiles,
    .weight_gradient_tiles = weight_gradient_tiles,
    .unpack_tiles = unpack_tiles,
    .reorder_filters = reorder_filters,
};

} // namespace
} // namespace ctorch::convolution
