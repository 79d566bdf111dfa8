// Random numbers and elementary functions in double precision, many at a time: bit for bit what FlowMath's RandomStream
// and Elementary compute one at a time, in every variant (no operation here is fused).
#ifndef FLOW_KERNELS_RANDOM_H
#define FLOW_KERNELS_RANDOM_H

#include <stddef.h>
#include <stdint.h>

// A Philox4x32-10 stream: the key and the counter words that stay fixed (see RandomStream).
typedef struct flow_random_stream {
    uint32_t key[2];
    uint32_t substream, step, purpose;
} flow_random_stream;

typedef struct flow_random_kernels {
    // The 2 · blocks numbers on [0, 1) of blocks first_block, first_block + 1, …: 53 bits each.
    void (*uniforms)(flow_random_stream stream, uint64_t first_block, double *out, size_t blocks);

    // The same of blocks whose numbers are given: out[2 i], out[2 i + 1] are those of blocks[i].
    void (*uniforms_of_blocks)(flow_random_stream stream, const uint64_t *blocks, double *out, size_t count);

    // Box and Muller 1958 in place: each pair (u, v) on [0, 1)² becomes √(−2 log(1 − u)) · (cos 2πv, sin 2πv).
    void (*normals_from_uniforms)(double *values, size_t pairs);

    // values[i] = e^values[i], log values[i], log(1 + values[i]): any double.
    void (*exponential)(double *values, size_t count);
    void (*logarithm)(double *values, size_t count);
    void (*logarithm_of_one_plus)(double *values, size_t count);

    // tile[d * width + t] = points[t * dimension + d] in single precision for t < count; columns from count to width
    // repeat the first point (0 < count ≤ width).
    void (*tile_from_points)(const double *points, size_t dimension, size_t count, float *tile, size_t width);
    // points[t * dimension + d] = tile[d * width + t] for t < count.
    void (*points_from_tile)(const float *tile, size_t width, double *points, size_t dimension, size_t count);
} flow_random_kernels;

#endif
