// The products of linear.cu and linear_w8a8.cu on Hopper's tensor cores (wgmma, sm_90a), for all weights in
// tiles of weight_tiles.cuh:
//   out = scaled(in * weight^T) + bias;  gated: out[t, f] = act(gate + bias[f]) * (up + bias[F + f])
//   places of the largest outputs of each token instead of all of them (linear_argmax.cuh)
//
// Shapes, types: as there; 16-bit activations have no scales. n: outputs, or F when gated.
// Order of additions: one chain for each output, k ascending, 16 (16 bits) or 32 (8 bits) at a time; e4m3: a
//   chain for each 128 of k, and those added in f32, because the tensor cores' own sums of e4m3 keep 14 bits.
//   In every tile, at every M: weights are on the 64-row side always.
// Launch: Shape::Threads threads, Shape::SharedBytes, a grid of at most one block for each multiprocessor: a
//   block goes on to tile + gridDim.x. Warpgroup 0 copies, the others own 64 outputs each:
//
//     producers (128 threads)                      consumers (1 or 2 x 128 threads)
//     wait empty[s]; bulk_load the weight tiles,   wait full[s]; 4 wgmma from shared memory;
//     cp.async the tokens; when those of an        when they are done, arrive at empty[s]
//     earlier stage have come, arrive at full      after the last k: sums -> shared -> global
//
// Alignment: in, out and their row strides are multiples of 16 bytes.
// Source: the warp-specialised persistent kernels of DeepGEMM and CUTLASS 3, without tensor maps, as the
//   weights lie swizzled in memory. Java: cuda.LinearProduct.
// Measured: not measured on a GPU yet.
#include "linear_wgmma.cuh"

namespace wgmma_linear {

#if PTX_HAS_SM90A

constexpr int kArgmaxOutputs = 64;  // outputs of a chunk; cuda.LinearArgmax has the same
constexpr int kOutPlaces = 3;       // value of out_type

// ---- consumers ----

// Sums of one tile of outputs; with one scale for each row and token, or none.
template <class Type, class S>
__device__ __forceinline__ void multiply(typename Type::Accumulator (&sums)[S::M / 2], Ring<S>& ring,
                                         int group, int k_tiles) {
    int previous = -1;  // stage whose wgmma may be under way
    for (int i = 0; i < k_tiles; i++) {
        mbarrier_wait(ring.full + 8 * ring.stage, ring.phase);
        const uint64_t a = wgmma_descriptor<128>(ring.at() + group * kTileBytes);
        const uint64_t b = wgmma_descriptor<128>(ring.at() + S::WeightBytes);
        wgmma_fence();
#pragma unroll
        for (int step = 0; step < 4; step++) Type::mma(sums, a + 2 * step, b + 2 * step, i + step > 0);
        wgmma_commit();
        wgmma_wait<1>(sums);
        if (previous >= 0 && threadIdx.x % 32 == 0) mbarrier_arrive(ring.empty + 8 * previous);
        previous = ring.stage;
        ring.advance();
    }
    wgmma_wait<0>(sums);
    if (threadIdx.x % 32 == 0) mbarrier_arrive(ring.empty + 8 * previous);
}

// The scales of 128 x 128 blocks; ones when there are none.
struct GroupScales {
    const float* token;  // of the first token, [groups, rows rounded up to 8]
    const float* row[2];
    int stride, last;

    __device__ __forceinline__ float of(int token_index, int half, int group) const {
        if (token == nullptr) return 1.0f;
        return __fmul_rn(token[size_t(group) * stride + min(token_index, last)], row[half][group]);
    }
};

// The same for e4m3: the sums of each 128 of k are made by the tensor cores, and added in f32.
template <class S>
__device__ __forceinline__ void multiply_promoted(float (&sums)[S::M / 2], Ring<S>& ring, int group,
                                                  int k_tiles, const GroupScales& scales) {
#pragma unroll
    for (int d = 0; d < S::M / 2; d++) sums[d] = 0.0f;
    for (int i = 0; i < k_tiles; i++) {
        float partial[S::M / 2];
        mbarrier_wait(ring.full + 8 * ring.stage, ring.phase);
        const uint64_t a = wgmma_descriptor<128>(ring.at() + group * kTileBytes);
        const uint64_t b = wgmma_descriptor<128>(ring.at() + S::WeightBytes);
        wgmma_fence();
#pragma unroll
        for (int step = 0; step < 4; step++) E4m3::mma(partial, a + 2 * step, b + 2 * step, step > 0);
        wgmma_commit();
        wgmma_wait<0>(partial);
        if (threadIdx.x % 32 == 0) mbarrier_arrive(ring.empty + 8 * ring.stage);
        ring.advance();
        const int token = threadIdx.x % 4 * 2;
#pragma unroll
        for (int d = 0; d < S::M / 2; d++)
            sums[d] = __fmaf_rn(partial[d], scales.of(token + d / 4 * 8 + d % 2, d / 2 % 2, i), sums[d]);
    }
}

// Row of weights, as the checkpoint counts them, that packed row `packed` holds.
__device__ __forceinline__ int source_row(const Params& p, int packed) {
    if (!p.gated) return min(packed, p.n - 1);
    return min(packed / 16 * 8 + packed % 8, p.n - 1) + packed / 8 % 2 * p.n;
}

// What this thread's two rows of outputs, line and line + 8 of its warp's 16, are multiplied by and added.
template <bool Scaled>
struct RowFacts {
    float scale[2], bias[2];

    __device__ __forceinline__ RowFacts(const Params& p, int first_row) {
#pragma unroll
        for (int h = 0; h < 2; h++) {
            const int packed = first_row + 8 * h;
            scale[h] = Scaled && packed < packed_rows(p) ? p.row_scales[packed] : 1.0f;
            bias[h] = p.bias == nullptr ? 0.0f : p.bias[source_row(p, packed)];
        }
    }
};

template <class Out>
__device__ __forceinline__ void store_staged(Out* out, const Params& p, const float* staging, int padded_row,
                                             int tokens, int first_token, int first_column) {
    const int columns = p.gated ? 32 : 64, runs = columns / 4, thread = threadIdx.x % 128;
    const bool whole = linear::whole_groups<4>(out, p.out_stride);
    for (int i = thread; i < tokens * runs; i += 128) {
        const int t = i / runs, column = i % runs * 4;
        if (first_token + t >= p.rows) continue;
        const float4 v = *reinterpret_cast<const float4*>(staging + t * padded_row + column);
        const float values[4] = {v.x, v.y, v.z, v.w};
        linear::store_columns(out + size_t(first_token + t) * p.out_stride, first_column + column, p.n, whole,
                              values);
    }
}

// The places of the best of the warpgroup's 64 outputs (linear_argmax.cuh); `staging` holds those from
// first_output on, `places` begins at their chunk and first token. A warp takes its share of the tokens. A
// call, as the sums of other tokens fill the registers.
template <int Tokens>
__device__ __noinline__ void store_places(sampling::u64* places, int tokens, const float* staging,
                                          int padded_row, int first_output, int n, float soft_cap) {
    constexpr int Each = Tokens / 4;
    const int lane = threadIdx.x % 32, from = threadIdx.x % 128 / 32 * Each;
    sampling::u64 mine = sampling::kAll;
    for (int t = 0; t < Each; t++) {
        sampling::u64 best = sampling::kAll;
#pragma unroll
        for (int i = 0; i < kArgmaxOutputs; i += 32) {
            const int output = first_output + i + lane;
            const float value = staging[(from + t) * padded_row + i + lane];
            if (output < n) best = sampling::smaller(best, linear::place_of(value, output, soft_cap));
        }
        best = warp_reduce(best, sampling::Smaller());
        if (lane == t) mine = best;
    }
    if (lane < Each && from + lane < tokens && first_output < n) places[from + lane] = mine;
}

// Sums to outputs, 32 tokens at a time through this warpgroup's staging area.
template <bool Scaled, class S, class Sum>
__device__ __forceinline__ void store(const Params& p, const Sum (&sums)[S::M / 2], float* staging,
                                      linear::BlockPlace block, int group) {
    const int lane = threadIdx.x % 32, line = threadIdx.x % 128 / 32 * 16 + lane / 4;
    const int first_row = block.first_n + 64 * group;
    const int first_column = p.gated ? first_row / 2 : first_row;
    const RowFacts<Scaled> facts(p, first_row + line);
#pragma unroll
    for (int first = 0; first < S::M; first += S::StagedTokens) {
#pragma unroll
        for (int j = 0; j < S::StagedTokens / 8; j++)
#pragma unroll
            for (int t = 0; t < 2; t++) {
                const int token = 8 * j + lane % 4 * 2 + t, row = block.first_m + first + token;
                const float token_scale = Scaled && row < p.rows ? p.token_scales[row] : 1.0f;
                float v[2];
#pragma unroll
                for (int h = 0; h < 2; h++) {
                    const float sum = float(sums[first / 2 + 4 * j + 2 * h + t]);
                    v[h] = __fadd_rn(Scaled ? __fmul_rn(__fmul_rn(sum, token_scale), facts.scale[h]) : sum,
                                     facts.bias[h]);
                }
                float* at = staging + token * S::PaddedRow;
                if (p.gated) {
                    at[line / 16 * 8 + line % 8] = gated(p.activation, v[0], v[1]);
                } else {
                    at[line] = v[0];
                    at[line + 8] = v[1];
                }
            }
        bar_sync(1 + group, 128);
        const int first_token = block.first_m + first;
        if (p.out_type == 0)
            store_staged(static_cast<float*>(p.out), p, staging, S::PaddedRow, S::StagedTokens, first_token,
                         first_column);
        else if (p.out_type == kOutPlaces)
            store_places<S::StagedTokens>(
                static_cast<sampling::u64*>(p.out) +
                    size_t(first_column / kArgmaxOutputs) * p.out_stride + first_token,
                p.rows - first_token, staging, S::PaddedRow, first_column, p.n, p.soft_cap);
        else if (p.out_type == 1)
            store_staged(static_cast<__nv_bfloat16*>(p.out), p, staging, S::PaddedRow, S::StagedTokens,
                         first_token, first_column);
        else
            store_staged(static_cast<__half*>(p.out), p, staging, S::PaddedRow, S::StagedTokens, first_token,
                         first_column);
        bar_sync(1 + group, 128);
    }
}

enum class Kind { Plain, Scaled, Blocks };

template <class Type, class S, Kind kind>
__device__ __forceinline__ void consume(const Params& p, Ring<S> ring, float* staging, int k_bytes) {
    const int group = threadIdx.x / 128 - 1, k_tiles = tiles_along_k(k_bytes), tiles = count_tiles<S>(p);
    const int line = threadIdx.x % 128 / 32 * 16 + threadIdx.x % 32 / 4;
    for (int tile = blockIdx.x; tile < tiles; tile += gridDim.x) {
        const linear::BlockPlace block = place_of<S>(p, tile);
        typename Type::Accumulator sums[S::M / 2];
        if constexpr (!Type::Promoted) {
            multiply<Type, S>(sums, ring, group, k_tiles);
        } else {
            GroupScales scales{nullptr, {nullptr, nullptr}, (p.rows + 7) / 8 * 8, p.rows - 1 - block.first_m};
            if (kind == Kind::Blocks) {
                scales.token = p.token_scales + block.first_m;
                for (int h = 0; h < 2; h++)
                    scales.row[h] =
                        p.row_scales +
                        size_t(source_row(p, block.first_n + 64 * group + line + 8 * h) / 128) * k_tiles;
            }
            multiply_promoted<S>(sums, ring, group, k_tiles, scales);
        }
        store<kind == Kind::Scaled, S>(p, sums, staging, block, group);
    }
}

template <class S>
__device__ __forceinline__ void init_barriers(uint32_t full, uint32_t empty) {
    if (threadIdx.x == 0) {
        for (int s = 0; s < S::Stages; s++) {
            mbarrier_init(full + 8 * s, 128 + 1);  // producers, and the thread that announces the bytes
            mbarrier_init(empty + 8 * s, 4 * S::Groups);  // warps of consumers
        }
        fence_mbarrier_init();
    }
    __syncthreads();
}

template <class Type, class S, Kind kind>
__device__ __forceinline__ void linear(Params p) {
    DYN_SMEM(unsigned char, shared);
    __shared__ __align__(8) uint64_t barriers[2 * S::Stages];
    Ring<S> ring{smem_u32(shared), smem_u32(barriers), smem_u32(barriers + S::Stages)};
    init_barriers<S>(ring.full, ring.empty);
    const int k_bytes = p.k * Type::Bytes;
    p.in_stride *= Type::Bytes;
    if (threadIdx.x < 128) {
        setmaxnreg_dec<S::ProducerRegisters>();
        produce<S>(p, ring, k_bytes);
    } else {
        setmaxnreg_inc<S::ConsumerRegisters>();
        float* staging = reinterpret_cast<float*>(shared + S::Stages * S::StageBytes);
        consume<Type, S, kind>(p, ring, staging + (threadIdx.x / 128 - 1) * (S::StagingBytes / 4), k_bytes);
    }
}
#endif
}  // namespace wgmma_linear

// row_scales: in the order of packed rows, or of blocks; null with 16 bits, as token_scales. out_type: 0 F32,
// 1 BF16, 2 F16, 3 places.
#if PTX_HAS_SM90A
#define WGMMA_LINEAR(Type, N, M, Stages, kind)                                                             \
    wgmma_linear::linear<wgmma_linear::Type, wgmma_linear::Shape<N, M, Stages>, wgmma_linear::Kind::kind>( \
        {out, in, weight, bias, token_scales, row_scales, rows, n, k, in_stride, out_stride, out_type,     \
         gated, activation, soft_cap});
#else
#define WGMMA_LINEAR(Type, N, M, Stages, kind)
#endif
#define ENTRY(name, Type, N, M, Stages, kind)                                                             \
    extern "C" __global__ void __launch_bounds__(128 + 2 * N, 1) name(                                    \
        void* __restrict__ out,                   /* A, F32 [rows, n] or places */                        \
        const unsigned char* __restrict__ in,     /* A, int8 or e4m3 [rows, k] */                         \
        const unsigned char* __restrict__ weight, /* tiles of [n, k]; gated: of gate and up */            \
        const float* __restrict__ bias,           /* F32 [n], gated [2 n]; or null */                     \
        const float* __restrict__ token_scales,   /* F32 [rows], of blocks [k / 128, rows] */             \
        const float* __restrict__ row_scales,     /* F32 [n], of blocks [n / 128, k / 128] */             \
        int rows, int n, int k, int in_stride, int out_stride, int out_type, int gated, int activation,   \
        float soft_cap) {                                                                                 \
        WGMMA_LINEAR(Type, N, M, Stages, kind)                                                            \
    }
ENTRY(linear_bf16_sm90_64x16, Bf16, 64, 16, 12, Plain)
ENTRY(linear_bf16_sm90_64x64, Bf16, 64, 64, 8, Plain)
ENTRY(linear_bf16_sm90_128x128, Bf16, 128, 128, 6, Plain)
ENTRY(linear_bf16_sm90_128x256, Bf16, 128, 256, 4, Plain)
ENTRY(linear_f16_sm90_64x16, F16, 64, 16, 12, Plain)
ENTRY(linear_f16_sm90_64x64, F16, 64, 64, 8, Plain)
ENTRY(linear_f16_sm90_128x128, F16, 128, 128, 6, Plain)
ENTRY(linear_f16_sm90_128x256, F16, 128, 256, 4, Plain)
ENTRY(linear_int8_sm90_64x16, S8, 64, 16, 12, Scaled)
ENTRY(linear_int8_sm90_64x64, S8, 64, 64, 8, Scaled)
ENTRY(linear_int8_sm90_128x128, S8, 128, 128, 6, Scaled)
ENTRY(linear_int8_sm90_128x256, S8, 128, 256, 4, Scaled)
ENTRY(linear_e4m3_sm90_64x16, E4m3, 64, 16, 12, Scaled)
ENTRY(linear_e4m3_sm90_64x64, E4m3, 64, 64, 8, Scaled)
ENTRY(linear_e4m3_sm90_128x128, E4m3, 128, 128, 6, Scaled)
ENTRY(linear_e4m3_blocks_sm90_64x16, E4m3, 64, 16, 12, Blocks)
ENTRY(linear_e4m3_blocks_sm90_64x64, E4m3, 64, 64, 8, Blocks)
ENTRY(linear_e4m3_blocks_sm90_128x128, E4m3, 128, 128, 6, Blocks)
#undef ENTRY
#undef WGMMA_LINEAR
