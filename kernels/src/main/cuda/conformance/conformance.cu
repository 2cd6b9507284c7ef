// One kernel for each wrapper of ptx.cuh, with a result that is the same on every device: operands are whole
// numbers between -8 and 8, so that no sum is rounded, whatever the order of its additions. Run on a GPU, the
// results are recorded and held against the emulator's; on the emulator they are held against plain loops
// (src/test/emulator/tests/runner/conformance.cpp).
//
// in: words of pseudo-random bits. out: what the instruction left, lane by lane, or a whole matrix
// [row][column].
#include "ptx.cuh"

#define CONFORMANCE(name) \
    extern "C" __global__ void __launch_bounds__(128) name(uint32_t* out, const uint32_t* in)

namespace {

__device__ __forceinline__ int wholeNumber(uint32_t word) {
    return int(word % 17) - 8;
}

// A whole number as an element of the type, in the lowest bits.
struct Bf16Element {
    using Accumulator = float;
    static constexpr int bytes = 2;
    __device__ static uint32_t bits(uint32_t word) {
        return __bfloat16_as_ushort(__float2bfloat16_rn(float(wholeNumber(word))));
    }
};
struct F16Element {
    using Accumulator = float;
    static constexpr int bytes = 2;
    __device__ static uint32_t bits(uint32_t word) {
        return __half_as_ushort(__float2half_rn(float(wholeNumber(word))));
    }
};
#if PTX_HAS_MMA_E4M3
struct E4m3Element {
    using Accumulator = float;
    static constexpr int bytes = 1;
    __device__ static uint32_t bits(uint32_t word) {
        return __nv_cvt_float_to_fp8(float(wholeNumber(word)), __NV_SATFINITE, __NV_E4M3);
    }
};
#endif
struct S8Element {
    using Accumulator = int;
    static constexpr int bytes = 1;
    __device__ static uint32_t bits(uint32_t word) { return uint32_t(wholeNumber(word)) & 0xff; }
};

// Elements first, first + 1, ... of a row, as one register.
template <class E>
__device__ __forceinline__ uint32_t packed(const uint32_t* row, int first) {
    uint32_t word = 0;
    for (int i = 0; i < 4 / E::bytes; i++) word |= E::bits(row[first + i]) << (8 * E::bytes * i);
    return word;
}

// 64 rows of 16 bytes in shared memory, as they come.
__device__ __forceinline__ uint32_t rowsOfInput(const uint32_t* in) {
    DYN_SMEM(uint32_t, s);
    for (int i = threadIdx.x; i < 256; i += blockDim.x) s[i] = in[i];
    __syncthreads();
    return smem_u32(s);
}

template <int Count>
__device__ __forceinline__ void writeRegisters(uint32_t* out, const uint32_t (&r)[Count]) {
    for (int i = 0; i < Count; i++) out[threadIdx.x * Count + i] = r[i];
}

// a [16][K], b [8][K] (by column), d [16][8], all taken from and written to plain matrices.
template <class E, class Mma>
__device__ __forceinline__ void multiply(uint32_t* out, const uint32_t* in, Mma mma) {
    constexpr int Each = 4 / E::bytes, K = 8 * Each;
    const int g = threadIdx.x / 4, c = threadIdx.x % 4;
    const uint32_t *a = in, *b = in + 16 * K;
    uint32_t fragment[4];
    for (int r = 0; r < 4; r++) fragment[r] = packed<E>(a + (g + r % 2 * 8) * K, c * Each + r / 2 * K / 2);
    typename E::Accumulator d[4] = {1, 2, 3, 4};
    mma(d, fragment, packed<E>(b + g * K, c * Each), packed<E>(b + g * K, c * Each + K / 2));
    for (int i = 0; i < 4; i++) out[(g + i / 2 * 8) * 8 + c * 2 + i % 2] = uint32_t(int(d[i]));
}

}  // namespace

CONFORMANCE(ldmatrix_x1_result) {
    uint32_t r[1];
    ldmatrix_x1(r[0], rowsOfInput(in) + threadIdx.x % 8 * 16);
    writeRegisters(out, r);
}
CONFORMANCE(ldmatrix_x2_result) {
    uint32_t r[2];
    ldmatrix_x2(r, rowsOfInput(in) + threadIdx.x % 16 * 16);
    writeRegisters(out, r);
}
CONFORMANCE(ldmatrix_x4_result) {
    uint32_t r[4];
    ldmatrix_x4(r, rowsOfInput(in) + threadIdx.x * 16);
    writeRegisters(out, r);
}
CONFORMANCE(ldmatrix_x1_trans_result) {
    uint32_t r[1];
    ldmatrix_x1_trans(r[0], rowsOfInput(in) + threadIdx.x % 8 * 16);
    writeRegisters(out, r);
}
CONFORMANCE(ldmatrix_x2_trans_result) {
    uint32_t r[2];
    ldmatrix_x2_trans(r, rowsOfInput(in) + threadIdx.x % 16 * 16);
    writeRegisters(out, r);
}
CONFORMANCE(ldmatrix_x4_trans_result) {
    uint32_t r[4];
    ldmatrix_x4_trans(r, rowsOfInput(in) + threadIdx.x * 16);
    writeRegisters(out, r);
}

CONFORMANCE(mma_bf16_result) {
    multiply<Bf16Element>(out, in,
                          [](auto& d, auto& a, uint32_t b0, uint32_t b1) { mma_bf16(d, a, b0, b1); });
}
CONFORMANCE(mma_f16_result) {
    multiply<F16Element>(out, in, [](auto& d, auto& a, uint32_t b0, uint32_t b1) { mma_f16(d, a, b0, b1); });
}
CONFORMANCE(mma_s8_result) {
    multiply<S8Element>(out, in, [](auto& d, auto& a, uint32_t b0, uint32_t b1) { mma_s8(d, a, b0, b1); });
}
#if PTX_HAS_MMA_E4M3
CONFORMANCE(mma_e4m3_result) {
    multiply<E4m3Element>(out, in,
                          [](auto& d, auto& a, uint32_t b0, uint32_t b1) { mma_e4m3(d, a, b0, b1); });
}
#endif

// Copies of 0 to 16 bytes; the rest of each 16 is zero.
CONFORMANCE(cp_async_16_result) {
    DYN_SMEM(uint32_t, s);
    int t = threadIdx.x;
    cp_async_16(smem_u32(s + t * 4), in + t * 4, t % 17);
    cp_async_commit();
    cp_async_wait<0>();
    for (int i = 0; i < 4; i++) out[t * 4 + i] = s[t * 4 + i];
}

CONFORMANCE(lop3_result) {
    uint32_t a = in[threadIdx.x], b = in[threadIdx.x + 32], c = in[threadIdx.x + 64];
    uint32_t r[4] = {lop3<0xEA>(a, b, c), lop3<0x96>(a, b, c), lop3<0xCA>(a, b, c), lop3<0x01>(a, b, c)};
    writeRegisters(out, r);
}

// Powers of two are exact; the others are not asked for.
CONFORMANCE(ex2_result) {
    out[threadIdx.x] = __float_as_uint(ex2(float(int(in[threadIdx.x] % 200) - 100)));
}

#if PTX_HAS_SM90A

// Accumulators are fragments; stmatrix must give back the matrix that ldmatrix took.
CONFORMANCE(stmatrix_x4_result) {
    DYN_SMEM(uint32_t, s);
    uint32_t r[4], rows = rowsOfInput(in);
    ldmatrix_x4(r, rows + threadIdx.x * 16);
    __syncthreads();
    stmatrix_x4(rows + 2048 + threadIdx.x * 16, r);
    __syncthreads();
    for (int i = 0; i < 4; i++) out[threadIdx.x * 4 + i] = s[512 + threadIdx.x * 4 + i];
}
CONFORMANCE(stmatrix_x4_trans_result) {
    DYN_SMEM(uint32_t, s);
    uint32_t r[4], rows = rowsOfInput(in);
    ldmatrix_x4_trans(r, rows + threadIdx.x * 16);
    __syncthreads();
    stmatrix_x4_trans(rows + 2048 + threadIdx.x * 16, r);
    __syncthreads();
    for (int i = 0; i < 4; i++) out[threadIdx.x * 4 + i] = s[512 + threadIdx.x * 4 + i];
}

// In by a bulk load, out by a bulk store.
CONFORMANCE(bulk_copy_result) {
    DYN_SMEM(uint32_t, s);
    __shared__ __align__(8) uint64_t barrier;
    uint32_t bar = smem_u32(&barrier);
    if (threadIdx.x == 0) {
        mbarrier_init(bar, 1);
        fence_mbarrier_init();
        mbarrier_arrive_expect_tx(bar, 512);
        bulk_load(smem_u32(s), in, 512, bar);
    }
    __syncthreads();
    mbarrier_wait(bar, 0);
    if (threadIdx.x == 0) {
        bulk_store(out, smem_u32(s), 512);
        bulk_commit();
        bulk_wait<0>();
    }
}

// One lane of each warp.
CONFORMANCE(elect_one_result) {
    unsigned elected = __ballot_sync(0xffffffffu, elect_one());
    out[threadIdx.x] = uint32_t(__popc(elected)) + 0 * in[0];
}

namespace {

// A matrix [rows][32 bytes] of whole numbers into a tile of rows of SwizzleBytes; the other bytes of each row
// stay zero.
template <class E, int SwizzleBytes>
__device__ __forceinline__ void writeTile(unsigned char* tile, const uint32_t* matrix, int rows,
                                          int firstByte) {
    constexpr int K = 32 / E::bytes, Mask = SwizzleBytes / 16 - 1;
    for (int i = threadIdx.x; i < rows * K; i += blockDim.x) {
        int offset = i / K * SwizzleBytes + firstByte + i % K * E::bytes;
        offset ^= (offset >> 7 & Mask) << 4;
        uint32_t bits = E::bits(matrix[i]);
        for (int byte = 0; byte < E::bytes; byte++) tile[offset + byte] = uint8_t(bits >> (8 * byte));
    }
}

// d [64][N] = a [64][K] * b [N][K]^T, twice: from zero, then added to it. The operands are the second K step
// of their tiles.
template <class E, int N, int SwizzleBytes, class Wgmma>
__device__ __forceinline__ void multiplyTiles(uint32_t* out, const uint32_t* in, Wgmma wgmma) {
    constexpr int K = 32 / E::bytes, FirstByte = SwizzleBytes == 32 ? 0 : 32, Step = FirstByte / 16;
    DYN_SMEM(unsigned char, s);
    unsigned char* tileB = s + 64 * SwizzleBytes;
    for (int i = threadIdx.x; i < (64 + N) * SwizzleBytes; i += blockDim.x) s[i] = 0;
    __syncthreads();
    writeTile<E, SwizzleBytes>(s, in, 64, FirstByte);
    writeTile<E, SwizzleBytes>(tileB, in + 64 * K, N, FirstByte);
    fence_proxy_async();
    __syncthreads();
    uint64_t a = wgmma_descriptor<SwizzleBytes>(smem_u32(s)) + Step;
    uint64_t b = wgmma_descriptor<SwizzleBytes>(smem_u32(tileB)) + Step;
    typename E::Accumulator d[N / 2];
    for (auto& v : d) v = 5;
    wgmma_fence();
    wgmma(d, a, b, false);
    wgmma(d, a, b, true);
    wgmma_commit();
    wgmma_wait<0>(d);
    int t = threadIdx.x, row = t / 32 * 16 + t % 32 / 4;
    for (int i = 0; i < N / 2; i++) {
        out[(row + i / 2 % 2 * 8) * N + i / 4 * 8 + t % 4 * 2 + i % 2] = uint32_t(int(d[i]));
    }
}

}  // namespace

#define WGMMA_RESULT(name, Element, N, swizzle)                                              \
    CONFORMANCE(name##_n##N##_swizzle##swizzle##_result) {                                   \
        multiplyTiles<Element, N, swizzle>(                                                  \
            out, in, [](auto& d, uint64_t a, uint64_t b, bool add) { name(d, a, b, add); }); \
    }
#define WGMMA_RESULTS(name, Element)      \
    WGMMA_RESULT(name, Element, 8, 128)   \
    WGMMA_RESULT(name, Element, 16, 128)  \
    WGMMA_RESULT(name, Element, 32, 128)  \
    WGMMA_RESULT(name, Element, 64, 128)  \
    WGMMA_RESULT(name, Element, 128, 128) \
    WGMMA_RESULT(name, Element, 256, 128) \
    WGMMA_RESULT(name, Element, 64, 64)   \
    WGMMA_RESULT(name, Element, 64, 32)
WGMMA_RESULTS(wgmma_bf16, Bf16Element)
WGMMA_RESULTS(wgmma_f16, F16Element)
WGMMA_RESULTS(wgmma_e4m3, E4m3Element)
WGMMA_RESULTS(wgmma_s8, S8Element)

#endif
