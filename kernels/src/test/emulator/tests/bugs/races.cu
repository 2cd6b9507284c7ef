// Missing barriers inside a block.
#include "bug.cuh"

// reports: memory
PLANTED(no_syncthreads) {
    __shared__ float s[256];
    int i = threadIdx.x;
    s[i] = in[i];
    out[i] = s[n - 1 - i];  //!
}

// Reads what lower threads wrote, so threads that run in order never see the bug.
// reports: race in static shared memory
PLANTED(no_syncthreads_lower) {
    __shared__ float s[256];
    int i = threadIdx.x;
    s[255 - i] = in[255 - i];  //?
    s[i] = in[i];              //?
    out[i] = s[n - 1 - i];
    __syncthreads();
}

// The barrier after reading is missing: the next round overwrites.
// reports: race in static shared memory
PLANTED(no_syncthreads_after_read) {
    __shared__ float s[64];
    int i = threadIdx.x;
    for (int round = 0; round < 4; round++) {
        if (i / 64 == round) s[i % 64] = in[i];  //!
        __syncthreads();
        if ((n - 1 - i) / 64 == round) out[i] = s[(n - 1 - i) % 64];  //?
    }
}

// reports: race in static shared memory
PLANTED(no_syncthreads_one_way) {
    __shared__ float s[256];
    int i = threadIdx.x;
    if (i < 128) s[i + 128] = in[n - 1 - (i + 128)];  //!
    if (i < 128) {
        out[i] = in[n - 1 - i];
    } else {
        out[i] = s[i];  //!
    }
}

// Neighbours in a warp read each other's values; the barrier comes after.
// reports: static shared memory
PLANTED(no_syncwarp) {
    __shared__ float s[256];
    int i = threadIdx.x, warp = i / 32 * 32;
    s[i] = in[n - 1 - i];
    s[warp + (i ^ 1) % 32] += 0.f;  //!
    __syncwarp();
    out[i] = s[i];
}

// reports: race in static shared memory
PLANTED(no_syncwarp_one_way) {
    __shared__ float s[256];
    int i = threadIdx.x;
    if (i % 2 == 0) s[i + 1] = in[n - 2 - i];  //!
    if (i % 2 == 0) {
        out[i] = in[n - 1 - i];
    } else {
        out[i] = s[i];  //!
    }
}

// Everybody adds one to the same word without an atomic.
// reports: race in global memory
PLANTED(lost_update) {
    int i = threadIdx.x;
    if (i == 0) out[0] = in[n - 1] - 256.f;
    __syncthreads();
    float v = out[0];  //?
    __syncwarp();
    out[0] = v + 1.f;  //!
    if (i) out[i] = in[n - 1 - i];
}

// A plain flag: the compiler may keep it in a register, and nothing orders what it guards.
// reports: race in global memory
PLANTED(spin_on_plain_flag) {
    int i = threadIdx.x;
    volatile float* flag = out;
    if (i) {
        while (flag[0] != in[n - 1]) {  //!
        }
    }
    out[i] = in[n - 1 - i];  //!
}

// Thread 0 waits for thread 255, and reads before anybody wrote.
// reports: read of uninitialised global memory
PLANTED(spin_before_write) {
    int i = threadIdx.x;
    volatile float* flag = out;
    if (i == 0) {
        while (flag[255] != in[0]) {  //!
        }
    }
    out[i] = in[n - 1 - i];
}

// The barrier has other threads than those that share the data.
// reports: race in static shared memory
PLANTED(named_barrier_too_small) {
    __shared__ float s[256];
    int i = threadIdx.x;
    s[i] = in[i];  //!
    if (i < 128) {
        bar_sync(1, 128);
    } else {
        bar_sync(2, 128);
    }
    out[i] = s[n - 1 - i];  //!
}
