// Operations that only move rows or change them element by element:
//
//   gather_rows   out[r, :] = in[indexes[r], :]; a row whose index is negative is left as it is
//   soft_cap      logits = cap * tanh(logits / cap), in place
//   add_rows      residual += delta, out = residual rounded to A; either of delta and out may be null
//   activate      x = act(x), in place
//   copy_blocks   whole KV blocks (source, target) in every key and value memory of a cache
//
// Shapes: out, in 16-bit [rows, n], indexes INT32 [rows]; logits F32 [rows, n]; memories UINT64
//   [memories]: device addresses of every layer's keys and values, pairs INT32 [pairs, 2], a block is
//   block_bytes long, a multiple of 16.
//   residual F32, delta, out, x A [rows, n]; A is bf16 or f16.
// Launch: gather_rows a block a row, 128 threads. soft_cap, add_rows, activate: grid (ceil(n / 1024), rows),
//   256 threads.
//   copy_blocks grid (pairs, memories), 256 threads; no block may be the target of one pair and be named
//   by another.
// Source: none. Java: cuda.RowOps, cpu.RowOps.
// Measured: not measured on a GPU yet.
#include "activation.cuh"
#include "logit.cuh"
#include "vec.cuh"

namespace row_ops {

__device__ __forceinline__ void copy_row(uint16_t* __restrict__ out, const uint16_t* __restrict__ in, int n) {
    const int whole = aligned(out, 16) && aligned(in, 16) ? n / 8 * 8 : 0;
    for (int i = 8 * threadIdx.x; i < whole; i += 8 * blockDim.x)
        *reinterpret_cast<uint4*>(out + i) = *reinterpret_cast<const uint4*>(in + i);
    for (int i = whole + threadIdx.x; i < n; i += blockDim.x) out[i] = in[i];
}

__device__ __forceinline__ float4 capped(float4 x, float cap) {
    return make_float4(soft_capped(x.x, cap), soft_capped(x.y, cap), soft_capped(x.z, cap),
                       soft_capped(x.w, cap));
}

template <typename T>
__device__ __forceinline__ void add(T* __restrict__ out, float* __restrict__ residual,
                                    const T* __restrict__ delta, int n) {
    const int i = 4 * (blockIdx.x * blockDim.x + threadIdx.x);
    if (i >= n) return;
    const bool vectors = vectors4(residual) && vectors4(out) && vectors4(delta);
    float4 x = load4(residual, i, n, vectors);
    if (delta != nullptr) {
        const float4 d = load4(delta, i, n, vectors);
        x = make_float4(x.x + d.x, x.y + d.y, x.z + d.z, x.w + d.w);
        store4(residual, i, n, vectors, x);
    }
    if (out != nullptr) store4(out, i, n, vectors, x);
}

template <typename T>
__device__ __forceinline__ void activate_row(T* row, int n, int activation) {
    const int i = 4 * (blockIdx.x * blockDim.x + threadIdx.x);
    if (i >= n) return;
    const bool vectors = vectors4(row);
    const float4 x = load4(row, i, n, vectors);
    store4(row, i, n, vectors,
           make_float4(activate(activation, x.x), activate(activation, x.y), activate(activation, x.z),
                       activate(activation, x.w)));
}

// Row `row` of a matrix, or null of none.
template <typename T>
__device__ __forceinline__ T* row_of(T* rows, int row, int stride) {
    return rows == nullptr ? nullptr : rows + size_t(row) * stride;
}

}  // namespace row_ops

extern "C" __global__ void __launch_bounds__(128)
    gather_rows(uint16_t* __restrict__ out,       // A [rows, n]
                const uint16_t* __restrict__ in,  // A [in_rows, n]
                const int* __restrict__ indexes,  // INT32 [rows]
                int n, int in_rows, int out_stride, int in_stride) {
    const int index = indexes[blockIdx.x];
    if (index < 0 || index >= in_rows) return;
    row_ops::copy_row(out + size_t(blockIdx.x) * out_stride, in + size_t(index) * in_stride, n);
}

extern "C" __global__ void __launch_bounds__(256)
    soft_cap(float* __restrict__ logits,  // F32 [rows, n], in place
             int n, int stride, float cap) {
    float* row = logits + size_t(blockIdx.y) * stride;
    const int i = 4 * (blockIdx.x * blockDim.x + threadIdx.x);
    if (i >= n) return;
    const bool vectors = vectors4(row);
    store4(row, i, n, vectors, row_ops::capped(load4(row, i, n, vectors), cap));
}

extern "C" __global__ void __launch_bounds__(256)
    copy_blocks(const uint64_t* __restrict__ memories,  // UINT64 [gridDim.y]: addresses
                const int* __restrict__ pairs,          // INT32 [gridDim.x, 2]: source, target
                int num_blocks, int block_bytes) {
    const int source = pairs[2 * blockIdx.x], target = pairs[2 * blockIdx.x + 1];
    if (source < 0 || source >= num_blocks || target < 0 || target >= num_blocks) return;
    unsigned char* memory = reinterpret_cast<unsigned char*>(memories[blockIdx.y]);
    const uint4* from = reinterpret_cast<const uint4*>(memory + size_t(source) * block_bytes);
    uint4* to = reinterpret_cast<uint4*>(memory + size_t(target) * block_bytes);
    for (int i = threadIdx.x; i < block_bytes / 16; i += blockDim.x) to[i] = from[i];
}

#define ROW_ENTRIES(type, T)                                                                             \
    extern "C" __global__ void __launch_bounds__(256)                                                    \
        add_rows_##type(void* __restrict__ out,         /* A [rows, n], or null */                       \
                        float* __restrict__ residual,   /* F32 [rows, n], in place */                    \
                        const void* __restrict__ delta, /* A [rows, n], or null */                       \
                        int n, int out_stride, int residual_stride, int delta_stride) {                  \
        row_ops::add(row_ops::row_of(static_cast<T*>(out), blockIdx.y, out_stride),                      \
                     row_ops::row_of(residual, blockIdx.y, residual_stride),                             \
                     row_ops::row_of(static_cast<const T*>(delta), blockIdx.y, delta_stride), n);        \
    }                                                                                                    \
    extern "C" __global__ void __launch_bounds__(256)                                                    \
        activate_##type(void* x, /* A [rows, n], in place */                                             \
                        int n, int stride, int activation) {                                             \
        row_ops::activate_row(static_cast<T*>(x) + size_t(blockIdx.y) * stride, n, activation);          \
    }
ROW_ENTRIES(bf16, __nv_bfloat16)
ROW_ENTRIES(f16, __half)
#undef ROW_ENTRIES
