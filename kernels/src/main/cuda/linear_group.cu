// Linear layers with weights of 4 or 8 bits, scaled in groups along k, and 16-bit activations:
//   linear        out[t, j] = sum over k of in[t, k] * w[j, k] + bias[j],   w = A(scale * q + offset)
//   gated_linear  out[t, f] = act(in[t] . gate[f] + bias[f]) * (in[t] . up[f] + bias[F + f])
//   places of the largest outputs of each token instead of all of them (linear_argmax.cuh)
//
// Shapes: in A [rows, k]; quants and scales of [n, k] (group_weight.cuh), group_size 32 or a multiple of 64;
//   bias F32 [n] or null; out A or F32 [rows, n]. Gated: rows of gate and up in turns of 8; out A [rows, F].
// Types: A is bf16 or f16; a weight is rounded to A once, in registers; sums are f32.
// Order of additions: warp w adds the tiles of 64 k numbered w, w + 4, w + 8, ..., k ascending, 16 at a time;
//   the four sums are then added in order. In every tile, at every M.
// Launch: as linear.cu, with GroupTile::SharedBytes. Each of the four warps has the whole N x M tile and its
//   own ring of copies, so that few tokens keep four warps busy and a block unpacks each weight once.
// Alignment: in, out and their row strides are multiples of 16 bytes.
// Source: layout and unpacking after Marlin (arXiv 2408.11743), in f32; GPTQ (arXiv 2210.17323), AWQ (arXiv
//   2306.00978), GGUF's Q4_0, Q4_1, Q8_0. Java: cuda.LinearProduct.
// Measured: not measured on a GPU yet.
#include "group_weight.cuh"
#include "linear_argmax.cuh"

namespace linear {

template <int Bits_, int N_, int M_, int Stages_>
struct GroupTile {
    static constexpr int Bits = Bits_, N = N_, M = M_, Stages = Stages_;
    static constexpr int Warps = 4, Threads = 128;
    static constexpr int FragmentsN = N / 16, FragmentsM = M / 8;
    static constexpr int InputBytes = M * kRowBytes, QuantBytes = group_weight::quant_bytes(Bits, N);
    static constexpr int ScaleBytes = N * 4;  // of one group; a tile of k has at most two
    static constexpr int StageBytes = InputBytes + QuantBytes + 2 * ScaleBytes;
    static constexpr int SumBytes = FragmentsN * FragmentsM * 32 * int(sizeof(float4));  // of a warp
    static constexpr int WarpBytes = Stages * StageBytes > SumBytes ? Stages* StageBytes : SumBytes;
    static constexpr int SharedBytes = Warps * WarpBytes;

    static_assert(N == 32 || N == 64, "a block has half a row of tiles or a whole one");
    static_assert(StageBytes % kRowBytes == 0, "token rows begin at the first bank");
    static_assert(SharedBytes <= 99 * 1024, "a block of sm_89 has 99 KiB of shared memory");
};

// cuda.GroupTile has the same table.
template <int Bits>
using Group32x16 = GroupTile<Bits, 32, 16, Bits == 4 ? 6 : 5>;
template <int Bits>
using Group64x32 = GroupTile<Bits, 64, 32, 2>;
template <int Bits>
using Group64x64 = GroupTile<Bits, 64, 64, 2>;

struct GroupParams {
    void* out;
    const void* in;
    const unsigned char* quants;
    const unsigned char* scales;
    const float* bias;
    int rows, n, k, in_stride, out_stride, group_size, mode, option;
    float soft_cap;
};

// The copies of one warp: tile `tile` of k to the stage at `stage`.
template <class Tile>
struct GroupLoader {
    const unsigned char* quants;
    const unsigned char* scales;
    const unsigned char* input;
    size_t quant_step, scale_step, input_stride;
    int k_bytes, groups, group_size, input_rows;

    __device__ __forceinline__ GroupLoader(const GroupParams& p, BlockPlace block) {
        const int k_tiles = tiles_along_k(2 * p.k), lane = threadIdx.x % 32;
        const size_t row_of_tiles = block.first_n / kTileRows, in_tile = block.first_n % kTileRows;
        groups = (p.k + p.group_size - 1) / p.group_size;
        group_size = p.group_size;
        quant_step = group_weight::quant_bytes(Tile::Bits, kTileRows);
        scale_step = kTileRows * 4;
        quants = p.quants + row_of_tiles * k_tiles * quant_step +
                 group_weight::quant_bytes(Tile::Bits, in_tile) + lane * kChunkBytes;
        scales = p.scales + (row_of_tiles * groups * kTileRows + in_tile) * 4;
        input_stride = size_t(p.in_stride) * 2;
        input = static_cast<const unsigned char*>(p.in) + block.first_m * input_stride;
        input_rows = p.rows - block.first_m;
        k_bytes = 2 * p.k;
    }

    __device__ __forceinline__ void load(uint32_t stage, int tile) const {
        const int lane = threadIdx.x % 32, place = lane % 8;
        const int at = tile * kRowBytes + place * kChunkBytes;
        const int bytes = max(0, min(kChunkBytes, k_bytes - at));
#pragma unroll
        for (int s = 0; s < Tile::M / 4; s++) {
            const int r = lane / 8 + 4 * s;
            const bool exists = bytes > 0 && r < input_rows;
            cp_async_16(stage + r * kRowBytes + (place ^ r % 8) * kChunkBytes,
                        input + (exists ? r * input_stride + at : 0), exists ? bytes : 0);
        }
        const uint32_t quants_at = stage + Tile::InputBytes;
#pragma unroll
        for (int i = 0; i < Tile::QuantBytes; i += 32 * kChunkBytes)
            cp_async_16(quants_at + i + lane * kChunkBytes, quants + tile * quant_step + i);
        // Lanes 0 .. N / 4 - 1 bring the first group's scales, the next the second's.
        constexpr int lanes = Tile::ScaleBytes / kChunkBytes;
        const int group = tile * group_weight::kTileK / group_size + lane / lanes;
        if (lane < (group_size < group_weight::kTileK ? 2 * lanes : lanes)) {
            const bool exists = group < groups;
            cp_async_16(quants_at + Tile::QuantBytes + lane * kChunkBytes,
                        scales + (exists ? group * scale_step + lane % lanes * kChunkBytes : 0),
                        exists ? kChunkBytes : 0);
        }
    }
};

// A step's operand of fragment i: eight weights, unpacked, scaled, rounded to A.
template <class Type, int Bits>
__device__ __forceinline__ void dequantise(uint32_t (&a)[4], const uint4& words, int step,
                                           const group_weight::Affine (&scales)[2]) {
    const uint32_t word[4] = {words.x, words.y, words.z, words.w};
    float q[8];
    if constexpr (Bits == 4)
        group_weight::unpack4(word[step], q);
    else
        group_weight::unpack8(word[2 * (step % 2)], word[2 * (step % 2) + 1], q);
#pragma unroll
    for (int r = 0; r < 4; r++)
        a[r] = pack2<typename Type::Element>(group_weight::value(q[2 * r], scales[r % 2]),
                                             group_weight::value(q[2 * r + 1], scales[r % 2]));
}

// sums += one tile of k.
template <class Type, class Tile>
__device__ __forceinline__ void add_tile(float (&sums)[Tile::FragmentsN][Tile::FragmentsM][4],
                                         const unsigned char* stage, bool two_groups, int mode) {
    const int lane = threadIdx.x % 32;
    const unsigned char* quants = stage + Tile::InputBytes + lane * kChunkBytes;
    const unsigned char* scales = stage + Tile::InputBytes + Tile::QuantBytes + lane / 4 * 8;
    constexpr int fragment = group_weight::quant_bytes(Tile::Bits, 16), halves = Tile::Bits / 4;
#pragma unroll
    for (int half = 0; half < 2; half++) {
        uint32_t tokens[Tile::FragmentsM][4];
#pragma unroll
        for (int j = 0; j < Tile::FragmentsM; j++) {
            const uint32_t place = (4 * half + lane / 8) ^ (lane % 8);
            ldmatrix_x4(tokens[j], smem_u32(stage) + (8 * j + lane % 8) * kRowBytes + place * kChunkBytes);
        }
#pragma unroll
        for (int i = 0; i < Tile::FragmentsN; i++) {
            const uint4 words = *reinterpret_cast<const uint4*>(quants + i * fragment + half % halves * 512);
            const uint2 pairs = *reinterpret_cast<const uint2*>(
                scales + i * 64 + (two_groups && half == 1 ? Tile::ScaleBytes : 0));
            const group_weight::Affine affine[2] = {group_weight::affine(pairs.x, mode),
                                                    group_weight::affine(pairs.y, mode)};
#pragma unroll
            for (int step = 0; step < 2; step++) {
                uint32_t outputs[4];
                dequantise<Type, Tile::Bits>(outputs, words, 2 * half + step, affine);
#pragma unroll
                for (int j = 0; j < Tile::FragmentsM; j++)
                    Type::mma(sums[i][j], outputs, tokens[j][2 * step], tokens[j][2 * step + 1]);
            }
        }
    }
}

// This warp's tiles of k, through its own ring.
template <class Type, class Tile>
__device__ __forceinline__ void add_tiles(float (&sums)[Tile::FragmentsN][Tile::FragmentsM][4],
                                          unsigned char* ring, const GroupLoader<Tile>& loader, int k_tiles,
                                          bool two_groups, int mode) {
    const int warp = threadIdx.x / 32;
    const uint32_t base = smem_u32(ring);
    int fill = 0, drain = 0;
#pragma unroll
    for (; fill < Tile::Stages - 1; fill++) {
        const int tile = warp + Tile::Warps * fill;
        if (tile < k_tiles) loader.load(base + fill * Tile::StageBytes, tile);
        cp_async_commit();
    }
    for (int tile = warp; tile < k_tiles; tile += Tile::Warps) {
        cp_async_wait<Tile::Stages - 2>();
        __syncwarp();  // every lane's copies of this tile are here, and no lane reads the stage filled next
        const int ahead = tile + Tile::Warps * (Tile::Stages - 1);
        if (ahead < k_tiles) loader.load(base + fill * Tile::StageBytes, ahead);
        cp_async_commit();
        fill = fill + 1 == Tile::Stages ? 0 : fill + 1;
        add_tile<Type, Tile>(sums, ring + drain * Tile::StageBytes, two_groups, mode);
        drain = drain + 1 == Tile::Stages ? 0 : drain + 1;
    }
}

// 32 outputs by 8 tokens, the sum over the four warps in their order.
template <class Tile>
__device__ __forceinline__ void gather(float (&sums)[2][1][4], const float4* parts, int q, int j) {
#pragma unroll
    for (int i = 0; i < 2; i++) {
        const int at = ((2 * q + i) * Tile::FragmentsM + j) * 32 + threadIdx.x % 32;
        float4 sum = parts[at];
#pragma unroll
        for (int warp = 1; warp < Tile::Warps; warp++) {
            const float4 part = parts[at + warp * (Tile::SumBytes / int(sizeof(float4)))];
            sum = make_float4(sum.x + part.x, sum.y + part.y, sum.z + part.z, sum.w + part.w);
        }
        sums[i][0][0] = sum.x, sums[i][0][1] = sum.y, sums[i][0][2] = sum.z, sums[i][0][3] = sum.w;
    }
}

template <bool Gated, class Element>
__device__ __forceinline__ void store_unit(const GroupParams& p, LanePlace place,
                                           const float (&sums)[2][1][4]) {
    Element* out = static_cast<Element*>(p.out);
    if constexpr (Gated)
        store_gated(out, p.out_stride, p.bias, p.rows, p.n, p.option, place, Unscaled(), sums);
    else if (p.option == kArgmaxOption)
        store_argmax(static_cast<sampling::u64*>(p.out), p.out_stride, p.soft_cap, p.rows, p.n, place,
                     Unscaled(), sums);
    else if (p.option)
        store_plain(static_cast<float*>(p.out), p.out_stride, p.bias, p.rows, p.n, place, Unscaled(), sums);
    else
        store_plain(out, p.out_stride, p.bias, p.rows, p.n, place, Unscaled(), sums);
}

template <class Type, class Tile, bool Gated>
__device__ __forceinline__ void grouped(const GroupParams& p) {
    DYN_SMEM(unsigned char, shared);
    const int warp = threadIdx.x / 32;
    const BlockPlace block = BlockPlace::of<Tile>(blockIdx.x, Gated ? (p.n + 7) / 8 * 16 : p.n, p.rows);
    const GroupLoader<Tile> loader(p, block);
    float sums[Tile::FragmentsN][Tile::FragmentsM][4] = {};
    add_tiles<Type, Tile>(sums, shared + warp * Tile::WarpBytes, loader, tiles_along_k(2 * p.k),
                          p.group_size < group_weight::kTileK, p.mode);
    __syncthreads();  // all copies have arrived and the rings are done with; sums lie over them
    float4* parts = reinterpret_cast<float4*>(shared);
#pragma unroll
    for (int i = 0; i < Tile::FragmentsN; i++)
#pragma unroll
        for (int j = 0; j < Tile::FragmentsM; j++)
            parts[((warp * Tile::FragmentsN + i) * Tile::FragmentsM + j) * 32 + threadIdx.x % 32] =
                make_float4(sums[i][j][0], sums[i][j][1], sums[i][j][2], sums[i][j][3]);
    __syncthreads();
    for (int unit = warp; unit < Tile::FragmentsN / 2 * Tile::FragmentsM; unit += Tile::Warps) {
        const int q = unit / Tile::FragmentsM, j = unit % Tile::FragmentsM;
        float total[2][1][4];
        gather<Tile>(total, parts, q, j);
        store_unit<Gated, typename Type::Element>(p, LanePlace(block.first_n + 32 * q, block.first_m + 8 * j),
                                                  total);
    }
}

}  // namespace linear

// option: linear, 0 when out is A, 1 when F32, 2 for places; gated_linear, the activation.
#define ENTRY(name, Type, Shape, Bits, Gated)                                                               \
    extern "C" __global__ void __launch_bounds__(128)                                                       \
        name(void* __restrict__ out,                   /* A, F32 [rows, n] or places; gated: A [rows, n] */ \
             const void* __restrict__ in,              /* A [rows, k] */                                    \
             const unsigned char* __restrict__ quants, /* tiles of [n, k]; gated: of gate and up */         \
             const unsigned char* __restrict__ scales, /* pairs of 16 bits */                               \
             const float* __restrict__ bias,           /* F32 [n], gated [2 n]; or null */                  \
             int rows, int n, int k, int in_stride, int out_stride, int group_size, int mode, int option,   \
             float soft_cap) {                                                                              \
        linear::grouped<linear::Type, linear::Shape<Bits>, Gated>({out, in, quants, scales, bias, rows, n,  \
                                                                   k, in_stride, out_stride, group_size,    \
                                                                   mode, option, soft_cap});                \
    }
ENTRY(linear_int4_groups_bf16_32x16, Bf16, Group32x16, 4, false)
ENTRY(linear_int4_groups_bf16_64x64, Bf16, Group64x64, 4, false)
ENTRY(linear_int4_groups_f16_32x16, F16, Group32x16, 4, false)
ENTRY(linear_int4_groups_f16_64x64, F16, Group64x64, 4, false)
ENTRY(linear_int8_groups_bf16_32x16, Bf16, Group32x16, 8, false)
ENTRY(linear_int8_groups_bf16_64x32, Bf16, Group64x32, 8, false)
ENTRY(linear_int8_groups_f16_32x16, F16, Group32x16, 8, false)
ENTRY(linear_int8_groups_f16_64x32, F16, Group64x32, 8, false)
ENTRY(gated_linear_int4_groups_bf16_32x16, Bf16, Group32x16, 4, true)
ENTRY(gated_linear_int4_groups_bf16_64x64, Bf16, Group64x64, 4, true)
ENTRY(gated_linear_int4_groups_f16_32x16, F16, Group32x16, 4, true)
ENTRY(gated_linear_int4_groups_f16_64x64, F16, Group64x64, 4, true)
ENTRY(gated_linear_int8_groups_bf16_32x16, Bf16, Group32x16, 8, true)
ENTRY(gated_linear_int8_groups_bf16_64x32, Bf16, Group64x32, 8, true)
ENTRY(gated_linear_int8_groups_f16_32x16, F16, Group32x16, 8, true)
ENTRY(gated_linear_int8_groups_f16_64x32, F16, Group64x32, 8, true)
#undef ENTRY
