// What happens to the sums of a matrix product before they are stored: bias, or gate and up to one value.
// Roundings are spelled out (__fmaf_rn), so that no compilation of a tile shape may round otherwise than
// another.
#pragma once
#include "activation.cuh"
#include "linear_tile.cuh"
#include "vec.cuh"

namespace linear {

// Count neighbouring values at once; `at` is aligned to them.
template <class Element>
__device__ __forceinline__ void store_vector(Element* at, const float (&v)[4]) {
    store4_vector(at, make_float4(v[0], v[1], v[2], v[3]));
}

template <class Element>
__device__ __forceinline__ void store_vector(Element* at, const float (&v)[2]) {
    *reinterpret_cast<uint32_t*>(at) = pack2<Element>(v[0], v[1]);
}

// Whether groups of Count columns are aligned in every row; those of logits with an odd row stride are not.
template <int Count, class Element>
__device__ __forceinline__ bool whole_groups(const Element* out, int stride) {
    return aligned(out, Count * sizeof(Element)) && stride % Count == 0;
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
            if (column + e < columns) row[column + e] = from_float<Element>(v[e]);
    }
}

// Where a lane's sums belong: its warp's first output, its token of d[0] in column group 0, its line g.
struct LanePlace {
    int warp_n, first_token, line;

    __device__ __forceinline__ LanePlace(int first_n, int first_m) {
        const int lane = threadIdx.x % 32;
        warp_n = first_n;
        first_token = first_m + lane % 4 * 2;
        line = lane / 4;
    }

    template <class Tile>
    static __device__ __forceinline__ LanePlace of(BlockPlace block) {
        const int warp = threadIdx.x / 32;
        return LanePlace(block.first_n + warp % Tile::WarpsN * Tile::WarpN,
                         block.first_m + warp / Tile::WarpsN * Tile::WarpM);
    }
};

__device__ __forceinline__ float bias_at(const float* bias, int index, int count) {
    return bias != nullptr && index < count ? bias[index] : 0.0f;
}

// What a sum is multiplied by: nothing, or the scales of its token and of its packed row.
struct Unscaled {
    __device__ __forceinline__ float row(int) const { return 1.0f; }
    __device__ __forceinline__ float token(int) const { return 1.0f; }
    __device__ __forceinline__ float apply(float sum, float, float) const { return sum; }
};

struct RowAndTokenScales {
    const float *rows, *tokens;

    __device__ __forceinline__ float row(int packed_row) const { return rows[packed_row]; }
    __device__ __forceinline__ float token(int token) const { return tokens[token]; }
    template <class Sum>
    __device__ __forceinline__ float apply(Sum sum, float token, float row) const {
        return __fmul_rn(__fmul_rn(float(sum), token), row);
    }
};

// out[t, j] = scaled sum + bias[j], in A or F32.
template <class Out, class Scales, class Sum, int FragmentsN, int FragmentsM>
__device__ __forceinline__ void store_plain(Out* out, int out_stride, const float* bias, int rows, int n,
                                            LanePlace place, const Scales& scales,
                                            const Sum (&sums)[FragmentsN][FragmentsM][4]) {
    const bool whole = whole_groups<4>(out, out_stride);
#pragma unroll
    for (int q = 0; q < FragmentsN / 2; q++) {
        const int column = place.warp_n + 32 * q + 4 * place.line;
        float added[4], row_scales[4];
#pragma unroll
        for (int e = 0; e < 4; e++) {
            added[e] = bias_at(bias, column + e, n);
            row_scales[e] = column + e < n ? scales.row(column + e) : 0.0f;
        }
#pragma unroll
        for (int j = 0; j < FragmentsM; j++)
#pragma unroll
            for (int t = 0; t < 2; t++) {
                const int token = place.first_token + 8 * j + t;
                if (token >= rows) continue;
                const float token_scale = scales.token(token);
                float values[4];
#pragma unroll
                for (int e = 0; e < 4; e++) {
                    const Sum sum = sums[2 * q + e / 2][j][2 * (e % 2) + t];
                    values[e] = __fadd_rn(scales.apply(sum, token_scale, row_scales[e]), added[e]);
                }
                store_columns(out + size_t(token) * out_stride, column, n, whole, values);
            }
    }
}

// out[t, f] = activation(scaled gate + bias[f]) * (scaled up + bias[F + f]), F = `gates`.
template <class Out, class Scales, class Sum, int FragmentsN, int FragmentsM>
__device__ __forceinline__ void store_gated(Out* out, int out_stride, const float* bias, int rows, int gates,
                                            int activation, LanePlace place, const Scales& scales,
                                            const Sum (&sums)[FragmentsN][FragmentsM][4]) {
    constexpr int Count = FragmentsN;
    const int column = place.warp_n / 2 + Count * place.line;
    const bool whole = whole_groups<Count>(out, out_stride);
    float bias_of[2][Count], row_scales[2][Count];  // of gates and ups
#pragma unroll
    for (int e = 0; e < Count; e++)
#pragma unroll
        for (int up = 0; up < 2; up++) {
            const int f = column + e;
            bias_of[up][e] = bias == nullptr ? 0.0f : bias_at(bias + up * gates, f, gates);
            row_scales[up][e] = f < gates ? scales.row(f / 8 * 16 + f % 8 + 8 * up) : 0.0f;
        }
#pragma unroll
    for (int j = 0; j < FragmentsM; j++)
#pragma unroll
        for (int t = 0; t < 2; t++) {
            const int token = place.first_token + 8 * j + t;
            if (token >= rows) continue;
            const float token_scale = scales.token(token);
            float values[Count];
#pragma unroll
            for (int e = 0; e < Count; e++) {
                const float gate = scales.apply(sums[e][j][t], token_scale, row_scales[0][e]);
                const float up = scales.apply(sums[e][j][2 + t], token_scale, row_scales[1][e]);
                values[e] =
                    gated(activation, __fadd_rn(gate, bias_of[0][e]), __fadd_rn(up, bias_of[1][e]));
            }
            store_columns(out + size_t(token) * out_stride, column, gates, whole, values);
        }
}

}  // namespace linear
