// The work lists of attention, from the lengths of the batch, on the device; once a step, for all layers.
//
//   decode_plan, prefill_plan: {count, 0, 0, 0}, then items {sequence, tile, split, slot}
//
// A sequence with one token, or with 16 rows of (token, head) at most, is decoded in tiles of 16 rows: an
// item for each split of 1024 positions, if there are as many slots left; its states go to slots [slot,
// slot + splits). A sequence that fits one split, or for which no slots are left, has one item a tile
// (split -1). All others are prefilled in tiles of prefill_rows, the last, longest ones first. Which list a
// sequence is on changes no bit of its result. Sequences without rows or context are skipped: padding.
//
// Shapes: cu_seq_lens INT32 [S + 1], context_lens INT32 [S]; decode_plan 4 + 4 (S * tiles + slots),
//   prefill_plan 4 + 4 (S + rows / prefill_rows) ints.
// Launch: one block of 256 threads.
// Source: FlashInfer's plan, with fixed splits. Java: cuda.PagedAttention.
// Measured: not measured on a GPU yet.
#include "attention_tile.cuh"
#include "reduce.cuh"

namespace attention {
namespace plan {

constexpr int kThreads = 256;

// Place of this thread's `x` items behind those of the threads before it, and the total. `partial`: 32
// numbers.
__device__ __forceinline__ int place(int x, int* partial, int& total) {
    const int before = block_prefix(x, partial, total);
    __syncthreads();
    return before;
}

}  // namespace plan
}  // namespace attention

extern "C" __global__ void __launch_bounds__(256)
    attention_plan(int* __restrict__ decode_plan, int* __restrict__ prefill_plan,
                   const int* __restrict__ cu_seq_lens,   // INT32 [S + 1]
                   const int* __restrict__ context_lens,  // INT32 [S]
                   int num_seqs, int group, int prefill_rows, int slot_capacity) {
    using namespace attention;
    __shared__ int partial[32];
    int4* decode_items = reinterpret_cast<int4*>(decode_plan + 4);
    int4* prefill_items = reinterpret_cast<int4*>(prefill_plan + 4);
    int decode_count = 0, prefill_count = 0, slots = 0;
    for (int first = 0; first < num_seqs; first += plan::kThreads) {
        const int seq = first + threadIdx.x;
        const int tokens = seq < num_seqs ? cu_seq_lens[seq + 1] - cu_seq_lens[seq] : 0;
        const int context = seq < num_seqs ? context_lens[seq] : 0;
        const int rows = context > 0 ? tokens * group : 0;
        const bool decoded = rows > 0 && (tokens == 1 || rows <= 16);
        const int tile_rows = decoded ? 16 : prefill_rows;
        const int tiles = (rows + tile_rows - 1) / tile_rows;
        const int splits = (context + kSplit - 1) / kSplit;
        int total;
        const int wanted = decoded && splits > 1 ? tiles * splits : 0;
        const int slot = slots + plan::place(wanted, partial, total);
        slots += total;
        const bool split_up = wanted > 0 && slot + wanted <= slot_capacity;
        const int decode_at = decode_count + plan::place(!decoded   ? 0
                                                         : split_up ? wanted
                                                                    : tiles,
                                                         partial, total);
        decode_count += total;
        const int prefill_at = prefill_count + plan::place(decoded ? 0 : tiles, partial, total);
        prefill_count += total;
        for (int tile = 0; tile < tiles; tile++) {
            if (!decoded) prefill_items[prefill_at + tile] = make_int4(seq, tiles - 1 - tile, -1, -1);
            if (decoded && !split_up) decode_items[decode_at + tile] = make_int4(seq, tile, -1, -1);
            for (int split = 0; split_up && split < splits; split++)
                decode_items[decode_at + tile * splits + split] =
                    make_int4(seq, tile, split, slot + tile * splits);
        }
    }
    if (threadIdx.x == 0) {
        decode_plan[0] = decode_count;
        prefill_plan[0] = prefill_count;
    }
}
