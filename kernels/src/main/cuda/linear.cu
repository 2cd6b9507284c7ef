// Linear layers with 16-bit weights:
//   linear        out = in * weight^T + bias
//   gated_linear  out[t, f] = act(in[t] . gate[f] + bias[f]) * (in[t] . up[f] + bias[F + f])
//   places of the largest outputs of each token instead of all of them (linear_argmax.cuh)
//
// Shapes: in A [rows, k], weight [n, k] in tiles (weight_tiles.cuh), bias F32 [n] or null, out A or F32
//   [rows, n]. Gated: rows of gate and up in turns of 8, n = F rounded up to 8, twice; out A [rows, F].
// Types: A is bf16 or f16; sums are f32; one rounding to the type of out.
// Order of additions: one chain for each output, k ascending, 16 at a time, in every tile, at every M.
// Launch: one block of 128 threads for each tile of N outputs by M tokens (the name says N x M), in one
//   dimension: ceil(n / N) * ceil(rows / M) blocks, Tile::SharedBytes of dynamic shared memory. Rows from
//   `rows` on are neither read nor written.
// Alignment: in, out and their row strides are multiples of 16 bytes.
// Source: CUTLASS 2's multistage mma.sync mainloop; operands swapped as in vLLM and TensorRT-LLM at small M;
//   one order at all M as in DeepGEMM and vLLM's batch-invariant mode. Java: cuda.Linear, cuda.GatedLinear.
// Measured: not measured on a GPU yet.
#include "linear_argmax.cuh"

namespace linear {

template <class Type, class Tile>
__device__ __forceinline__ void dense(void* __restrict__ out, const void* __restrict__ in,
                                      const unsigned char* __restrict__ weight,
                                      const float* __restrict__ bias, int rows, int n, int k, int in_stride,
                                      int out_stride, int option, float soft_cap) {
    using Element = typename Type::Element;
    using Deal = PlainDeal<Tile::WarpN>;
    DYN_SMEM(unsigned char, shared);
    const BlockPlace block = BlockPlace::of<Tile>(blockIdx.x, n, rows);
    const TileLoader<Tile, Deal> loader(in, in_stride * int(sizeof(Element)), weight, block, rows, n,
                                        k * int(sizeof(Element)));
    float sums[Tile::FragmentsN][Tile::FragmentsM][4] = {};
    multiply<Type>(sums, smem_u32(shared), loader, tiles_along_k(k * int(sizeof(Element))));
    if (option == kArgmaxOption)
        store_argmax(static_cast<sampling::u64*>(out), out_stride, soft_cap, rows, n,
                     LanePlace::of<Tile>(block), Unscaled(), sums);
    else if (option)
        store_plain(static_cast<float*>(out), out_stride, bias, rows, n, LanePlace::of<Tile>(block),
                    Unscaled(), sums);
    else
        store_plain(static_cast<Element*>(out), out_stride, bias, rows, n, LanePlace::of<Tile>(block),
                    Unscaled(), sums);
}

template <class Type, class Tile>
__device__ __forceinline__ void gated_dense(void* __restrict__ out, const void* __restrict__ in,
                                            const unsigned char* __restrict__ weight,
                                            const float* __restrict__ bias, int rows, int gates, int k,
                                            int in_stride, int out_stride, int activation, float) {
    using Element = typename Type::Element;
    using Deal = GatedDeal<Tile::WarpN>;
    DYN_SMEM(unsigned char, shared);
    const int n = (gates + 7) / 8 * 16;
    const BlockPlace block = BlockPlace::of<Tile>(blockIdx.x, n, rows);
    const TileLoader<Tile, Deal> loader(in, in_stride * int(sizeof(Element)), weight, block, rows, n,
                                        k * int(sizeof(Element)));
    float sums[Tile::FragmentsN][Tile::FragmentsM][4] = {};
    multiply<Type>(sums, smem_u32(shared), loader, tiles_along_k(k * int(sizeof(Element))));
    store_gated(static_cast<Element*>(out), out_stride, bias, rows, gates, activation,
                LanePlace::of<Tile>(block), Unscaled(), sums);
}

}  // namespace linear

// `option`: linear, 0 when out is A, 1 when F32, 2 for places; gated_linear, the activation (0 SiLU, 1 GELU).
#define ENTRY(name, body, Type, Shape)                                                                      \
    extern "C" __global__ void __launch_bounds__(linear::Shape::Threads, linear::Shape::BlocksPerSm)        \
        name(void* __restrict__ out,                   /* A, F32 [rows, n] or places; gated: A [rows, n] */ \
             const void* __restrict__ in,              /* A [rows, k] */                                    \
             const unsigned char* __restrict__ weight, /* tiles of [n, k]; gated: of gate and up */         \
             const float* __restrict__ bias,           /* F32 [n], gated [2 n]; or null */                  \
             int rows, int n, int k, int in_stride, int out_stride, int option, float soft_cap) {           \
        linear::body<linear::Type, linear::Shape>(out, in, weight, bias, rows, n, k, in_stride, out_stride, \
                                                  option, soft_cap);                                        \
    }
ENTRY(linear_bf16_64x16, dense, Bf16, Tile64x16)
ENTRY(linear_bf16_64x32, dense, Bf16, Tile64x32)
ENTRY(linear_bf16_64x64, dense, Bf16, Tile64x64)
ENTRY(linear_bf16_128x64, dense, Bf16, Tile128x64)
ENTRY(linear_bf16_128x128, dense, Bf16, Tile128x128)
ENTRY(linear_f16_64x16, dense, F16, Tile64x16)
ENTRY(linear_f16_64x32, dense, F16, Tile64x32)
ENTRY(linear_f16_64x64, dense, F16, Tile64x64)
ENTRY(linear_f16_128x64, dense, F16, Tile128x64)
ENTRY(linear_f16_128x128, dense, F16, Tile128x128)
ENTRY(gated_linear_bf16_64x16, gated_dense, Bf16, Tile64x16)
ENTRY(gated_linear_bf16_64x32, gated_dense, Bf16, Tile64x32)
ENTRY(gated_linear_bf16_64x64, gated_dense, Bf16, Tile64x64)
ENTRY(gated_linear_bf16_128x64, gated_dense, Bf16, Tile128x64)
ENTRY(gated_linear_bf16_128x128, gated_dense, Bf16, Tile128x128)
ENTRY(gated_linear_f16_64x16, gated_dense, F16, Tile64x16)
ENTRY(gated_linear_f16_64x32, gated_dense, F16, Tile64x32)
ENTRY(gated_linear_f16_64x64, gated_dense, F16, Tile64x64)
ENTRY(gated_linear_f16_128x64, gated_dense, F16, Tile128x64)
ENTRY(gated_linear_f16_128x128, gated_dense, F16, Tile128x128)
#undef ENTRY
