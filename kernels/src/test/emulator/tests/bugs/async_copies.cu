// cp.async read too early or overwritten too early.
#include "bug.cuh"

__device__ __forceinline__ void copyAll(float* s, const float* in) {
    int i = threadIdx.x;
    if (i < 64) cp_async_16(smem_u32(s + i * 4), in + i * 4);
    cp_async_commit();
}

// reports: not yet waited for
PLANTED(no_cp_async_wait) {
    DYN_SMEM(float, s);
    int i = threadIdx.x;
    copyAll(s, in);
    __syncthreads();
    out[i] = s[n - 1 - i];  //!
    cp_async_wait<0>();
}

// The wait is only for the thread's own copies.
// reports: dynamic shared memory
PLANTED(no_syncthreads_after_cp_async_wait) {
    DYN_SMEM(float, s);
    int i = threadIdx.x;
    copyAll(s, in);
    cp_async_wait<0>();
    out[i] = s[n - 1 - i];  //!
}

// reports: not yet waited for
PLANTED(cp_async_wait_off_by_one) {
    DYN_SMEM(float, s);
    int i = threadIdx.x;
    copyAll(s, in);
    cp_async_wait<1>();
    __syncthreads();
    out[i] = s[n - 1 - i];  //!
    cp_async_wait<0>();
}

// The two stages of correct_two_stages without the second barrier: a slow warp still reads what is
// overwritten.
// reports: dynamic shared memory
PLANTED(stage_reused_too_early) {
    DYN_SMEM(float, s);
    int i = threadIdx.x;
    auto fill = [&](int step) {
        if (i < 16 && step < 4) cp_async_16(smem_u32(s + step % 2 * 64 + i * 4), in + step * 64 + i * 4);  //!
        cp_async_commit();
    };
    fill(0);
    for (int step = 0; step < 4; step++) {
        fill(step + 1);
        cp_async_wait<1>();
        __syncthreads();
        if (i < 64) out[n - 1 - (step * 64 + i)] = s[step % 2 * 64 + i];  //!
    }
    cp_async_wait<0>();
}

// reports: never waited for
PLANTED(return_with_open_copies) {
    DYN_SMEM(float, s);
    int i = threadIdx.x;
    out[i] = in[n - 1 - i];
    if (i < 64) cp_async_16(smem_u32(s + i * 4), in + i * 4);  //!
    cp_async_commit();
}

// reports: misaligned global address
PLANTED(misaligned_cp_async) {
    DYN_SMEM(float, s);
    int i = threadIdx.x;
    out[i] = in[n - 1 - i];
    if (i == 0) cp_async_16(smem_u32(s), in + 1);  //!
    cp_async_commit();
    cp_async_wait<0>();
}
