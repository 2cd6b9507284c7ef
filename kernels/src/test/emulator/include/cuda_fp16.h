// NVIDIA's own fp16 header, whose host half has the types, conversions and most operators, and what it keeps
// for devices.
#pragma once
#include_next <cuda_fp16.h>
#include "cuda_runtime.h"
inline __half __hfma(__half a, __half b, __half c) {
    return __float2half_rn(fmaf(__half2float(a), __half2float(b), __half2float(c)));
}
inline __half2 __hfma2(__half2 a, __half2 b, __half2 c) {
    return __halves2half2(__hfma(__low2half(a), __low2half(b), __low2half(c)),
                          __hfma(__high2half(a), __high2half(b), __high2half(c)));
}
inline __half hexp(__half a) {
    return __float2half_rn(expf(__half2float(a)));
}
