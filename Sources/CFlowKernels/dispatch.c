// Chooses the kernels of the best instruction set once, at the first use.
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "CFlowKernels.h"

extern const flow_kernels flow_kernels_avx512, flow_kernels_avx2, flow_kernels_portable;

const flow_kernels *flow_kernels_named(const char *isa) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (strcmp(isa, "avx512") == 0) {
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                       __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
                   ? &flow_kernels_avx512
                   : NULL;
    }
    if (strcmp(isa, "avx2") == 0) {
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &flow_kernels_avx2 : NULL;
    }
#endif
    return strcmp(isa, "portable") == 0 ? &flow_kernels_portable : NULL;
}

static const flow_kernels *chosen;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void choose(void) {
    const char *preferences[] = {getenv("FLOWEXP_ISA"), "avx512", "avx2", "portable"};
    for (int i = 0; i < 4 && chosen == NULL; i++) {
        if (preferences[i] != NULL) chosen = flow_kernels_named(preferences[i]);
    }
}

const flow_kernels *flow_kernels_current(void) {
    pthread_once(&once, choose);
    return chosen;
}
