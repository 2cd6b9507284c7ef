// What happens to the sums of a matrix product before they are stored: bias, or gate and up to one value.
// Roundings are spelled out (__fmaf_rn), so that no compilation of a tile shape may round otherwise than
// another.
#pragma once
#include "linear_tile.cuh"

namespace linear {

constexpr int kSilu = 0;  // Activation.SILU; GELU_TANH is 1

// x * sigmoid(x), or GELU by tanh: 0.5 x (1 + tanh(u)) = x * sigmoid(2 u).
__device__ __forceinline__ float activate(int activation, float x) {
    const float cubic = __fmaf_rn(__fmul_rn(x, x), __fmul_rn(x, 0.044715f), x);
    const float s = activation == kSilu ? x : __fmul_rn(1.5957691216f, cubic);
    return __fdiv_rn(x, __fadd_rn(1.0f, ex2(__fmul_rn(-1.4426950409f, s))));
}

__device__ __forceinline__ uint32_t pack_pair(__nv_bfloat16, float low, float high) {
    const __nv_bfloat162 pair = __floats2bfloat162_rn(low, high);
    return *reinterpret_cast<const uint32_t*>(&pair);
}

__device__ __forceinline__ uint32_t pack_pair(__half, float low, float high) {
    const __half2 pair = __floats2half2_rn(low, high);
    return *reinterpret_cast<const uint32_t*>(&pair);
}

__device__ __forceinline__ void round_to(__nv_bfloat16& out, float x) {
    out = __float2bfloat16_rn(x);
}

__device__ __forceinline__ void round_to(__half& out, float x) {
    out = __float2half_rn(x);
}

__device__ __forceinline__ void round_to(float& out, float x) {
    out = x;
}

// Count neighbouring values at once; `at` is aligned to them.
__device__ __forceinline__ void store_vector(float* at, const float (&v)[4]) {
    *reinterpret_cast<float4*>(at) = make_float4(v[0], v[1], v[2], v[3]);
}

template <class Element>
__device__ __forceinline__ void store_vector(Element* at, const float (&v)[4]) {
    *reinterpret_cast<uint2*>(at) =
        make_uint2(pack_pair(Element(), v[0], v[1]), pack_pair(Element(), v[2], v[3]));
}

template <class Element>
__device__ __forceinline__ void store_vector(Element* at, const float (&v)[2]) {
    *reinterpret_cast<uint32_t*>(at) = pack_pair(Element(), v[0], v[1]);
}

// Whether groups of Count columns are aligned in every row; those of logits with an odd row stride are not.
template <int Count, class Element>
__device__ __forceinline__ bool aligned(const Element* out, int stride) {
    constexpr int bytes = Count * sizeof(Element);
    return reinterpret_cast<uintptr_t>(out) % bytes == 0 && stride % Count == 0;
}

// Values of columns column .. column + Count - 1 of a row of `columns`, at once where they are `whole`.
template <class Element, int Count>
__device__ __forceinline__ void store_columns(Element* row, int column, int columns, bool whole,
                                              const float (&v)[Count]) {
    if (whole && column + Count <= columns) {
        store_vector(row + column, v);
    } else {
#pragma unroll
        for (int e = 0; e < Count; e++)
            if (column + e < columns) round_to(row[column + e], v[e]);
    }
}

// Where a lane's sums belong: token of d[0] in column group j, and its group of four outputs q.
template <class Tile>
struct LanePlace {
    int first_token, line, warp_n;

    __device__ __forceinline__ explicit LanePlace(BlockPlace block) {
        const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
        warp_n = block.first_n + warp % Tile::WarpsN * Tile::WarpN;
        first_token = block.first_m + warp / Tile::WarpsN * Tile::WarpM + lane % 4 * 2;
        line = lane / 4;
    }
};

__device__ __forceinline__ float bias_at(const float* bias, int index, int count) {
    return bias != nullptr && index < count ? bias[index] : 0.0f;
}

// out[t, j] = sum + bias[j], in A or F32.
template <class Tile, class Out>
__device__ __forceinline__ void store_plain(Out* out, int out_stride, const float* bias, int rows, int n,
                                            BlockPlace block,
                                            const float (&sums)[Tile::FragmentsN][Tile::FragmentsM][4]) {
    const LanePlace<Tile> place(block);
    const bool whole = aligned<4>(out, out_stride);
#pragma unroll
    for (int q = 0; q < Tile::FragmentsN / 2; q++) {
        const int column = place.warp_n + 32 * q + 4 * place.line;
        float added[4];
#pragma unroll
        for (int e = 0; e < 4; e++) added[e] = bias_at(bias, column + e, n);
#pragma unroll
        for (int j = 0; j < Tile::FragmentsM; j++)
#pragma unroll
            for (int t = 0; t < 2; t++) {
                const int token = place.first_token + 8 * j + t;
                float values[4];
#pragma unroll
                for (int e = 0; e < 4; e++)
                    values[e] = __fadd_rn(sums[2 * q + e / 2][j][2 * (e % 2) + t], added[e]);
                if (token < rows) store_columns(out + size_t(token) * out_stride, column, n, whole, values);
            }
    }
}

// out[t, f] = activation(gate + bias[f]) * (up + bias[F + f]), F = n / 2.
template <class Tile, class Out>
__device__ __forceinline__ void store_gated(Out* out, int out_stride, const float* bias, int rows, int gates,
                                            int activation, BlockPlace block,
                                            const float (&sums)[Tile::FragmentsN][Tile::FragmentsM][4]) {
    constexpr int Count = Tile::FragmentsN;
    const LanePlace<Tile> place(block);
    const int column = place.warp_n / 2 + Count * place.line;
    const bool whole = aligned<Count>(out, out_stride);
    float gate_bias[Count], up_bias[Count];
#pragma unroll
    for (int e = 0; e < Count; e++) {
        gate_bias[e] = bias_at(bias, column + e, gates);
        up_bias[e] = bias == nullptr ? 0.0f : bias_at(bias + gates, column + e, gates);
    }
#pragma unroll
    for (int j = 0; j < Tile::FragmentsM; j++)
#pragma unroll
        for (int t = 0; t < 2; t++) {
            const int token = place.first_token + 8 * j + t;
            float values[Count];
#pragma unroll
            for (int e = 0; e < Count; e++) {
                const float gate = __fadd_rn(sums[e][j][t], gate_bias[e]);
                values[e] = __fmul_rn(activate(activation, gate), __fadd_rn(sums[e][j][2 + t], up_bias[e]));
            }
            if (token < rows) store_columns(out + size_t(token) * out_stride, column, gates, whole, values);
        }
}

}  // namespace linear
