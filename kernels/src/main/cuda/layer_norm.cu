// LayerNorm of rows, and of the sum of two rows:
//
//   out[r, i] = (in[r, i] - m) / sqrt(mean_i((in[r, i] - m)^2) + epsilon) * weight[i] + bias[i],
//   m = mean_i(in[r, i])
//   add_layer_norm first does residual[r, i] += delta[r, i], in place, and norms that
//
// Shapes: in, residual F32 [rows, n]; delta, out A [rows, n]; weight F32 [n]; bias F32 [n] or null.
// Types: A is bf16 or f16; sums in f32.
// Order of additions: a thread adds its runs of 4 elements in rising order, then a tree over the threads;
//   fixed by n, because the number of threads is.
// Launch: a block a row, threads a function of n (cuda.LayerNorm), n <= 32 * threads. The row stays in
//   registers between the three passes.
// Alignment: none needed; rows on 16 bytes are read as vectors.
// Source: Ba et al., arXiv 1607.06450. Java: cuda.LayerNorm, cpu.LayerNorm.
// Measured: not measured on a GPU yet.
#include "reduce.cuh"
#include "vec.cuh"

namespace layer_norm {

// Runs of 4 elements that a thread can hold.
constexpr int kMaxRuns = 8;

// Elements from n on are zeros, and stay so.
__device__ __forceinline__ float4 centred(float4 x, float mean, int i, int n) {
    return make_float4(x.x - mean, i + 1 < n ? x.y - mean : 0.f, i + 2 < n ? x.z - mean : 0.f,
                       i + 3 < n ? x.w - mean : 0.f);
}

__device__ __forceinline__ float4 scaled(float4 x, float factor, float4 weight, float4 bias) {
    return make_float4(fmaf(x.x * factor, weight.x, bias.x), fmaf(x.y * factor, weight.y, bias.y),
                       fmaf(x.z * factor, weight.z, bias.z), fmaf(x.w * factor, weight.w, bias.w));
}

// One block's row. `delta` null: `in` is read only.
template <typename T, bool Add>
__device__ __forceinline__ void row(T* __restrict__ out, float* __restrict__ in, const T* __restrict__ delta,
                                    const float* __restrict__ weight, const float* __restrict__ bias, int n,
                                    float epsilon) {
    __shared__ float partial[2][32];
    const bool vectors = vectors4(in) && vectors4(out) && vectors4(weight) && (!Add || vectors4(delta)) &&
                         (bias == nullptr || vectors4(bias));
    float4 x[kMaxRuns];
    float sum = 0.f;
#pragma unroll
    for (int run = 0; run < kMaxRuns; run++) {
        const int i = 4 * (run * blockDim.x + threadIdx.x);
        if (i >= n) break;
        x[run] = load4(in, i, n, vectors);
        if (Add) {
            const float4 d = load4(delta, i, n, vectors);
            x[run] = make_float4(x[run].x + d.x, x[run].y + d.y, x[run].z + d.z, x[run].w + d.w);
            store4(in, i, n, vectors, x[run]);
        }
        sum += x[run].x + x[run].y + x[run].z + x[run].w;
    }
    const float mean = block_reduce(sum, 0.f, partial[0], Sum()) / float(n);
    float squares = 0.f;
#pragma unroll
    for (int run = 0; run < kMaxRuns; run++) {
        const int i = 4 * (run * blockDim.x + threadIdx.x);
        if (i >= n) break;
        x[run] = centred(x[run], mean, i, n);
        squares = fmaf(x[run].x, x[run].x, squares);
        squares = fmaf(x[run].y, x[run].y, squares);
        squares = fmaf(x[run].z, x[run].z, squares);
        squares = fmaf(x[run].w, x[run].w, squares);
    }
    const float variance = block_reduce(squares, 0.f, partial[1], Sum()) / float(n);
    const float factor = 1.f / sqrtf(variance + epsilon);
#pragma unroll
    for (int run = 0; run < kMaxRuns; run++) {
        const int i = 4 * (run * blockDim.x + threadIdx.x);
        if (i >= n) break;
        const float4 b =
            bias == nullptr ? make_float4(0.f, 0.f, 0.f, 0.f) : load4(bias, i, n, vectors);
        store4(out, i, n, vectors, scaled(x[run], factor, load4(weight, i, n, vectors), b));
    }
}

}  // namespace layer_norm

#define LAYER_NORM_ENTRIES(type, T)                                                                           \
    extern "C" __global__ void __launch_bounds__(1024)                                                        \
        layer_norm_##type(void* __restrict__ out,           /* A [rows, n] */                                 \
                          float* __restrict__ in,           /* F32 [rows, n], read only */                    \
                          const float* __restrict__ weight, /* F32 [n] */                                     \
                          const float* __restrict__ bias,   /* F32 [n], or null */                            \
                          int n, int out_stride, int in_stride, float epsilon) {                              \
        layer_norm::row<T, false>(static_cast<T*>(out) + size_t(blockIdx.x) * out_stride,                     \
                                  in + size_t(blockIdx.x) * in_stride, nullptr, weight, bias, n, epsilon);    \
    }                                                                                                         \
    extern "C" __global__ void __launch_bounds__(1024)                                                        \
        add_layer_norm_##type(void* __restrict__ out,           /* A [rows, n] */                             \
                              float* __restrict__ residual,     /* F32 [rows, n], in place */                 \
                              const void* __restrict__ delta,   /* A [rows, n] */                             \
                              const float* __restrict__ weight, /* F32 [n] */                                 \
                              const float* __restrict__ bias,   /* F32 [n], or null */                        \
                              int n, int out_stride, int residual_stride, int delta_stride, float epsilon) {  \
        layer_norm::row<T, true>(static_cast<T*>(out) + size_t(blockIdx.x) * out_stride,                      \
                                 residual + size_t(blockIdx.x) * residual_stride,                             \
                                 static_cast<const T*>(delta) + size_t(blockIdx.x) * delta_stride, weight,    \
                                 bias, n, epsilon);                                                           \
    }
LAYER_NORM_ENTRIES(bf16, __nv_bfloat16)
LAYER_NORM_ENTRIES(f16, __half)
#undef LAYER_NORM_ENTRIES
