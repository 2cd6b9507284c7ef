// The end of a product of which only the largest output of each token is wanted: no output is stored, but
// the place (logit.cuh) of the best of each chunk of outputs. argmax.cu finds the best of the chunks. The
// least of some 64-bit numbers is the same in any order.
//
//   places U64 [chunks, stride]: chunk c of token t at c * stride + t; stride: tokens rounded up to 8
#pragma once
#include "linear_store.cuh"
#include "logit.cuh"

namespace linear {

constexpr int kArgmaxOption = 2;    // `option` of a plain product: 0 stores A, 1 F32
constexpr int kArgmaxOutputs = 32;  // outputs of a chunk; cuda.LinearArgmax has the same

// What the values become before they are compared; 0 leaves them as they are.
__device__ __forceinline__ sampling::u64 place_of(float value, int output, float soft_cap) {
    return sampling::place(soft_cap == 0.0f ? value : soft_capped(value, soft_cap), output);
}

// The best of a warp's outputs for two neighbouring tokens, the first an even one. A lane has the outputs of
// line lane / 4 and the tokens of column lane % 4; the first four lanes write, 64 bytes in a run.
__device__ __forceinline__ void store_places(sampling::u64* places, int stride, int chunk, int token,
                                             int rows, sampling::u64 first, sampling::u64 second) {
#pragma unroll
    for (int distance = 4; distance < 32; distance *= 2) {
        first = sampling::smaller(first, __shfl_xor_sync(kFullWarp, first, distance));
        second = sampling::smaller(second, __shfl_xor_sync(kFullWarp, second, distance));
    }
    if (threadIdx.x % 32 < 4 && token < rows)
        *reinterpret_cast<ulonglong2*>(places + size_t(chunk) * stride + token) =
            make_ulonglong2(first, second);
}

// As store_plain without bias.
template <class Scales, class Sum, int FragmentsN, int FragmentsM>
__device__ __forceinline__ void store_argmax(sampling::u64* places, int stride, float soft_cap, int rows,
                                             int n, LanePlace place, const Scales& scales,
                                             const Sum (&sums)[FragmentsN][FragmentsM][4]) {
#pragma unroll
    for (int q = 0; q < FragmentsN / 2; q++) {
        const int first_output = place.warp_n + kArgmaxOutputs * q, output = first_output + 4 * place.line;
        if (first_output >= n) break;
        float row_scales[4];
#pragma unroll
        for (int e = 0; e < 4; e++) row_scales[e] = output + e < n ? scales.row(output + e) : 0.0f;
#pragma unroll
        for (int j = 0; j < FragmentsM; j++) {
            sampling::u64 best[2] = {sampling::kAll, sampling::kAll};
#pragma unroll
            for (int t = 0; t < 2; t++) {
                const int token = place.first_token + 8 * j + t;
                const float token_scale = token < rows ? scales.token(token) : 0.0f;
#pragma unroll
                for (int e = 0; e < 4; e++) {
                    const Sum sum = sums[2 * q + e / 2][j][2 * (e % 2) + t];
                    const float value = scales.apply(sum, token_scale, row_scales[e]);
                    if (output + e < n)
                        best[t] = sampling::smaller(best[t], place_of(value, output + e, soft_cap));
                }
            }
            store_places(places, stride, first_output / kArgmaxOutputs, place.first_token + 8 * j, rows,
                         best[0], best[1]);
        }
    }
}

}  // namespace linear
