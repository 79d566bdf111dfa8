// The portable kernels.
#include "variant.h"

#define FLOW_ISA_NAME "portable"
#define FLOW_TABLE flow_kernels_portable
#define FLOW_HAS_FMA 0
#define FLOW_WIDE_REGISTERS 0

#include "kernels_all.inc"
