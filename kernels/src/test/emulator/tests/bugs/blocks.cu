// Blocks that depend on each other without an order between them.
#include "bug.cuh"

// launch: blocks 2, words 1
// reports: race in global memory
PLANTED(two_blocks_write_the_same) {
    int i = blockIdx.x * 128 + threadIdx.x;
    if (blockIdx.x == 1) out[n - 1 - i] = 0.f;  //!
    out[i] = in[n - 1 - i];                     //!
}

// launch: blocks 2, words 1
// reports: race in global memory
PLANTED(two_blocks_one_reads_the_other) {
    int i = blockIdx.x * 128 + threadIdx.x;
    out[i] = in[n - 1 - i];                             //!
    if (blockIdx.x == 1) out[i] += 0.f * out[i - 128];  //!
}

// correct_last_of_two_blocks without its fence: the ticket may be seen before the results.
// launch: blocks 2, words 1
// reports: race in global memory
PLANTED(two_blocks_without_threadfence) {
    __shared__ bool last;
    int i = blockIdx.x * 128 + threadIdx.x;
    out[i] = in[n - 1 - i];  //!
    __syncthreads();
    if (threadIdx.x == 0) last = atomicAdd(reinterpret_cast<unsigned*>(out + n), 1u) == gridDim.x - 1;
    __syncthreads();
    if (!last) return;
    for (int k = threadIdx.x; k < n; k += 128) out[k] = out[k] + 0.f;  //!
}

// The ticket is taken before all threads of the block have written.
// launch: blocks 2, words 1
// reports: race in global memory
PLANTED(two_blocks_ticket_too_early) {
    __shared__ bool last;
    int i = blockIdx.x * 128 + threadIdx.x;
    if (threadIdx.x == 0)
        last = atomic_add_acq_rel(reinterpret_cast<unsigned*>(out + n), 1u) == gridDim.x - 1;
    out[i] = in[n - 1 - i];  //!
    __syncthreads();
    if (!last) return;
    for (int k = threadIdx.x; k < n; k += 128) out[k] = out[k] + 0.f;  //!
}
