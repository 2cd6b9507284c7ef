// What prefill and decode attention share: the work item, the KV ring, the two products and the softmax.
//
//   out[t, h] = sum_j p[j] v[j] / sum_j p[j],   p[j] = exp(score(q[t, h] . k[j]) - max),   j <= position(t)
//
// Rows of a tile are (token, head) pairs of one sequence that share a KV head: row r of tile i is the pair i
// M + r, token = pair / group, head in group = pair % group. Each row of Q.K and P.V is a row of mma.sync
// m16n8k16.
//
// One arithmetic for both kernels, so that a token's bits do not depend on how its prompt was cut into
// chunks:
//  - keys in tiles of 64, tiles in splits of 1024, both counted from position 0;
//  - scores: one chain over the head's dimensions, 16 at a time. P is rounded to A. Sums of P and of P.V: one
//  chain over
//    the keys of a split, 16 at a time; the sum of P is a product with ones, so it has the order of P.V and
//    its rounding;
//  - splits are merged one after the other in rising order, with fused multiply-adds written out;
//  - a tile or split that a row does not see changes nothing: factors are exactly 1, addends exactly 0 (a
//  zero's sign is
//    levelled at the end).
#pragma once
#include "vec.cuh"

namespace attention {

constexpr int kTile = 64;
constexpr int kSplit = 1024;
constexpr int kTilesPerSplit = kSplit / kTile;
constexpr int kThreads = 128;
constexpr int kOctets = kSplit / 8;
constexpr float kLog2E = 1.4426950408889634f;

// Types and sizes of one instance. Dim: dimensions of a head, filled up with zeros from Arguments::head_dim.
template <typename Element_, bool Fp8_, int Dim_>
struct Types {
    using Element = Element_;
    static constexpr bool kFp8 = Fp8_;
    static constexpr int kDim = Dim_;
    static constexpr int kKvBytes = Fp8_ ? 1 : 2;
    static constexpr int kKvChunks = kDim * kKvBytes / 16;
    static constexpr int kQChunks = kDim * 2 / 16;
    static constexpr int kTileBytes = kTile * kDim * kKvBytes;
    static constexpr int kStages = kTileBytes <= 8192 ? 4 : kTileBytes <= 16384 ? 3 : 2;
    static constexpr int kRingBytes = kStages * kTileBytes;
};

struct Arguments {
    void* out;
    const void* q;
    const unsigned char* keys;
    const unsigned char* values;
    const int* block_tables;
    const int* cu_seq_lens;
    const int* context_lens;
    const float* key_scales;
    const float* value_scales;
    const int* plan;
    float* scratch;
    float* slots;
    uint32_t* tickets;
    int q_stride, out_stride, group, kv_heads, head_dim, block_size, table_stride, window;
    float scale, soft_cap;
};

// Place of unit `unit` of row `row` in a matrix of rows of Units units, of which Groups fill 128 bytes of
// shared memory: one unit of Groups neighbouring rows lies in different groups of banks.
template <int Units, int Groups>
__device__ __forceinline__ uint32_t swizzled_unit(int row, int unit) {
    constexpr int kPower = Units & -Units;
    constexpr int kCycle = kPower < Groups ? kPower : Groups;
    const int low = unit % kCycle, fixed = unit - low;
    return uint32_t(row * Units + fixed + (low ^ row / (Groups / kCycle) % kCycle));
}

// Byte offset of a 16-byte chunk, for ldmatrix.
template <int Chunks>
__device__ __forceinline__ uint32_t swizzled(int row, int chunk) {
    return swizzled_unit<Chunks, 8>(row, chunk) * 16;
}

// Byte offset of a chunk of Q. Next to e4m3 keys it is read in 8 bytes a lane, so that pairs of chunks stay
// together.
template <class Types>
__device__ __forceinline__ uint32_t q_swizzled(int row, int chunk) {
    if (!Types::kFp8) return swizzled<Types::kQChunks>(row, chunk);
    return (swizzled_unit<Types::kQChunks / 2, 4>(row, chunk / 2) * 2 + chunk % 2) * 16;
}

// One piece of work: M rows of a sequence and KV head, against one split or all of them.
template <int M>
struct Item {
    int seq, head, split, slot;
    int first_pair, end_pair;        // (token, head) pairs of the sequence
    int first_token;                 // row in the batch of the sequence's first token
    int first_position;              // its position
    int min_position, max_position;  // of the tile's rows
    int begin, end;                  // positions that any row sees: [begin, end)

    __device__ __forceinline__ Item(const Arguments& a, int4 work, int kv_head)
        : seq(work.x), head(kv_head), split(work.z), slot(work.w) {
        first_token = a.cu_seq_lens[seq];
        const int tokens = a.cu_seq_lens[seq + 1] - first_token;
        first_position = a.context_lens[seq] - tokens;
        first_pair = work.y * M;
        end_pair = min(first_pair + M, tokens * a.group);
        min_position = first_position + first_pair / a.group;
        max_position = first_position + (end_pair - 1) / a.group;
        begin = a.window > 0 ? max(0, min_position - a.window + 1) : 0;
        end = max_position + 1;
    }

    __device__ __forceinline__ int first_split() const { return begin / kSplit; }
    __device__ __forceinline__ int last_split() const { return (end - 1) / kSplit; }
    __device__ __forceinline__ int first_tile(int of_split) const {
        return max(begin / kTile, of_split * kTilesPerSplit);
    }
    __device__ __forceinline__ int end_tile(int of_split) const {
        return min((end - 1) / kTile + 1, (of_split + 1) * kTilesPerSplit);
    }
};

// Shared memory of a block, carved from the dynamic block: Q [M, Dim] (in the end the output), the KV ring, P
// of the decode kernel, and small tables.
template <class Types, int M>
struct Shared {
    static constexpr int kQBytes = M * Types::kDim * 2;
    static constexpr int kRing = kQBytes;
    static constexpr int kP = kRing + Types::kRingBytes;
    static constexpr int kTables = kP + (M < 64 ? M * kTile * 2 : 0);
    static constexpr int kBytes = kTables + (kOctets + 2 * M + 64 + 4) * 4;

    unsigned char* base;

    __device__ __forceinline__ uint32_t q() const { return smem_u32(base); }
    __device__ __forceinline__ uint32_t stage(int i) const {
        return smem_u32(base) + kRing + uint32_t(i) * Types::kTileBytes;
    }
    // Row of the cache (of head_dim elements) where 8 positions of the split begin; -1: nobody sees them.
    __device__ __forceinline__ int* octets() const { return reinterpret_cast<int*>(base + kTables); }
    // Batch row of each tile row, or -1 beyond the sequence; its first column in q and out.
    __device__ __forceinline__ int* tokens() const { return octets() + kOctets; }
    __device__ __forceinline__ int* columns() const { return tokens() + M; }
    // A row's largest score in each warp's part of the tile; then one word to share.
    __device__ __forceinline__ float* maxima() const { return reinterpret_cast<float*>(columns() + M); }
    __device__ __forceinline__ uint32_t* word() const { return reinterpret_cast<uint32_t*>(maxima() + 64); }
};

// ---- loads ----

template <class Types, int M>
__device__ __forceinline__ void write_row_tables(const Arguments& a, const Item<M>& item,
                                                 const Shared<Types, M>& s) {
    if (int(threadIdx.x) < M) {
        const int pair = item.first_pair + threadIdx.x;
        const int token = pair / a.group;
        s.tokens()[threadIdx.x] = pair < item.end_pair ? item.first_token + token : -1;
        s.columns()[threadIdx.x] = (item.head * a.group + pair - token * a.group) * a.head_dim;
    }
}

// Starts the copy of the tile's rows of q; zeros beyond them.
template <class Types, int M>
__device__ __forceinline__ void load_q(const Arguments& a, const Shared<Types, M>& s) {
    constexpr int kChunks = Types::kQChunks;
    const auto* q = static_cast<const typename Types::Element*>(a.q);
#pragma unroll 1
    for (int at = threadIdx.x; at < M * kChunks; at += kThreads) {
        const int row = at / kChunks, chunk = at % kChunks;
        const int token = s.tokens()[row];
        const bool inside = token >= 0 && chunk * 8 < a.head_dim;
        const auto* from = inside ? q + size_t(token) * a.q_stride + s.columns()[row] + chunk * 8 : q;
        cp_async_16(s.q() + q_swizzled<Types>(row, chunk), from, inside ? 16 : 0);
    }
    cp_async_commit();
}

// Looks the split's blocks up, 8 positions at a time: they are neighbours in one block.
template <class Types, int M>
__device__ __forceinline__ void write_octets(const Arguments& a, const Item<M>& item, int split,
                                             const Shared<Types, M>& s) {
    const int position = split * kSplit + 8 * threadIdx.x;
    int row = -1;
    if (position < item.end && position + 8 > item.begin) {
        const int block = a.block_tables[size_t(item.seq) * a.table_stride + position / a.block_size];
        row = (block * a.kv_heads + item.head) * a.block_size + position % a.block_size;
    }
    s.octets()[threadIdx.x] = row;
}

// Starts the copy of keys or values [64 tile, 64 tile + 64) to `stage`. Positions that no row sees become
// zeros, whatever lies there: a weight of 0 times a stale NaN would be NaN.
template <class Types, int M>
__device__ __forceinline__ void load_tile(const Arguments& a, const Item<M>& item,
                                          const unsigned char* memory, int tile, uint32_t stage,
                                          const Shared<Types, M>& s) {
    constexpr int kChunks = Types::kKvChunks;
    const int row_bytes = a.head_dim * Types::kKvBytes;
#pragma unroll 1
    for (int i = 0; i < kTile * kChunks / kThreads; i++) {
        const int at = i * kThreads + threadIdx.x, row = at / kChunks, chunk = at % kChunks;
        const int position = tile * kTile + row;
        const int first = s.octets()[position % kSplit / 8];
        const int bytes = max(0, min(16, row_bytes - chunk * 16));
        const bool inside = first >= 0 && position >= item.begin && position < item.end && bytes > 0;
        const unsigned char* from =
            inside ? memory + size_t(first + position % 8) * row_bytes + chunk * 16 : memory;
        cp_async_16(stage + swizzled<kChunks>(row, chunk), from, inside ? bytes : 0);
    }
}

// ---- fragments ----

template <typename Element>
__device__ __forceinline__ void mma(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1);
template <>
__device__ __forceinline__ void mma<__nv_bfloat16>(float (&d)[4], const uint32_t (&a)[4], uint32_t b0,
                                                   uint32_t b1) {
    mma_bf16(d, a, b0, b1);
}
template <>
__device__ __forceinline__ void mma<__half>(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
    mma_f16(d, a, b0, b1);
}

// Two e4m3 in the high bytes of the halves of `x` to two elements, exactly: sign, exponent and fraction are
// shifted in place, the product moves the exponent's bias and levels subnormals.
template <typename Element>
__device__ __forceinline__ uint32_t widened(uint32_t x);
template <>
__device__ __forceinline__ uint32_t widened<__nv_bfloat16>(uint32_t x) {
    const uint32_t bits = (x & 0x80008000u) | (x & 0x7f007f00u) >> 4;
    const uint32_t factor = 0x7b807b80u;  // 2^120
    const __nv_bfloat162 y = __hmul2(reinterpret_cast<const __nv_bfloat162&>(bits),
                                     reinterpret_cast<const __nv_bfloat162&>(factor));
    return reinterpret_cast<const uint32_t&>(y);
}
template <>
__device__ __forceinline__ uint32_t widened<__half>(uint32_t x) {
    const uint32_t bits = (x & 0x80008000u) | (x & 0x7f007f00u) >> 1;
    const uint32_t factor = 0x5c005c00u;  // 2^8
    const __half2 y =
        __hmul2(reinterpret_cast<const __half2&>(bits), reinterpret_cast<const __half2&>(factor));
    return reinterpret_cast<const uint32_t&>(y);
}

// Elements (0, 1), (2, 3) of four e4m3; and elements (0, 2), (1, 3).
template <typename Element>
__device__ __forceinline__ uint32_t neighbours(uint32_t x, int pair) {
    return widened<Element>(__byte_perm(x, 0, pair == 0 ? 0x1404 : 0x3424));
}
template <typename Element>
__device__ __forceinline__ uint32_t every_other(uint32_t x, int first) {
    return widened<Element>(first == 0 ? (x & 0x00ff00ffu) << 8 : x & 0xff00ff00u);
}

// Q as operand a of every k step. With e4m3 keys a k step holds its 16 dimensions in the order in which
// ldmatrix hands them out: slots 2c, 2c + 1 are dimensions 4c, 4c + 1, slots 2c + 8, 2c + 9 are 4c + 2, 4c
// + 3.
template <class Types, int M>
__device__ __forceinline__ void q_fragment(uint32_t (&a)[4], const Shared<Types, M>& s, int first_row,
                                           int step) {
    const int lane = threadIdx.x % 32;
    if (Types::kFp8) {
        const int g = lane / 4, c = lane % 4;
#pragma unroll
        for (int half = 0; half < 2; half++) {
            const uint32_t at = q_swizzled<Types>(first_row + g + 8 * half, 2 * step + c / 2) + c % 2 * 8;
            const uint2 words = *reinterpret_cast<const uint2*>(s.base + at);
            a[half] = words.x;
            a[half + 2] = words.y;
        }
    } else {
        const int row = first_row + lane % 16, chunk = 2 * step + lane / 16;
        ldmatrix_x4(a, s.q() + q_swizzled<Types>(row, chunk));
    }
}

// Q of a warp's 16 rows: in registers if Held, otherwise read from shared memory for every tile.
template <class Types, int M, bool Held>
struct Queries {
    static constexpr int kSteps = Held ? Types::kDim / 16 : 1;
    const Shared<Types, M>& s;
    int first_row;
    uint32_t held[kSteps][4];

    // Q has arrived in shared memory.
    __device__ __forceinline__ void arrive() {
        if constexpr (Held) {
#pragma unroll
            for (int step = 0; step < kSteps; step++) q_fragment(held[step], s, first_row, step);
        }
    }
    __device__ __forceinline__ void load(uint32_t (&a)[4], int step) const {
        if constexpr (Held) {
#pragma unroll
            for (int i = 0; i < 4; i++) a[i] = held[step][i];
        } else {
            q_fragment(a, s, first_row, step);
        }
    }
};

// scores[n] = Q . K for the keys [8 (first + n), + 8) of a tile, n < KeyTiles.
template <class Types, int KeyTiles, class Q>
__device__ __forceinline__ void multiply_qk(float (&scores)[KeyTiles][4], uint32_t keys, int first,
                                            const Q& q) {
    using Element = typename Types::Element;
    constexpr int kChunks = Types::kKvChunks, kSteps = Types::kDim / 16;
    // Unrolled further, heads of 256 would need more registers than there are.
    [[maybe_unused]] constexpr int kUnroll = Q::kSteps == 1 && kSteps > 8 ? 4 : kSteps;
    const int lane = threadIdx.x % 32, matrix = lane / 8;
    if constexpr (!Types::kFp8) {
#pragma unroll kUnroll
        for (int step = 0; step < kSteps; step++) {
            uint32_t a[4];
            q.load(a, step);
#pragma unroll
            for (int n = 0; n < KeyTiles; n += 2) {
                uint32_t b[4];
                const int key = (first + n + matrix / 2) * 8 + lane % 8;
                ldmatrix_x4(b, keys + swizzled<kChunks>(key, 2 * step + matrix % 2));
                mma<Element>(scores[n], a, b[0], b[1]);
                mma<Element>(scores[n + 1], a, b[2], b[3]);
            }
        }
    } else {
#pragma unroll
        for (int step = 0; step < kSteps; step += 2) {
            uint32_t a[2][4];
            q.load(a[0], step);
            q.load(a[1], step + 1);
#pragma unroll
            for (int n = 0; n < KeyTiles; n += 2) {
                uint32_t b[4];
                const int key = (first + n + matrix % 2) * 8 + lane % 8;
                ldmatrix_x4(b, keys + swizzled<kChunks>(key, step + matrix / 2));
#pragma unroll
                for (int i = 0; i < 4; i++)
                    mma<Element>(scores[n + i % 2], a[i / 2], neighbours<Element>(b[i], 0),
                                 neighbours<Element>(b[i], 1));
            }
        }
    }
}

// Output tiles of 8 dimensions that one chunk of V gives: with e4m3 its even and its odd dimensions.
template <class Types>
constexpr int kTilesPerChunk = Types::kFp8 ? 2 : 1;

// out[...] += P . V for chunk `chunk` of V's columns; p: operand a of the tile's 4 k steps.
template <class Types>
__device__ __forceinline__ void multiply_pv(float (*out)[4], uint32_t values, int chunk,
                                            const uint32_t (&p)[4][4]) {
    using Element = typename Types::Element;
    const int lane = threadIdx.x % 32;
#pragma unroll
    for (int half = 0; half < 2; half++) {
        uint32_t b[4];
        ldmatrix_x4_trans(b, values + swizzled<Types::kKvChunks>(32 * half + lane, chunk));
#pragma unroll
        for (int i = 0; i < 2; i++) {
            const uint32_t low = b[2 * i], high = b[2 * i + 1];
            if (Types::kFp8) {
                mma<Element>(out[0], p[2 * half + i], every_other<Element>(low, 0),
                             every_other<Element>(high, 0));
                mma<Element>(out[1], p[2 * half + i], every_other<Element>(low, 1),
                             every_other<Element>(high, 1));
            } else {
                mma<Element>(out[0], p[2 * half + i], low, high);
            }
        }
    }
}

template <typename Element>
__device__ __forceinline__ void add_row_sums(float (&sums)[4], const uint32_t (&p)[4][4]) {
    const uint32_t ones = pack2<Element>(1.f, 1.f);
#pragma unroll
    for (int step = 0; step < 4; step++) mma<Element>(sums, p[step], ones, ones);
}

// ---- softmax ----

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

// ---- the loop over a split ----

// Calls keys(stage, tile) and values(stage) for every tile of the split in rising order, while the next ones
// are on their way. All threads of the block take part; shared tables must have been written, without a
// barrier since.
template <class Types, int M, class Keys, class Values>
__device__ __forceinline__ void for_each_tile(const Arguments& a, const Item<M>& item, int split,
                                              const Shared<Types, M>& s, Keys keys, Values values) {
    constexpr int kAhead = Types::kStages - 1;
    write_octets(a, item, split, s);
    __syncthreads();
    const int first = item.first_tile(split), loads = 2 * (item.end_tile(split) - first);
    auto load = [&](int n) {
        if (n < loads)
            load_tile(a, item, n % 2 == 0 ? a.keys : a.values, first + n / 2, s.stage(n % Types::kStages), s);
        cp_async_commit();
    };
#pragma unroll 1
    for (int n = 0; n < kAhead; n++) load(n);
    auto next = [&](int n) {
        cp_async_wait<kAhead - 1>();
        __syncthreads();
        load(n + kAhead);
        return s.stage(n % Types::kStages);
    };
#pragma unroll 1
    for (int n = 0; n < loads; n += 2) {
        keys(next(n), first + n / 2);
        values(next(n + 1));
    }
    // The tables and stages are free for the next split.
    cp_async_wait<0>();
    __syncthreads();
}

// ---- stores ----

// Puts the quotients of chunk `chunk` of V's columns, rows g and g + 8 of 16 from first_row, in the place of
// Q.
template <class Types, int M>
__device__ __forceinline__ void stage_chunk(const Shared<Types, M>& s, int first_row, int chunk,
                                            const float (*out)[4], const float (&inverse)[2]) {
    using Element = typename Types::Element;
    const int g = threadIdx.x % 32 / 4, c = threadIdx.x % 4;
#pragma unroll
    for (int r = 0; r < 2; r++) {
        const int row = first_row + g + 8 * r;
        const float x0 = quotient(out[0][2 * r], inverse[r]), x1 = quotient(out[0][2 * r + 1], inverse[r]);
        if (Types::kFp8) {
            const float y0 = quotient(out[1][2 * r], inverse[r]),
                        y1 = quotient(out[1][2 * r + 1], inverse[r]);
            const uint32_t at = q_swizzled<Types>(row, 2 * chunk + c / 2) + c % 2 * 8;
            *reinterpret_cast<uint2*>(s.base + at) =
                make_uint2(pack2<Element>(x0, y0), pack2<Element>(x1, y1));
        } else {
            const uint32_t at = q_swizzled<Types>(row, chunk) + c * 4;
            *reinterpret_cast<uint32_t*>(s.base + at) = pack2<Element>(x0, x1);
        }
    }
}

// Writes staged rows to out; all threads.
template <class Types, int M>
__device__ __forceinline__ void store_rows(const Arguments& a, const Shared<Types, M>& s, int rows) {
    auto* out = static_cast<typename Types::Element*>(a.out);
#pragma unroll 1
    for (int at = threadIdx.x; at < rows * Types::kQChunks; at += kThreads) {
        const int row = at / Types::kQChunks, chunk = at % Types::kQChunks;
        const int token = s.tokens()[row];
        if (token >= 0 && chunk * 8 < a.head_dim)
            *reinterpret_cast<uint4*>(out + size_t(token) * a.out_stride + s.columns()[row] + chunk * 8) =
                *reinterpret_cast<const uint4*>(s.base + q_swizzled<Types>(row, chunk));
    }
}

__device__ __forceinline__ float value_scale(const Arguments& a, int head) {
    return a.value_scales == nullptr ? 1.f : a.value_scales[head];
}

}  // namespace attention
