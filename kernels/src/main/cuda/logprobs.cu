// Log-probability of one token a row:
//
//   out[r] = logits[r, targets[r]] - max - ln(sum_i exp(logits[r, i] - max))
//
// Shapes: logits F32 [rows, n], targets INT32 [rows], out F32 [rows]. A target outside of [0, n) gives
//   NaN.
// Order of additions: a thread adds the exponentials of its runs of 4 in rising order in f32, then a tree
//   over the threads in f64; fixed by n.
// Launch: a block a row, threads a function of n (cuda.Logprobs).
// Source: none. Java: cuda.Logprobs, cpu.Logprobs.
// Measured: not measured on a GPU yet.
#include "logits.cuh"

extern "C" __global__ void __launch_bounds__(1024)
    token_logprobs(float* __restrict__ out,           // F32 [rows]
                   const float* __restrict__ logits,  // F32 [rows, n]
                   const int* __restrict__ targets,   // INT32 [rows]
                   int n, int stride) {
    __shared__ float maxima[32];
    __shared__ double sums[32];
    const float* row = logits + size_t(blockIdx.x) * stride;
    const int target = targets[blockIdx.x];
    const float max = logits::row_max(row, n, maxima);
    const double normalizer = logits::log_sum_exp(row, n, max, sums);
    if (threadIdx.x == 0) out[blockIdx.x] = 0 <= target && target < n ? float(row[target] - normalizer) : NAN;
}
