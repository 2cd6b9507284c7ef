// What prefill and decode attention share: the work item, its shared memory, the ring of K and V.
//
//   out[t, h] = sum_j p[j] v[j] / sum_j p[j],   p[j] = exp(score(q[t, h] . k[j]) - max),   j <= position(t)
//
// Rows of a tile are (token, head) pairs of one sequence that share a KV head: row r of tile i is the pair
// i M + r, token = pair / group, head in group = pair % group. They are the rows of mma.sync m16n8k16.
//
// One arithmetic for both kernels, so that a token's bits do not depend on how its prompt was cut:
// - Keys come in tiles of 64, tiles in splits of 1024, both counted from position 0.
// - A score is one chain over the head's dimensions, 16 at a time. P is rounded to A. Sums of P and of P.V
//   are one chain over the keys of a split, 16 at a time: the sum of P is a product with ones.
// - Splits are merged one after the other in rising order, with fused multiply-adds written out.
// - A tile or split that a row does not see changes nothing: factors are exactly 1, addends exactly 0, and
//   a zero's sign is levelled at the end.
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
    const float* sinks;
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

// ---- the loop over a split ----

// Calls keys(stage, tile) and values(stage) for every tile of the split in rising order, while the next ones
// are on their way. All threads of the block take part; shared tables must have been written, without a
// barrier since. At the end all copies have arrived, and stages may still be read: the first barrier frees them
// for the next split, and no thread has looked blocks up since the last one but one.
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
}

}  // namespace attention
