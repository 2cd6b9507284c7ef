// Tensor cores, barriers and shuffles of two warps.
#include "case.cuh"

template <class Accumulator, class Mma>
__device__ __forceinline__ void tenTimes(Accumulator* out, Mma mma) {
    Accumulator d[4] = {};
    uint32_t a[4] = {};
    for (int i = 0; i < 10; i++) mma(d, a);
    out[threadIdx.x] = d[0];
}

// launch: threads 64
CASE(mma_bf16_flops)(float* out) {
    tenTimes(out, [](float(&d)[4], uint32_t(&a)[4]) { mma_bf16(d, a, 0, 0); });  //= flops 81920
}

// launch: threads 64
CASE(mma_e4m3_flops)(float* out) {
    tenTimes(out, [](float(&d)[4], uint32_t(&a)[4]) { mma_e4m3(d, a, 0, 0); });  //= flops 163840
}

// launch: threads 64
CASE(mma_s8_flops)(int* out) {
    tenTimes(out, [](int(&d)[4], uint32_t(&a)[4]) { mma_s8(d, a, 0, 0); });  //= flops 163840
}

// launch: threads 64
CASE(barriers_and_shuffles)(float* out) {
    int t = threadIdx.x;
    for (int i = 0; i < 7; i++) __syncthreads();
    out[t] = __shfl_xor_sync(~0u, float(t), 1);  //= barriers 7 shuffles 2
}
