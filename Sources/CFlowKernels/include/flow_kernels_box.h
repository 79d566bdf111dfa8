// Bijections between a box and all of R^D, elementwise over feature-major tiles, single precision; see
// flow_kernels_dense.h for tiles. a = θ − lower, b = upper − θ, W = upper − lower.
#ifndef FLOW_KERNELS_BOX_H
#define FLOW_KERNELS_BOX_H

#include <stddef.h>

typedef struct flow_box_kernels {
    // Data → base, in place: y = log(a / b); log_det[t] += Σ_rows log(W / (a b)). Inside the box a and b are raised to at
    // least 1e-7 W, so that a point on the edge stays finite; outside y = 0 and log_det = −infinity. NaN stays NaN.
    void (*logit_inverse)(const float *lower, const float *upper, float *values, float *log_det, size_t rows,
                          size_t width);
    // Base → data, in place: θ = lower + W / (1 + e^−y); log_det[t] += Σ_rows log |dθ/dy|.
    void (*logit_forward)(const float *lower, const float *upper, float *values, float *log_det, size_t rows,
                          size_t width);
    // The same with y = Φ⁻¹(a / W), Φ the standard normal distribution function.
    void (*probit_inverse)(const float *lower, const float *upper, float *values, float *log_det, size_t rows,
                           size_t width);
    void (*probit_forward)(const float *lower, const float *upper, float *values, float *log_det, size_t rows,
                           size_t width);
} flow_box_kernels;

#endif
