// Draws one token for each row of logits, in vLLM's order: the model's own log-probabilities, allowed
// tokens and bias, penalties, temperature, min-p, top-k, top-p, draw.
//
//   p[i] = exp((x[i] - max) / temperature);   token = first id at which the running sum of kept p, in order
//   of ids, passes u * total,   u = (philox(seed, position) + 0.5) / 2^32
//
// min-p, top-k, top-p each keep a prefix in order of falling logit, equal ones by rising id
// (sampling_select.cuh). temperature 0: the first token in that order. A row with NaN or +inf, or with no
// finite logit left, gets -1.
//
// Shapes: logits F32 [rows, n], overwritten; the rest as in kernels.SamplingBatch; raw_history, raw_bias:
//   scratch as long as history and bias.
// Sums: p in units of 2^-43 as integers: exact, whatever the order. ln sum exp as in logprobs.cu.
// Launch: a block a row, threads a function of n (cuda.Logprobs); dynamic memory max(16 KB, 4 min(n,
//   16384)). A greedy row without logprobs and penalties is read once.
// Source: Holtzman et al., arXiv 1904.09751 (top-p); Salmon et al., "Parallel random numbers: as easy as
//   1, 2, 3" (Philox). Java: cuda.Sampling, cpu.Sampling.
// Measured: not measured on a GPU yet.
#include "sampling_adjust.cuh"

namespace sampling {

// ---- random numbers ----

// First word of Philox4x32-10 of counter (position, 0, 0, 0).
__device__ __forceinline__ uint32_t philox(u64 seed, uint32_t position) {
    uint32_t c0 = position, c1 = 0, c2 = 0, c3 = 0, k0 = uint32_t(seed), k1 = uint32_t(seed >> 32);
#pragma unroll
    for (int round = 0; round < 10; round++) {
        const u64 p0 = u64(0xD2511F53u) * c0, p1 = u64(0xCD9E8D57u) * c2;
        c0 = uint32_t(p1 >> 32) ^ c1 ^ k0;
        c2 = uint32_t(p0 >> 32) ^ c3 ^ k1;
        c1 = uint32_t(p1);
        c3 = uint32_t(p0);
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return c0;
}

// total * (word + 0.5) / 2^32, rounded down, without a product of more than 64 bits.
__device__ __forceinline__ u64 share(u64 total, uint32_t word) {
    return (total >> 32) * word + ((total & 0xffffffffu) * word >> 32) + (total >> 33);
}

// ---- the draw ----

// Probability of a token relative to the largest, in units of 2^-43; 0 below `lowest` and beyond `cut`.
struct Mass {
    float max, factor, lowest;
    u64 cut;

    __device__ __forceinline__ bool eligible(float x) const { return x >= lowest && x != -INFINITY; }
    __device__ __forceinline__ u64 operator()(float x, u64 place) const {
        return eligible(x) && place <= cut ? u64(expf((x - max) * factor) * kOne) : 0;
    }
};

// The warp's tokens [first, end): sum of masses.
__device__ __forceinline__ u64 sum_segment(const float* row, int first, int end, const Mass& mass) {
    u64 sum = 0;
    for (int id = first + threadIdx.x % 32; id < end; id += 32) sum += mass(row[id], place(row[id], id));
    return warp_reduce(sum, Sum());
}

// The token of [first, end) at which the sum of masses passes `target`; lane by lane in order of ids.
__device__ __forceinline__ void pick_in_segment(const float* row, int first, int end, const Mass& mass,
                                                u64 target, u64* picked) {
    const int lane = threadIdx.x % 32;
    for (int at = first; at < end; at += 32) {
        const int id = at + lane;
        const u64 mine = id < end ? mass(row[id], place(row[id], id)) : 0;
        u64 sum = mine;
#pragma unroll
        for (int distance = 1; distance < 32; distance *= 2) {
            const u64 below = __shfl_up_sync(kFullWarp, sum, distance);
            if (lane >= distance) sum += below;
        }
        const u64 total = __shfl_sync(kFullWarp, sum, 31);
        if (target < total) {
            if (sum - mine <= target && target < sum) *picked = u64(id);
            return;
        }
        target -= total;
    }
}

// The token at which the running sum of masses passes its share, or -1 if nothing is left. Each warp owns a
// run of ids.
__device__ __forceinline__ int pick(const float* row, int n, const Mass& mass, uint32_t word,
                                    const Workspace& s) {
    const int warp = threadIdx.x / 32, warps = blockDim.x / 32;
    const int each = (n + 32 * warps - 1) / (32 * warps) * 32;
    const int first = min(n, warp * each), end = min(n, first + each);
    const u64 sum = sum_segment(row, first, end, mass);
    if (threadIdx.x % 32 == 0) s.partial[warp] = sum;
    if (threadIdx.x == 0) s.found[0] = kAll;
    __syncthreads();
    u64 total = 0, before = 0;
    for (int w = 0; w < warps; w++) {
        if (w == warp) before = total;
        total += s.partial[w];
    }
    const u64 target = share(total, word);
    if (before <= target && target < before + sum)
        pick_in_segment(row, first, end, mass, target - before, s.found);
    __syncthreads();
    return int(s.found[0]);
}

// The smallest float that is not below x.
__device__ __forceinline__ float least_at(double x) {
    const float nearest = float(x);
    return double(nearest) < x ? nextafterf(nearest, INFINITY) : nearest;
}

struct Filter {
    float temperature, top_p, min_p;
    int top_k;
};

__device__ __forceinline__ int draw(const float* row, int n, float largest, const Filter& filter,
                                    uint32_t word, const Workspace& s) {
    // Finite, so that the largest logit, at distance 0, keeps weight 1.
    const float factor = fminf(1.f / filter.temperature, 3.402823466e38f);
    Mass mass{largest, factor, -INFINITY, kAll};
    if (filter.min_p > 0.f)
        mass.lowest = least_at(largest + double(filter.temperature) * log(double(filter.min_p)));
    const Distance distance{largest, factor};
    if (filter.top_k > 0 && filter.top_k < n)
        mass.cut = find_cut(
            row, n, distance, [&](float x, u64) { return u64(mass.eligible(x)); },
            [&](u64) { return u64(filter.top_k); }, s);
    if (filter.top_p < 1.f)
        mass.cut = smaller(mass.cut, find_cut(
                                         row, n, distance, [&](float x, u64 place) { return mass(x, place); },
                                         [&](u64 total) {
                                             const u64 target =
                                                 u64(ceil(double(filter.top_p) * double(total)));
                                             return target < 1 ? u64(1) : target < total ? target : total;
                                         },
                                         s));
    return pick(row, n, mass, word, s);
}

// ---- log-probabilities ----

// Writes the `count` most likely ids, best first, ties by id.
__device__ __forceinline__ void write_top(const float* row, int n, float max, double normalizer, int count,
                                          int* ids, float* values, const Workspace& s) {
    if (count <= 0) return;
    const u64 cut = find_cut(
        row, n, Distance{max, 1.f}, [](float, u64) { return u64(1); }, [&](u64) { return u64(count); }, s);
    if (threadIdx.x == 0) *s.count = 0;
    __syncthreads();
    for_each_token(row, n, [&](float x, int id) {
        if (place(x, id) <= cut) s.candidates[atomicAdd(s.count, 1)].place = place(x, id);
    });
    __syncthreads();
    for (int i = threadIdx.x; i < count; i += blockDim.x) {
        const u64 me = s.candidates[i].place;
        int rank = 0;
        for (int j = 0; j < count; j++) rank += s.candidates[j].place < me;
        ids[rank] = id_of(me);
        values[rank] = float(logit_of(me) - normalizer);
    }
    __syncthreads();
}

struct Row {
    float* logits;
    int n;
    Adjustments adjustments;
    Filter filter;
    uint32_t word;
    int num_logprobs;
    float* raw_history;
    float* raw_bias;
    int* top_ids;
    float* top_logprobs;
};

// The drawn token's logit before adjustments.
__device__ __forceinline__ float raw_logit(const Row& row, int token, const Workspace& s) {
    const Adjustments& a = row.adjustments;
    const int in_history = a.penalizes() ? find(a.history, a.num_history, token, s) : -1;
    if (in_history >= 0) return row.raw_history[in_history];
    const int in_bias = find(a.bias_ids, a.num_bias, token, s);
    return in_bias >= 0 ? row.raw_bias[in_bias] : row.logits[token];
}

// Token and its log-probability, NaN where none is wanted. All threads get them.
__device__ __forceinline__ int sample(const Row& row, float& logprob, const Workspace& s) {
    const Adjustments& a = row.adjustments;
    const bool wanted = row.num_logprobs >= 0;
    logprob = NAN;
    u64 first = first_place(row.logits, row.n, s);
    if (!is_finite(first)) return -1;
    double normalizer = 0;
    if (wanted) {
        const float max = logit_of(first);
        normalizer = logits::log_sum_exp(row.logits, row.n, max, reinterpret_cast<double*>(s.partial));
        __syncthreads();
        write_top(row.logits, row.n, max, normalizer, row.num_logprobs, row.top_ids, row.top_logprobs, s);
    }
    if (a.any()) {
        if (wanted) {
            keep_raw(a.history, a.penalizes() ? a.num_history : 0, row.logits, row.n, row.raw_history);
            keep_raw(a.bias_ids, a.num_bias, row.logits, row.n, row.raw_bias);
            __syncthreads();
        }
        forbid(a, row.logits, row.n);
        add_bias(a, row.logits, row.n);
        penalize(a, row.logits, row.n, reinterpret_cast<uint32_t*>(s.bins));
        first = first_place(row.logits, row.n, s);
        if (!is_finite(first)) return -1;
    }
    const int token = row.filter.temperature <= 0.f
                          ? id_of(first)
                          : draw(row.logits, row.n, logit_of(first), row.filter, row.word, s);
    if (wanted && token >= 0) logprob = float(raw_logit(row, token, s) - normalizer);
    return token;
}

}  // namespace sampling

extern "C" __global__ void __launch_bounds__(1024)
    sample(float* __restrict__ logits,                   // F32 [rows, n], overwritten
           const float* __restrict__ temperature,        // F32 [rows]; 0 is greedy
           const int* __restrict__ top_k,                // INT32 [rows]; 0 is off
           const float* __restrict__ top_p,              // F32 [rows]
           const float* __restrict__ min_p,              // F32 [rows]
           const float* __restrict__ repetition,         // F32 [rows]
           const float* __restrict__ presence,           // F32 [rows]
           const float* __restrict__ frequency,          // F32 [rows]
           const unsigned long long* __restrict__ seed,  // INT64 [rows]
           const int* __restrict__ position,             // INT32 [rows]
           const int* __restrict__ num_logprobs,         // INT32 [rows]; -1 is none
           const int* __restrict__ history,              // INT32, ragged
           const int* __restrict__ cu_history,           // INT32 [rows + 1]
           const int* __restrict__ prompt_lens,          // INT32 [rows]
           const int* __restrict__ bias_ids,             // INT32, ragged
           const float* __restrict__ bias_values,        // F32, ragged
           const int* __restrict__ cu_bias,              // INT32 [rows + 1]
           const int* __restrict__ allowed,              // INT32 [rows, allowed_stride], bits
           const int* __restrict__ masked,               // INT32 [rows]; whether `allowed` is read
           float* __restrict__ raw_history,              // F32, scratch
           float* __restrict__ raw_bias,                 // F32, scratch
           int* __restrict__ token_ids,                  // INT32 [rows]
           float* __restrict__ logprobs,                 // F32 [rows]
           int* __restrict__ top_ids,                    // INT32 [rows, most]
           float* __restrict__ top_logprobs,             // F32 [rows, most]
           int n, int stride, int allowed_stride, int most) {
    using namespace sampling;
    DYN_SMEM(u64, bins);
    __shared__ u64 partial[32], found[2];
    __shared__ int count;
    const Workspace workspace{bins, reinterpret_cast<Candidate*>(bins), partial, found, &count};
    const int r = blockIdx.x, from = cu_history[r], bias = cu_bias[r];
    const Row row{logits + size_t(r) * stride,
                  n,
                  {masked[r] != 0 ? allowed + size_t(r) * allowed_stride : nullptr, bias_ids + bias,
                   bias_values + bias, cu_bias[r + 1] - bias, history + from, cu_history[r + 1] - from,
                   prompt_lens[r], repetition[r], presence[r], frequency[r]},
                  {temperature[r], top_p[r], min_p[r], top_k[r]},
                  philox(seed[r], uint32_t(position[r])),
                  min(num_logprobs[r], min(most, n)),
                  raw_history + from,
                  raw_bias + bias,
                  top_ids + size_t(r) * most,
                  top_logprobs + size_t(r) * most};
    float logprob;
    const int token = sampling::sample(row, logprob, workspace);
    if (threadIdx.x == 0) {
        token_ids[r] = token;
        logprobs[r] = logprob;
    }
}
