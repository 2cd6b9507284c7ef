// Blocking of a matrix product out[t, j] = sum over k of in[t, k] * weight[j, k] on mma.sync, shared by all
// element types: a row of a tile is 128 bytes of k, four instructions' worth of 16-bit (k16) and of 8-bit
// (k32) elements alike.
//
// A block owns N outputs by M tokens, a warp WarpN by WarpM of them. Weights stand on the 16-row side of the
// instruction and tokens on the 8-column side, at every M, so that one and the same chain of additions, k
// increasing, makes an element in whatever tile it falls.
//
// Rows of weights are dealt to fragment rows (Deal) so that a lane ends up with neighbouring outputs of a
// token: a warp's store fills whole 32-byte sectors without a detour through shared memory. Shared memory is
// swizzled by Deal::key, chunk c of row r at place c ^ key(r), so that the eight rows of an ldmatrix phase
// lie in different banks.
#pragma once
#include "ptx.cuh"
#include "weight_tiles.cuh"

namespace linear {

// ---- element types ----

struct Bf16 {
    using Element = __nv_bfloat16;
    using Accumulator = float;
    static __device__ __forceinline__ void mma(float (&d)[4], const uint32_t (&a)[4], uint32_t b0,
                                               uint32_t b1) {
        mma_bf16(d, a, b0, b1);
    }
};

struct F16 {
    using Element = __half;
    using Accumulator = float;
    static __device__ __forceinline__ void mma(float (&d)[4], const uint32_t (&a)[4], uint32_t b0,
                                               uint32_t b1) {
        mma_f16(d, a, b0, b1);
    }
};

struct S8 {
    using Element = int8_t;
    using Accumulator = int;
    static __device__ __forceinline__ void mma(int (&d)[4], const uint32_t (&a)[4], uint32_t b0,
                                               uint32_t b1) {
        mma_s8(d, a, b0, b1);
    }
};

// Only sm_89: sm_90 has e4m3 in wgmma alone, and ptxas would make this instruction of conversions to f16.
#if defined(CUDA_EMU) || (PTX_HAS_MMA_E4M3 && !PTX_HAS_SM90A)
#define LINEAR_HAS_MMA_E4M3 1
#else
#define LINEAR_HAS_MMA_E4M3 0
#endif

struct E4m3 {
    using Element = __nv_fp8_e4m3;
    using Accumulator = float;
    static __device__ __forceinline__ void mma(float (&d)[4], const uint32_t (&a)[4], uint32_t b0,
                                               uint32_t b1) {
#if LINEAR_HAS_MMA_E4M3
        mma_e4m3(d, a, b0, b1);
#endif
    }
};

// ---- tiles ----

template <int N_, int M_, int WarpN_, int WarpM_, int Stages_, int BlocksPerSm_>
struct Tile {
    static constexpr int N = N_, M = M_, WarpN = WarpN_, WarpM = WarpM_, Stages = Stages_;
    static constexpr int WarpsN = N / WarpN, Warps = WarpsN * (M / WarpM), Threads = 32 * Warps;
    static constexpr int BlocksPerSm = BlocksPerSm_;
    static constexpr int FragmentsN = WarpN / 16, FragmentsM = WarpM / 8;
    static constexpr int WeightBytes = N * kRowBytes, StageBytes = (N + M) * kRowBytes;
    static constexpr int SharedBytes = Stages * StageBytes;

    static_assert(N % WarpN == 0 && M % WarpM == 0, "warps share the tile evenly");
    static_assert(WarpN == 32 || WarpN == 64, "rows are dealt in groups of 32 or 64");
    static_assert(WarpM % 8 == 0, "an instruction takes 8 tokens");
    static_assert(Threads % 8 == 0 && kTileRows % (Threads / 8) == 0,
                  "a pass of copies stays in one weight tile");
    static_assert(SharedBytes <= 99 * 1024, "a block of sm_89 has 99 KiB of shared memory");
};

// Java's LinearTile has the same table, and the rule which tile is for which M.
using Tile64x16 = Tile<64, 16, 32, 8, 8, 2>;
using Tile64x32 = Tile<64, 32, 32, 16, 6, 2>;
using Tile64x64 = Tile<64, 64, 32, 32, 4, 2>;
using Tile128x64 = Tile<128, 64, 64, 32, 4, 1>;
using Tile128x128 = Tile<128, 128, 64, 64, 3, 1>;

// ---- which weight row is which fragment row ----

// Which of a warp's WarpN rows is line g of half h of fragment i: lane_row(g, h) + step_row(i). Of each token
// a lane then has groups of four neighbouring outputs: 32 q + 4 g and on from fragments 2q and 2q + 1.
template <int WarpN>
struct PlainDeal {
    static constexpr bool Gated = false;
    static __device__ __forceinline__ int lane_row(int g, int h) { return 4 * g + h; }
    static __device__ __forceinline__ constexpr int step_row(int i) { return 32 * (i / 2) + 2 * (i % 2); }
    static __device__ __forceinline__ int key(int row) { return row >> 2 & 7; }
};

// The same for gate and up rows in turns of 8: gate f is row 16 (f / 8) + f % 8, up f is 8 rows after it.
// Half 0 holds gates and half 1 ups, so that a lane has both of the outputs WarpN / 16 * g + i.
template <int WarpN>
struct GatedDeal {
    static constexpr bool Gated = true;
    static constexpr bool Wide = WarpN == 64;
    static __device__ __forceinline__ int lane_row(int g, int h) {
        return (Wide ? 16 * (g / 2) + 4 * (g % 2) : 16 * (g / 4) + 2 * (g % 4)) + 8 * h;
    }
    static __device__ __forceinline__ constexpr int step_row(int i) { return i; }
    static __device__ __forceinline__ int key(int row) {
        return Wide ? (row >> 4 & 3) << 1 | (row >> 2 & 1) : (row >> 4 & 1) << 2 | (row >> 1 & 3);
    }
};

// ---- which tile a block owns ----

struct BlockPlace {
    int first_n, first_m;

    // Blocks that run at the same time share weights and tokens in L2: bands of 8 tiles of M, n by n.
    template <class Tile>
    static __device__ __forceinline__ BlockPlace of(int block, int n, int rows) {
        constexpr int band = 8;
        const int tiles_n = (n + Tile::N - 1) / Tile::N, tiles_m = (rows + Tile::M - 1) / Tile::M;
        const int first_band = block / (band * tiles_n) * band, in_band = block % (band * tiles_n);
        const int height = min(band, tiles_m - first_band);
        return {in_band / height * Tile::N, (first_band + in_band % height) * Tile::M};
    }
};

// ---- global to shared ----

// What one thread copies: places p of rows r, r + Threads / 8, ... of both operands.
template <class Tile, class Deal>
struct TileLoader {
    static constexpr int Step = Tile::Threads / 8;  // rows between a thread's copies
    static constexpr int WeightCopies = Tile::N / Step, InputCopies = Tile::M / Step;
    static_assert(InputCopies * Step == Tile::M, "every token row is copied");

    const unsigned char* weight;  // this thread's chunk of the first tile
    const unsigned char* input;   // this thread's chunk of its first token
    size_t tile_row_bytes;        // from a row of tiles to the next
    size_t input_step;            // from one of this thread's tokens to the next
    int weight_tiles;             // rows of tiles that exist, at most N / 64
    int input_copies;             // tokens that exist among this thread's
    int input_bytes;              // bytes of a token from this thread's first chunk on
    int row, place;

    __device__ __forceinline__ TileLoader(const void* in, int in_stride_bytes, const unsigned char* weights,
                                          BlockPlace block, int rows, int n, int k_bytes) {
        row = threadIdx.x / 8, place = threadIdx.x % 8;
        const int k_tiles = tiles_along_k(k_bytes), first_tile = block.first_n / kTileRows;
        tile_row_bytes = size_t(k_tiles) * kTileBytes;
        weight = weights + first_tile * tile_row_bytes + threadIdx.x * kChunkBytes;
        weight_tiles = (n + kTileRows - 1) / kTileRows - first_tile;
        const int first = block.first_m + row;
        input_copies = max(0, (rows - first + Step - 1) / Step);
        input = static_cast<const unsigned char*>(in) + place * kChunkBytes +
                (input_copies > 0 ? size_t(first) * in_stride_bytes : 0);
        input_step = size_t(Step) * in_stride_bytes;
        input_bytes = k_bytes - place * kChunkBytes;
    }

    // Starts the copies of tile `tile` along k to the stage at `stage`.
    __device__ __forceinline__ void load(uint32_t stage, int tile) const {
        const unsigned char* from = weight + size_t(tile) * kTileBytes;
#pragma unroll
        for (int s = 0; s < WeightCopies; s++) {
            const int r = row + s * Step, tile_row = s * Step / kTileRows;
            const uint32_t to = stage + r * kRowBytes + (place ^ r % 8 ^ Deal::key(r)) * kChunkBytes;
            const size_t offset = tile_row * tile_row_bytes + s * Step % kTileRows * kRowBytes;
            const bool exists = tile_row < weight_tiles;
            cp_async_16(to, from + (exists ? offset : 0), exists ? kChunkBytes : 0);
        }
        const int bytes = max(0, min(kChunkBytes, input_bytes - tile * kRowBytes));
        const unsigned char* token = input + (bytes > 0 ? tile * kRowBytes : -place * kChunkBytes);
#pragma unroll
        for (int s = 0; s < InputCopies; s++) {
            const int r = row + s * Step;
            const uint32_t to = stage + Tile::WeightBytes + r * kRowBytes + (place ^ r % 8) * kChunkBytes;
            const bool exists = s < input_copies;
            cp_async_16(to, token + (exists ? s * input_step : 0), exists ? bytes : 0);
        }
    }
};

// ---- shared to accumulators ----

// A lane's addresses in a stage, and the products of one tile.
template <class Type, class Tile, class Deal>
struct TileProduct {
    using Accumulator = typename Type::Accumulator;
    uint32_t weight_row, input_row;  // offsets of this lane's ldmatrix rows
    int key;

    __device__ __forceinline__ TileProduct() {
        const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
        const int warp_n = warp % Tile::WarpsN * Tile::WarpN, warp_m = warp / Tile::WarpsN * Tile::WarpM;
        key = lane % 8;  // Deal::key of this lane's weight rows, and r % 8 of its token rows
        weight_row = (warp_n + Deal::lane_row(lane % 8, lane / 8 % 2)) * kRowBytes;
        input_row = Tile::WeightBytes + (warp_m + lane % 8) * kRowBytes;
    }

    __device__ __forceinline__ void add(Accumulator (&sums)[Tile::FragmentsN][Tile::FragmentsM][4],
                                        uint32_t stage) const {
        const int lane = threadIdx.x % 32;
#pragma unroll
        for (int half = 0; half < 2; half++) {  // 64 bytes of k: two instructions
            uint32_t tokens[Tile::FragmentsM][4];
#pragma unroll
            for (int j = 0; j < Tile::FragmentsM; j++) {
                const uint32_t place = (4 * half + lane / 8) ^ key;
                ldmatrix_x4(tokens[j], stage + input_row + j * 8 * kRowBytes + place * kChunkBytes);
            }
#pragma unroll
            for (int step = 0; step < 2; step++) {
                uint32_t outputs[Tile::FragmentsN][4];
#pragma unroll
                for (int i = 0; i < Tile::FragmentsN; i++) {
                    const uint32_t place = (4 * half + 2 * step + lane / 16) ^ key;
                    const uint32_t row = weight_row + Deal::step_row(i) * kRowBytes;
                    ldmatrix_x4(outputs[i], stage + row + place * kChunkBytes);
                }
#pragma unroll
                for (int i = 0; i < Tile::FragmentsN; i++)
#pragma unroll
                    for (int j = 0; j < Tile::FragmentsM; j++)
                        Type::mma(sums[i][j], outputs[i], tokens[j][2 * step], tokens[j][2 * step + 1]);
            }
        }
    }
};

// A ring of stages, Stages - 1 tiles of copies ahead of use: use(tile, stage) for each tile along k, in
// order.
template <class Tile, class Deal, class Use>
__device__ __forceinline__ void for_each_tile(uint32_t shared, const TileLoader<Tile, Deal>& loader,
                                              int k_tiles, Use use) {
    int fill = 0, drain = 0;  // stages
#pragma unroll
    for (; fill < Tile::Stages - 1; fill++) {
        if (fill < k_tiles) loader.load(shared + fill * Tile::StageBytes, fill);
        cp_async_commit();
    }
    for (int tile = 0; tile < k_tiles; tile++) {
        cp_async_wait<Tile::Stages - 2>();
        __syncthreads();  // everybody's copies of this tile are here, and nobody reads the stage filled next
        const int ahead = tile + Tile::Stages - 1;
        if (ahead < k_tiles) loader.load(shared + fill * Tile::StageBytes, ahead);
        cp_async_commit();
        fill = fill + 1 == Tile::Stages ? 0 : fill + 1;
        use(tile, shared + drain * Tile::StageBytes);
        drain = drain + 1 == Tile::Stages ? 0 : drain + 1;
    }
}

// The whole chain over k.
template <class Type, class Tile, class Deal>
__device__ __forceinline__ void multiply(
    typename Type::Accumulator (&sums)[Tile::FragmentsN][Tile::FragmentsM][4], uint32_t shared,
    const TileLoader<Tile, Deal>& loader, int k_tiles) {
    const TileProduct<Type, Tile, Deal> product;
    for_each_tile(shared, loader, k_tiles, [&](int, uint32_t stage) { product.add(sums, stage); });
}

}  // namespace linear
