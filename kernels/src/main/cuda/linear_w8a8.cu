// Linear layers with 8-bit weights and 8-bit activations (quantize.cu), and their gated form:
//   a scale for each token and row
//            y[t, j] = (sum over k of in[t, k] * weight[j, k]) * token_scales[t] * row_scales[j]
//   blocks   y[t, j] = sum over groups b of 128 of k: token_scales[b, t] * block_scales[j / 128, b]
//                      * (sum over the k of b of in[t, k] * weight[j, k])
//   out = y + bias;  gated: out[t, f] = act(y[t, f] + bias[f]) * (y[t, F + f] + bias[F + f])
//   places of the largest y of each token instead of all of them (linear_argmax.cuh)
//
// Shapes: in int8 or e4m3 [rows, k]; weight [n, k] in tiles (weight_tiles.cuh); row_scales F32 [n] in the
//   order of packed rows; block_scales F32 [ceil(n / 128), ceil(k / 128)]; bias F32 [n] or null; out A or F32
//   [rows, n]. Gated: rows of gate and up in turns of 8, n = F rounded up to 8, twice; out A [rows, F].
// Types: int8 is added in int32, exactly; e4m3 in f32. Then f32, and one rounding to the type of out.
// Order of additions: e4m3: one chain for each output, k ascending, 32 at a time; blocks: such a chain for
//   each group, the groups ascending; in every tile, at every M.
// Launch: as linear.cu.
// Alignment: in, out and their row strides are multiples of 16 bytes.
// Source: SmoothQuant (arXiv 2211.10438), vLLM's cutlass_scaled_mm; blocks: DeepSeek-V3 (arXiv 2412.19437,
//   section 3.3) and DeepGEMM, which promote every 128 of k. Java: cuda.LinearProduct.
// Measured: not measured on a GPU yet.
#include "linear_argmax.cuh"

namespace linear {

constexpr int kOutBf16 = 1, kOutF16 = 2, kOutPlaces = 3;  // F32 is 0

// What the kernels of this file are given.
struct Scaled {
    void* out;
    const void* in;
    const unsigned char* weight;
    const float* bias;
    const float* token_scales;
    const float* row_scales;
    int rows, n, k, in_stride, out_stride, out_type, activation;
    float soft_cap;
};

template <class Tile, class Deal, class Out, class Scales, class Sum>
__device__ __forceinline__ void store(const Scaled& p, Out* out, BlockPlace block, const Scales& scales,
                                      const Sum (&sums)[Tile::FragmentsN][Tile::FragmentsM][4]) {
    if constexpr (Deal::Gated)
        store_gated(out, p.out_stride, p.bias, p.rows, p.n, p.activation, LanePlace::of<Tile>(block), scales,
                    sums);
    else
        store_plain(out, p.out_stride, p.bias, p.rows, p.n, LanePlace::of<Tile>(block), scales, sums);
}

template <class Tile, class Deal, class Scales, class Sum>
__device__ __forceinline__ void store_as(const Scaled& p, BlockPlace block, const Scales& scales,
                                         const Sum (&sums)[Tile::FragmentsN][Tile::FragmentsM][4]) {
    if (p.out_type == kOutBf16)
        return store<Tile, Deal>(p, static_cast<__nv_bfloat16*>(p.out), block, scales, sums);
    if (p.out_type == kOutF16) return store<Tile, Deal>(p, static_cast<__half*>(p.out), block, scales, sums);
    if constexpr (!Deal::Gated) {
        if (p.out_type == kOutPlaces)
            return store_argmax(static_cast<sampling::u64*>(p.out), p.out_stride, p.soft_cap, p.rows, p.n,
                                LanePlace::of<Tile>(block), scales, sums);
        store<Tile, Deal>(p, static_cast<float*>(p.out), block, scales, sums);
    }
}

// One scale for each token and each row.
template <class Type, class Tile, class Deal>
__device__ __forceinline__ void scaled(const Scaled& p) {
    DYN_SMEM(unsigned char, shared);
    const int packed = Deal::Gated ? (p.n + 7) / 8 * 16 : p.n;
    const BlockPlace block = BlockPlace::of<Tile>(blockIdx.x, packed, p.rows);
    const TileLoader<Tile, Deal> loader(p.in, p.in_stride, p.weight, block, p.rows, packed, p.k);
    typename Type::Accumulator sums[Tile::FragmentsN][Tile::FragmentsM][4] = {};
    multiply<Type>(sums, smem_u32(shared), loader, tiles_along_k(p.k));
    store_as<Tile, Deal>(p, block, RowAndTokenScales{p.row_scales, p.token_scales}, sums);
}

// One scale for each 128 x 128 block of the weight and each 128 of k of a token.
template <class Tile, class Deal>
struct BlockScales {
    static constexpr int Block = 128;  // rows and k that share a scale
    static_assert(kRowBytes == Block, "a tile of 8-bit elements is one group of k");

    const float* token[Tile::FragmentsM][2];
    int token_stride;  // from a group to the next
    const float* row[Tile::FragmentsN][2];

    __device__ __forceinline__ BlockScales(const Scaled& p, BlockPlace block) {
        const LanePlace place = LanePlace::of<Tile>(block);
        const int groups = tiles_along_k(p.k);
        token_stride = (p.rows + 7) / 8 * 8;
#pragma unroll
        for (int j = 0; j < Tile::FragmentsM; j++)
#pragma unroll
            for (int t = 0; t < 2; t++)
                token[j][t] = p.token_scales + min(place.first_token + 8 * j + t, p.rows - 1);
#pragma unroll
        for (int i = 0; i < Tile::FragmentsN; i++)
#pragma unroll
            for (int h = 0; h < 2; h++) {
                const int packed = place.warp_n + Deal::lane_row(place.line, h) + Deal::step_row(i);
                const int plain = min(packed, p.n - 1), gate = min(packed / 16 * 8 + packed % 8, p.n - 1);
                row[i][h] = p.row_scales + size_t((Deal::Gated ? gate + h * p.n : plain) / Block) * groups;
            }
    }

    // sums += partial * scales of group `group`.
    __device__ __forceinline__ void promote(float (&sums)[Tile::FragmentsN][Tile::FragmentsM][4],
                                            const float (&partial)[Tile::FragmentsN][Tile::FragmentsM][4],
                                            int group) const {
#pragma unroll
        for (int j = 0; j < Tile::FragmentsM; j++)
#pragma unroll
            for (int t = 0; t < 2; t++) {
                const float token_scale = token[j][t][size_t(group) * token_stride];
#pragma unroll
                for (int i = 0; i < Tile::FragmentsN; i++)
#pragma unroll
                    for (int h = 0; h < 2; h++)
                        sums[i][j][2 * h + t] =
                            __fmaf_rn(partial[i][j][2 * h + t], __fmul_rn(token_scale, row[i][h][group]),
                                      sums[i][j][2 * h + t]);
            }
    }
};

template <class Type, class Tile, class Deal>
__device__ __forceinline__ void block_scaled(const Scaled& p) {
    DYN_SMEM(unsigned char, shared);
    const int packed = Deal::Gated ? (p.n + 7) / 8 * 16 : p.n;
    const BlockPlace block = BlockPlace::of<Tile>(blockIdx.x, packed, p.rows);
    const TileLoader<Tile, Deal> loader(p.in, p.in_stride, p.weight, block, p.rows, packed, p.k);
    const BlockScales<Tile, Deal> scales(p, block);
    const TileProduct<Type, Tile, Deal> product;
    float sums[Tile::FragmentsN][Tile::FragmentsM][4] = {};
    for_each_tile(smem_u32(shared), loader, tiles_along_k(p.k), [&](int tile, uint32_t stage) {
        float partial[Tile::FragmentsN][Tile::FragmentsM][4] = {};
        product.add(partial, stage);
        scales.promote(sums, partial, tile);
    });
    store_as<Tile, Deal>(p, block, Unscaled(), sums);
}

// The body of e4m3 kernels where there is no such instruction: cuda.WeightPacker dequantises to A there.
template <class Type, class Tile, class Deal>
__device__ __forceinline__ void absent(const Scaled&) {}

}  // namespace linear

// row_scales: block_scales for the kernels of blocks. n: outputs, or F when gated.
#define ENTRY(name, body, Type, Shape, Deal)                                                               \
    extern "C" __global__ void __launch_bounds__(linear::Shape::Threads, linear::Shape::BlocksPerSm)       \
        name(void* __restrict__ out,                   /* A, F32 [rows, n] or places */                    \
             const void* __restrict__ in,              /* int8 or e4m3 [rows, k] */                        \
             const unsigned char* __restrict__ weight, /* tiles of [n, k] */                               \
             const float* __restrict__ bias,           /* F32 [n], gated [2 n]; or null */                 \
             const float* __restrict__ token_scales,   /* F32 [rows], of blocks [k / 128, rows] */         \
             const float* __restrict__ row_scales,     /* F32 [n], of blocks [n / 128, k / 128] */         \
             int rows, int n, int k, int in_stride, int out_stride, int out_type, int activation,          \
             float soft_cap) {                                                                             \
        linear::body<linear::Type, linear::Shape, linear::Deal<linear::Shape::WarpN>>(                     \
            {out, in, weight, bias, token_scales, row_scales, rows, n, k, in_stride, out_stride, out_type, \
             activation, soft_cap});                                                                       \
    }
ENTRY(linear_int8_64x16, scaled, S8, Tile64x16, PlainDeal)
ENTRY(linear_int8_64x64, scaled, S8, Tile64x64, PlainDeal)
ENTRY(linear_int8_128x128, scaled, S8, Tile128x128, PlainDeal)
ENTRY(gated_linear_int8_64x16, scaled, S8, Tile64x16, GatedDeal)
ENTRY(gated_linear_int8_64x64, scaled, S8, Tile64x64, GatedDeal)
ENTRY(gated_linear_int8_128x128, scaled, S8, Tile128x128, GatedDeal)
#if LINEAR_HAS_MMA_E4M3
#define E4M3_ENTRY ENTRY
#else
#define E4M3_ENTRY(name, body, Type, Shape, Deal) ENTRY(name, absent, Type, Shape, Deal)
#endif
E4M3_ENTRY(linear_e4m3_64x16, scaled, E4m3, Tile64x16, PlainDeal)
E4M3_ENTRY(linear_e4m3_64x64, scaled, E4m3, Tile64x64, PlainDeal)
E4M3_ENTRY(linear_e4m3_128x64, scaled, E4m3, Tile128x64, PlainDeal)
E4M3_ENTRY(gated_linear_e4m3_64x16, scaled, E4m3, Tile64x16, GatedDeal)
E4M3_ENTRY(gated_linear_e4m3_64x64, scaled, E4m3, Tile64x64, GatedDeal)
E4M3_ENTRY(gated_linear_e4m3_128x64, scaled, E4m3, Tile128x64, GatedDeal)
E4M3_ENTRY(linear_e4m3_blocks_64x16, block_scaled, E4m3, Tile64x16, PlainDeal)
E4M3_ENTRY(linear_e4m3_blocks_64x64, block_scaled, E4m3, Tile64x64, PlainDeal)
E4M3_ENTRY(linear_e4m3_blocks_128x64, block_scaled, E4m3, Tile128x64, PlainDeal)
E4M3_ENTRY(gated_linear_e4m3_blocks_64x16, block_scaled, E4m3, Tile64x16, GatedDeal)
E4M3_ENTRY(gated_linear_e4m3_blocks_64x64, block_scaled, E4m3, Tile64x64, GatedDeal)
E4M3_ENTRY(gated_linear_e4m3_blocks_128x64, block_scaled, E4m3, Tile128x64, GatedDeal)
#undef E4M3_ENTRY
#undef ENTRY
