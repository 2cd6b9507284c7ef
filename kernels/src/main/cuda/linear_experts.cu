// Products of routed experts with 16-bit weights, all of a layer in one launch:
//   expert_linear        out[r] = in[r] * weight[e]^T + bias[e]               for rows r of expert e
//   expert_gated_linear  out[r, f] = act(in[r] . gate[e, f] + bias) * (in[r] . up[e, f] + bias)
//
// Shapes: in A [rows, k], out A [rows, n], rows sorted by expert: those of e are [starts[e], starts[e + 1]);
//   weights UINT64 [experts]: addresses of each one's tiles (weight_tiles.cuh), gated as in linear.cu; bias
//   F32 [experts, n], gated [experts, 2 n], or null; starts INT32 [experts + 1].
// Types: A is bf16 or f16; sums are f32; one rounding.
// Order of additions: that of linear.cu, so that a row has the bits it would have alone.
// Launch: one block of 128 threads for each tile of 64 outputs by 16 or 64 rows. Which expert and rows a
//   block has is found from `starts`; blocks beyond the last tile do nothing, so that ceil(n / 64) *
//   (floor(rows / M) + experts) of them are always enough.
// Alignment: in, out and their row strides are multiples of 16 bytes.
// Source: grouped products as in MegaBlocks (Gale et al., arXiv 2211.15841). Java: cuda.Experts.
// Measured: not measured on a GPU yet.
#include <type_traits>

#include "linear_store.cuh"
#include "reduce.cuh"

namespace linear_experts {

// A block's expert, and which of the expert's tiles of rows it has; expert -1 for none.
struct Place {
    int expert, tile;
};

// All threads; `shared` is free again after the next block barrier.
template <class Tile>
__device__ __forceinline__ Place find(const int* __restrict__ starts, int experts, int tile_m, int* partial,
                                      int* shared) {
    if (threadIdx.x == 0) shared[0] = -1;
    int before = 0;  // tiles of the experts that earlier rounds went through
    for (int base = 0; base < experts; base += Tile::Threads) {
        const int e = base + threadIdx.x;
        const int rows = e < experts ? starts[e + 1] - starts[e] : 0;
        const int tiles = (rows + Tile::M - 1) / Tile::M;
        int total;
        const int first = before + block_prefix(tiles, partial, total);
        if (tile_m >= first && tile_m < first + tiles) {
            shared[0] = e;
            shared[1] = tile_m - first;
        }
        before += total;
        __syncthreads();
    }
    return {shared[0], shared[1]};
}

template <class Type, class Tile, bool Gated>
__device__ __forceinline__ void run(void* __restrict__ out, const void* __restrict__ in,
                                    const uint64_t* __restrict__ weights, const float* __restrict__ bias,
                                    const int* __restrict__ starts, int experts, int n, int k, int in_stride,
                                    int out_stride, int activation) {
    using Element = typename Type::Element;
    using Deal = typename std::conditional<Gated, linear::GatedDeal<Tile::WarpN>,
                                           linear::PlainDeal<Tile::WarpN>>::type;
    DYN_SMEM(unsigned char, shared);
    __shared__ int partial[32];
    __shared__ int found[2];
    const int packed = Gated ? (n + 7) / 8 * 16 : n;
    const int tiles_n = (packed + Tile::N - 1) / Tile::N;
    const Place place = find<Tile>(starts, experts, blockIdx.x / tiles_n, partial, found);
    if (place.expert < 0) return;
    const int first = starts[place.expert], rows = starts[place.expert + 1] - first;
    const linear::BlockPlace block{int(blockIdx.x) % tiles_n * Tile::N, place.tile * Tile::M};
    const auto* weight = reinterpret_cast<const unsigned char*>(weights[place.expert]);
    const auto* input = static_cast<const Element*>(in) + size_t(first) * in_stride;
    auto* output = static_cast<Element*>(out) + size_t(first) * out_stride;
    if (bias != nullptr) bias += size_t(place.expert) * (Gated ? 2 * n : n);
    const linear::TileLoader<Tile, Deal> loader(input, in_stride * int(sizeof(Element)), weight, block, rows,
                                                packed, k * int(sizeof(Element)));
    float sums[Tile::FragmentsN][Tile::FragmentsM][4] = {};
    linear::multiply<Type>(sums, smem_u32(shared), loader, tiles_along_k(k * int(sizeof(Element))));
    const auto lane = linear::LanePlace::of<Tile>(block);
    if constexpr (Gated)
        linear::store_gated(output, out_stride, bias, rows, n, activation, lane, linear::Unscaled(), sums);
    else
        linear::store_plain(output, out_stride, bias, rows, n, lane, linear::Unscaled(), sums);
}

}  // namespace linear_experts

#define EXPERT_ENTRY(name, Type, Shape, gated)                                                                \
    extern "C" __global__ void __launch_bounds__(linear::Shape::Threads, linear::Shape::BlocksPerSm)          \
        name(void* __restrict__ out,               /* A [rows, n] */                                          \
             const void* __restrict__ in,          /* A [rows, k] */                                          \
             const uint64_t* __restrict__ weights, /* UINT64 [experts]: addresses of tiles */                 \
             const float* __restrict__ bias,       /* F32 [experts, n], gated [experts, 2 n]; or null */      \
             const int* __restrict__ starts,       /* INT32 [experts + 1] */                                  \
             int experts, int n, int k, int in_stride, int out_stride, int activation) {                      \
        linear_experts::run<linear::Type, linear::Shape, gated>(out, in, weights, bias, starts, experts, n,   \
                                                                k, in_stride, out_stride, activation);        \
    }
EXPERT_ENTRY(expert_linear_bf16_64x16, Bf16, Tile64x16, false)
EXPERT_ENTRY(expert_linear_bf16_64x64, Bf16, Tile64x64, false)
EXPERT_ENTRY(expert_linear_f16_64x16, F16, Tile64x16, false)
EXPERT_ENTRY(expert_linear_f16_64x64, F16, Tile64x64, false)
EXPERT_ENTRY(expert_gated_linear_bf16_64x16, Bf16, Tile64x16, true)
EXPERT_ENTRY(expert_gated_linear_bf16_64x64, Bf16, Tile64x64, true)
EXPERT_ENTRY(expert_gated_linear_f16_64x16, F16, Tile64x16, true)
EXPERT_ENTRY(expert_gated_linear_f16_64x64, F16, Tile64x64, true)
#undef EXPERT_ENTRY
