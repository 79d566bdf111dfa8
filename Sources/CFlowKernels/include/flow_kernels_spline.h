// Monotone rational-quadratic splines with linear tails (Durkan, Bekasov, Murray and Papamakarios 2019, section 3.1 and
// appendix A) on feature-major tiles, single precision.
//
// One spline g per row and point maps [−bound, bound] onto itself and is the identity outside. It is evaluated from
// data to base, so that training needs no square root; sampling solves the quadratic.
//
// raw: 3·bins − 1 rows of `width` per row of values: bins widths, bins heights, bins − 1 derivatives at the inner knots.
// Widths and heights are softmaxes with a least share of 10⁻³ of the interval, derivatives 10⁻³ + softplus, shifted so
// that raw = 0 is the identity; the derivative at both ends is 1. 2 ≤ bins ≤ 999; width is a multiple of 16.
#ifndef FLOW_KERNELS_SPLINE_H
#define FLOW_KERNELS_SPLINE_H

#include <stddef.h>

// Rows of `state` per row of values.
#define FLOW_SPLINE_STATE_ROWS 13

typedef struct flow_spline_kernels {
    // Base → data: values = g⁻¹(values); log_det[t] += Σ_rows log |dg⁻¹|. raw is overwritten.
    void (*forward)(float *raw, float *values, float *log_det, float bound, size_t bins, size_t rows, size_t width);
    // Data → base: values = g(values); log_det[t] += Σ_rows log g'. The widths' and heights' rows of raw become the
    // terms e^{raw − max} of their softmaxes; together with `state` they are what the backward pass needs.
    void (*inverse)(float *raw, float *state, float *values, float *log_det, float bound, size_t bins, size_t rows,
                    size_t width);
    // Backward of inverse. terms, state: what it left; log_det_gradient[t] = d loss / d log_det; gradient: d loss /
    // d output on entry, d loss / d input on exit; writes raw_gradient (laid out like raw).
    void (*inverse_backward)(const float *terms, const float *state, const float *log_det_gradient, float *gradient,
                             float *raw_gradient, float bound, size_t bins, size_t rows, size_t width);
} flow_spline_kernels;

#endif
