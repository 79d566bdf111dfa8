// The yardstick of the benchmarks: how fast this core can multiply and add at all.
#ifndef FLOW_KERNELS_PEAK_H
#define FLOW_KERNELS_PEAK_H

#include <stddef.h>

typedef struct flow_peak_kernels {
    // Runs `iterations` rounds of 12 independent single-precision multiply-adds on 16 lanes, all in registers: 384
    // operations a round. `chains` holds 14 × 16 floats: twelve running values, the factor and the term.
    void (*multiply_adds)(float *chains, size_t iterations);
} flow_peak_kernels;

#endif
