// Activation functions, and what a gate makes of its two factors; named as in Java's Activation. Roundings are
// spelled out (__fmaf_rn), so that no compilation of a tile shape may round otherwise than another.
#pragma once
#include "ptx.cuh"

constexpr int kSilu = 0, kGeluTanh = 1, kClampedSilu = 2;
constexpr float kClamp = 7.0f;

// x * sigmoid(x), GELU by tanh: 0.5 x (1 + tanh(u)) = x * sigmoid(2 u), or x * sigmoid(1.702 x).
__device__ __forceinline__ float activate(int activation, float x) {
    const float cubic = __fmaf_rn(__fmul_rn(x, x), __fmul_rn(x, 0.044715f), x);
    float s = activation == kGeluTanh ? __fmul_rn(1.5957691216f, cubic) : x;
    if (activation == kClampedSilu) {
        x = fminf(x, kClamp);
        s = __fmul_rn(1.702f, x);
    }
    return __fdiv_rn(x, __fadd_rn(1.0f, ex2(__fmul_rn(-1.4426950409f, s))));
}

// activation(gate) * up, or times (up + 1) of a clamped up.
__device__ __forceinline__ float gated(int activation, float gate, float up) {
    if (activation == kClampedSilu) up = __fadd_rn(fmaxf(fminf(up, kClamp), -kClamp), 1.0f);
    return __fmul_rn(activate(activation, gate), up);
}
