// Selection from a row of logits in order of falling logit, equal ones by rising id, without sorting.
//
// The place of a token in that order is one 64-bit number (logit.cuh): a selection is a prefix, all tokens
// whose place is at most a cut. A cut is found by weights: the shortest prefix that weighs at least a
// target. Weights are integers, counts or probabilities in units of 2^-43 of the largest, so that sums are
// exact, whatever their order, and no selection depends on the number of threads or on the rows beside it.
//
// 1. a histogram over the distance to the largest logit, in 2048 bins that cover a factor of e^64,
//    finds the bin
// 2. the tokens of the bin are gathered; 1024 of them or fewer are compared with each other
// 3. more of them (equal logits) are told apart digit by digit of their place
//
// Source: radix selection as in Alabi et al., "Fast k-selection algorithms for graphics processing units",
//   ACM JEA 2012.
#pragma once
#include "logit.cuh"
#include "logits.cuh"

namespace sampling {

constexpr int kBins = 2048;
constexpr int kCandidates = kBins / 2;
constexpr float kBinsPerUnit = 32.f;
constexpr float kOne = 8796093022208.f;  // 2^43: a row of 2^20 tokens stays below 2^63

struct Candidate {
    u64 place, weight;
};

// A block's shared memory; `bins` and `candidates` are one piece, used in turns.
struct Workspace {
    u64* bins;
    Candidate* candidates;
    u64* partial;  // 32 values
    u64* found;    // 2 values
    int* count;
};

// Calls body(x, id) for this thread's tokens of the row.
template <typename Body>
__device__ __forceinline__ void for_each_token(const float* row, int n, Body body) {
    logits::for_each_run(row, n, -INFINITY, [&](float4 x, int i) {
        body(x.x, i);
        if (i + 1 < n) body(x.y, i + 1);
        if (i + 2 < n) body(x.z, i + 2);
        if (i + 3 < n) body(x.w, i + 3);
    });
}

// The first token in order. All threads get it.
__device__ __forceinline__ u64 first_place(const float* row, int n, const Workspace& s) {
    u64 least = kAll;
    for_each_token(row, n, [&](float x, int id) {
        const u64 here = place(x, id);
        least = here < least ? here : least;
    });
    const u64 first = ~block_reduce(~least, 0ull, s.partial, Max());
    __syncthreads();
    return first;
}

// ---- the cut ----

// Finds the first of `bins` bins at which the sum of weights reaches `target`, the last one if none does;
// `before`: the sum of those before it.
__device__ __forceinline__ int find_bin(int bins, u64 target, u64& before, const Workspace& s) {
    const int each = (bins + blockDim.x - 1) / blockDim.x;
    const int first = min(bins, int(threadIdx.x) * each), end = min(bins, first + each);
    u64 sum = 0, total;
    for (int b = first; b < end; b++) sum += s.bins[b];
    u64 at = block_prefix(sum, s.partial, total);
    if (threadIdx.x == 0 && total < target) {
        s.found[0] = bins - 1;
        s.found[1] = total - s.bins[bins - 1];
    }
    if (at < target && target <= at + sum) {
        int b = first;
        while (at + s.bins[b] < target) at += s.bins[b++];
        s.found[0] = b;
        s.found[1] = at;
    }
    __syncthreads();
    before = s.found[1];
    const int bin = int(s.found[0]);
    __syncthreads();
    return bin;
}

__device__ __forceinline__ void clear_bins(const Workspace& s) {
    for (int b = threadIdx.x; b < kBins; b += blockDim.x) s.bins[b] = 0;
    __syncthreads();
}

// Distance to the largest logit, in bins.
struct Distance {
    float max, factor;

    __device__ __forceinline__ int operator()(float x) const {
        return int(fminf((max - x) * factor * kBinsPerUnit, float(kBins - 1)));
    }
};

// Step 3: the cut among the tokens of one bin, which are too many to be gathered.
template <class Weigh>
__device__ __forceinline__ u64 cut_by_digits(const float* row, int n, Distance distance, int bin, Weigh weigh,
                                             u64 target, const Workspace& s) {
    u64 prefix = 0;
    int shift = 64;
#pragma unroll 1
    for (int step = 0; step < 5; step++) {
        // 32 bits of the logit, then 22 of the id; the 10 between them are 0.
        const int bits = step == 2 ? 10 : 11;
        const int above = step == 3 ? 22 : shift;
        if (step == 3) prefix <<= 10;
        shift = above - bits;
        clear_bins(s);
        for_each_token(row, n, [&](float x, int id) {
            const u64 here = place(x, id), weight = weigh(x, here);
            const bool same = above == 64 || here >> above == prefix;
            if (weight != 0 && same && distance(x) == bin)
                atomicAdd(s.bins + (here >> shift & ((1u << bits) - 1)), weight);
        });
        __syncthreads();
        u64 before;
        const int digit = find_bin(1 << bits, target, before, s);
        target -= before;
        prefix = prefix << bits | uint32_t(digit);
    }
    return prefix;
}

// The end of the shortest prefix whose weight reaches aim(total weight); kAll if none does. weigh(x, place)
// is 0 for tokens that do not count.
template <class Weigh, class Aim>
__device__ __forceinline__ u64 find_cut(const float* row, int n, Distance distance, Weigh weigh, Aim aim,
                                        const Workspace& s) {
    clear_bins(s);
    u64 mine = 0;
    for_each_token(row, n, [&](float x, int id) {
        const u64 weight = weigh(x, place(x, id));
        const int bin = distance(x);
        mine += weight;
        // Most of a vocabulary lies in the last bin, where what is missing from the total is.
        if (weight != 0 && bin < kBins - 1) atomicAdd(s.bins + bin, weight);
    });
    const u64 total = block_reduce(mine, 0ull, s.partial, Sum());
    __syncthreads();
    u64 target = aim(total), before;
    if (target > total) return kAll;
    const int bin = find_bin(kBins, target, before, s);
    target -= before;
    if (threadIdx.x == 0) *s.count = 0;
    __syncthreads();
    for_each_token(row, n, [&](float x, int id) {
        const u64 here = place(x, id), weight = weigh(x, here);
        if (weight == 0 || distance(x) != bin) return;
        const int at = atomicAdd(s.count, 1);
        if (at < kCandidates) s.candidates[at] = {here, weight};
    });
    __syncthreads();
    const int count = *s.count;
    if (count > kCandidates) return cut_by_digits(row, n, distance, bin, weigh, target, s);
    for (int i = threadIdx.x; i < count; i += blockDim.x) {
        const Candidate me = s.candidates[i];
        u64 others = 0;
        for (int j = 0; j < count; j++)
            if (s.candidates[j].place < me.place) others += s.candidates[j].weight;
        if (others < target && target <= others + me.weight) s.found[0] = me.place;
    }
    __syncthreads();
    const u64 cut = s.found[0];
    __syncthreads();
    return cut;
}

}  // namespace sampling
