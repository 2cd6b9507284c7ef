// Threads that do not meet, and collectives of the wrong lanes.
#include "bug.cuh"

// 64 threads go to a barrier for 128.
// reports: deadlock
PLANTED(half_of_a_barrier) {
    __shared__ float s[256];
    int i = threadIdx.x;
    s[i] = in[i];
    if (i < 64) bar_sync(1, 128);  //!
    __syncthreads();               //!
    out[i] = s[n - 1 - i];
}

// reports: divergent barrier
PLANTED(divergent_barrier) {
    __shared__ float s[256];
    int i = threadIdx.x;
    s[i] = in[i];
    if (i < 64) {
        __syncthreads();  //!
    } else {
        __syncthreads();  //!
    }
    out[i] = s[n - 1 - i];
}

// reports: deadlock
PLANTED(divergent_shuffle) {
    int i = threadIdx.x;
    float v = in[n - 1 - i];
    if (i % 32 < 16) v = __shfl_xor_sync(0xffffffffu, v, 0);  //!
    out[i] = v;
}

// reports: does not take part
PLANTED(shuffle_from_outside_the_mask) {
    int i = threadIdx.x;
    float v = in[n - 1 - i];
    if (i % 32 < 16) v += 0.f * __shfl_sync(0xffffu, v, 20);  //!
    out[i] = v;
}

// Half the warp in one shuffle, half in another.
// reports: divergent warp collective
PLANTED(different_collectives) {
    int i = threadIdx.x;
    float v = in[n - 1 - i];
    if (i % 2) {
        v = __shfl_xor_sync(0xffffffffu, v, 0);  //!
    } else {
        v += 0.f * float(__ballot_sync(0xffffffffu, 1));  //!
    }
    out[i] = v;
}
