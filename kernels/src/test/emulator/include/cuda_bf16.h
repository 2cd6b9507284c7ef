// NVIDIA's own bf16 header, whose host half has the types, conversions and most operators, and what it keeps
// for devices.
#pragma once
#include_next <cuda_bf16.h>
#include "cuda_runtime.h"
inline __nv_bfloat16 __hfma(__nv_bfloat16 a, __nv_bfloat16 b, __nv_bfloat16 c) {
    return __float2bfloat16_rn(fmaf(__bfloat162float(a), __bfloat162float(b), __bfloat162float(c)));
}
inline __nv_bfloat162 __hfma2(__nv_bfloat162 a, __nv_bfloat162 b, __nv_bfloat162 c) {
    return __halves2bfloat162(__hfma(__low2bfloat16(a), __low2bfloat16(b), __low2bfloat16(c)),
                              __hfma(__high2bfloat16(a), __high2bfloat16(b), __high2bfloat16(c)));
}
inline __nv_bfloat16 hexp(__nv_bfloat16 a) {
    return __float2bfloat16_rn(expf(__bfloat162float(a)));
}
