// Couplings, base densities and the optimiser, elementwise over feature-major tiles, single precision. `width` is a
// multiple of 32; lanes accumulators hold 16 partial sums each (see flow_kernels_dense.h).
#ifndef FLOW_KERNELS_ELEMENTWISE_H
#define FLOW_KERNELS_ELEMENTWISE_H

#include <stddef.h>

typedef struct flow_elementwise_kernels {
    // Affine coupling, base → data: s = limit · tanh(raw / limit); values = values · e^s + shift; log_det[t] += Σ_rows s.
    // raw, shift, values: rows × width.
    void (*coupling_forward)(const float *raw, const float *shift, float *values, float *log_det, float limit,
                             size_t rows, size_t width);
    // Data → base: values = (values − shift) · e^{−s}; log_det[t] −= Σ_rows s; s is written to log_scale.
    void (*coupling_inverse)(const float *raw, const float *shift, float *values, float *log_scale, float *log_det,
                             float limit, size_t rows, size_t width);
    // Backward of coupling_inverse. values: its output; gradient: d loss / d output on entry, d loss / d input on exit;
    // log_det_gradient[t] = d loss / d log_det; writes raw_gradient and shift_gradient.
    void (*coupling_inverse_backward)(const float *values, const float *log_scale, const float *log_det_gradient,
                                      float *gradient, float *raw_gradient, float *shift_gradient, float limit,
                                      size_t rows, size_t width);

    // values[r][t] = (values[r][t] − shift[r]) · factor[r].
    void (*affine_inverse)(const float *shift, const float *factor, float *values, size_t rows, size_t width);
    // values[r][t] = values[r][t] · factor[r] + shift[r].
    void (*affine_forward)(const float *shift, const float *factor, float *values, size_t rows, size_t width);
    // Backward of affine_inverse with factor = e^{−log scale}: outputs are its results. lanes_shift, lanes_log_scale:
    // rows accumulators each (without the log-determinant's part); gradient becomes d loss / d input.
    void (*affine_inverse_backward)(const float *outputs, const float *factor, float *gradient, float *lanes_shift,
                                    float *lanes_log_scale, size_t rows, size_t width);

    // log_density[t] = constant − ½ Σ_rows values².
    void (*normal_log_density)(const float *values, float *log_density, float constant, size_t rows, size_t width);
    // gradient[r][t] = −upstream[t] · values[r][t].
    void (*normal_backward)(const float *values, const float *upstream, float *gradient, size_t rows, size_t width);

    // Gaussian mixture of `components`: v_k = A_k (z − μ_k) with A_k lower triangular (diagonal inverse_scale
    // [k * rows + d], strict lower part lower[k * rows(rows−1)/2 + …] by rows, NULL for diagonal covariance);
    // log_density = log Σ_k exp(constants[k] − ½‖v_k‖²). responsibilities: components × width, written.
    void (*mixture_log_density)(const float *values, const float *constants, const float *means,
                                const float *inverse_scale, const float *lower, float *responsibilities,
                                float *log_density, size_t components, size_t rows, size_t width);
    // Its backward: gradient[r][t] = Σ_k …; lanes_constants (components), lanes_means and lanes_scale (components ×
    // rows; with respect to inverse_scale), lanes_lower accumulate when lanes_constants is not NULL.
    void (*mixture_backward)(const float *values, const float *means, const float *inverse_scale, const float *lower,
                             const float *responsibilities, const float *upstream, float *gradient,
                             float *lanes_constants, float *lanes_means, float *lanes_scale, float *lanes_lower,
                             size_t components, size_t rows, size_t width);

    // A mixture whose parameters are rows of `outputs`, different at every point: components logits, components × rows
    // means, as many log scales (values below smallest_log_scale count as that) and, when full ≠ 0, components ×
    // rows(rows−1)/2 strict lower parts. Weights are f + (1 − components · f) softmax(logits) with f = weight_floor.
    void (*conditional_mixture_log_density)(const float *values, const float *outputs, float *responsibilities,
                                            float *log_density, size_t components, size_t rows, int full,
                                            float weight_floor, float smallest_log_scale, size_t width);
    // Its backward: gradient (rows × width) and output_gradient (laid out like outputs) are written.
    void (*conditional_mixture_backward)(const float *values, const float *outputs, const float *responsibilities,
                                         const float *upstream, float *gradient, float *output_gradient,
                                         size_t components, size_t rows, int full, float weight_floor,
                                         float smallest_log_scale, size_t width);
    // weights[k][t]: the mixture weights alone.
    void (*conditional_mixture_weights)(const float *outputs, float *weights, size_t components, float weight_floor,
                                        size_t width);

    // Adam with decoupled weight decay on `count` parameters: m = β1 m + (1−β1) g, v = β2 v + (1−β2) g²,
    // p −= rate · (m · correction1) / (√(v · correction2) + ε) + decay · p; g = gradient · gradient_scale.
    void (*adam)(float *parameters, const float *gradient, float *first_moment, float *second_moment, size_t count,
                 float gradient_scale, float rate, float beta1, float beta2, float correction1, float correction2,
                 float epsilon, float decay);
    // Σ gradient² in double precision, 16 lanes, fixed order.
    double (*squared_norm)(const float *values, size_t count);
    // e^values and log, elementwise; count a multiple of 16. For tests of the vector functions.
    void (*exponential)(const float *values, float *results, size_t count);
    void (*logarithm)(const float *values, float *results, size_t count);
    void (*hyperbolic_tangent)(const float *values, float *results, size_t count);
} flow_elementwise_kernels;

#endif
