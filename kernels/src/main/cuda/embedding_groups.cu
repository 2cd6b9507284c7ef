// Rows of a packed weight of 4 or 8 bits in groups:  out[t, i] = scale * A(w[ids[t], i]),
//   w = scale_of_group * q + offset (group_weight.cuh)
//
// Shapes: out F32 [tokens, k], ids INT32 [tokens], quants and scales of [n, k]. Types: A is bf16 or f16.
// A token whose id is outside of [0, n) becomes a row of NaN, as in embedding.cu.
// Launch: a block a token, 128 threads; a thread makes 2 elements of one word of quants.
// Source: none. Java: cuda.Embedding.
// Measured: not measured on a GPU yet.
#include "group_weight.cuh"
#include "weight_tiles.cuh"

namespace embedding_groups {

struct Table {
    const unsigned char* quants;
    const unsigned char* scales;
    int n, k, bits, group_size, mode;
};

// Elements i and i + 1 (i even) of row `row`; they share a lane, a step and a group.
template <typename T>
__device__ __forceinline__ float2 pair(const Table& t, int row, int i) {
    using namespace group_weight;
    const int r = row % kTileRows, line = r % 32 / 4, fragment = r / 32 * 2 + r / 2 % 2, half = r % 2;
    const int step = i % kTileK / 16, upper = i % 16 / 8, lane = 4 * line + i % 8 / 2;
    const int k_tiles = (t.k + kTileK - 1) / kTileK, groups = (t.k + t.group_size - 1) / t.group_size;
    const unsigned char* tile =
        t.quants + (size_t(row / kTileRows) * k_tiles + i / kTileK) * quant_bytes(t.bits, kTileRows);
    const int e = 4 * upper + 2 * half;
    uint32_t q;
    if (t.bits == 4)
        q = *reinterpret_cast<const uint32_t*>(tile + fragment * 512 + lane * 16 + step * 4) >> 4 * e;
    else
        q = *reinterpret_cast<const uint32_t*>(tile + (2 * fragment + step / 2) * 512 + lane * 16 +
                                               step % 2 * 8 + upper * 4) >>
            8 * (e % 4);
    const size_t place = (size_t(row / kTileRows) * groups + i / t.group_size) * kTileRows;
    const Affine a =
        affine(reinterpret_cast<const uint32_t*>(t.scales)[place + 16 * fragment + 2 * line + half], t.mode);
    const uint32_t mask = (1u << t.bits) - 1;
    return make_float2(to_float(from_float<T>(value(float(q & mask), a))),
                       to_float(from_float<T>(value(float(q >> t.bits & mask), a))));
}

template <typename T>
__device__ __forceinline__ void row(float* __restrict__ out, const Table& table, int id, float scale) {
    for (int i = 2 * threadIdx.x; i < table.k; i += 2 * blockDim.x) {
        float2 x = make_float2(NAN, NAN);
        if (0 <= id && id < table.n) x = pair<T>(table, id, i);
        out[i] = x.x * scale;
        if (i + 1 < table.k) out[i + 1] = x.y * scale;
    }
}

}  // namespace embedding_groups

#define EMBED_ENTRY(type, T)                                                                                 \
    extern "C" __global__ void __launch_bounds__(128)                                                        \
        embed_groups_##type(float* __restrict__ out,                  /* F32 [tokens, k] */                  \
                            const int* __restrict__ ids,              /* INT32 [tokens] */                   \
                            const unsigned char* __restrict__ quants, /* tiles of [n, k] */                  \
                            const unsigned char* __restrict__ scales, /* pairs of 16 bits */                 \
                            int n, int k, int bits, int group_size, int mode, int out_stride, float scale) { \
        embedding_groups::row<T>(out + size_t(blockIdx.x) * out_stride,                                      \
                                 {quants, scales, n, k, bits, group_size, mode}, ids[blockIdx.x], scale);    \
    }
EMBED_ENTRY(bf16, __nv_bfloat16)
EMBED_ENTRY(f16, __half)
#undef EMBED_ENTRY
