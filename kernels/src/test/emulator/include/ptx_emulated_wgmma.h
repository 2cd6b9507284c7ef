// wgmma: operands in shared memory behind descriptors, the product done when it is issued (eager) or waited
// for (lazy).
#pragma once
#include "emulator.h"
#include "ptx_emulated_matrix.h"

namespace emu {

// A K-major tile of shared memory, as the descriptor gives it.
struct Tile {
    uint32_t start, leadingStride, rowGroupStride, rowBytes, swizzleMask;

    EMU_UNCHECKED explicit Tile(uint64_t descriptor) {
        static const uint32_t rowBytesOf[4] = {16, 128, 64, 32}, maskOf[4] = {0, 7, 3, 1};
        start = uint32_t(descriptor & 0x3FFF) << 4;
        leadingStride = uint32_t(descriptor >> 16 & 0x3FFF) << 4;
        rowGroupStride = uint32_t(descriptor >> 32 & 0x3FFF) << 4;
        rowBytes = rowBytesOf[descriptor >> 62];
        swizzleMask = maskOf[descriptor >> 62];
    }

    // Address of 16-byte chunk `chunk` of a row. The swizzle works on addresses, not on offsets.
    EMU_UNCHECKED uint32_t address(int row, int chunk) const {
        uint32_t inRow = swizzleMask ? uint32_t(chunk) * 16 : uint32_t(chunk) * leadingStride;
        uint32_t plain = start + uint32_t(row) / 8 * rowGroupStride + uint32_t(row) % 8 * rowBytes + inRow;
        return plain ^ ((plain >> 7 & swizzleMask) << 4);
    }
};

template <class Acc>
struct WgmmaOperand {
    Acc* d;
    uint64_t a, b;
    bool accumulate;
};

template <class E, int N>
struct Wgmma {
    using Acc = typename E::Accumulator;
    Acc* d[128];
    uint64_t a, b;
    bool accumulate;
    Thread* by;
    Site site;

    // One row of K elements: 32 bytes, two chunks.
    EMU_UNCHECKED void decodeRow(const Tile& tile, int row, Acc (&values)[E::k]) const {
        constexpr int each = E::k / 2;
        for (int chunk = 0; chunk < 2; chunk++) {
            char* bytes = sharedPointer(tile.address(row, chunk), 16, 16, site);
            noteRead(by, bytes, 16, site, Access::AsyncShared);
            for (int i = 0; i < each; i++) {
                uint32_t bits = 0;
                memcpy(&bits, bytes + i * E::bytes, E::bytes);
                values[chunk * each + i] = E::decode(bits);
            }
        }
    }

    EMU_UNCHECKED static void run(void* self) {
        auto* w = static_cast<Wgmma*>(self);
        Tile tileA(w->a), tileB(w->b);
        static Acc a[64][E::k], b[N][E::k], transposed[E::k][N];  // static: too much for a fiber's stack
        for (int i = 0; i < 64; i++) w->decodeRow(tileA, i, a[i]);
        for (int j = 0; j < N; j++) w->decodeRow(tileB, j, b[j]);
        for (int k = 0; k < E::k; k++) {
            for (int j = 0; j < N; j++) transposed[k][j] = b[j][k];
        }
        for (int i = 0; i < 64; i++) {
            Acc sum[N] = {};
            for (int k = 0; k < E::k; k++) {
                for (int j = 0; j < N; j++) sum[j] += a[i][k] * transposed[k][j];
            }
            for (int j = 0; j < N; j++) {
                Acc& d = w->d[i / 16 * 32 + i % 8 * 4 + j % 8 / 2][j / 8 * 4 + i / 8 % 2 * 2 + j % 2];
                d = w->accumulate ? d + sum[j] : sum[j];
            }
        }
        delete w;
    }
};

template <class E, int N>
EMU_UNCHECKED void combineWgmma(const Participants& all) {
    using Acc = typename E::Accumulator;
    auto* w = new Wgmma<E, N>;
    auto* first = static_cast<WgmmaOperand<Acc>*>(all.operand[0]);
    w->a = first->a;
    w->b = first->b;
    w->accumulate = first->accumulate;
    w->by = all.thread[0];
    w->site = all.thread[0]->site;
    for (int i = 0; i < 128; i++) {
        auto* operand = static_cast<WgmmaOperand<Acc>*>(all.operand[i]);
        w->d[i] = operand->d;
        if (operand->a != w->a || operand->b != w->b || operand->accumulate != w->accumulate) {
            fail("%s at %s:%d: the threads of the warpgroup pass different operands", w->site.instruction,
                 w->site.file, w->site.line);
        }
    }
    countMma(w->site, 2ull * 64 * N * E::k, (64 + N) * 32);
    wgmmaIssue({&Wgmma<E, N>::run, w});
}

template <class E, int R>
EMU_UNCHECKED inline void wgmma(typename E::Accumulator (&d)[R], uint64_t a, uint64_t b, bool accumulate,
                                Site site) {
    static_assert(R == 4 || R == 8 || R == 16 || R == 32 || R == 64 || R == 128,
                  "the sizes that ptx.cuh has");
    WgmmaOperand<typename E::Accumulator> operand{d, a, b, accumulate};
    warpgroupCollective(&operand, &combineWgmma<E, 2 * R>, site);
}

template <class Acc, int R>
EMU_UNCHECKED inline void keepInMemory(Acc (&d)[R]) {
    asm volatile("" ::"r"(d) : "memory");
}

}  // namespace emu

template <int SwizzleBytes>
EMU_UNCHECKED inline uint64_t wgmma_descriptor(uint32_t tile, EMU_AT) {
    static_assert(SwizzleBytes == 128 || SwizzleBytes == 64 || SwizzleBytes == 32,
                  "the hardware's K-major swizzles");
    constexpr uint64_t mode = SwizzleBytes == 128 ? 1 : SwizzleBytes == 64 ? 2 : 3;
    if (tile % 32)
        emu::fail("wgmma descriptor at %s:%d: address 0x%x is not a multiple of 32", emu_file, emu_line,
                  tile);
    return uint64_t((tile & 0x3FFFF) >> 4) | uint64_t(1) << 16 | uint64_t(SwizzleBytes * 8 / 16) << 32 |
           mode << 62;
}
inline void wgmma_fence(EMU_AT) {
    emu::wgmmaFence(EMU_SITE("wgmma.fence"));
}
EMU_UNCHECKED inline void wgmma_commit(EMU_AT) {
    emu::wgmmaCommit(EMU_SITE("wgmma.commit_group"));
}

// One overload for each number of accumulator arrays: a parameter pack could not be followed by the source
// line.
template <int Pending>
EMU_UNCHECKED inline void wgmma_wait(EMU_AT) {
    emu::wgmmaWait(Pending, EMU_SITE("wgmma.wait_group"));
}
template <int Pending, class T, int R>
EMU_UNCHECKED inline void wgmma_wait(T (&d)[R], EMU_AT) {
    emu::keepInMemory(d);
    emu::wgmmaWait(Pending, EMU_SITE("wgmma.wait_group"));
}
template <int Pending, class T, int R>
EMU_UNCHECKED inline void wgmma_wait(T (&d0)[R], T (&d1)[R], EMU_AT) {
    emu::keepInMemory(d0);
    emu::keepInMemory(d1);
    emu::wgmmaWait(Pending, EMU_SITE("wgmma.wait_group"));
}

#define EMU_WGMMA(name, E)                                                             \
    template <int R>                                                                   \
    EMU_UNCHECKED inline void name(emu::E::Accumulator(&d)[R], uint64_t a, uint64_t b, \
                                   bool accumulate = true, EMU_AT) {                   \
        emu::wgmma<emu::E>(d, a, b, accumulate, EMU_SITE(#name));                      \
    }
EMU_WGMMA(wgmma_bf16, Bf16)
EMU_WGMMA(wgmma_f16, F16)
EMU_WGMMA(wgmma_e4m3, E4m3)
EMU_WGMMA(wgmma_s8, S8)
#undef EMU_WGMMA
