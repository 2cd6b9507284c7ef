// Four activations to 8 bits: what quantize.cu and rms_norm.cu share, so that both give the same bits.
#pragma once
#include "vec.cuh"

namespace quantize {

struct Int8 {
    static constexpr float Largest = 127.0f;
    static __device__ __forceinline__ uint32_t byte(float x) { return uint32_t(__float2int_rn(x)) & 0xff; }
};

struct E4m3 {
    static constexpr float Largest = 448.0f;
    static __device__ __forceinline__ uint32_t byte(float x) {
        return __nv_cvt_float_to_fp8(x, __NV_SATFINITE, __NV_E4M3);
    }
};

__device__ __forceinline__ float largest(float4 x, float so_far) {
    return fmaxf(fmaxf(fmaxf(fabsf(x.x), fabsf(x.y)), fmaxf(fabsf(x.z), fabsf(x.w))), so_far);
}

template <class Target>
__device__ __forceinline__ float scale_of(float max) {
    return __fdiv_rn(max, Target::Largest);
}

template <class Target>
__device__ __forceinline__ float inverse_scale(float max) {
    return max == 0.0f ? 0.0f : __fdiv_rn(Target::Largest, max);
}

// Four elements from i on; out's rows have room up to a multiple of 16.
template <class Target>
__device__ __forceinline__ void store(unsigned char* out, int i, float4 x, float factor) {
    *reinterpret_cast<uint32_t*>(out + i) =
        Target::byte(__fmul_rn(x.x, factor)) | Target::byte(__fmul_rn(x.y, factor)) << 8 |
        Target::byte(__fmul_rn(x.z, factor)) << 16 | Target::byte(__fmul_rn(x.w, factor)) << 24;
}

}  // namespace quantize
