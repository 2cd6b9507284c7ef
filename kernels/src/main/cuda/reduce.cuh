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
