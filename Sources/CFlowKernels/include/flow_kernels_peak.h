// The yardstick of the benchmarks: how fast this core can multiply and add at all.
#ifndef FLOW_KERNELS_PEAK_H
#define FLOW_KERNELS_PEAK_H

#include <stddef.h>

typedef struct flow_peak_kernels {
    // Runs `iterations` rounds of 12 independent single-precision multiply-adds on 16 lanes, all in registers: 384
    // operations a round. Returns a value that depends on all of them, so that none can be left out.
    float (*multiply_adds)(size_t iterations);
} flow_peak_kernels;

#endif
