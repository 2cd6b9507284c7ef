// Activations in the order of a weight's inputs (GPTQ with act-order):
//   out[t, i] = in[t, permutation[i]]
//
// Shapes: in, out A [rows, k]; permutation INT32 [k]. Types: any of 16 bits, copied bit for bit.
// Launch: one block of 256 threads for each row. Reads are scattered over one row, in cache after its first
//   touch; writes are whole sectors.
// Source: the activation permutation of vLLM's GPTQ-Marlin. Java: cuda.LinearInput.
// Measured: not measured on a GPU yet.
#include "ptx.cuh"

extern "C" __global__ void __launch_bounds__(256)
    permute_columns(uint16_t* __restrict__ out,          /* [rows, k] */
                    const uint16_t* __restrict__ in,     /* [rows, k] */
                    const int* __restrict__ permutation, /* [k] */
                    int k, int out_stride, int in_stride) {
    const uint16_t* from = in + size_t(blockIdx.x) * in_stride;
    uint16_t* to = out + size_t(blockIdx.x) * out_stride;
    for (int i = 2 * threadIdx.x; i < k; i += 2 * blockDim.x) {
        const uint32_t low = from[permutation[i]], high = i + 1 < k ? from[permutation[i + 1]] : 0;
        *reinterpret_cast<uint32_t*>(to + i) = low | high << 16;
    }
}
