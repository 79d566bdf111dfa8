// Kernels over all pairs of two point sets, double precision (MMD, energy distance, transport costs).
#ifndef FLOW_KERNELS_PAIRWISE_H
#define FLOW_KERNELS_PAIRWISE_H

#include <stddef.h>

typedef struct flow_pairwise_kernels {
    // out[i * m + j] = ‖a_i − b_j‖², a: dimension × n and b: dimension × m, feature-major (coordinate d of point i at
    // a[d * n + i]).
    void (*squared_distances)(const double *a, size_t n, const double *b, size_t m, size_t dimension, double *out);
} flow_pairwise_kernels;

#endif
