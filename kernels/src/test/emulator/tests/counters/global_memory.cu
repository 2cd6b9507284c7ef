// Coalescing.
#include "case.cuh"

CASE(global_coalesced)(float* out, const float* in) {
    int t = threadIdx.x;
    out[t] = in[t];  //= load 4/4 store 4/4
}

CASE(global_half_warp)(float* out, const float* in) {
    int t = threadIdx.x;
    if (t < 16) out[t] = in[t];  //= load 2/2 store 2/2
}

CASE(global_bf16)(__nv_bfloat16* out, const __nv_bfloat16* in) {
    int t = threadIdx.x;
    out[t] = in[t];  //= load 2/2 store 2/2
}

CASE(global_bf162)(__nv_bfloat16* out, const __nv_bfloat16* in) {
    int t = threadIdx.x;
    float2 f = __bfloat1622float2(*reinterpret_cast<const __nv_bfloat162*>(in + 2 * t));  //= load 4/4
    *reinterpret_cast<__nv_bfloat162*>(out + 2 * t) = __floats2bfloat162_rn(f.y, f.x);    //= store 4/4
}

CASE(global_half2)(__half2* out, const __half2* in) {
    int t = threadIdx.x;
    __half2 v = in[t];  //= load 4/4
    out[t] = v;         //= store 4/4
}

CASE(global_broadcast)(float* out, const float* in) {
    int t = threadIdx.x;
    out[t] = in[7];  //= load 1/1 store 4/4
}

CASE(global_reversed)(float* out, const float* in) {
    int t = threadIdx.x;
    out[t] = in[31 - t];  //= load 4/4 store 4/4
}

CASE(global_stride_2)(float* out, const float* in) {
    int t = threadIdx.x;
    out[t] = in[2 * t];  //= load 8/4 store 4/4
}

CASE(global_stride_32)(float* out, const float* in) {
    int t = threadIdx.x;
    out[t] = in[32 * t];  //= load 32/4 store 4/4
}

CASE(global_stride_32_store)(float* out, const float* in) {
    int t = threadIdx.x;
    out[32 * t] = in[t];  //= load 4/4 store 32/4
}

CASE(global_off_by_4_bytes)(float* out, const float* in) {
    int t = threadIdx.x;
    out[t] = in[t + 1];  //= load 5/4 store 4/4
}

CASE(global_float4)(float4* out, const float4* in) {
    int t = threadIdx.x;
    out[t] = in[t];  //= load 16/16 store 16/16
}

CASE(global_float4_ldg)(float4* out, const float4* in) {
    int t = threadIdx.x;
    float4 v = __ldg(in + t);  //= load 16/16
    v.x += 1.f;
    v.w *= 2.f;
    out[t] = v;  //= store 16/16
}

CASE(global_float4_by_members)(float* out, const float* in) {
    int t = threadIdx.x;
    float sum = 0.f;
    for (int i = 0; i < 4; i++) {
        sum += in[4 * t + i];  //= load 64/16
    }
    out[t] = sum;  //= store 4/4
}

// A thread walks along a row: every load is 32 sectors.
CASE(global_row_per_thread)(float* out, const float* in) {
    int t = threadIdx.x;
    float sum = 0.f;
    for (int i = 0; i < 8; i++) {
        sum += in[t * 32 + i];  //= load 256/32
    }
    out[t] = sum;  //= store 4/4
}

// Lanes leave the loop one after another: 24, 16, then 8 of them.
CASE(global_trip_counts)(float* out, const float* in) {
    int t = threadIdx.x;
    float sum = 0.f;
    for (int i = 0; i < t % 4; i++) {
        sum += in[i * 32 + t];  //= load 12/6
    }
    out[t] = sum;  //= store 4/4
}

// launch: blocks 2
CASE(global_two_blocks)(float* out, const float* in) {
    int t = threadIdx.x;
    out[blockIdx.x * 32 + t] = in[t];  //= load 8/8 store 8/8 unique 4+8
}

CASE(global_atomic)(float* out, const float* in) {
    int t = threadIdx.x;
    atomicAdd(out + t % 8, in[t]);  //= load 4/4 atomicAdd 1/1
}
