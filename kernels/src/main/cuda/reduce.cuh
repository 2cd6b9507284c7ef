// Reductions over a warp and over a block. The tree is fixed by the number of threads, so a row's result
// depends on its own elements only; every thread gets the result.
#pragma once
#include "ptx.cuh"

constexpr unsigned kFullWarp = 0xffffffffu;

struct Sum {
    template <typename T>
    __device__ __forceinline__ T operator()(T a, T b) const {
        return a + b;
    }
};

struct Max {
    template <typename T>
    __device__ __forceinline__ T operator()(T a, T b) const {
        return a > b ? a : b;
    }
};

template <typename T, typename Op>
__device__ __forceinline__ T warp_reduce(T x, Op op) {
#pragma unroll
    for (int distance = 16; distance > 0; distance /= 2) x = op(x, __shfl_xor_sync(kFullWarp, x, distance));
    return x;
}

// `partial`: shared memory for 32 values, free again after the next block barrier. All threads of a block of
// whole warps take part.
template <typename T, typename Op>
__device__ __forceinline__ T block_reduce(T x, T identity, T* partial, Op op) {
    const int lane = threadIdx.x % 32, warps = blockDim.x / 32;
    x = warp_reduce(x, op);
    if (lane == 0) partial[threadIdx.x / 32] = x;
    __syncthreads();
    return warp_reduce(lane < warps ? partial[lane] : identity, op);
}

// Sum of x over the threads before this one; `total`: over all. `partial`: shared memory for 32 values, free
// again after the next block barrier.
template <typename T>
__device__ __forceinline__ T block_prefix(T x, T* partial, T& total) {
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, warps = blockDim.x / 32;
    T sum = x;
#pragma unroll
    for (int distance = 1; distance < 32; distance *= 2) {
        const T below = __shfl_up_sync(kFullWarp, sum, distance);
        if (lane >= distance) sum += below;
    }
    if (lane == 31) partial[warp] = sum;
    __syncthreads();
    T before = 0;
    total = 0;
    for (int w = 0; w < warps; w++) {
        if (w == warp) before = total;
        total += partial[w];
    }
    return before + sum - x;
}
