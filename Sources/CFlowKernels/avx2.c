// The avx2 kernels.
#include "variant.h"

#define FLOW_ISA_NAME "avx2"
#define FLOW_TABLE flow_kernels_avx2
#define FLOW_HAS_FMA 1
#define FLOW_WIDE_REGISTERS 0

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "kernels_all.inc"
#pragma clang attribute pop
#endif
