// The numeric kernels of flowexp. Every kernel exists once per instruction set (AVX-512, AVX2 + FMA, portable) and is
// reached through a table that is chosen at run time; see dispatch.c.
#ifndef CFLOWKERNELS_H
#define CFLOWKERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "flow_kernels_box.h"
#include "flow_kernels_bases.h"
#include "flow_kernels_dense.h"
#include "flow_kernels_elementwise.h"
#include "flow_kernels_pairwise.h"
#include "flow_kernels_peak.h"
#include "flow_kernels_random.h"
#include "flow_kernels_spline.h"

typedef struct flow_kernels {
    // "avx512", "avx2" or "portable".
    const char *isa;
    // The name of the arithmetic: results are the same bits for every table with the same variant.
    const char *numerics_variant;
    flow_dense_kernels dense;
    flow_box_kernels box;
    flow_elementwise_kernels elementwise;
    flow_bases_kernels bases;
    flow_pairwise_kernels pairwise;
    flow_random_kernels random;
    flow_peak_kernels peak;
    flow_spline_kernels spline;
} flow_kernels;

// The table of the best instruction set of this machine, or of the one named by the environment variable FLOWEXP_ISA
// when the machine has it. Chosen once; safe from any thread.
const flow_kernels *flow_kernels_current(void);

// The table for one instruction set, or NULL when this machine cannot run it.
const flow_kernels *flow_kernels_named(const char *isa);

#endif
