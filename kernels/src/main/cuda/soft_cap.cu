// Soft cap of logits, in place.
//
//   logits[r, i] = cap * tanh(logits[r, i] / cap)
//
// Shapes: logits f32 [rows, columns] with `stride` elements from row to row.
// Launch: grid (ceil(columns / 256), rows), block 256; one element a thread.
// Source: Gemma Team, Gemma 2, arXiv 2408.00118, section 2. Measured speed: not measured on a GPU yet.
#include "ptx.cuh"

extern "C" __global__ void soft_cap(float* logits, int columns, int stride, float cap) {
    const int column = blockIdx.x * blockDim.x + threadIdx.x;
    if (column < columns) {
        float& logit = logits[static_cast<int64_t>(blockIdx.y) * stride + column];
        logit = cap * tanhf(logit / cap);
    }
}
