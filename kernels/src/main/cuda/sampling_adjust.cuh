// What changes a row's logits before temperature: the mask of allowed tokens, bias, penalties; in this order,
// in place.
#pragma once
#include "sampling_select.cuh"

namespace sampling {

struct Adjustments {
    const int* allowed;  // bit mask of this row, or null
    const int* bias_ids;
    const float* bias_values;
    int num_bias;
    const int* history;
    int num_history, num_prompt;
    float repetition, presence, frequency;

    __device__ __forceinline__ bool penalizes() const {
        return repetition != 1.f || presence != 0.f || frequency != 0.f;
    }
    __device__ __forceinline__ bool any() const { return allowed != nullptr || num_bias > 0 || penalizes(); }
};

__device__ __forceinline__ void forbid(const Adjustments& a, float* row, int n) {
    if (a.allowed == nullptr) return;
    for (int id = threadIdx.x; id < n; id += blockDim.x)
        if ((uint32_t(a.allowed[id / 32]) >> id % 32 & 1) == 0) row[id] = -INFINITY;
    __syncthreads();
}

// The first entry of an id adds all of that id's, in their order.
__device__ __forceinline__ void add_bias(const Adjustments& a, float* row, int n) {
    for (int i = threadIdx.x; i < a.num_bias; i += blockDim.x) {
        const int id = a.bias_ids[i];
        bool first = 0 <= id && id < n;
        for (int j = 0; j < i && first; j++) first = a.bias_ids[j] != id;
        if (!first) continue;
        float x = row[id];
        for (int j = i; j < a.num_bias; j++)
            if (a.bias_ids[j] == id) x += a.bias_values[j];
        row[id] = x;
    }
    __syncthreads();
}

constexpr uint32_t kInPrompt = 1u << 30;
// Tokens that are counted at a time.
constexpr int kWindow = 16384;

__device__ __forceinline__ float penalized(float x, uint32_t count, const Adjustments& a) {
    const uint32_t generated = count & ~kInPrompt;
    x = x > 0.f ? x / a.repetition : __fmul_rn(x, a.repetition);
    x = __fadd_rn(x, -__fmul_rn(a.frequency, float(generated)));
    return generated > 0 ? __fadd_rn(x, -a.presence) : x;
}

// Repetition counts prompt and output; presence and frequency count the output only. `counts`: min(n,
// kWindow) words.
__device__ __forceinline__ void penalize(const Adjustments& a, float* row, int n, uint32_t* counts) {
    if (!a.penalizes()) return;
#pragma unroll 1
    for (int first = 0; first < n; first += kWindow) {
        const int size = min(kWindow, n - first);
        for (int i = threadIdx.x; i < size; i += blockDim.x) counts[i] = 0;
        __syncthreads();
        for (int i = threadIdx.x; i < a.num_history; i += blockDim.x) {
            const int id = a.history[i] - first;
            if (id < 0 || id >= size) continue;
            if (i < a.num_prompt)
                atomicOr(counts + id, kInPrompt);
            else
                atomicAdd(counts + id, 1u);
        }
        __syncthreads();
        for (int i = threadIdx.x; i < size; i += blockDim.x)
            if (counts[i] != 0) row[first + i] = penalized(row[first + i], counts[i], a);
        __syncthreads();
    }
}

// ---- the model's own logit of a token, after the row has been changed ----

// Keeps the logits of the ids that are about to change.
__device__ __forceinline__ void keep_raw(const int* ids, int count, const float* row, int n, float* raw) {
    for (int i = threadIdx.x; i < count; i += blockDim.x) {
        const int id = ids[i];
        raw[i] = 0 <= id && id < n ? row[id] : 0.f;
    }
}

// Index of one place where `id` stands, or -1. All threads get it.
__device__ __forceinline__ int find(const int* ids, int count, int id, const Workspace& s) {
    int at = -1;
    for (int i = threadIdx.x; i < count; i += blockDim.x)
        if (ids[i] == id) at = i;
    const int found = int(block_reduce(u64(at + 1), 0ull, s.partial, Max())) - 1;
    __syncthreads();
    return found;
}

}  // namespace sampling
