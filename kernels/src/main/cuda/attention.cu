// Attention over paged keys and values (formula, order of additions: attention_tile.cuh).
//
// Shapes: out, q A [T, H * D]; keys, values A or e4m3 [blocks, Hkv, B, D]; plan from attention_plan.
// sinks F32 [H]: one more score of each head, of no token, in the sum of its weights; null for none.
// Launch: 128 threads, Shared::kBytes of dynamic memory; any number of blocks, which share the plan's
//   items; `scratch` has 64 * Dim floats for each block.
// A block's 4 warps are RowWarps groups of 16 rows by KeyWarps warps that share the rows of a group: for
//   Q.K each takes a part of a tile's keys, for P.V a part of the dimensions, and P goes through shared
//   memory (with one warp: registers). That moves work between warps, never the order of a sum.
//     prefill: 64 rows, 4 x 1 (heads of 256: 32 rows, 2 x 2, because the accumulators would not fit)
//     decode:  16 rows, 1 x 4
// Splits: a decode item is one split; its state goes to a slot, and the last block to finish, known by a
//   ticket, merges the slots by index and sets the ticket back. Items of all splits keep what is merged so
//   far in `scratch`.
// Alignment: D and the strides are multiples of 8 elements, B of 8 tokens.
// Source: FlashAttention-2 (Dao, arXiv 2307.08691), FlashDecoding; GQA packing and fixed splits after
//   FlashInfer. Java: cuda.PagedAttention, cpu.PagedAttention.
// Measured: not measured on a GPU yet.
#include "attention_mma.cuh"
#include "attention_softmax.cuh"

namespace attention {

template <class Types, int RowWarps_>
struct Tile {
    static constexpr int kRowWarps = RowWarps_;
    static constexpr int kKeyWarps = kThreads / 32 / RowWarps_;
    static constexpr int kRows = 16 * RowWarps_;
    // Keys that a warp scores, in eights; chunks of V's columns that it multiplies: number i * kKeyWarps +
    // key_warp().
    static constexpr int kKeyTiles = kTile / 8 / kKeyWarps;
    static constexpr int kChunks = (Types::kKvChunks + kKeyWarps - 1) / kKeyWarps;
    // Q stays in registers where the accumulators leave room.
    static constexpr bool kHoldsQ = kRowWarps == 1 || Types::kDim <= 64;
    static constexpr int kOutTiles = kChunks * kTilesPerChunk<Types>;
    using WarpState = State<kOutTiles>;

    __device__ static __forceinline__ int key_warp() { return threadIdx.x / 32 % kKeyWarps; }
    __device__ static __forceinline__ int first_row() { return threadIdx.x / 32 / kKeyWarps * 16; }
    __device__ static __forceinline__ int chunk(int i) { return i * kKeyWarps + key_warp(); }
};

// A row's largest units over the warps that share it.
template <class Types, class Tile>
__device__ __forceinline__ void share_max(const Shared<Types, Tile::kRows>& s, float (&units)[2]) {
    if (Tile::kKeyWarps == 1) return;
    const int row = Tile::first_row() + threadIdx.x % 32 / 4;
    if (threadIdx.x % 4 == 0) {
        s.maxima()[Tile::key_warp() * Tile::kRows + row] = units[0];
        s.maxima()[Tile::key_warp() * Tile::kRows + row + 8] = units[1];
    }
    __syncthreads();
#pragma unroll
    for (int r = 0; r < 2; r++) {
        units[r] = s.maxima()[row + 8 * r];
#pragma unroll
        for (int w = 1; w < Tile::kKeyWarps; w++)
            units[r] = fmaxf(units[r], s.maxima()[w * Tile::kRows + row + 8 * r]);
    }
}

// P as operand a: the warp's own keys, rounded to A; and, from shared memory, everybody's after the next
// barrier.
template <class Types, class Tile>
__device__ __forceinline__ void store_weights(const Shared<Types, Tile::kRows>& s, uint32_t (&p)[4][4],
                                              const float (&weights)[Tile::kKeyTiles][4]) {
    const int row = Tile::first_row() + threadIdx.x % 32 / 4, c = threadIdx.x % 4;
#pragma unroll
    for (int n = 0; n < Tile::kKeyTiles; n++) {
#pragma unroll
        for (int r = 0; r < 2; r++) {
            const uint32_t pair = pack2<typename Types::Element>(weights[n][2 * r], weights[n][2 * r + 1]);
            const int chunk = Tile::key_warp() * Tile::kKeyTiles + n;
            if (Tile::kKeyWarps == 1)
                p[n / 2 % 4][n % 2 * 2 + r] = pair;
            else
                *reinterpret_cast<uint32_t*>(s.base + s.kP + swizzled<8>(row + 8 * r, chunk) + 4 * c) = pair;
        }
    }
}

template <class Types, class Tile>
__device__ __forceinline__ void load_weights(const Shared<Types, Tile::kRows>& s, uint32_t (&p)[4][4]) {
    if (Tile::kKeyWarps == 1) return;
    const int lane = threadIdx.x % 32;
#pragma unroll
    for (int step = 0; step < 4; step++)
        ldmatrix_x4(p[step], smem_u32(s.base) + s.kP +
                                 swizzled<8>(Tile::first_row() + lane % 16, 2 * step + lane / 16));
}

// The block's rows against one split.
template <class Types, class Tile>
__device__ __forceinline__ void run_split(const Arguments& a, const Item<Tile::kRows>& item, int split,
                                          const Shared<Types, Tile::kRows>& s, const Scale& scale,
                                          const RowPair& rows, typename Tile::WarpState& state) {
    Queries<Types, Tile::kRows, Tile::kHoldsQ> q{s, Tile::first_row(), {}};
    uint32_t p[4][4];
    state.clear();
    for_each_tile(
        a, item, split, s,
        [&](uint32_t keys, int tile) {
            if (tile == item.first_tile(split)) q.arrive();
            const int first = Tile::key_warp() * Tile::kKeyTiles;
            float weights[Tile::kKeyTiles][4] = {};
            multiply_qk<Types>(weights, keys, first, q);
            float units[2], subtract[2];
            mask_and_max(weights, units, scale, item, rows, a.window, tile, first);
            share_max<Types, Tile>(s, units);
            state.raise(units, scale.factor, subtract);
#pragma unroll
            for (int n = 0; n < Tile::kKeyTiles; n++) {
#pragma unroll
                for (int i = 0; i < 4; i++)
                    weights[n][i] = weight(weights[n][i], scale.factor, subtract[i / 2]);
            }
            store_weights<Types, Tile>(s, p, weights);
        },
        [&](uint32_t values) {
            load_weights<Types, Tile>(s, p);
            add_row_sums<typename Types::Element>(state.sums, p);
#pragma unroll
            for (int i = 0; i < Tile::kChunks; i++) {
                if (Tile::chunk(i) < Types::kKvChunks)
                    multiply_pv<Types>(state.out + i * kTilesPerChunk<Types>, values, Tile::chunk(i), p);
            }
        });
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

// Sum of a row's weights with that of its head's sink, a score without a value; `max` in powers of 2.
template <class Types, int M>
__device__ __forceinline__ float with_sink(const Arguments& a, const Shared<Types, M>& s, int row, float max,
                                           float sum) {
    if (a.sinks == nullptr) return sum;
    const float sink = a.sinks[s.columns()[row] / a.head_dim];
    return __fadd_rn(sum, ex2(fmaf(sink, kLog2E, -finite_or_zero(max))));
}

// Writes the quotients to out, through the place of Q.
template <class Types, class Tile>
__device__ __forceinline__ void store(const Arguments& a, const Item<Tile::kRows>& item,
                                      const Shared<Types, Tile::kRows>& s,
                                      const typename Tile::WarpState& state) {
    const float scale_v = value_scale(a, item.head);
    const int row = Tile::first_row() + threadIdx.x % 32 / 4;
    const float inverse[2] = {scale_v / with_sink(a, s, row, state.max[0], state.sums[0]),
                              scale_v / with_sink(a, s, row + 8, state.max[1], state.sums[2])};
#pragma unroll
    for (int i = 0; i < Tile::kChunks; i++) {
        if (Tile::chunk(i) < Types::kKvChunks)
            stage_chunk(s, Tile::first_row(), Tile::chunk(i), state.out + i * kTilesPerChunk<Types>, inverse);
    }
    __syncthreads();
    store_rows(a, s, Tile::kRows);
}

// ---- slots: the states of the splits of one decode tile and head ----

// [16, Dim] of out, then [16] pairs of max and sum.
template <class Types>
struct Slot {
    static constexpr int kFloats = 16 * (Types::kDim + 2);
    float* out;

    __device__ __forceinline__ Slot(const Arguments& a, int slot, int head)
        : out(a.slots + (size_t(slot) * a.kv_heads + head) * kFloats) {}
    __device__ __forceinline__ float2* states() const {
        return reinterpret_cast<float2*>(out + 16 * Types::kDim);
    }
};

template <class Types, class Tile>
__device__ __forceinline__ void write_slot(const Slot<Types>& slot, const typename Tile::WarpState& state) {
    const int g = threadIdx.x % 32 / 4, c = threadIdx.x % 4;
#pragma unroll
    for (int r = 0; r < 2; r++) {
        float* row = slot.out + (g + 8 * r) * Types::kDim;
        if (threadIdx.x < 32 && c == 0)
            slot.states()[g + 8 * r] = make_float2(state.max[r], state.sums[2 * r]);
#pragma unroll
        for (int i = 0; i < Tile::kChunks; i++) {
            if (Tile::chunk(i) >= Types::kKvChunks) break;
            const float(*out)[4] = state.out + i * kTilesPerChunk<Types>;
            if (Types::kFp8)
                *reinterpret_cast<float4*>(row + 16 * Tile::chunk(i) + 4 * c) =
                    make_float4(out[0][2 * r], out[1][2 * r], out[0][2 * r + 1], out[1][2 * r + 1]);
            else
                *reinterpret_cast<float2*>(row + 8 * Tile::chunk(i) + 2 * c) =
                    make_float2(out[0][2 * r], out[0][2 * r + 1]);
        }
    }
}

// Merges the slots of the item's splits by index and writes out; 4 dimensions of a row at a time.
template <class Types>
__device__ __forceinline__ void merge_slots(const Arguments& a, const Item<16>& item,
                                            const Shared<Types, 16>& s) {
    constexpr int kRuns = Types::kDim / 4;
    auto* out = static_cast<typename Types::Element*>(a.out);
    const float scale_v = value_scale(a, item.head);
#pragma unroll 1
    for (int at = threadIdx.x; at < 16 * kRuns; at += kThreads) {
        const int row = at / kRuns, i = at % kRuns * 4, token = s.tokens()[row];
        if (token < 0 || i >= a.head_dim) continue;
        float max = 0.f, sum = 0.f;
        float4 x = make_float4(0.f, 0.f, 0.f, 0.f);
#pragma unroll 1
        for (int split = item.first_split(); split <= item.last_split(); split++) {
            const Slot<Types> slot(a, item.slot + split, item.head);
            const float2 state = slot.states()[row];
            const float4 y = load4_vector(slot.out + row * Types::kDim + i);
            if (split == item.first_split()) {
                max = state.x, sum = state.y, x = y;
                continue;
            }
            const Merge merge(max, state.x);
            sum = merge(sum, state.y);
            x = make_float4(merge(x.x, y.x), merge(x.y, y.y), merge(x.z, y.z), merge(x.w, y.w));
        }
        const float inverse = scale_v / with_sink(a, s, row, max, sum);
        store4_vector(out + size_t(token) * a.out_stride + s.columns()[row] + i,
                      make_float4(quotient(x.x, inverse), quotient(x.y, inverse), quotient(x.z, inverse),
                                  quotient(x.w, inverse)));
    }
}

// True in the block that finishes the last of the item's splits; it sees what the others wrote.
template <class Types>
__device__ __forceinline__ bool is_last(const Arguments& a, const Item<16>& item,
                                        const Shared<Types, 16>& s) {
    __syncthreads();
    if (threadIdx.x == 0) {
        uint32_t* ticket = a.tickets + size_t(item.slot) * a.kv_heads + item.head;
        const uint32_t splits = uint32_t(item.last_split() - item.first_split() + 1);
        const bool last = atomic_add_acq_rel(ticket, 1) == splits - 1;
        if (last) *ticket = 0;
        *s.word() = last;
    }
    __syncthreads();
    return *s.word() != 0;
}

template <class Types, class Tile>
__device__ __forceinline__ void run_item(const Arguments& a, const Item<Tile::kRows>& item,
                                         const Shared<Types, Tile::kRows>& s) {
    // A split that the window has left behind has no work.
    if (item.split >= 0 && (item.split < item.first_split() || item.split > item.last_split())) return;
    const Scale scale(a, item.head);
    const RowPair rows(a, item, Tile::first_row());
    write_row_tables(a, item, s);
    __syncthreads();
    load_q(a, s);
    typename Tile::WarpState state;
    Running<Tile::kOutTiles> running(a.scratch);
    const int first = item.split < 0 ? item.first_split() : item.split;
    const int last = item.split < 0 ? item.last_split() : item.split;
#pragma unroll 1
    for (int split = first; split <= last; split++) {
        run_split<Types, Tile>(a, item, split, s, scale, rows, state);
        if (split > first) running.merge_into(state);
        if (split < last) running.keep(state);
    }
    // A split that is alone needs no slot.
    const bool all = item.split < 0 || item.first_split() == item.last_split();
    if (all) store<Types, Tile>(a, item, s, state);
    if constexpr (Tile::kRows == 16) {
        if (!all) {
            write_slot<Types, Tile>(Slot<Types>(a, item.slot + item.split, item.head), state);
            if (is_last(a, item, s)) merge_slots(a, item, s);
        }
    }
    __syncthreads();
}

template <class Types, int RowWarps>
__device__ __forceinline__ void run(const Arguments& a) {
    using OfTile = Tile<Types, RowWarps>;
    DYN_SMEM(unsigned char, dynamic);
    const Shared<Types, OfTile::kRows> shared{dynamic};
    const int items = a.plan[0] * a.kv_heads;
    const int4* work = reinterpret_cast<const int4*>(a.plan + 4);
#pragma unroll 1
    for (int at = blockIdx.x; at < items; at += gridDim.x)
        run_item<Types, OfTile>(a, Item<OfTile::kRows>(a, work[at / a.kv_heads], at % a.kv_heads), shared);
}

}  // namespace attention

#define ATTENTION_ENTRY(name, Element, fp8, dim, row_warps, blocks)                                   \
    extern "C" __global__ void __launch_bounds__(128, blocks)                                         \
        name(void* __restrict__ out,                   /* A [T, H * D] */                             \
             const void* __restrict__ q,               /* A [T, H * D] */                             \
             const unsigned char* __restrict__ keys,   /* A or e4m3 [blocks, Hkv, B, D] */            \
             const unsigned char* __restrict__ values, /* the same */                                 \
             const int* __restrict__ block_tables,     /* INT32 [S, table_stride] */                  \
             const int* __restrict__ cu_seq_lens,      /* INT32 [S + 1] */                            \
             const int* __restrict__ context_lens,     /* INT32 [S] */                                \
             const float* __restrict__ key_scales,     /* F32 [Hkv], or null for 1 */                 \
             const float* __restrict__ value_scales,   /* F32 [Hkv], or null for 1 */                 \
             const int* __restrict__ plan,             /* of attention_plan, for this tile */         \
             float* scratch,                           /* F32 [blocks of the grid, 64 * Dim] */       \
             float* slots,                             /* F32 [slots, Hkv, 16 * (Dim + 2)]; decode */ \
             uint32_t* tickets,                        /* [slots, Hkv], zeros; decode */              \
             const float* __restrict__ sinks,          /* F32 [H], or null for none */                \
             int q_stride, int out_stride, int group, int kv_heads, int head_dim, int block_size,     \
             int table_stride, int window, float scale, float soft_cap) {                             \
        attention::run<attention::Types<Element, fp8, dim>, row_warps>(                               \
            {out,          q,           keys,         values,                                         \
             block_tables, cu_seq_lens, context_lens, key_scales,                                     \
             value_scales, plan,        scratch,      slots,                                          \
             tickets,      sinks,       q_stride,     out_stride,                                     \
             group,        kv_heads,    head_dim,     block_size,                                     \
             table_stride, window,      scale,        soft_cap});                                     \
    }
#define ATTENTION_ENTRIES(type, Element, fp8)                                 \
    ATTENTION_ENTRY(attention_decode_##type##_d32, Element, fp8, 32, 1, 4)    \
    ATTENTION_ENTRY(attention_decode_##type##_d64, Element, fp8, 64, 1, 4)    \
    ATTENTION_ENTRY(attention_decode_##type##_d96, Element, fp8, 96, 1, 4)    \
    ATTENTION_ENTRY(attention_decode_##type##_d128, Element, fp8, 128, 1, 3)  \
    ATTENTION_ENTRY(attention_decode_##type##_d256, Element, fp8, 256, 1, 2)  \
    ATTENTION_ENTRY(attention_prefill_##type##_d32, Element, fp8, 32, 4, 2)   \
    ATTENTION_ENTRY(attention_prefill_##type##_d64, Element, fp8, 64, 4, 2)   \
    ATTENTION_ENTRY(attention_prefill_##type##_d96, Element, fp8, 96, 4, 2)   \
    ATTENTION_ENTRY(attention_prefill_##type##_d128, Element, fp8, 128, 4, 2) \
    ATTENTION_ENTRY(attention_prefill_##type##_d256, Element, fp8, 256, 2, 2)
ATTENTION_ENTRIES(bf16, __nv_bfloat16, false)
ATTENTION_ENTRIES(bf16_e4m3, __nv_bfloat16, true)
ATTENTION_ENTRIES(f16, __half, false)
ATTENTION_ENTRIES(f16_e4m3, __half, true)
#undef ATTENTION_ENTRY
#undef ATTENTION_ENTRIES
