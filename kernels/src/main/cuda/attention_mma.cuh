// The two products of attention on tensor cores: fragments of Q, K, V and P (arithmetic: attention_tile.cuh).
#pragma once
#include "attention_tile.cuh"

namespace attention {

template <typename Element>
__device__ __forceinline__ void mma(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1);
template <>
__device__ __forceinline__ void mma<__nv_bfloat16>(float (&d)[4], const uint32_t (&a)[4], uint32_t b0,
                                                   uint32_t b1) {
    mma_bf16(d, a, b0, b1);
}
template <>
__device__ __forceinline__ void mma<__half>(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
    mma_f16(d, a, b0, b1);
}

// Two e4m3 in the high bytes of the halves of `x` to two elements, exactly: sign, exponent and fraction are
// shifted in place, the product moves the exponent's bias and levels subnormals.
template <typename Element>
__device__ __forceinline__ uint32_t widened(uint32_t x);
template <>
__device__ __forceinline__ uint32_t widened<__nv_bfloat16>(uint32_t x) {
    const uint32_t bits = (x & 0x80008000u) | (x & 0x7f007f00u) >> 4;
    const uint32_t factor = 0x7b807b80u;  // 2^120
    const __nv_bfloat162 y = __hmul2(reinterpret_cast<const __nv_bfloat162&>(bits),
                                     reinterpret_cast<const __nv_bfloat162&>(factor));
    return reinterpret_cast<const uint32_t&>(y);
}
template <>
__device__ __forceinline__ uint32_t widened<__half>(uint32_t x) {
    const uint32_t bits = (x & 0x80008000u) | (x & 0x7f007f00u) >> 1;
    const uint32_t factor = 0x5c005c00u;  // 2^8
    const __half2 y =
        __hmul2(reinterpret_cast<const __half2&>(bits), reinterpret_cast<const __half2&>(factor));
    return reinterpret_cast<const uint32_t&>(y);
}

// Elements (0, 1), (2, 3) of four e4m3; and elements (0, 2), (1, 3).
template <typename Element>
__device__ __forceinline__ uint32_t neighbours(uint32_t x, int pair) {
    return widened<Element>(__byte_perm(x, 0, pair == 0 ? 0x1404 : 0x3424));
}
template <typename Element>
__device__ __forceinline__ uint32_t every_other(uint32_t x, int first) {
    return widened<Element>(first == 0 ? (x & 0x00ff00ffu) << 8 : x & 0xff00ff00u);
}

// Q as operand a of every k step. With e4m3 keys a k step holds its 16 dimensions in the order in which
// ldmatrix hands them out: slots 2c, 2c + 1 are dimensions 4c, 4c + 1, slots 2c + 8, 2c + 9 are 4c + 2, 4c
// + 3.
template <class Types, int M>
__device__ __forceinline__ void q_fragment(uint32_t (&a)[4], const Shared<Types, M>& s, int first_row,
                                           int step) {
    const int lane = threadIdx.x % 32;
    if (Types::kFp8) {
        const int g = lane / 4, c = lane % 4;
#pragma unroll
        for (int half = 0; half < 2; half++) {
            const uint32_t at = q_swizzled<Types>(first_row + g + 8 * half, 2 * step + c / 2) + c % 2 * 8;
            const uint2 words = *reinterpret_cast<const uint2*>(s.base + at);
            a[half] = words.x;
            a[half + 2] = words.y;
        }
    } else {
        const int row = first_row + lane % 16, chunk = 2 * step + lane / 16;
        ldmatrix_x4(a, s.q() + q_swizzled<Types>(row, chunk));
    }
}

// Q of a warp's 16 rows: in registers if Held, otherwise read from shared memory for every tile.
template <class Types, int M, bool Held>
struct Queries {
    static constexpr int kSteps = Held ? Types::kDim / 16 : 1;
    const Shared<Types, M>& s;
    int first_row;
    uint32_t held[kSteps][4];

    // Q has arrived in shared memory.
    __device__ __forceinline__ void arrive() {
        if constexpr (Held) {
#pragma unroll
            for (int step = 0; step < kSteps; step++) q_fragment(held[step], s, first_row, step);
        }
    }
    __device__ __forceinline__ void load(uint32_t (&a)[4], int step) const {
        if constexpr (Held) {
#pragma unroll
            for (int i = 0; i < 4; i++) a[i] = held[step][i];
        } else {
            q_fragment(a, s, first_row, step);
        }
    }
};

// scores[n] = Q . K for the keys [8 (first + n), + 8) of a tile, n < KeyTiles.
template <class Types, int KeyTiles, class Q>
__device__ __forceinline__ void multiply_qk(float (&scores)[KeyTiles][4], uint32_t keys, int first,
                                            const Q& q) {
    using Element = typename Types::Element;
    constexpr int kChunks = Types::kKvChunks, kSteps = Types::kDim / 16;
    // Unrolled further, heads of 256 would need more registers than there are.
    [[maybe_unused]] constexpr int kUnroll = Q::kSteps == 1 && kSteps > 8 ? 4 : kSteps;
    const int lane = threadIdx.x % 32, matrix = lane / 8;
    if constexpr (!Types::kFp8) {
#pragma unroll kUnroll
        for (int step = 0; step < kSteps; step++) {
            uint32_t a[4];
            q.load(a, step);
#pragma unroll
            for (int n = 0; n < KeyTiles; n += 2) {
                uint32_t b[4];
                const int key = (first + n + matrix / 2) * 8 + lane % 8;
                ldmatrix_x4(b, keys + swizzled<kChunks>(key, 2 * step + matrix % 2));
                mma<Element>(scores[n], a, b[0], b[1]);
                mma<Element>(scores[n + 1], a, b[2], b[3]);
            }
        }
    } else {
#pragma unroll
        for (int step = 0; step < kSteps; step += 2) {
            uint32_t a[2][4];
            q.load(a[0], step);
            q.load(a[1], step + 1);
#pragma unroll
            for (int n = 0; n < KeyTiles; n += 2) {
                uint32_t b[4];
                const int key = (first + n + matrix % 2) * 8 + lane % 8;
                ldmatrix_x4(b, keys + swizzled<kChunks>(key, step + matrix / 2));
#pragma unroll
                for (int i = 0; i < 4; i++)
                    mma<Element>(scores[n + i % 2], a[i / 2], neighbours<Element>(b[i], 0),
                                 neighbours<Element>(b[i], 1));
            }
        }
    }
}

// Output tiles of 8 dimensions that one chunk of V gives: with e4m3 its even and its odd dimensions.
template <class Types>
constexpr int kTilesPerChunk = Types::kFp8 ? 2 : 1;

// out[...] += P . V for chunk `chunk` of V's columns; p: operand a of the tile's 4 k steps.
template <class Types>
__device__ __forceinline__ void multiply_pv(float (*out)[4], uint32_t values, int chunk,
                                            const uint32_t (&p)[4][4]) {
    using Element = typename Types::Element;
    const int lane = threadIdx.x % 32;
#pragma unroll
    for (int half = 0; half < 2; half++) {
        uint32_t b[4];
        ldmatrix_x4_trans(b, values + swizzled<Types::kKvChunks>(32 * half + lane, chunk));
#pragma unroll
        for (int i = 0; i < 2; i++) {
            const uint32_t low = b[2 * i], high = b[2 * i + 1];
            if (Types::kFp8) {
                mma<Element>(out[0], p[2 * half + i], every_other<Element>(low, 0),
                             every_other<Element>(high, 0));
                mma<Element>(out[1], p[2 * half + i], every_other<Element>(low, 1),
                             every_other<Element>(high, 1));
            } else {
                mma<Element>(out[0], p[2 * half + i], low, high);
            }
        }
    }
}

template <typename Element>
__device__ __forceinline__ void add_row_sums(float (&sums)[4], const uint32_t (&p)[4][4]) {
    const uint32_t ones = pack2<Element>(1.f, 1.f);
#pragma unroll
    for (int step = 0; step < 4; step++) mma<Element>(sums, p[step], ones, ones);
}

}  // namespace attention
