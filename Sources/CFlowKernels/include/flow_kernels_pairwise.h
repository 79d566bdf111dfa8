// Kernels over all pairs of two point sets, double precision (MMD, energy distance, transport costs), and the row scans
// of the assignment solver and the sort that the transport metrics rest on.
//
// Point sets are feature-major: coordinate d of point i is at a[d * stride + i]. Where a kernel says "padded", it may
// read (never use) up to 7 elements past the last point of a row: stride ≥ n + 7, padding finite.
#ifndef FLOW_KERNELS_PAIRWISE_H
#define FLOW_KERNELS_PAIRWISE_H

#include <stddef.h>
#include <stdint.h>

typedef struct flow_points {
    const double *values;
    size_t stride;
    size_t count;
} flow_points;

typedef struct flow_two_minima {
    double first, second;  // the smallest and second smallest value; +infinity where there is none
    size_t index;          // where the smallest is; the lowest index among equals
} flow_two_minima;

typedef struct flow_pairwise_kernels {
    // out[i * out_stride + j] = ‖a_i − b_j‖². b padded, out_stride ≥ b.count + 7; the out padding is overwritten.
    void (*squared_distances)(flow_points a, flow_points b, size_t dimension, double *out, size_t out_stride);

    // Sums of Gaussian kernels u = 2^(−‖a_i − b_j‖²): rows_single[i] += Σ_j u, and rows_mixture[i] += Σ_j (u + u⁴ +
    // u¹⁶ + u⁶⁴ + u²⁵⁶), the bandwidths h, h/2, h/4, h/8, h/16 when the points were divided by h·√(2 ln 2); the same by
    // column into cols_* (b.count + 7 elements). upper ≠ 0: a and b are one set and only pairs j > i are visited.
    // b padded; coordinates finite. Each kernel value is exact to about 2e-13 relative or 2^−252 absolute, given the
    // coordinates.
    void (*gaussian_sums)(
        flow_points a, flow_points b, size_t dimension, int upper, double *rows_single, double *rows_mixture,
        double *cols_single, double *cols_mixture);

    // Only rows_single and cols_single of gaussian_sums, the same bits.
    void (*gaussian_single_sums)(
        flow_points a, flow_points b, size_t dimension, int upper, double *rows, double *cols);

    // rows[i] += Σ_j ‖a_i − b_j‖ and cols[j] += Σ_i ‖a_i − b_j‖; conventions of gaussian_sums.
    void (*distance_sums)(flow_points a, flow_points b, size_t dimension, int upper, double *rows, double *cols);

    // The two smallest of cost[j] − price[j], j < n. cost and price padded.
    flow_two_minima (*two_minima)(const double *cost, const double *price, size_t n);

    // One relaxation of Dijkstra's algorithm on reduced costs: where cost[j] − price[j] + shift < distance[j], stores it
    // and predecessor[j] = row; returns the index of the smallest distance afterwards, the lowest index among equals
    // (n when all are infinite). price[j] = −infinity and distance[j] = +infinity mark finished columns. All padded;
    // distance's padding must be +infinity and price's −infinity.
    size_t (*relax)(
        const double *cost, const double *price, double shift, int64_t row, double *distance, int64_t *predecessor,
        size_t n);

    // out[i] = Σ_d direction[d] · a[d * stride + i]; a padded, out has a.count + 7 elements.
    void (*project)(flow_points a, size_t dimension, const double *direction, double *out);

    // Sorts ascending; scratch has n elements. −0 sorts before 0, NaN by its bits (sign first).
    void (*sort)(double *values, double *scratch, size_t n);
} flow_pairwise_kernels;

#endif
