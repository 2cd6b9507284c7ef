// Activations to 8 bits, by groups along k that share a scale: one group is a whole token, or 128 elements.
//   int8   scale = max|x| / 127,  q = round_half_even(x * (127 / max|x|))
//   e4m3   scale = max|x| / 448,  q = e4m3(x * (448 / max|x|)), to nearest even, saturating
//   e4m3 with a static scale      q = e4m3(x / scale)
// A group of zeros has scale 0 and zeros.
//
// Shapes: in A [rows, k] of row stride in_stride; out 8-bit [rows, k] of row stride out_stride, a multiple of
//   16; scales F32 [rows], or by group [ceil(k / 128), rows rounded up to 8].
// Types: A is bf16 or f16; arithmetic in f32. A group's result depends on the group alone.
// Launch: one block of 256 threads for each row; groups of 128: a warp for each, 8 to a block, grid (rows,
//   ceil(groups / 8)).
// Alignment: rows on 8 bytes are read as vectors.
// Source: per-token quantisation of SmoothQuant (arXiv 2211.10438) and vLLM's scaled_int8_quant; groups
//   of 128 of DeepSeek-V3 (arXiv 2412.19437, section 3.3). Java: cuda.LinearInput.
// Measured: not measured on a GPU yet.
#include "quantize.cuh"
#include "reduce.cuh"

namespace quantize {

constexpr int kThreads = 256;
constexpr int kGroup = 128;

// A block's row; `given` is a static scale, or null.
template <class A, class Target>
__device__ __forceinline__ void token(unsigned char* __restrict__ out, float* __restrict__ scales,
                                      const A* __restrict__ in, const float* __restrict__ given, int k,
                                      int in_stride, int out_stride) {
    __shared__ float partial[32];
    const size_t row = blockIdx.x;
    const A* from = in + row * in_stride;
    unsigned char* to = out + row * out_stride;
    const bool vectors = vectors4(from);
    float max = 0.0f;
    if (given == nullptr) {
        for (int i = 4 * threadIdx.x; i < k; i += 4 * kThreads)
            max = largest(load4(from, i, k, vectors), max);
        max = block_reduce(max, 0.0f, partial, Max());
    }
    const float scale = given == nullptr ? scale_of<Target>(max) : *given;
    const float factor = given == nullptr ? inverse_scale<Target>(max) : __fdiv_rn(1.0f, scale);
    if (threadIdx.x == 0) scales[row] = scale;
    for (int i = 4 * threadIdx.x; i < k; i += 4 * kThreads)
        store<Target>(to, i, load4(from, i, k, vectors), factor);
}

// A warp's 128 elements.
template <class A>
__device__ __forceinline__ void groups(unsigned char* __restrict__ out, float* __restrict__ scales,
                                       const A* __restrict__ in, int k, int in_stride, int out_stride) {
    const int groups = (k + kGroup - 1) / kGroup, group = blockIdx.y * (kThreads / 32) + threadIdx.x / 32;
    if (group >= groups) return;
    const size_t row = blockIdx.x;
    const A* from = in + row * in_stride;
    const int i = group * kGroup + threadIdx.x % 32 * 4;
    const float4 x = load4(from, i, k, vectors4(from));
    const float max = warp_reduce(largest(x, 0.0f), Max());
    const size_t stride = (gridDim.x + 7) / 8 * 8;
    if (threadIdx.x % 32 == 0) scales[group * stride + row] = scale_of<E4m3>(max);
    if (i < k) store<E4m3>(out + row * out_stride, i, x, inverse_scale<E4m3>(max));
}

}  // namespace quantize

#define QUANTIZE_TOKEN(name, A, Target)                                                         \
    extern "C" __global__ void __launch_bounds__(quantize::kThreads)                            \
        name(unsigned char* __restrict__ out, /* 8-bit [rows, k] */                             \
             float* __restrict__ scales,      /* [rows] */                                      \
             const A* __restrict__ in,        /* [rows, k] */                                   \
             const float* __restrict__ given, /* the static scale, or null */                   \
             int k, int in_stride, int out_stride) {                                            \
        quantize::token<A, quantize::Target>(out, scales, in, given, k, in_stride, out_stride); \
    }
#define QUANTIZE_GROUPS(name, A)                                                          \
    extern "C" __global__ void __launch_bounds__(quantize::kThreads)                      \
        name(unsigned char* __restrict__ out, /* e4m3 [rows, k] */                        \
             float* __restrict__ scales,      /* [ceil(k / 128), rows rounded up to 8] */ \
             const A* __restrict__ in,        /* [rows, k] */                             \
             int k, int in_stride, int out_stride) {                                      \
        quantize::groups<A>(out, scales, in, k, in_stride, out_stride);                   \
    }
QUANTIZE_TOKEN(quantize_int8_bf16, __nv_bfloat16, Int8)
QUANTIZE_TOKEN(quantize_int8_f16, __half, Int8)
QUANTIZE_TOKEN(quantize_e4m3_bf16, __nv_bfloat16, E4m3)
QUANTIZE_TOKEN(quantize_e4m3_f16, __half, E4m3)
QUANTIZE_GROUPS(quantize_e4m3_groups_bf16, __nv_bfloat16)
QUANTIZE_GROUPS(quantize_e4m3_groups_f16, __half)
#undef QUANTIZE_TOKEN
#undef QUANTIZE_GROUPS
