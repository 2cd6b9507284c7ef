// RMSNorm of rows, of the sum of two rows, and of the heads of a row:
//
//   out[r, i] = in[r, i] / sqrt(mean_i(in[r, i]^2) + epsilon) * weight[i]
//   add_rms_norm first does residual[r, i] += delta[r, i], in place, and norms that
//   _int8, _e4m3: out is rounded to A, then to 8 bits with a scale for the row, as quantize.cu does
//
// Shapes: in, residual F32 [rows, n]; delta, out A [rows, n]; weight F32 [n]; 8-bit out [rows, n] of a
//   row stride that is a multiple of 16, scales F32 [rows]. head_rms_norm: heads A [rows, heads * n], in
//   place, each run of n elements a row of its own.
// Types: A is bf16 or f16; sums in f32.
// Order of additions: a thread adds the squares of its runs of 4 elements in rising order, then a tree
//   over the threads; fixed by n, because the number of threads is.
// Launch: rms_norm, add_rms_norm: a block a row, threads a function of n (cuda.RmsNorm), n <= 32 *
//   threads. head_rms_norm: a warp a head, block 128, n <= 1024; wide_head_rms_norm: a block a head, as
//   rms_norm. The row stays in registers between the two passes.
// Alignment: none needed; rows on 16 bytes are read as vectors.
// Source: Zhang and Sennrich, arXiv 1910.07467. Java: cuda.RmsNorm, cpu.RmsNorm.
// Measured: not measured on a GPU yet.
#include "quantize.cuh"
#include "reduce.cuh"

namespace rms_norm {

// Runs of 4 elements that a thread can hold.
constexpr int kMaxRuns = 8;

__device__ __forceinline__ float add_squares(float4 x, float sum) {
    return fmaf(x.w, x.w, fmaf(x.z, x.z, fmaf(x.y, x.y, fmaf(x.x, x.x, sum))));
}

__device__ __forceinline__ float4 scaled(float4 x, float factor, float4 weight) {
    return make_float4(x.x * factor * weight.x, x.y * factor * weight.y, x.z * factor * weight.z,
                       x.w * factor * weight.w);
}

__device__ __forceinline__ float factor_of(float sum, int n, float epsilon) {
    return 1.f / sqrtf(sum / float(n) + epsilon);
}

// Where a row of A goes.
template <typename T>
struct Stored {
    T* out;

    __device__ __forceinline__ void put(float4 (&x)[kMaxRuns], int n) const {
        const bool vectors = vectors4(out);
#pragma unroll
        for (int run = 0; run < kMaxRuns; run++) {
            const int i = 4 * (run * blockDim.x + threadIdx.x);
            if (i >= n) break;
            store4(out, i, n, vectors, x[run]);
        }
    }
};

template <typename T>
__device__ __forceinline__ float4 rounded(float4 x) {
    return make_float4(to_float(from_float<T>(x.x)), to_float(from_float<T>(x.y)),
                       to_float(from_float<T>(x.z)), to_float(from_float<T>(x.w)));
}

// Where a row goes that is rounded to A and then to 8 bits.
template <typename T, class Target>
struct Quantised {
    unsigned char* out;
    float* scale;

    __device__ __forceinline__ void put(float4 (&x)[kMaxRuns], int n) const {
        __shared__ float partial[32];
        float max = 0.f;
#pragma unroll
        for (int run = 0; run < kMaxRuns; run++) {
            const int i = 4 * (run * blockDim.x + threadIdx.x);
            if (i >= n) break;
            x[run] = rounded<T>(x[run]);
            max = quantize::largest(x[run], max);
        }
        max = block_reduce(max, 0.f, partial, Max());
        if (threadIdx.x == 0) *scale = quantize::scale_of<Target>(max);
        const float factor = quantize::inverse_scale<Target>(max);
#pragma unroll
        for (int run = 0; run < kMaxRuns; run++) {
            const int i = 4 * (run * blockDim.x + threadIdx.x);
            if (i >= n) break;
            quantize::store<Target>(out, i, x[run], factor);
        }
    }
};

// One block's row. `delta` null: `in` is read only.
template <typename T, bool Add, class Output>
__device__ __forceinline__ void row(Output out, float* __restrict__ in, const T* __restrict__ delta,
                                    const float* __restrict__ weight, int n, float epsilon) {
    __shared__ float partial[32];
    const bool vectors = vectors4(in) && vectors4(weight) && (!Add || vectors4(delta));
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
        sum = add_squares(x[run], sum);
    }
    const float factor = factor_of(block_reduce(sum, 0.f, partial, Sum()), n, epsilon);
#pragma unroll
    for (int run = 0; run < kMaxRuns; run++) {
        const int i = 4 * (run * blockDim.x + threadIdx.x);
        if (i >= n) break;
        x[run] = scaled(x[run], factor, load4(weight, i, n, vectors));
    }
    out.put(x, n);
}

// One warp's head, in place.
template <typename T>
__device__ __forceinline__ void head(T* __restrict__ x, const float* __restrict__ weight, int n,
                                     float epsilon) {
    const int lane = threadIdx.x % 32;
    const bool vectors = vectors4(x) && vectors4(weight);
    float4 held[kMaxRuns];
    float sum = 0.f;
#pragma unroll
    for (int run = 0; run < kMaxRuns; run++) {
        const int i = 4 * (run * 32 + lane);
        if (i >= n) break;
        held[run] = load4(x, i, n, vectors);
        sum = add_squares(held[run], sum);
    }
    const float factor = factor_of(warp_reduce(sum, Sum()), n, epsilon);
#pragma unroll
    for (int run = 0; run < kMaxRuns; run++) {
        const int i = 4 * (run * 32 + lane);
        if (i >= n) break;
        store4(x, i, n, vectors, scaled(held[run], factor, load4(weight, i, n, vectors)));
    }
}

// One block's head, in place.
template <typename T>
__device__ __forceinline__ void wide_head(T* x, const float* __restrict__ weight, int n, float epsilon) {
    __shared__ float partial[32];
    const bool vectors = vectors4(x) && vectors4(weight);
    float4 held[kMaxRuns];
    float sum = 0.f;
#pragma unroll
    for (int run = 0; run < kMaxRuns; run++) {
        const int i = 4 * (run * blockDim.x + threadIdx.x);
        if (i >= n) break;
        held[run] = load4(x, i, n, vectors);
        sum = add_squares(held[run], sum);
    }
    const float factor = factor_of(block_reduce(sum, 0.f, partial, Sum()), n, epsilon);
#pragma unroll
    for (int run = 0; run < kMaxRuns; run++) {
        const int i = 4 * (run * blockDim.x + threadIdx.x);
        if (i >= n) break;
        store4(x, i, n, vectors, scaled(held[run], factor, load4(weight, i, n, vectors)));
    }
}

template <typename T>
__device__ __forceinline__ void heads(void* rows_of_heads, const float* weight, int rows, int heads_per_row,
                                      int n, int stride, float epsilon) {
    const int item = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
    if (item >= rows * heads_per_row) return;
    T* x = static_cast<T*>(rows_of_heads);
    head(x + size_t(item / heads_per_row) * stride + item % heads_per_row * n, weight, n, epsilon);
}

}  // namespace rms_norm

// OUT declares where the row goes, OUTPUT makes a Stored or Quantised of it.
#define NORM(name, T, OUT, OUTPUT)                                                                           \
    extern "C" __global__ void __launch_bounds__(1024)                                                       \
        rms_norm_##name(OUT, float* __restrict__ in,      /* F32 [rows, n], read only */                     \
                        const float* __restrict__ weight, /* F32 [n] */                                      \
                        int n, int out_stride, int in_stride, float epsilon) {                               \
        const size_t r = blockIdx.x;                                                                         \
        rms_norm::row<T, false>(OUTPUT, in + r * in_stride, nullptr, weight, n, epsilon);                    \
    }                                                                                                        \
    extern "C" __global__ void __launch_bounds__(1024)                                                       \
        add_rms_norm_##name(OUT, float* __restrict__ residual, /* F32 [rows, n], in place */                 \
                            const T* __restrict__ delta,       /* A [rows, n] */                             \
                            const float* __restrict__ weight,  /* F32 [n] */                                 \
                            int n, int out_stride, int residual_stride, int delta_stride, float epsilon) {   \
        const size_t r = blockIdx.x;                                                                         \
        rms_norm::row<T, true>(OUTPUT, residual + r * residual_stride, delta + r * delta_stride, weight, n,  \
                               epsilon);                                                                     \
    }
#define OUT_STORED(T) T* __restrict__ out                                     // A [rows, n]
#define OUT_BYTES unsigned char *__restrict__ out, float *__restrict__ scales  // 8-bit [rows, n], F32 [rows]
#define STORED(T) (rms_norm::Stored<T>{out + r * out_stride})
#define QUANTISED(T, Target) (rms_norm::Quantised<T, quantize::Target>{out + r * out_stride, scales + r})
#define RMS_NORM_ENTRIES(type, T)                                                                           \
    NORM(type, T, OUT_STORED(T), STORED(T))                                                                 \
    NORM(int8_##type, T, OUT_BYTES, QUANTISED(T, Int8))                                                     \
    NORM(e4m3_##type, T, OUT_BYTES, QUANTISED(T, E4m3))                                                     \
    extern "C" __global__ void __launch_bounds__(128)                                                       \
        head_rms_norm_##type(void* __restrict__ heads,         /* A [rows, heads_per_row * n], in place */  \
                             const float* __restrict__ weight, /* F32 [n] */                                \
                             int rows, int heads_per_row, int n, int stride, float epsilon) {               \
        rms_norm::heads<T>(heads, weight, rows, heads_per_row, n, stride, epsilon);                         \
    }                                                                                                       \
    extern "C" __global__ void __launch_bounds__(1024)                                                      \
        wide_head_rms_norm_##type(void* heads,                      /* A [rows, heads_per_row * n] */       \
                                  const float* __restrict__ weight, /* F32 [n] */                           \
                                  int heads_per_row, int n, int stride, float epsilon) {                    \
        const int row = blockIdx.x / heads_per_row, head = blockIdx.x % heads_per_row;                      \
        rms_norm::wide_head(static_cast<T*>(heads) + size_t(row) * stride + head * n, weight, n, epsilon);  \
    }
RMS_NORM_ENTRIES(bf16, __nv_bfloat16)
RMS_NORM_ENTRIES(f16, __half)
#undef RMS_NORM_ENTRIES
#undef QUANTISED
#undef STORED
#undef OUT_BYTES
#undef OUT_STORED
#undef NORM
