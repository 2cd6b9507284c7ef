// Routing to experts:
//
//   choose_experts   the K largest logits of each token, equal ones by rising expert, and their weights:
//                    softmax over the chosen, or the chosen shares of the softmax over all
//   sort_by_expert   rows sorted by expert, those of one expert in order of (token, choice)
//   combine_experts  out[t] = sum over c of weights[t, c] * in[rows[t, c]]
//
// Shapes: logits F32 [T, E]; experts, rows INT32 [T, K]; weights F32 [T, K]; tokens INT32 [T * K]: token of
//   each sorted row; starts INT32 [E + 1]: first sorted row of each expert; in A [T * K, n]; out A [T, n].
// Types: A is bf16 or f16; sums in f32. E <= 1024, K <= 32.
// Order of additions: choices in order; the softmax over all by lane, then a tree.
// Launch: choose_experts a warp a token, 256 threads. sort_by_expert a block an expert, 256 threads: it counts
//   the choices of the experts before its own and gives its own their places, with no word to other blocks.
//   combine_experts grid (ceil(n / 1024), T), 256 threads.
// A logit that is not a number is never preferred; a row of them goes to the first K experts.
// Source: none. Java: cuda.Experts, cpu.Experts.
// Measured: not measured on a GPU yet.
#include "reduce.cuh"
#include "vec.cuh"

namespace experts {

constexpr float kLog2E = 1.4426950408889634f;

struct Best {
    float logit;
    int expert;
};

// The larger logit; of equal ones, and of two that cannot be compared, the lower expert. Expert -1 is none.
__device__ __forceinline__ Best better(Best a, Best b) {
    if (a.expert < 0) return b;
    if (b.expert < 0) return a;
    const Best low = a.expert < b.expert ? a : b, high = a.expert < b.expert ? b : a;
    return high.logit > low.logit || (low.logit != low.logit && high.logit == high.logit) ? high : low;
}

// One warp's token.
__device__ __forceinline__ void choose(int* __restrict__ chosen, float* __restrict__ weights,
                                       const float* __restrict__ logits, int count, int per_token,
                                       bool normalized) {
    const int lane = threadIdx.x % 32;
    uint32_t taken = 0;  // bit i: this lane's expert 32 i + lane
    Best mine{0.f, -1};  // the choice number `lane`
    float max = 0.f;
#pragma unroll 1
    for (int c = 0; c < per_token; c++) {
        Best best{0.f, -1};
#pragma unroll 1
        for (int i = 0; 32 * i + lane < count; i++)
            if (!(taken >> i & 1)) best = better(best, {logits[32 * i + lane], 32 * i + lane});
#pragma unroll
        for (int distance = 16; distance > 0; distance /= 2)
            best = better(best, {__shfl_xor_sync(kFullWarp, best.logit, distance),
                                 __shfl_xor_sync(kFullWarp, best.expert, distance)});
        if (best.expert % 32 == lane) taken |= 1u << best.expert / 32;
        if (c == lane) mine = best;
        if (c == 0) max = best.logit;
    }
    float weight = lane < per_token ? ex2((mine.logit - max) * kLog2E) : 0.f;
    float sum = weight;
    if (!normalized) {
        sum = 0.f;
        for (int e = lane; e < count; e += 32) sum += ex2((logits[e] - max) * kLog2E);
    }
    sum = warp_reduce(sum, Sum());
    if (lane < per_token) {
        chosen[lane] = mine.expert;
        weights[lane] = weight / sum;
    }
}

template <typename T>
__device__ __forceinline__ void combine(T* __restrict__ out, const T* __restrict__ in,
                                        const int* __restrict__ rows, const float* __restrict__ weights,
                                        int n, int per_token, int in_stride) {
    const int i = 4 * (blockIdx.x * blockDim.x + threadIdx.x);
    if (i >= n) return;
    const bool vectors = vectors4(out) && vectors4(in) && in_stride % 4 == 0;
    float4 sum = make_float4(0.f, 0.f, 0.f, 0.f);
#pragma unroll 1
    for (int c = 0; c < per_token; c++) {
        const float w = weights[c];
        const float4 x = load4(in + size_t(rows[c]) * in_stride, i, n, vectors);
        sum = make_float4(fmaf(w, x.x, sum.x), fmaf(w, x.y, sum.y), fmaf(w, x.z, sum.z), fmaf(w, x.w, sum.w));
    }
    store4(out, i, n, vectors, sum);
}

}  // namespace experts

extern "C" __global__ void __launch_bounds__(256)
    choose_experts(int* __restrict__ chosen,         // INT32 [T, K]
                   float* __restrict__ weights,      // F32 [T, K]
                   const float* __restrict__ logits, // F32 [T, E]
                   int rows, int count, int per_token, int stride, int normalized) {
    const int token = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
    if (token >= rows) return;
    experts::choose(chosen + size_t(token) * per_token, weights + size_t(token) * per_token,
                    logits + size_t(token) * stride, count, per_token, normalized != 0);
}

extern "C" __global__ void __launch_bounds__(256)
    sort_by_expert(int* __restrict__ rows,         // INT32 [T, K]
                   int* __restrict__ tokens,       // INT32 [T * K]
                   int* __restrict__ starts,       // INT32 [gridDim.x + 1]
                   const int* __restrict__ chosen, // INT32 [T, K]
                   int choices, int per_token) {
    __shared__ int partial[32];
    const int expert = blockIdx.x;
    int before = 0;
    for (int i = threadIdx.x; i < choices; i += blockDim.x) before += chosen[i] < expert;
    int place = block_reduce(before, 0, partial, Sum());
    __syncthreads();
    if (threadIdx.x == 0) {
        starts[expert] = place;
        if (expert == int(gridDim.x) - 1) starts[gridDim.x] = choices;
    }
    for (int base = 0; base < choices; base += blockDim.x) {
        const int i = base + threadIdx.x;
        const bool mine = i < choices && chosen[i] == expert;
        int total;
        const int at = place + block_prefix(int(mine), partial, total);
        if (mine) {
            rows[i] = at;
            tokens[at] = i / per_token;
        }
        place += total;
        __syncthreads();
    }
}

#define COMBINE_ENTRY(type, T)                                                                              \
    extern "C" __global__ void __launch_bounds__(256)                                                       \
        combine_experts_##type(void* __restrict__ out,            /* A [T, n] */                            \
                               const void* __restrict__ in,       /* A [T * K, n] */                        \
                               const int* __restrict__ rows,      /* INT32 [T, K] */                        \
                               const float* __restrict__ weights, /* F32 [T, K] */                          \
                               int n, int per_token, int out_stride, int in_stride) {                       \
        const size_t first = size_t(blockIdx.y) * per_token;                                                \
        experts::combine(static_cast<T*>(out) + size_t(blockIdx.y) * out_stride, static_cast<const T*>(in), \
                         rows + first, weights + first, n, per_token, in_stride);                           \
    }
COMBINE_ENTRY(bf16, __nv_bfloat16)
COMBINE_ENTRY(f16, __half)
#undef COMBINE_ENTRY
