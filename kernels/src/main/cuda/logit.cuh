// One logit: its soft cap, and its place among the logits of a row.
#pragma once
#include "reduce.cuh"

__device__ __forceinline__ float soft_capped(float x, float cap) {
    return cap * tanhf(x / cap);
}

namespace sampling {

using u64 = unsigned long long;

constexpr uint32_t kInfinityKey = 0xff800000u;
constexpr uint32_t kMinusInfinityKey = 0x007fffffu;
constexpr u64 kAll = ~0ull;

// Rises with x; -0 is 0; NaN is above everything.
__device__ __forceinline__ uint32_t ordered_key(float x) {
    if (x != x) return 0xffffffffu;
    const uint32_t bits = __float_as_uint(x + 0.f);
    return bits >> 31 ? ~bits : bits | 0x80000000u;
}

__device__ __forceinline__ float from_key(uint32_t key) {
    return __uint_as_float(key >> 31 ? key & 0x7fffffffu : ~key);
}

// A token's place in order of falling logit, equal ones by rising id.
__device__ __forceinline__ u64 place(float x, int id) {
    return u64(~ordered_key(x)) << 32 | uint32_t(id);
}

__device__ __forceinline__ float logit_of(u64 place) {
    return from_key(~uint32_t(place >> 32));
}

__device__ __forceinline__ int id_of(u64 place) {
    return int(uint32_t(place));
}

__device__ __forceinline__ u64 smaller(u64 a, u64 b) {
    return a < b ? a : b;
}

struct Smaller {
    __device__ __forceinline__ u64 operator()(u64 a, u64 b) const { return smaller(a, b); }
};

// True if the first token is one to draw: neither NaN nor infinite.
__device__ __forceinline__ bool is_finite(u64 first) {
    const uint32_t key = ~uint32_t(first >> 32);
    return kMinusInfinityKey < key && key < kInfinityKey;
}

}  // namespace sampling
