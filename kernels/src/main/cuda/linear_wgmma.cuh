// Parts of linear_wgmma.cu: element types, tile shapes, the ring of stages, and the warpgroup that fills it.
#pragma once
#include "linear_argmax.cuh"

namespace wgmma_linear {

#if PTX_HAS_SM90A

struct Params {
    void* out;
    const unsigned char* in;
    const unsigned char* weight;
    const float* bias;
    const float* token_scales;
    const float* row_scales;
    int rows, n, k, in_stride, out_stride, out_type, gated, activation;
    float soft_cap;
};

struct Bf16 {
    static constexpr bool Promoted = false;
    using Accumulator = float;
    static constexpr int Bytes = 2;
    template <int Count>
    static __device__ __forceinline__ void mma(float (&d)[Count], uint64_t a, uint64_t b, bool accumulate) {
        wgmma_bf16(d, a, b, accumulate);
    }
};

struct F16 {
    static constexpr bool Promoted = false;
    using Accumulator = float;
    static constexpr int Bytes = 2;
    template <int Count>
    static __device__ __forceinline__ void mma(float (&d)[Count], uint64_t a, uint64_t b, bool accumulate) {
        wgmma_f16(d, a, b, accumulate);
    }
};

struct S8 {
    static constexpr bool Promoted = false;
    using Accumulator = int;
    static constexpr int Bytes = 1;
    template <int Count>
    static __device__ __forceinline__ void mma(int (&d)[Count], uint64_t a, uint64_t b, bool accumulate) {
        wgmma_s8(d, a, b, accumulate);
    }
};

struct E4m3 {
    static constexpr bool Promoted = true;
    using Accumulator = float;
    static constexpr int Bytes = 1;
    template <int Count>
    static __device__ __forceinline__ void mma(float (&d)[Count], uint64_t a, uint64_t b, bool accumulate) {
        wgmma_e4m3(d, a, b, accumulate);
    }
};

template <int N_, int M_, int Stages_>
struct Shape {
    static constexpr int N = N_, M = M_, Stages = Stages_;
    static constexpr int Groups = N / 64, Threads = 128 * (1 + Groups);
    static constexpr int WeightBytes = N * kRowBytes, StageBytes = (N + M) * kRowBytes;
    static constexpr int PaddedRow = 68;  // floats: lanes of a warp write 32 banks
    static constexpr int StagedTokens = M < 32 ? M : 32;
    static constexpr int StagingBytes = StagedTokens * PaddedRow * int(sizeof(float));  // of a warpgroup
    static constexpr int SharedBytes = Stages * StageBytes + Groups * StagingBytes;
    // Of 512 for a thread of each warpgroup (a block of 256 threads may have 256 each).
    static constexpr int ProducerRegisters = 56, ConsumerRegisters = Groups == 1 ? 240 : 224;
    static constexpr int Lag = Stages < 4 ? 1 : 2;  // stages of token copies under way
    static_assert(StageBytes % 1024 == 0, "swizzled tiles begin at multiples of 1024 bytes");
    static_assert(SharedBytes <= 227 * 1024, "a block of sm_90 has 227 KiB of shared memory");
};

// The stages of the ring and their barriers.
template <class S>
struct Ring {
    uint32_t stages, full, empty;
    int stage = 0, phase = 0;

    __device__ __forceinline__ uint32_t at() const { return stages + stage * S::StageBytes; }
    __device__ __forceinline__ void advance() {
        stage = stage + 1 == S::Stages ? 0 : stage + 1;
        phase ^= stage == 0;
    }
};

// Rows of the packed weight, without the padding to whole tiles.
__device__ __forceinline__ int packed_rows(const Params& p) {
    return p.gated ? (p.n + 7) / 8 * 16 : p.n;
}

template <class S>
__device__ __forceinline__ linear::BlockPlace place_of(const Params& p, int tile) {
    return linear::BlockPlace::of<S>(tile, packed_rows(p), p.rows);
}

template <class S>
__device__ __forceinline__ int count_tiles(const Params& p) {
    return (packed_rows(p) + S::N - 1) / S::N * ((p.rows + S::M - 1) / S::M);
}

// The tokens of one stage, 16 bytes at a time, to where the 128-byte swizzle wants them. A thread has place
// threadIdx.x % 8 of every 16th row, so that its rows have one swizzle.
template <class S>
__device__ __forceinline__ void load_tokens(const Params& p, uint32_t to, int first, int at, int k_bytes) {
    const int place = threadIdx.x % 8, row = threadIdx.x / 8;
    const int bytes = max(0, min(kChunkBytes, k_bytes - at - place * kChunkBytes));
    int rows = bytes > 0 ? p.rows - first - row : 0;
    const unsigned char* from =
        p.in + (rows > 0 ? size_t(first + row) * p.in_stride + at + place * kChunkBytes : 0);
    uint32_t target = to + row * kRowBytes + (place ^ row % 8) * kChunkBytes;
#pragma unroll 2
    for (int s = 0; s < S::M / 16; s++) {
        cp_async_16(target, rows > 0 ? from : p.in, rows > 0 ? bytes : 0);
        target += 16 * kRowBytes;
        from += size_t(16) * p.in_stride;
        rows -= 16;
    }
}

// One bulk copy for each 64 rows of weights. A row of tiles that does not exist is replaced by the last.
template <class S>
__device__ __forceinline__ void load_weights(const Params& p, uint32_t to, uint32_t full, int first_n,
                                             int tile, int k_tiles) {
    mbarrier_arrive_expect_tx(full, S::WeightBytes);
#pragma unroll
    for (int g = 0; g < S::Groups; g++) {
        const int row = min(first_n / kTileRows + g, (packed_rows(p) - 1) / kTileRows);
        bulk_load(to + g * kTileBytes, p.weight + (size_t(row) * k_tiles + tile) * kTileBytes, kTileBytes,
                  full);
    }
}

// Tells the consumers of a stage whose token copies have come.
template <class S>
struct Announcer {
    uint32_t full;
    int stage = 0;

    template <int Pending>
    __device__ __forceinline__ void announce() {
        cp_async_wait<Pending>();
        fence_proxy_async();
        mbarrier_arrive(full + 8 * stage);
        stage = stage + 1 == S::Stages ? 0 : stage + 1;
    }
};

template <class S>
__device__ __forceinline__ void produce(const Params& p, Ring<S> ring, int k_bytes) {
    const int k_tiles = tiles_along_k(k_bytes), tiles = count_tiles<S>(p);
    Announcer<S> announcer{ring.full};
    int behind = 0;  // stages not announced yet
    for (int tile = blockIdx.x; tile < tiles; tile += gridDim.x) {
        const linear::BlockPlace block = place_of<S>(p, tile);
        for (int i = 0; i < k_tiles; i++) {
            mbarrier_wait(ring.empty + 8 * ring.stage, ring.phase ^ 1);
            if (threadIdx.x == 0)
                load_weights<S>(p, ring.at(), ring.full + 8 * ring.stage, block.first_n, i, k_tiles);
            load_tokens<S>(p, ring.at() + S::WeightBytes, block.first_m, i * kRowBytes, k_bytes);
            cp_async_commit();
            if (behind == S::Lag)
                announcer.template announce<S::Lag>();
            else
                behind++;
            ring.advance();
        }
    }
    for (; behind > 0; behind--) announcer.template announce<0>();
}
#endif

}  // namespace wgmma_linear
