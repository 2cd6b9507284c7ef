// The online softmax of attention: masks, running state within a split, merge of splits (arithmetic:
// attention_tile.cuh).
#pragma once
#include "attention_tile.cuh"

namespace attention {

// Scores in the units of the exponent: score = units * factor, in powers of 2.
struct Scale {
    float cap, cap_inverse, factor;

    __device__ __forceinline__ Scale(const Arguments& a, int head) {
        const float scale = a.scale * (a.key_scales == nullptr ? 1.f : a.key_scales[head]);
        cap = a.soft_cap;
        cap_inverse = cap == 0.f ? 0.f : scale / cap;
        factor = (cap == 0.f ? scale : cap) * kLog2E;
    }

    // Soft cap, and -inf where the row does not see the key.
    __device__ __forceinline__ float units(float product, bool visible) const {
        const float score = cap == 0.f ? product : tanhf(__fmul_rn(product, cap_inverse));
        return visible ? score : -INFINITY;
    }
};

// The two rows of a lane, g and g + 8 of its warp's 16.
struct RowPair {
    int position[2];

    template <int M>
    __device__ __forceinline__ RowPair(const Arguments& a, const Item<M>& item, int first_row) {
        const int pair = item.first_pair + first_row + threadIdx.x % 32 / 4;
        position[0] = item.first_position + pair / a.group;
        position[1] = item.first_position + (pair + 8) / a.group;
    }
};

// Turns products into units and returns the rows' largest ones among this lane's keys [8 (first + n), + 8) of
// `tile`.
template <int KeyTiles, int M>
__device__ __forceinline__ void mask_and_max(float (&scores)[KeyTiles][4], float (&max)[2],
                                             const Scale& scale, const Item<M>& item, const RowPair& rows,
                                             int window, int tile, int first) {
    const bool all = (tile + 1) * kTile <= item.min_position + 1 &&
                     (window == 0 || tile * kTile > item.max_position - window);
    max[0] = max[1] = -INFINITY;
#pragma unroll
    for (int n = 0; n < KeyTiles; n++) {
#pragma unroll
        for (int i = 0; i < 4; i++) {
            const int key = tile * kTile + (first + n) * 8 + threadIdx.x % 4 * 2 + i % 2;
            const int position = rows.position[i / 2];
            const bool visible = all || (key <= position && (window == 0 || key > position - window));
            scores[n][i] = scale.units(scores[n][i], visible);
            max[i / 2] = fmaxf(max[i / 2], scores[n][i]);
        }
    }
#pragma unroll
    for (int r = 0; r < 2; r++) {
        max[r] = fmaxf(max[r], __shfl_xor_sync(0xffffffffu, max[r], 1));
        max[r] = fmaxf(max[r], __shfl_xor_sync(0xffffffffu, max[r], 2));
    }
}

__device__ __forceinline__ float finite_or_zero(float max) {
    return max == -INFINITY ? 0.f : max;
}

// The running softmax of a lane's two rows within one split: max in powers of 2; sums and out not yet
// divided.
template <int Tiles>
struct State {
    float max[2];
    float sums[4];
    float out[Tiles][4];

    __device__ __forceinline__ void clear() {
        max[0] = max[1] = -INFINITY;
#pragma unroll
        for (int i = 0; i < 4; i++) sums[i] = 0.f;
#pragma unroll
        for (int n = 0; n < Tiles; n++) {
#pragma unroll
            for (int i = 0; i < 4; i++) out[n][i] = 0.f;
        }
    }

    // Takes the tile's largest units in, rescales what came before, and gives what is to be subtracted from
    // the exponents.
    __device__ __forceinline__ void raise(const float (&units)[2], float factor, float (&subtract)[2]) {
        float correction[2];
#pragma unroll
        for (int r = 0; r < 2; r++) {
            const float next = fmaxf(max[r], __fmul_rn(units[r], factor));
            subtract[r] = finite_or_zero(next);
            correction[r] = ex2(max[r] - subtract[r]);
            max[r] = next;
        }
#pragma unroll
        for (int i = 0; i < 4; i++) sums[i] = __fmul_rn(sums[i], correction[i / 2]);
#pragma unroll
        for (int n = 0; n < Tiles; n++) {
#pragma unroll
            for (int i = 0; i < 4; i++) out[n][i] = __fmul_rn(out[n][i], correction[i / 2]);
        }
    }
};

__device__ __forceinline__ float weight(float units, float factor, float subtract) {
    return ex2(fmaf(units, factor, -subtract));
}

// Factors that bring two partial results to their common maximum.
struct Merge {
    float keep, add;

    __device__ __forceinline__ Merge(float& max, float next) {
        const float larger = fmaxf(max, next), subtract = finite_or_zero(larger);
        keep = ex2(max - subtract);
        add = ex2(next - subtract);
        max = larger;
    }
    __device__ __forceinline__ float operator()(float before, float next) const {
        return fmaf(before, keep, __fmul_rn(next, add));
    }
};

// Quotient of a sum of values by the sum of weights, as it is stored. Adding 0 turns -0 into 0.
__device__ __forceinline__ float quotient(float out, float inverse) {
    return __fmul_rn(out, inverse) + 0.f;
}

// All splits merged so far, when one block goes through them; out lies in global memory, each thread's own
// part.
template <int Tiles>
struct Running {
    float4* out;
    float max[2] = {};
    float sums[2] = {};

    __device__ __forceinline__ explicit Running(float* scratch)
        : out(reinterpret_cast<float4*>(scratch) + size_t(blockIdx.x) * Tiles * kThreads + threadIdx.x) {}

    // Replaces `state` by the merge of what came before it and itself.
    __device__ __forceinline__ void merge_into(State<Tiles>& state) {
        const Merge low(max[0], state.max[0]), high(max[1], state.max[1]);
        state.max[0] = max[0];
        state.max[1] = max[1];
        state.sums[0] = low(sums[0], state.sums[0]);
        state.sums[2] = high(sums[1], state.sums[2]);
#pragma unroll
        for (int n = 0; n < Tiles; n++) {
            const float4 before = out[n * kThreads];
            state.out[n][0] = low(before.x, state.out[n][0]);
            state.out[n][1] = low(before.y, state.out[n][1]);
            state.out[n][2] = high(before.z, state.out[n][2]);
            state.out[n][3] = high(before.w, state.out[n][3]);
        }
    }

    __device__ __forceinline__ void keep(const State<Tiles>& state) {
        max[0] = state.max[0];
        max[1] = state.max[1];
        sums[0] = state.sums[0];
        sums[1] = state.sums[2];
#pragma unroll
        for (int n = 0; n < Tiles; n++)
            out[n * kThreads] =
                make_float4(state.out[n][0], state.out[n][1], state.out[n][2], state.out[n][3]);
    }
};

}  // namespace attention
