// Bank conflicts.
#include "case.cuh"

CASE(shared_row)(float* out) {
    __shared__ float s[32];
    int t = threadIdx.x;
    s[t] = 1.f;
    __syncthreads();
    out[t] = s[t];  //= load 1/1 ways1
}

CASE(shared_broadcast)(float* out) {
    __shared__ float s[32];
    int t = threadIdx.x;
    s[t] = 1.f;
    __syncthreads();
    out[t] = s[5];  //= load 1/1 ways1
}

CASE(shared_half_broadcast)(float* out) {
    __shared__ float s[64];
    int t = threadIdx.x;
    s[t] = s[t + 32] = 1.f;
    __syncthreads();
    out[t] = s[t / 16 * 32];  //= load 2/1 ways2
}

CASE(shared_stride_2)(float* out) {
    __shared__ float s[64];
    int t = threadIdx.x;
    s[t] = s[t + 32] = 1.f;
    __syncthreads();
    out[t] = s[2 * t];  //= load 2/1 ways2
}

CASE(shared_stride_3)(float* out) {
    __shared__ float s[96];
    int t = threadIdx.x;
    s[t] = s[t + 32] = s[t + 64] = 1.f;
    __syncthreads();
    out[t] = s[3 * t];  //= load 1/1 ways1
}

CASE(shared_bytes)(unsigned char* out) {
    __shared__ unsigned char s[32];
    int t = threadIdx.x;
    s[t] = 1;  //= store 1/1 ways1
    __syncthreads();
    out[t] = s[31 - t];  //= load 1/1 ways1
}

CASE(shared_transpose)(float* out, const float* in) {
    __shared__ float s[32][32];
    int t = threadIdx.x;
    for (int i = 0; i < 32; i++) {
        s[i][t] = in[i * 32 + t];  //= load 128/128 store 32/32 ways1
    }
    __syncthreads();
    for (int i = 0; i < 32; i++) {
        out[i * 32 + t] = s[t][i];  //= load 1024/32 ways32 store 128/128
    }
}

CASE(shared_transpose_padded)(float* out, const float* in) {
    __shared__ float s[32][33];
    int t = threadIdx.x;
    for (int i = 0; i < 32; i++) {
        s[i][t] = in[i * 32 + t];  //= load 128/128 store 32/32 ways1
    }
    __syncthreads();
    for (int i = 0; i < 32; i++) {
        out[i * 32 + t] = s[t][i];  //= load 32/32 ways1 store 128/128
    }
}

CASE(shared_float2)(float2* out) {
    __shared__ __align__(16) float2 s[32];
    int t = threadIdx.x;
    s[t] = make_float2(1, 2);
    __syncthreads();
    out[t] = s[t];  //= load 2/2 ways1
}

CASE(shared_float2_stride_2)(float2* out) {
    __shared__ __align__(16) float2 s[64];
    int t = threadIdx.x;
    s[2 * t] = make_float2(1, 2);  //= store 4/2 ways2
    __syncthreads();
    out[t] = s[2 * t];  //= load 4/2 ways2
}

CASE(shared_float4)(float4* out) {
    __shared__ __align__(16) float4 s[32];
    int t = threadIdx.x;
    s[t] = make_float4(1, 2, 3, 4);
    __syncthreads();
    out[t] = s[t];  //= load 4/4 ways1
}

CASE(shared_float4_stride_2)(float4* out) {
    __shared__ __align__(16) float4 s[64];
    int t = threadIdx.x;
    s[2 * t] = make_float4(1, 2, 3, 4);  //= store 8/4 ways2
    __syncthreads();
    out[t] = s[2 * t];  //= load 8/4 ways2
}

CASE(shared_float4_column)(float4* out) {
    __shared__ __align__(16) float4 s[32 * 8];
    int t = threadIdx.x;
    s[t * 8] = make_float4(1, 2, 3, 4);  //= store 32/4 ways8
    __syncthreads();
    out[t] = s[t * 8];  //= load 32/4 ways8
}

CASE(shared_atomic_on_one_word)(int* out) {
    __shared__ int s[32];
    int t = threadIdx.x;
    s[t] = 0;
    __syncthreads();
    atomicAdd(&s[0], 1);  //= atomicAdd 32/1 ways32
    __syncthreads();
    out[t] = s[t];
}

__device__ __forceinline__ void clear(uint4* s, int count) {
    for (int i = threadIdx.x; i < count; i += 32) s[i] = make_uint4(0, 0, 0, 0);
    __syncthreads();
}

// ldmatrix: lane l gives row l % 8 of matrix l / 8.
CASE(ldmatrix_swizzled_rows)(uint32_t* out) {
    DYN_SMEM(uint4, s);
    int t = threadIdx.x;
    uint32_t r[4];
    clear(s, 256);
    ldmatrix_x4(r, smem_u32(s) + t * 128 + ((t / 8 ^ t % 8) << 4));  //= ldmatrix 4/4 ways1
    out[t] = r[0];
}

CASE(ldmatrix_rows_of_128)(uint32_t* out) {
    DYN_SMEM(uint4, s);
    int t = threadIdx.x;
    uint32_t r[4];
    clear(s, 256);
    ldmatrix_x4(r, smem_u32(s) + t * 128);  //= ldmatrix 32/4 ways8
    out[t] = r[0];
}

CASE(ldmatrix_rows_of_144)(uint32_t* out) {
    DYN_SMEM(uint4, s);
    int t = threadIdx.x;
    uint32_t r[4];
    clear(s, 288);
    ldmatrix_x4(r, smem_u32(s) + t * 144);  //= ldmatrix 4/4 ways1
    out[t] = r[0];
}

CASE(ldmatrix_rows_of_64)(uint32_t* out) {
    DYN_SMEM(uint4, s);
    int t = threadIdx.x;
    uint32_t r[4];
    clear(s, 256);
    ldmatrix_x4(r, smem_u32(s) + t * 64);  //= ldmatrix 16/4 ways4
    out[t] = r[0];
}

CASE(stmatrix_rows_of_128)(uint32_t* out) {
    DYN_SMEM(uint4, s);
    int t = threadIdx.x;
    uint32_t r[4] = {1, 2, 3, 4};
    stmatrix_x4(smem_u32(s) + t * 128, r);  //= stmatrix 32/4 ways8
    __syncthreads();
    out[t] = s[t * 8].x;
}

// ---- copies without registers ----

CASE(cp_async_rows)(uint32_t* out, const uint4* in) {
    DYN_SMEM(uint4, s);
    int t = threadIdx.x;
    cp_async_16(smem_u32(s + t), in + t);  //= cp.async.global 16/16 cp.async.shared 4/4 ways1
    cp_async_commit();
    cp_async_wait<0>();
    __syncthreads();
    out[t] = s[t].x;
}

CASE(cp_async_columns)(uint32_t* out, const uint4* in) {
    DYN_SMEM(uint4, s);
    int t = threadIdx.x;
    cp_async_16(smem_u32(s + t * 8), in + t * 8);  //= cp.async.global 32/16 cp.async.shared 32/4 ways8
    cp_async_commit();
    cp_async_wait<0>();
    __syncthreads();
    out[t] = s[t * 8].x;
}

CASE(cp_async_zero_fill)(uint32_t* out, const uint4* in) {
    DYN_SMEM(uint4, s);
    int t = threadIdx.x;
    cp_async_16(smem_u32(s + t), in + t, t < 8 ? 16 : 0);  //= cp.async.global 4/4 cp.async.shared 4/4 ways1
    cp_async_commit();
    cp_async_wait<0>();
    __syncthreads();
    out[t] = s[t].x;
}

#if PTX_HAS_SM90A
CASE(bulk_copy_in)(uint32_t* out, const uint4* in) {
    DYN_SMEM(uint4, s);
    __shared__ __align__(8) uint64_t barrier;
    int t = threadIdx.x;
    uint32_t bar = smem_u32(&barrier);
    if (t == 0) {
        mbarrier_init(bar, 1);
        fence_mbarrier_init();
    }
    __syncthreads();
    if (t == 0) {
        mbarrier_arrive_expect_tx(bar, 4096);
        uint32_t to = smem_u32(s);
        bulk_load(to, in, 4096, bar);  //= cp.async.bulk.global 128/128 cp.async.bulk.shared 32/32 ways1
    }
    mbarrier_wait(bar, 0);
    out[t] = s[t].x;
}
#endif
