// Rows of a packed 16-bit weight:  out[t, i] = scale * table[ids[t], i].
//
// Shapes: out F32 [tokens, k], ids INT32 [tokens], table [n, k] in tiles (weight_tiles.cuh).
// Types: the table is bf16 or f16; the product is f32.
// A token whose id is outside of [0, n) becomes a row of NaN, which no later operation mends: the sampler
//   then reports -1 for it and for no other row. So the id -1 of a broken row can stay on the device.
// Launch: a block a token, 128 threads; a lane reads 4 elements (8 bytes) and writes 16.
// Source: none. Java: cuda.Embedding, cpu.Embedding.
// Measured: not measured on a GPU yet.
#include "vec.cuh"
#include "weight_tiles.cuh"

namespace embedding {

template <typename T>
__device__ __forceinline__ float4 load4_tiled(const unsigned char* table, int row, int i, int k_tiles) {
    const size_t chunk = tiled_chunk(row, i / 8, k_tiles);
    return load4_vector(reinterpret_cast<const T*>(table + chunk) + i % 8);
}

template <typename T>
__device__ __forceinline__ void row(float* out, const unsigned char* table, int id, int n, int k,
                                    float scale) {
    const int k_tiles = tiles_along_k(2 * k);
    const bool vectors = vectors4(out);
    for (int i = 4 * threadIdx.x; i < k; i += 4 * blockDim.x) {
        // The table's own padding is zero, so a row's last run may reach into it.
        float4 x = make_float4(NAN, NAN, NAN, NAN);
        if (0 <= id && id < n) x = load4_tiled<T>(table, id, i, k_tiles);
        store4(out, i, k, vectors, make_float4(x.x * scale, x.y * scale, x.z * scale, x.w * scale));
    }
}

}  // namespace embedding

#define EMBED_ENTRY(type, T)                                                                           \
    extern "C" __global__ void __launch_bounds__(128)                                                  \
        embed_##type(float* __restrict__ out,                 /* F32 [tokens, k] */                    \
                     const int* __restrict__ ids,             /* INT32 [tokens] */                     \
                     const unsigned char* __restrict__ table, /* tiles of [n, k] */                    \
                     int n, int k, int out_stride, float scale) {                                      \
        embedding::row<T>(out + size_t(blockIdx.x) * out_stride, table, ids[blockIdx.x], n, k, scale); \
    }
EMBED_ENTRY(bf16, __nv_bfloat16)
EMBED_ENTRY(f16, __half)
#undef EMBED_ENTRY
