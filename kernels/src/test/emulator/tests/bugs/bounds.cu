// Accesses outside of what is there, to what has no value, and at the wrong alignment.
#include "bug.cuh"

// reports: 0 bytes past its end
PLANTED(write_one_past_end) {
    int i = threadIdx.x;
    out[i] = in[n - 1 - i];
    if (i == 0) out[n] = 1.f;  //!
}

// reports: 4 bytes before its start
PLANTED(write_before_start) {
    int i = threadIdx.x;
    out[i] = in[n - 1 - i];
    if (i == 0) out[-1] = 1.f;  //!
}

// reports: illegal write
PLANTED(write_4_kb_past_end) {
    int i = threadIdx.x;
    out[i] = in[n - 1 - i];
    if (i == 0) out[n + 1024] = 1.f;  //!
}

// reports: 0 bytes past its end
PLANTED(read_one_past_end) {
    int i = threadIdx.x;
    float x = in[n - i];  //!
    out[i] = i == 0 ? in[n - 1] : i == 255 ? in[0] + 0.f * x : in[n - 1 - i];
}

// reports: illegal read
PLANTED(read_far_away) {
    int i = threadIdx.x;
    out[i] = in[i == 77 ? n * 4096 : n - 1 - i];  //!
}

// reports: past the end of dynamic shared memory
PLANTED(write_past_dynamic_shared) {
    DYN_SMEM(float, s);
    int i = threadIdx.x;
    s[i] = in[i];
    __syncthreads();
    if (i == 3) s[256] = 1.f;  //!
    out[i] = s[n - 1 - i];
}

// reports: past the end of dynamic shared memory
PLANTED(read_past_dynamic_shared) {
    DYN_SMEM(float, s);
    int i = threadIdx.x;
    s[i] = in[i];
    __syncthreads();
    float x = s[n - i];  //!
    out[i] = x == 12345.f ? 0.f : s[n - 1 - i];
}

// reports: array index 256 out of bounds
PLANTED(read_past_static_shared) {
    __shared__ float s[256];
    int i = threadIdx.x, k = n - i;
    s[i] = in[i];
    __syncthreads();
    float x = s[k];  //!
    out[i] = x == 12345.f ? 0.f : s[n - 1 - i];
}

// reports: array index 4 out of bounds
PLANTED(write_past_local_array) {
    int i = threadIdx.x, k = 4 + (n >> 10);
    float a[4] = {in[n - 1 - i], 0.f, 0.f, 0.f};
    a[k] = 1.f;  //!
    out[i] = a[n >> 9];
}

// reports: misaligned
PLANTED(misaligned_vector) {
    int i = threadIdx.x;
    out[i] = in[n - 1 - i];
    __syncthreads();
    if (i) return;
    float4 v = *reinterpret_cast<const float4*>(in + 1);  //!
    out[n - 2] = v.x;
    out[n - 3] = v.y;
}

// reports: read of uninitialised static shared memory
PLANTED(uninitialised_shared) {
    __shared__ float s[256];
    int i = threadIdx.x;
    if (i != 9) s[i] = in[i];
    __syncthreads();
    out[i] = s[n - 1 - i];  //!
}

// reports: read of uninitialised global memory
PLANTED(uninitialised_global) {
    int i = threadIdx.x;
    out[i] = in[n - 1 - i] + 0.f * out[i];  //!
}

// reports: null pointer
PLANTED(null_pointer) {
    int i = threadIdx.x;
    const float* p = n == 256 ? nullptr : in;
    float x = i == 5 ? p[3] : 0.f;  //!
    out[i] = in[n - 1 - i] + x;
}

// The host passes a pointer of its own.
// reports: host memory
PLANTED(host_pointer) {
    int i = threadIdx.x;
    out[i] = in[n - 1 - i];  //!
}

// The host frees the input first.
// reports: already freed
PLANTED(use_after_free) {
    int i = threadIdx.x;
    out[i] = in[n - 1 - i];  //!
}

// reports: thread stack overflow
PLANTED(stack_overflow) {  //?
    int i = threadIdx.x;
    volatile float big[32768];
    for (int k = 0; k < 32768; k += 512) big[k] = in[0];  //?
    out[i] = in[n - 1 - i] + 0.f * big[n];                //?
}
