// Idioms without a bug, of which nothing may be reported.
#include "bug.cuh"

PLANTED(correct_reverse) {
    __shared__ float s[256];
    int i = threadIdx.x;
    s[i] = in[i];
    __syncthreads();
    out[i] = s[n - 1 - i];
}

// The last of two blocks to finish goes over the results of both.
// launch: blocks 2, words 1
PLANTED(correct_last_of_two_blocks) {
    __shared__ bool last;
    int i = blockIdx.x * 128 + threadIdx.x;
    out[i] = in[n - 1 - i];
    __threadfence();
    __syncthreads();
    if (threadIdx.x == 0) last = atomicAdd(reinterpret_cast<unsigned*>(out + n), 1u) == gridDim.x - 1;
    __syncthreads();
    if (!last) return;
    for (int k = threadIdx.x; k < n; k += 128) out[k] = out[k] + 0.f;
}

// The same with an ordered ticket: no fence is needed.
// launch: blocks 2, words 1
PLANTED(correct_ticket_of_two_blocks) {
    __shared__ bool last;
    int i = blockIdx.x * 128 + threadIdx.x;
    out[i] = in[n - 1 - i];
    __syncthreads();
    if (threadIdx.x == 0) {
        last = atomic_add_acq_rel(reinterpret_cast<unsigned*>(out + n), 1u) == gridDim.x - 1;
    }
    __syncthreads();
    if (!last) return;
    for (int k = threadIdx.x; k < n; k += 128) out[k] = out[k] + 0.f;
}

// One thread raises a flag, the others wait for it.
// launch: words 1
PLANTED(correct_flag) {
    auto* flag = reinterpret_cast<uint32_t*>(out + n);
    int i = threadIdx.x;
    if (i == 0) {
        for (int k = 0; k < n; k++) out[k] = in[n - 1 - k];
        st_release(flag, 1);
    }
    while (ld_acquire(flag) == 0) {
    }
    out[n - 1 - i] += 0.f;
}

// Two halves of a block in step through named barriers: one arrives, the other waits.
PLANTED(correct_named_barriers) {
    __shared__ float s[256];
    int i = threadIdx.x;
    if (i < 128) {
        s[i] = in[i];
        s[i + 128] = in[i + 128];
        bar_arrive(1, 256);
    } else {
        bar_sync(1, 256);
        out[i] = s[n - 1 - i];
        out[i - 128] = s[n - 1 - i + 128];
    }
}

// A ring of two stages: a stage is filled again only after everybody has read it.
PLANTED(correct_two_stages) {
    DYN_SMEM(float, s);
    int i = threadIdx.x;
    auto fill = [&](int step) {
        if (i < 16 && step < 4) cp_async_16(smem_u32(s + step % 2 * 64 + i * 4), in + step * 64 + i * 4);
        cp_async_commit();
    };
    fill(0);
    for (int step = 0; step < 4; step++) {
        fill(step + 1);
        cp_async_wait<1>();
        __syncthreads();
        if (i < 64) out[n - 1 - (step * 64 + i)] = s[step % 2 * 64 + i];
        __syncthreads();
    }
    cp_async_wait<0>();
}
