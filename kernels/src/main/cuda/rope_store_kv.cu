// Rotary embedding of queries and keys, and the store of keys and values in the paged cache:
//
//   (x1, x2) -> (x1 cos - x2 sin, x2 cos + x1 sin)
//     for the pairs (i, i + R/2), or (2i, 2i + 1), of each head's first R; q in place
//   k, v to keys, values [block, head, slot in block, :], block = slot / B, as A or as e4m3 of x / scale
//
// Shapes: q A [T, H * D]; k, v A [T, Hkv * D]; cos, sin F32 [positions, R / 2]; positions, slots INT32
//   [T]; keys, values [blocks, Hkv, B, D] in A or e4m3; scales F32 [Hkv]. R = 0: nothing turns.
// A row with a negative slot is skipped: padding. k and v themselves are left as they are.
// Types: A is bf16 or f16; the rotation is in f32, rounded once.
// Launch: a block a token, 256 threads. A unit of work is 4 pairs (8 elements), 8 bytes a lane at a time.
// Alignment: D is a multiple of 8, rows and heads lie on 16 bytes.
// Source: Su et al., arXiv 2104.09864; the cache layout is FlashInfer's HND.
//   Java: cuda.RopeStoreKv, cpu.RopeStoreKv.
// Measured: not measured on a GPU yet.
#include "vec.cuh"

namespace rope_store_kv {

// Four elements as they lie in a cache of A or of e4m3.
template <typename T>
__device__ __forceinline__ void put4(T* to, int i, int n, bool vectors, float4 x, float) {
    store4(to, i, n, vectors, x);
}

__device__ __forceinline__ uint32_t e4m3x2(float low, float high) {
    return __nv_cvt_float2_to_fp8x2(make_float2(low, high), __NV_SATFINITE, __NV_E4M3);
}

__device__ __forceinline__ void put4(__nv_fp8_e4m3* to, int i, int n, bool vectors, float4 x, float scale) {
    const uint32_t bits = e4m3x2(x.x / scale, x.y / scale) | e4m3x2(x.z / scale, x.w / scale) << 16;
    if (vectors && i + 4 <= n) {
        *reinterpret_cast<uint32_t*>(to + i) = bits;
        return;
    }
    for (int j = 0; j < 4 && i + j < n; j++) reinterpret_cast<uint8_t*>(to)[i + j] = uint8_t(bits >> 8 * j);
}

// cos and sin of one position.
struct Angles {
    const float* cos;
    const float* sin;
    int pairs;
    bool interleaved;
};

// x1 cos - x2 sin and x2 cos + x1 sin for the pairs [i, i + 4) of one head.
__device__ __forceinline__ void turn(const Angles& angles, int i, float4& x1, float4& x2) {
    const bool vectors = angles.pairs % 4 == 0 && vectors4(angles.cos) && vectors4(angles.sin);
    const float4 c = load4(angles.cos, i, angles.pairs, vectors),
                 s = load4(angles.sin, i, angles.pairs, vectors);
    const float4 y1 = make_float4(x1.x * c.x - x2.x * s.x, x1.y * c.y - x2.y * s.y, x1.z * c.z - x2.z * s.z,
                                  x1.w * c.w - x2.w * s.w);
    x2 = make_float4(x2.x * c.x + x1.x * s.x, x2.y * c.y + x1.y * s.y, x2.z * c.z + x1.z * s.z,
                     x2.w * c.w + x1.w * s.w);
    x1 = y1;
}

// Turns pairs [i, i + 4) of the head at `from` and puts them at `to`.
template <typename T, typename Target>
__device__ __forceinline__ void turn_unit(const Angles& angles, int i, const T* from, Target* to,
                                          float scale) {
    const int pairs = angles.pairs;
    if (angles.interleaved) {
        const int n = 2 * pairs;
        float4 low = load4(from, 2 * i, n, true), high = load4(from, 2 * i + 4, n, true);
        float4 x1 = make_float4(low.x, low.z, high.x, high.z), x2 = make_float4(low.y, low.w, high.y, high.w);
        turn(angles, i, x1, x2);
        put4(to, 2 * i, n, true, make_float4(x1.x, x2.x, x1.y, x2.y), scale);
        put4(to, 2 * i + 4, n, true, make_float4(x1.z, x2.z, x1.w, x2.w), scale);
        return;
    }
    const bool vectors = pairs % 4 == 0;
    float4 x1 = load4(from, i, pairs, vectors), x2 = load4(from + pairs, i, pairs, vectors);
    turn(angles, i, x1, x2);
    put4(to, i, pairs, vectors, x1, scale);
    put4(to + pairs, i, pairs, vectors, x2, scale);
}

template <typename T, typename Kv>
struct Token {
    T* q;
    const T* k;
    const T* v;
    Kv* keys;    // of slot's row in head 0
    Kv* values;  // of slot's row in head 0
    size_t head_stride;
    int head_dim;
    Angles angles;

    __device__ __forceinline__ void query_unit(int unit, int units) const {
        T* head = q + unit / units * head_dim;
        turn_unit(angles, unit % units * 4, head, head, 1.f);
    }

    __device__ __forceinline__ void key_unit(int unit, int units, const float* scales) const {
        const int head = unit / units;
        turn_unit(angles, unit % units * 4, k + head * head_dim, keys + head * head_stride,
                  scales == nullptr ? 1.f : scales[head]);
    }

    // Elements [from + 4 j, ...) of a head that are copied: v, and what does not turn of k.
    __device__ __forceinline__ void copy_unit(const T* source, Kv* target, int unit, int units, int from,
                                              const float* scales) const {
        const int head = unit / units, n = head_dim - from;
        const bool vectors = from % 4 == 0;
        const float4 x = load4(source + head * head_dim + from, unit % units * 4, n, vectors);
        put4(target + head * head_stride + from, unit % units * 4, n, vectors, x,
             scales == nullptr ? 1.f : scales[head]);
    }
};

template <typename T, typename Kv>
__device__ __forceinline__ void run(const Token<T, Kv>& token, int heads, int kv_heads,
                                    const float* key_scales, const float* value_scales) {
    const int turned = 2 * token.angles.pairs;
    const int pair_units = (token.angles.pairs + 3) / 4;
    const int rest_units = (token.head_dim - turned + 3) / 4;
    const int value_units = token.head_dim / 4;
    const int ends[] = {heads * pair_units, kv_heads * pair_units, kv_heads * rest_units,
                        kv_heads * value_units};
    const int total = ends[0] + ends[1] + ends[2] + ends[3];
    for (int at = threadIdx.x; at < total; at += blockDim.x) {
        int unit = at;
        if (unit < ends[0]) {
            token.query_unit(unit, pair_units);
        } else if ((unit -= ends[0]) < ends[1]) {
            token.key_unit(unit, pair_units, key_scales);
        } else if ((unit -= ends[1]) < ends[2]) {
            token.copy_unit(token.k, token.keys, unit, rest_units, turned, key_scales);
        } else {
            token.copy_unit(token.v, token.values, unit - ends[2], value_units, 0, value_scales);
        }
    }
}

}  // namespace rope_store_kv

#define ROPE_STORE_KV_ENTRY(name, T, Kv)                                                            \
    extern "C" __global__ void __launch_bounds__(256, 4)                                            \
        name(void* __restrict__ q,                   /* A [T, H * D], in place */                   \
             const void* __restrict__ k,             /* A [T, Hkv * D] */                           \
             const void* __restrict__ v,             /* A [T, Hkv * D] */                           \
             const float* __restrict__ cos,          /* F32 [positions, pairs] */                   \
             const float* __restrict__ sin,          /* F32 [positions, pairs] */                   \
             const int* __restrict__ positions,      /* INT32 [T] */                                \
             const int* __restrict__ slots,          /* INT32 [T] */                                \
             void* __restrict__ keys,                /* [blocks, Hkv, B, D] */                      \
             void* __restrict__ values,              /* [blocks, Hkv, B, D] */                      \
             const float* __restrict__ key_scales,   /* F32 [Hkv], or null for 1 */                 \
             const float* __restrict__ value_scales, /* F32 [Hkv], or null for 1 */                 \
             int q_stride, int k_stride, int v_stride, int cos_stride, int sin_stride, int heads,   \
             int kv_heads, int head_dim, int block_size, int pairs, int interleaved) {              \
        const int t = blockIdx.x, slot = slots[t];                                                  \
        if (slot < 0) return;                                                                       \
        const int position = pairs == 0 ? 0 : positions[t];                                         \
        const size_t head_stride = size_t(block_size) * head_dim;                                   \
        const size_t place =                                                                        \
            slot / block_size * (kv_heads * head_stride) + size_t(slot % block_size) * head_dim;    \
        rope_store_kv::run<T, Kv>({static_cast<T*>(q) + size_t(t) * q_stride,                       \
                                   static_cast<const T*>(k) + size_t(t) * k_stride,                 \
                                   static_cast<const T*>(v) + size_t(t) * v_stride,                 \
                                   static_cast<Kv*>(keys) + place,                                  \
                                   static_cast<Kv*>(values) + place,                                \
                                   head_stride,                                                     \
                                   head_dim,                                                        \
                                   {cos + size_t(position) * cos_stride,                            \
                                    sin + size_t(position) * sin_stride, pairs, interleaved != 0}}, \
                                  heads, kv_heads, key_scales, value_scales);                       \
    }
ROPE_STORE_KV_ENTRY(rope_store_kv_bf16, __nv_bfloat16, __nv_bfloat16)
ROPE_STORE_KV_ENTRY(rope_store_kv_bf16_e4m3, __nv_bfloat16, __nv_fp8_e4m3)
ROPE_STORE_KV_ENTRY(rope_store_kv_f16, __half, __half)
ROPE_STORE_KV_ENTRY(rope_store_kv_f16_e4m3, __half, __nv_fp8_e4m3)
#undef ROPE_STORE_KV_ENTRY
