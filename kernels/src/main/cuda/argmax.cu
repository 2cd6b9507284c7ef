// The token with the largest logit of each row, of equal ones the lowest id, given the best of each chunk of
// its logits (linear_argmax.cuh):
//
//   token_ids[r] = id of min_c places[c, r];   -1 if that is NaN or infinite
//
// Shapes: places U64 [chunks, stride], stride a multiple of 8; token_ids INT32 [rows].
// Launch: a block of 512 threads for 4 rows, which are one 32-byte sector of a chunk.
// Alignment: places on 32 bytes.
// Source: none. Java: cuda.LinearArgmax, cpu.LinearArgmax.
// Measured: not measured on a GPU yet.
#include "logit.cuh"

namespace argmax {

constexpr int kRows = 4, kThreads = 512;

__device__ __forceinline__ sampling::u64 first_of(const sampling::u64* places, int chunks, int stride) {
    sampling::u64 first = sampling::kAll;
#pragma unroll 4
    for (int chunk = threadIdx.x / kRows; chunk < chunks; chunk += kThreads / kRows)
        first = sampling::smaller(first, places[size_t(chunk) * stride]);
#pragma unroll
    for (int distance = kRows; distance < 32; distance *= 2)
        first = sampling::smaller(first, __shfl_xor_sync(kFullWarp, first, distance));
    return first;
}

}  // namespace argmax

extern "C" __global__ void __launch_bounds__(512)
    argmax_places(int* __restrict__ token_ids,                    // INT32 [rows]
                  const unsigned long long* __restrict__ places,  // U64 [chunks, stride]
                  int rows, int chunks, int stride) {
    using namespace argmax;
    __shared__ sampling::u64 firsts[kThreads / 32][kRows];
    const int lane_row = threadIdx.x % kRows, row = blockIdx.x * kRows + lane_row;
    // Rows beyond the last are read as the last.
    const sampling::u64 first = first_of(places + min(row, rows - 1), chunks, stride);
    if (threadIdx.x % 32 < kRows) firsts[threadIdx.x / 32][lane_row] = first;
    __syncthreads();
    if (threadIdx.x >= kRows || row >= rows) return;
    sampling::u64 best = first;
    for (int warp = 1; warp < kThreads / 32; warp++) best = sampling::smaller(best, firsts[warp][lane_row]);
    token_ids[row] = sampling::is_finite(best) ? sampling::id_of(best) : -1;
}
