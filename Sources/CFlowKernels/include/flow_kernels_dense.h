// Dense layers on feature-major tiles, single precision.
//
// A tile holds `width` points (a multiple of 32); row r of a tile is contiguous: value of feature r at point t is
// tile[r * width + t]. The batch is the SIMD axis and weights are broadcast scalars, so nothing is packed.
#ifndef FLOW_KERNELS_DENSE_H
#define FLOW_KERNELS_DENSE_H

#include <stddef.h>

typedef struct flow_dense_kernels {
    // output[o][t] = bias[o] + Σ_i weights[o * inputs + i] · input[i][t], then max(0, ·) when relu ≠ 0.
    void (*forward)(const float *weights, const float *bias, const float *input, float *output, size_t inputs,
                    size_t outputs, size_t width, int relu);

    // input_gradient[i][t] (+)= Σ_o weights[o * weight_stride + i] · output_gradient[o][t], i < inputs ≤ weight_stride;
    // added to what is there when accumulate ≠ 0.
    void (*backward_input)(const float *weights, size_t weight_stride, const float *output_gradient,
                           float *input_gradient, size_t inputs, size_t outputs, size_t width, int accumulate);

    // The same through the ReLU that made the input: multiplied by (activation[i][t] > 0), replacing what is there; and
    // lanes[i * 16 + l] += Σ_{t ≡ l mod 16} of it, the gradient of the previous layer's bias, when lanes is not NULL.
    void (*backward_relu)(const float *weights, const float *output_gradient, const float *activation,
                          float *input_gradient, float *lanes, size_t inputs, size_t outputs, size_t width);

    // weight_gradient[o * inputs + i] += Σ_t output_gradient[o][t] · input_rows[t * row_stride + i]; input_rows is the
    // transposed input, row_stride a multiple of 16 ≥ inputs with padding that is finite.
    void (*backward_weights)(const float *output_gradient, const float *input_rows, size_t row_stride,
                             float *weight_gradient, size_t inputs, size_t outputs, size_t width);

    // weight_lanes[(o * inputs + i) * 16 + l] += Σ_{t ≡ l mod 16} output_gradient[o][t] · input[i][t] and
    // bias_lanes[o * 16 + l] += Σ_{t ≡ l mod 16} output_gradient[o][t]: for layers too small for backward_weights.
    void (*backward_weights_lanes)(const float *output_gradient, const float *input, float *weight_lanes,
                                   float *bias_lanes, size_t inputs, size_t outputs, size_t width);

    // A last layer of 1 to 4 outputs, all at once: backward_weights_lanes, and backward_relu into input_gradient with the
    // gradient of the previous layer's bias in below_bias_lanes (NULL leaves that out); input = activation.
    void (*backward_output)(const float *weights, const float *output_gradient, const float *activation,
                            float *input_gradient, float *weight_lanes, float *bias_lanes, float *below_bias_lanes,
                            size_t inputs, size_t outputs, size_t width);

    // A first layer, all at once: backward_weights_lanes, and backward_input for the first gradient_rows inputs, added to
    // input_gradient.
    void (*backward_first)(const float *weights, const float *output_gradient, const float *input,
                           float *input_gradient, size_t gradient_rows, float *weight_lanes, float *bias_lanes,
                           size_t inputs, size_t outputs, size_t width);

    // lanes[r * 16 + l] += Σ_{t ≡ l mod 16} values[r][t].
    void (*sum_lanes)(const float *values, float *lanes, size_t rows, size_t width);

    // sums[i] += the 16 lanes of accumulator i, combined in one fixed order.
    void (*reduce_lanes)(const float *lanes, float *sums, size_t count);

    // rows[t * row_stride + r] = tile[r][t]; the padding up to row_stride is set to 0.
    void (*transpose)(const float *tile, float *rows, size_t row_count, size_t row_stride, size_t width);

    // The first layer again, transposed: rows[t * row_stride + o] = max(0, bias[o] + Σ_i weights[o][i] input[i][t]),
    // bit for bit what `forward` with relu gave; weights_transposed[i * row_stride + o] with zero padding,
    // bias_padded likewise. 1 ≤ inputs ≤ 8.
    void (*forward_rows_relu)(const float *weights_transposed, const float *bias_padded, const float *input,
                              float *rows, size_t inputs, size_t row_stride, size_t width);
} flow_dense_kernels;

#endif
