// wgmma of sm_90a: a warpgroup (128 threads, the first a multiple of 128) multiplies from shared memory.
// Included by ptx.cuh.
//
// d[64 x N] (+)= a[64 x K] * b[N x K]^T, both operands K-major in shared memory behind descriptors; K is 16
// for 16-bit and 32 for 8-bit elements. N is twice the length of d: 8, 16, 32, 64, 128, 256. Thread t of the
// warpgroup holds, for column group j of 8, d[4j], d[4j + 1] = row t / 32 * 16 + t % 32 / 4, columns 8j + t %
// 4 * 2 and the next; d[4j + 2], d[4j + 3] = the same in row + 8.
//
// Order of calls: write shared memory, fence_proxy_async, barrier (not needed after bulk_load and
// mbarrier_wait); wgmma_fence; any number of wgmma_*; wgmma_commit; wgmma_wait. Until the wait, d and the
// operands are not to be touched.
#pragma once

// Descriptor of a K-major tile whose rows are SwizzleBytes (128, 64, 32) long, swizzled in groups of 8 rows,
// as bulk_load brings it from weights tiled at load time. `tile` is a multiple of 8 * SwizzleBytes. The next
// K (32 bytes) is descriptor + 2.
template <int SwizzleBytes>
PTX_WRAPPER uint64_t wgmma_descriptor(uint32_t tile) {
    static_assert(SwizzleBytes == 128 || SwizzleBytes == 64 || SwizzleBytes == 32,
                  "the hardware's K-major swizzles");
    constexpr uint64_t mode = SwizzleBytes == 128 ? 1 : SwizzleBytes == 64 ? 2 : 3;
    constexpr uint64_t leading = 1;  // ignored for swizzled K-major tiles
    constexpr uint64_t stride = SwizzleBytes * 8 / 16;
    return uint64_t((tile & 0x3FFFF) >> 4) | leading << 16 | stride << 32 | mode << 62;
}

// Before the first wgmma, and whenever d was touched by other instructions since the last wait.
PTX_WRAPPER void wgmma_fence() {
    asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}

PTX_WRAPPER void wgmma_commit() {
    asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}

// Ties the accumulators to a point of the program, so that the compiler keeps reads of d behind the wait.
template <int Count>
PTX_WRAPPER void wgmma_pin(float (&d)[Count]) {
#pragma unroll
    for (int i = 0; i < Count; i++) asm volatile("" : "+f"(d[i])::"memory");
}

template <int Count>
PTX_WRAPPER void wgmma_pin(int (&d)[Count]) {
#pragma unroll
    for (int i = 0; i < Count; i++) asm volatile("" : "+r"(d[i])::"memory");
}

// Waits until at most `Pending` of this warpgroup's committed groups are under way; d are the accumulators
// that are then read.
template <int Pending, class... Accumulators>
PTX_WRAPPER void wgmma_wait(Accumulators&... d) {
    asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(Pending) : "memory");
    (wgmma_pin(d), ...);
}
// The register lists, each twice as long as the one before.
#define PTX_WGMMA_NAMES_8 "%0,%1,%2,%3"
#define PTX_WGMMA_NAMES_16 \
    PTX_WGMMA_NAMES_8      \
        ","                \
        "%4,%5,%6,%7"
#define PTX_WGMMA_NAMES_32 \
    PTX_WGMMA_NAMES_16     \
        ","                \
        "%8,%9,%10,%11,%12,%13,%14,%15"
#define PTX_WGMMA_NAMES_64 \
    PTX_WGMMA_NAMES_32     \
        ","                \
        "%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31"
#define PTX_WGMMA_NAMES_128                                                \
    PTX_WGMMA_NAMES_64                                                     \
        ","                                                                \
        "%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47," \
        "%48,%49,%50,%51,%52,%53,%54,%55,%56,%57,%58,%59,%60,%61,%62,%63"
#define PTX_WGMMA_NAMES_256                                                            \
    PTX_WGMMA_NAMES_128                                                                \
        ","                                                                            \
        "%64,%65,%66,%67,%68,%69,%70,%71,%72,%73,%74,%75,%76,%77,%78,%79,"             \
        "%80,%81,%82,%83,%84,%85,%86,%87,%88,%89,%90,%91,%92,%93,%94,%95,"             \
        "%96,%97,%98,%99,%100,%101,%102,%103,%104,%105,%106,%107,%108,%109,%110,%111," \
        "%112,%113,%114,%115,%116,%117,%118,%119,%120,%121,%122,%123,%124,%125,%126,%127"

#define PTX_WGMMA_D_8(c, i) c(d[i]), c(d[i + 1]), c(d[i + 2]), c(d[i + 3])
#define PTX_WGMMA_D_16(c, i) PTX_WGMMA_D_8(c, i), PTX_WGMMA_D_8(c, i + 4)
#define PTX_WGMMA_D_32(c, i) PTX_WGMMA_D_16(c, i), PTX_WGMMA_D_16(c, i + 8)
#define PTX_WGMMA_D_64(c, i) PTX_WGMMA_D_32(c, i), PTX_WGMMA_D_32(c, i + 16)
#define PTX_WGMMA_D_128(c, i) PTX_WGMMA_D_64(c, i), PTX_WGMMA_D_64(c, i + 32)
#define PTX_WGMMA_D_256(c, i) PTX_WGMMA_D_128(c, i), PTX_WGMMA_D_128(c, i + 64)

// `accumulate` false starts from zero instead of d: the first K step needs no cleared registers. tail:
// operand signs and transposition, which only 16-bit elements have. A and B are the numbers of the operands
// after the registers.
#define PTX_WGMMA(name, Accumulator, c, shape, types, tail, n, A, B, P)                             \
    PTX_WRAPPER void name(Accumulator(&d)[n / 2], uint64_t a, uint64_t b, bool accumulate = true) { \
        asm volatile("{\n.reg .pred p;\nsetp.ne.b32 p, %" #P                                        \
                     ", 0;\n"                                                                       \
                     "wgmma.mma_async.sync.aligned.m64n" #n shape types " {" PTX_WGMMA_NAMES_##n    \
                     "}, %" #A ", %" #B ", p" tail ";\n}"                                           \
                     : PTX_WGMMA_D_##n(c, 0)                                                        \
                     : "l"(a), "l"(b), "r"(int(accumulate)));                                       \
    }
#define PTX_WGMMA_SIZES(name, Accumulator, c, shape, types, tail)        \
    PTX_WGMMA(name, Accumulator, c, shape, types, tail, 8, 4, 5, 6)      \
    PTX_WGMMA(name, Accumulator, c, shape, types, tail, 16, 8, 9, 10)    \
    PTX_WGMMA(name, Accumulator, c, shape, types, tail, 32, 16, 17, 18)  \
    PTX_WGMMA(name, Accumulator, c, shape, types, tail, 64, 32, 33, 34)  \
    PTX_WGMMA(name, Accumulator, c, shape, types, tail, 128, 64, 65, 66) \
    PTX_WGMMA(name, Accumulator, c, shape, types, tail, 256, 128, 129, 130)

PTX_WGMMA_SIZES(wgmma_bf16, float, "+f", "k16", ".f32.bf16.bf16", ", 1, 1, 0, 0")
PTX_WGMMA_SIZES(wgmma_f16, float, "+f", "k16", ".f32.f16.f16", ", 1, 1, 0, 0")
PTX_WGMMA_SIZES(wgmma_e4m3, float, "+f", "k32", ".f32.e4m3.e4m3", ", 1, 1")
PTX_WGMMA_SIZES(wgmma_s8, int, "+r", "k32", ".s32.s8.s8", "")
#undef PTX_WGMMA_SIZES
#undef PTX_WGMMA
