// Passes of a block over one row of logits. Element i belongs to thread i / 4 % blockDim.x wherever the row
// lies in memory, so that a row's sums do not depend on its place in the batch.
#pragma once
#include "reduce.cuh"
#include "vec.cuh"

namespace logits {

// Calls body(x, i) for each of this thread's runs of 4: x the elements [i, i + 4), `outside` beyond the row.
template <typename Body>
__device__ __forceinline__ void for_each_run(const float* row, int n, float outside, Body body) {
    const bool vectors = vectors4(row);
#pragma unroll 4
    for (int i = 4 * threadIdx.x; i < n; i += 4 * blockDim.x) body(load4(row, i, n, vectors, outside), i);
}

// The largest element that is a number. `partial`: 32 values.
__device__ __forceinline__ float row_max(const float* row, int n, float* partial) {
    float max = -INFINITY;
    for_each_run(row, n, -INFINITY,
                 [&](float4 x, int) { max = fmaxf(fmaxf(fmaxf(x.x, x.y), fmaxf(x.z, x.w)), max); });
    return block_reduce(max, -INFINITY, partial, Max());
}

// ln(sum exp(x)) given the largest number; NaN if an element is NaN or +infinity. `partial`: 32 values.
__device__ __forceinline__ double log_sum_exp(const float* row, int n, float max, double* partial) {
    float sum = 0.f;
    for_each_run(row, n, -INFINITY, [&](float4 x, int) {
        sum += expf(x.x - max);
        sum += expf(x.y - max);
        sum += expf(x.z - max);
        sum += expf(x.w - max);
    });
    return max + log(block_reduce(double(sum), 0., partial, Sum()));
}

}  // namespace logits
