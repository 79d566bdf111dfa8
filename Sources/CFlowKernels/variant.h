// What every kernel source sees: vector types of 16 logical float lanes (8 double lanes), whatever the machine's
// registers are, and fused multiply-add where the instruction set has it. Included once per instruction set.
//
// Reductions run over 16 (8) lanes and are combined in one fixed order, so AVX2 and AVX-512 give the same bits.
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "CFlowKernels.h"

#pragma STDC FP_CONTRACT OFF
// Vector values pass only between always-inlined static functions, never through a calling convention.
#pragma clang diagnostic ignored "-Wpsabi"

#ifndef FLOW_VARIANT_TYPES
#define FLOW_VARIANT_TYPES
typedef float f32x16 __attribute__((ext_vector_type(16)));
typedef double f64x8 __attribute__((ext_vector_type(8)));
typedef int32_t i32x16 __attribute__((ext_vector_type(16)));
// What comparing doubles gives: int64_t is another type of the same size on some systems.
typedef __typeof__((f64x8){0} < (f64x8){0}) i64x8;
typedef uint64_t u64x8 __attribute__((ext_vector_type(8)));
// Loads and stores at any element-aligned address.
typedef f32x16 f32x16u __attribute__((aligned(4)));
typedef f64x8 f64x8u __attribute__((aligned(8)));
#endif
