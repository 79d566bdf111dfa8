// Base distributions beyond the normal and its mixtures, over feature-major tiles (rows × width), single precision.
// `width` is a multiple of 32; lanes accumulators hold 16 partial sums each (see flow_kernels_dense.h).
#ifndef FLOW_KERNELS_BASES_H
#define FLOW_KERNELS_BASES_H

#include <stddef.h>

typedef struct flow_bases_kernels {
    // Independent Student t in each row: log_density[t] = constant − Σ_r exponent[r] · log(1 + (inverse_scale[r] z)²).
    void (*student_log_density)(const float *values, const float *inverse_scale, const float *exponent,
                                float *log_density, float constant, size_t rows, size_t width);
    // In place: pairs of uniform numbers on [0, 1), point by point, become draws (the first points · rows numbers) of
    // t distributions of variance 1 with excess[r] = ν_r − 2: √(m ((1 − u)^{−2/(m+2)} − 1)) · cos 2πv, m = excess[r].
    // Double precision, no operation fused.
    void (*student_draws)(double *numbers, const double *excess, size_t rows, size_t points);
    // gradient[r][t] = upstream[t] · ∂/∂z. When lanes is not NULL: lanes[r] += upstream · ∂/∂ρ_r with
    // inverse_scale² = e^{−ρ}, exponent = e^ρ/2 + const, half_scale = e^ρ/2 and constant_gradient = ∂constant/∂ρ.
    void (*student_backward)(const float *values, const float *inverse_scale, const float *exponent,
                             const float *half_scale, const float *constant_gradient, const float *upstream,
                             float *gradient, float *lanes, size_t rows, size_t width);

    // Uniform on [−a, a] with logistic edges: log_density[t] = constant − Σ_r log(1 + e^{(|z| − a) · sharpness}).
    void (*uniform_log_density)(const float *values, float *log_density, float constant, float half_width,
                                float sharpness, size_t rows, size_t width);
    // In place: `count` pairs of uniform numbers become count draws a (2u − 1) + τ log((v + 2⁻⁵⁴)/(1 − v)), likewise.
    void (*uniform_draws)(double *numbers, double half_width, double temperature, size_t count);
    void (*uniform_backward)(const float *values, const float *upstream, float *gradient, float half_width,
                             float sharpness, size_t rows, size_t width);

    // Resampled density: log_density[t] += log(e^{log_accepted} σ(logits[t]) + e^{log_truncated}); share[t] is the first
    // term's part of the sum.
    void (*resampled_log_density)(const float *logits, float *log_density, float *share, float log_accepted,
                                  float log_truncated, size_t width);
    // logit_gradient[t] = upstream · share · (1 − σ(logit)); when lanes is not NULL:
    // lanes += upstream · (share · accepted_slope + (1 − share) · truncated_slope), with respect to the normaliser.
    void (*resampled_backward)(const float *logits, const float *share, const float *upstream, float *logit_gradient,
                               float *lanes, float accepted_slope, float truncated_slope, size_t width);
    // acceptance = σ(logits); slope = scale · σ (1 − σ) unless slope is NULL.
    void (*acceptance)(const float *logits, float *acceptance, float *slope, float scale, size_t width);
} flow_bases_kernels;

#endif
