// Runs of 4 or 8 neighbouring elements in registers: loads, stores and conversions of float and of A (bf16 or
// f16).
//
// A lane that handles 4 elements reads 16 bytes of floats or 8 bytes of A, so that a warp's access is one run
// of full sectors for both types. `n` is the length of the row: elements at and after it read as 0 and are
// not written.
#pragma once
#include "ptx.cuh"

__device__ __forceinline__ float to_float(float x) {
    return x;
}
__device__ __forceinline__ float to_float(__nv_bfloat16 x) {
    return __bfloat162float(x);
}
__device__ __forceinline__ float to_float(__half x) {
    return __half2float(x);
}

// Nearest, ties to even.
template <typename T>
__device__ __forceinline__ T from_float(float x);
template <>
__device__ __forceinline__ float from_float<float>(float x) {
    return x;
}
template <>
__device__ __forceinline__ __nv_bfloat16 from_float<__nv_bfloat16>(float x) {
    return __float2bfloat16_rn(x);
}
template <>
__device__ __forceinline__ __half from_float<__half>(float x) {
    return __float2half_rn(x);
}

// Two elements of A in one register, the first in the low half.
template <typename T>
__device__ __forceinline__ uint32_t pack2(float low, float high);
template <>
__device__ __forceinline__ uint32_t pack2<__nv_bfloat16>(float low, float high) {
    const __nv_bfloat162_raw raw = __floats2bfloat162_rn(low, high);
    return uint32_t(raw.x) | uint32_t(raw.y) << 16;
}
template <>
__device__ __forceinline__ uint32_t pack2<__half>(float low, float high) {
    const __half2_raw raw = __floats2half2_rn(low, high);
    return uint32_t(raw.x) | uint32_t(raw.y) << 16;
}

template <typename T>
__device__ __forceinline__ float2 unpack2(uint32_t pair);
template <>
__device__ __forceinline__ float2 unpack2<__nv_bfloat16>(uint32_t pair) {
    return make_float2(__uint_as_float(pair << 16), __uint_as_float(pair & 0xffff0000u));
}
template <>
__device__ __forceinline__ float2 unpack2<__half>(uint32_t pair) {
    __half_raw low, high;
    low.x = static_cast<unsigned short>(pair);
    high.x = static_cast<unsigned short>(pair >> 16);
    return make_float2(__half2float(low), __half2float(high));
}

// True if vectors of `bytes` bytes may be read at `p`.
__device__ __forceinline__ bool aligned(const void* p, int bytes) {
    return reinterpret_cast<size_t>(p) % bytes == 0;
}

// True if the runs of 4 elements of a row may be read as vectors.
template <typename T>
__device__ __forceinline__ bool vectors4(const T* row) {
    return aligned(row, 4 * int(sizeof(T)));
}

__device__ __forceinline__ float4 load4_vector(const float* p) {
    return *reinterpret_cast<const float4*>(p);
}

template <typename T>
__device__ __forceinline__ float4 load4_vector(const T* p) {
    const uint2 bits = *reinterpret_cast<const uint2*>(p);
    const float2 low = unpack2<T>(bits.x), high = unpack2<T>(bits.y);
    return make_float4(low.x, low.y, high.x, high.y);
}

// Elements [i, i + 4) of a row of n.
template <typename T>
__device__ __forceinline__ float4 load4(const T* row, int i, int n, bool vectors, float outside = 0.f) {
    if (vectors && i + 4 <= n) return load4_vector(row + i);
    float4 x = make_float4(outside, outside, outside, outside);
    if (i < n) x.x = to_float(row[i]);
    if (i + 1 < n) x.y = to_float(row[i + 1]);
    if (i + 2 < n) x.z = to_float(row[i + 2]);
    if (i + 3 < n) x.w = to_float(row[i + 3]);
    return x;
}

__device__ __forceinline__ void store4_vector(float* p, float4 x) {
    *reinterpret_cast<float4*>(p) = x;
}

template <typename T>
__device__ __forceinline__ void store4_vector(T* p, float4 x) {
    *reinterpret_cast<uint2*>(p) = make_uint2(pack2<T>(x.x, x.y), pack2<T>(x.z, x.w));
}

template <typename T>
__device__ __forceinline__ void store4(T* row, int i, int n, bool vectors, float4 x) {
    if (vectors && i + 4 <= n) {
        store4_vector(row + i, x);
        return;
    }
    if (i < n) row[i] = from_float<T>(x.x);
    if (i + 1 < n) row[i + 1] = from_float<T>(x.y);
    if (i + 2 < n) row[i + 2] = from_float<T>(x.z);
    if (i + 3 < n) row[i + 3] = from_float<T>(x.w);
}
