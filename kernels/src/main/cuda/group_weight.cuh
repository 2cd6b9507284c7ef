// Weights of 4 or 8 bits with a scale for each group of k in each row (Java: cuda.GroupTiles):
//   w = scale * q + offset in f32, rounded once to A; offset = -scale * zero where zero points are stored.
//
// Quants lie as the 16-row operand of mma.sync m16n8k16 wants them: a lane's weights of 64 k are one or two
// words of 16 bytes. Tiles of 64 rows by 64 of k, row-major over tiles; in a tile, of fragment b (0..3)
//   4 bits  lane l at 16 l: word s (0..3) is step s of 16 k
//   8 bits  half p (0, 1) at 512 p, lane l at 16 l: words 2 (s % 2) and the next are step s = 2 p, 2 p + 1
// Element e = 4 u + 2 h + x of a step is k = 16 s + 8 u + 2 (l % 4) + x of fragment row l / 4 + 8 h.
// Fragment row g + 8 h of fragment b is
//   plain                           row 32 (b / 2) + 4 g + 2 (b % 2) + h                   (PlainDeal)
//   gate and up rows in turns of 8  row 32 (b / 2) + 16 (g / 4) + 2 (g % 4) + b % 2 + 8 h  (GatedDeal<32>)
// Padding has quants 0 and scales 0.
//
// Scales: pairs of 16 bits, scale and (offset or zero point), for each row of tiles, group and row of 64;
// rows in the order 16 b + 2 g + h.
#pragma once
#include "vec.cuh"

namespace group_weight {

constexpr int kTileK = 64;
constexpr int kScaleBf16 = 1, kZeroPoints = 2;  // bits of `mode`

struct Affine {
    float scale, offset;
};

__device__ __forceinline__ Affine affine(uint32_t pair, int mode) {
    const float2 v = mode & kScaleBf16 ? unpack2<__nv_bfloat16>(pair) : unpack2<__half>(pair);
    return {v.x, mode & kZeroPoints ? -__fmul_rn(v.x, v.y) : v.y};
}

__device__ __forceinline__ float value(float q, Affine a) {
    return __fmaf_rn(a.scale, q, a.offset);
}

// Nibble at bit Position of x as a float: it becomes the last bits of the integer part of 2^(23 - Position) +
// q.
template <int Position>
__device__ __forceinline__ float nibble(uint32_t x) {
    constexpr uint32_t one = uint32_t(127 + 23 - Position) << 23;
    return __fadd_rn(__uint_as_float(lop3<0xEA>(x, 0xFu << Position, one)), -float(1 << (23 - Position)));
}

// The eight quants of a step, e ascending. Positions 11, 15, 19 of three shifts are all that is needed.
__device__ __forceinline__ void unpack4(uint32_t word, float (&q)[8]) {
    const uint32_t low = word << 11, middle = word >> 1, high = word >> 13;
    q[0] = nibble<11>(low), q[1] = nibble<15>(low), q[2] = nibble<19>(low);
    q[3] = nibble<11>(middle), q[4] = nibble<15>(middle), q[5] = nibble<19>(middle);
    q[6] = nibble<11>(high), q[7] = nibble<15>(high);
}

// Byte `index` of x, 0 to 255, as a float.
__device__ __forceinline__ float byte(uint32_t x, int index) {
    return __fadd_rn(__uint_as_float(__byte_perm(x, 0x4B000000u, 0x7650u | index)), -8388608.0f);
}

__device__ __forceinline__ void unpack8(uint32_t first, uint32_t second, float (&q)[8]) {
#pragma unroll
    for (int e = 0; e < 4; e++) {
        q[e] = byte(first, e);
        q[4 + e] = byte(second, e);
    }
}

// Bytes of a tile's quants of `rows` rows.
__host__ __device__ constexpr int quant_bytes(int bits, int rows) {
    return rows * kTileK * bits / 8;
}

}  // namespace group_weight
