// mbarriers, bulk copies and wgmma.
#include "bug.cuh"

#if PTX_HAS_SM90A

__device__ __forceinline__ void load(float* s, const float* in, int n, uint32_t bar, int announced) {
    mbarrier_arrive_expect_tx(bar, announced);
    bulk_load(smem_u32(s), in, n * 4, bar);
}

// reports: not yet waited for
PLANTED(no_mbarrier_wait) {
    DYN_SMEM(float, s);
    __shared__ __align__(8) uint64_t barrier;
    int i = threadIdx.x;
    uint32_t bar = smem_u32(&barrier);
    if (i == 0) {
        mbarrier_init(bar, 1);
        fence_mbarrier_init();
        load(s, in, n, bar, n * 4);
    }
    __syncthreads();
    out[i] = s[n - 1 - i];  //!
    if (i == 0) mbarrier_wait(bar, 0);
}

// reports: deadlock
PLANTED(mbarrier_expects_too_much) {
    DYN_SMEM(float, s);
    __shared__ __align__(8) uint64_t barrier;
    int i = threadIdx.x;
    uint32_t bar = smem_u32(&barrier);
    if (i == 0) {
        mbarrier_init(bar, 1);
        fence_mbarrier_init();
        load(s, in, n, bar, n * 4 + 16);
    }
    __syncthreads();
    mbarrier_wait(bar, 0);  //!
    out[i] = s[n - 1 - i];
}

// reports: no synchronisation after its mbarrier.init
PLANTED(no_syncthreads_after_mbarrier_init) {
    DYN_SMEM(float, s);
    __shared__ __align__(8) uint64_t barrier;
    int i = threadIdx.x;
    uint32_t bar = smem_u32(&barrier);
    if (i == 0) {
        mbarrier_init(bar, 1);
        fence_mbarrier_init();
        load(s, in, n, bar, n * 4);
    }
    mbarrier_wait(bar, 0);  //!
    out[i] = s[n - 1 - i];
}

// reports: used before mbarrier.init
PLANTED(no_mbarrier_init) {
    __shared__ __align__(8) uint64_t barrier;
    int i = threadIdx.x;
    out[i] = in[n - 1 - i];
    mbarrier_arrive(smem_u32(&barrier));  //!
}

// A stage is filled again without waiting for its readers.
// reports: dynamic shared memory
PLANTED(no_empty_wait) {
    DYN_SMEM(float, s);
    __shared__ __align__(8) uint64_t barrier;
    int i = threadIdx.x;
    uint32_t full = smem_u32(&barrier);
    if (i == 0) {
        mbarrier_init(full, 1);
        fence_mbarrier_init();
    }
    __syncthreads();
    for (int step = 0; step < 4; step++) {
        if (i == 0) {
            mbarrier_arrive_expect_tx(full, 256);
            bulk_load(smem_u32(s), in + step * 64, 256, full);  //!
        }
        mbarrier_wait(full, step & 1);
        if (i < 64) out[n - 1 - (step * 64 + i)] = s[i];  //!
    }
}

// reports: never waited for
PLANTED(no_bulk_store_wait) {
    DYN_SMEM(float, s);
    int i = threadIdx.x;
    s[i] = in[n - 1 - i];
    fence_proxy_async();
    __syncthreads();
    if (i == 0) {
        bulk_store(out, smem_u32(s), n * 4);  //!
        bulk_commit();
    }
}

// reports: no fence.proxy.async
PLANTED(no_proxy_fence_before_bulk_store) {
    DYN_SMEM(float, s);
    int i = threadIdx.x;
    s[i] = in[n - 1 - i];  //!
    __syncthreads();
    if (i) return;
    bulk_store(out, smem_u32(s), n * 4);  //!
    bulk_commit();
    bulk_wait<0>();
}

__device__ __forceinline__ void clearTiles(unsigned char* s) {
    for (int k = threadIdx.x; k < 4096; k += blockDim.x) reinterpret_cast<uint32_t*>(s)[k] = 0;  //!
}

__device__ __forceinline__ void multiply(float (&d)[32], unsigned char* s) {
    uint64_t tile = wgmma_descriptor<128>(smem_u32(s));
    wgmma_fence();
    wgmma_bf16(d, tile, tile, false);  //!
    wgmma_commit();
}

// launch: shared 16384
// reports: no fence.proxy.async
PLANTED(no_proxy_fence_before_wgmma) {
    DYN_SMEM(unsigned char, s);
    int i = threadIdx.x;
    clearTiles(s);
    __syncthreads();
    float d[32];
    multiply(d, s);
    wgmma_wait<0>(d);
    out[i] = in[n - 1 - i] + d[5];
}

// Nothing of this one but the result is wrong; in the plain build too.
// launch: shared 16384
// reports: wrong values
PLANTED(no_wgmma_wait) {
    DYN_SMEM(unsigned char, s);
    int i = threadIdx.x;
    clearTiles(s);
    fence_proxy_async();
    __syncthreads();
    float d[32];
    for (float& v : d) v = 1.f;
    multiply(d, s);
    out[i] = in[n - 1 - i] + d[5];
    wgmma_wait<0>(d);
}

// The other side of the fence: nothing to report.
// launch: shared 16384
PLANTED(correct_proxy_fence) {
    DYN_SMEM(unsigned char, s);
    int i = threadIdx.x;
    clearTiles(s);
    fence_proxy_async();
    __syncthreads();
    float d[32];
    multiply(d, s);
    wgmma_wait<0>(d);
    out[i] = in[n - 1 - i] + d[5];
}

#endif
