// ldmatrix, stmatrix and mma.sync. The last lane of a warp to arrive does the work of all 32.
#pragma once
#include <cmath>

#include "emulator.h"

namespace emu {

EMU_UNCHECKED inline void needFullWarp(const Participants& all) {
    if (all.lanes != ~0u)
        fail("%s needs a full warp, not lanes %08x", all.thread[__builtin_ctz(all.lanes)]->site.instruction,
             all.lanes);
}

// ---- ldmatrix and stmatrix: up to four 8x8 matrices of 16-bit elements, a row of 16 bytes named by each
// lane ----
struct MatrixOperand {
    uint32_t row;
    uint32_t* registers;
};

using Matrix = uint16_t[8][8];

// The two elements of matrix m that belong to `lane`, as (row, column) pairs.
template <bool Transposed>
EMU_UNCHECKED inline void fragmentElements(Matrix& m, int lane, uint16_t*& low, uint16_t*& high) {
    int group = lane / 4, column = lane % 4 * 2;
    low = Transposed ? &m[column][group] : &m[group][column];
    high = Transposed ? &m[column + 1][group] : &m[group][column + 1];
}

template <int Count, bool Transposed>
EMU_UNCHECKED void combineLoadMatrix(const Participants& all) {
    needFullWarp(all);
    EMU_UNFILLED Matrix matrices[Count];
    for (int lane = 0; lane < 8 * Count; lane++) {
        Thread* thread = all.thread[lane];
        char* row = sharedPointer(static_cast<MatrixOperand*>(all.operand[lane])->row, 16, 16, thread->site);
        noteRead(thread, row, 16, thread->site);
        memcpy(matrices[lane / 8][lane % 8], row, 16);
    }
    for (int lane = 0; lane < 32; lane++) {
        for (int i = 0; i < Count; i++) {
            uint16_t *low, *high;
            fragmentElements<Transposed>(matrices[i], lane, low, high);
            static_cast<MatrixOperand*>(all.operand[lane])->registers[i] = uint32_t(*low) | uint32_t(*high)
                                                                                                << 16;
        }
    }
}

template <int Count, bool Transposed>
EMU_UNCHECKED void combineStoreMatrix(const Participants& all) {
    needFullWarp(all);
    EMU_UNFILLED Matrix matrices[Count];
    for (int lane = 0; lane < 32; lane++) {
        for (int i = 0; i < Count; i++) {
            uint16_t *low, *high;
            fragmentElements<Transposed>(matrices[i], lane, low, high);
            uint32_t value = static_cast<MatrixOperand*>(all.operand[lane])->registers[i];
            *low = uint16_t(value);
            *high = uint16_t(value >> 16);
        }
    }
    for (int lane = 0; lane < 8 * Count; lane++) {
        Thread* thread = all.thread[lane];
        char* row = sharedPointer(static_cast<MatrixOperand*>(all.operand[lane])->row, 16, 16, thread->site);
        noteWrite(thread, row, 16, thread->site);
        memcpy(row, matrices[lane / 8][lane % 8], 16);
    }
}

// ---- mma.sync ----
template <class Accumulator>
struct MmaOperand {
    Accumulator* d;
    const uint32_t* a;
    uint32_t b[2];
};

EMU_UNCHECKED inline float decodeBf16(uint32_t bits) {
    uint32_t word = bits << 16;
    float value;
    memcpy(&value, &word, 4);
    return value;
}
// The instruction itself: the header with its intrinsic takes as long to compile as all of CUDA's.
EMU_UNCHECKED inline float decodeF16(uint32_t bits) {
    typedef short Halves __attribute__((vector_size(16)));
    Halves halves = {short(bits), 0, 0, 0, 0, 0, 0, 0};
    return __builtin_ia32_vcvtph2ps(halves)[0];
}
EMU_UNCHECKED inline int decodeS8(uint32_t bits) {
    return int8_t(bits);
}
EMU_UNCHECKED inline float computeE4m3(uint32_t bits) {
    uint32_t exponent = bits >> 3 & 15, mantissa = bits & 7;
    float value = exponent == 15 && mantissa == 7 ? NAN
                  : exponent                      ? ldexpf(8.f + float(mantissa), int(exponent) - 10)
                                                  : ldexpf(float(mantissa), -9);
    return bits & 0x80 ? -value : value;
}
struct E4m3Table {
    float value[256];
    E4m3Table() {
        for (uint32_t bits = 0; bits < 256; bits++) value[bits] = computeE4m3(bits);
    }
};
inline const E4m3Table e4m3Table;
EMU_UNCHECKED inline float decodeE4m3(uint32_t bits) {
    return e4m3Table.value[bits];
}

// What an element type means for the layouts: its accumulator, its elements per 32-bit register, its value.
template <class Acc, int PerRegister, Acc (*Decode)(uint32_t)>
struct Element {
    using Accumulator = Acc;
    static constexpr int perRegister = PerRegister, bits = 32 / PerRegister, bytes = 4 / PerRegister;
    static constexpr int k = 8 * PerRegister;  // of one mma or wgmma instruction
    EMU_UNCHECKED static Acc decode(uint32_t word, int i) {
        return Decode(word >> (bits * i) & ((1u << bits) - 1));
    }
    EMU_UNCHECKED static Acc decode(uint32_t bits) { return Decode(bits); }
};
using Bf16 = Element<float, 2, decodeBf16>;
using F16 = Element<float, 2, decodeF16>;
using E4m3 = Element<float, 4, decodeE4m3>;
using S8 = Element<int, 4, decodeS8>;

// d[16][8] += a[16][K] * b[K][8]. Sums run over k in order, in the accumulator's type, and are then added to
// d: fixed, but not the hardware's rounding. k = word * perRegister + i; both operands are decoded word by
// word, in loops that the compiler turns into vector instructions.
template <class E>
EMU_UNCHECKED void combineMma(const Participants& all) {
    using Acc = typename E::Accumulator;
    typedef Acc Row __attribute__((vector_size(8 * sizeof(Acc))));
    constexpr int Each = E::perRegister, Words = 8;  // of a row of a, and of a column of b
    needFullWarp(all);
    countMma(all.thread[0]->site, 2 * 16 * 8 * E::k);
    EMU_UNFILLED uint32_t wordsA[16][Words];
    EMU_UNFILLED uint32_t wordsB[Words][8];
    for (int lane = 0; lane < 32; lane++) {
        auto* operand = static_cast<MmaOperand<Acc>*>(all.operand[lane]);
        int group = lane / 4, column = lane % 4;
        for (int r = 0; r < 4; r++) wordsA[group + r % 2 * 8][column + r / 2 * 4] = operand->a[r];
        for (int r = 0; r < 2; r++) wordsB[column + r * 4][group] = operand->b[r];
    }
    EMU_UNFILLED Acc a[Each][16][Words];
    EMU_UNFILLED Row b[Each][Words];
    for (int i = 0; i < Each; i++) {
        for (int row = 0; row < 16; row++) {
            for (int word = 0; word < Words; word++) a[i][row][word] = E::decode(wordsA[row][word], i);
        }
        for (int word = 0; word < Words; word++) {
            for (int column = 0; column < 8; column++)
                b[i][word][column] = E::decode(wordsB[word][column], i);
        }
    }
    for (int half = 0; half < 2; half++) {
        Row sums[8] = {};  // eight rows at once: their chains of additions overlap
        for (int word = 0; word < Words; word++) {
            for (int i = 0; i < Each; i++) {
                for (int row = 0; row < 8; row++) sums[row] += a[i][half * 8 + row][word] * b[i][word];
            }
        }
        for (int lane = 0; lane < 32; lane++) {
            Acc* d = static_cast<MmaOperand<Acc>*>(all.operand[lane])->d + half * 2;
            d[0] += sums[lane / 4][lane % 4 * 2];
            d[1] += sums[lane / 4][lane % 4 * 2 + 1];
        }
    }
}

}  // namespace emu

#define EMU_LDMATRIX(name, count, transposed, instruction)                             \
    EMU_UNCHECKED inline void name(uint32_t(&r)[count], uint32_t row, EMU_AT) {        \
        emu::MatrixOperand operand{row, r};                                            \
        emu::warpCollective(~0u, &operand, &emu::combineLoadMatrix<count, transposed>, \
                            EMU_SITE(instruction));                                    \
    }
EMU_LDMATRIX(ldmatrix_x2, 2, false, "ldmatrix")
EMU_LDMATRIX(ldmatrix_x4, 4, false, "ldmatrix")
EMU_LDMATRIX(ldmatrix_x2_trans, 2, true, "ldmatrix")
EMU_LDMATRIX(ldmatrix_x4_trans, 4, true, "ldmatrix")
#undef EMU_LDMATRIX
EMU_UNCHECKED inline void ldmatrix_x1(uint32_t& r, uint32_t row, EMU_AT) {
    emu::MatrixOperand operand{row, &r};
    emu::warpCollective(~0u, &operand, &emu::combineLoadMatrix<1, false>, EMU_SITE("ldmatrix"));
}
EMU_UNCHECKED inline void ldmatrix_x1_trans(uint32_t& r, uint32_t row, EMU_AT) {
    emu::MatrixOperand operand{row, &r};
    emu::warpCollective(~0u, &operand, &emu::combineLoadMatrix<1, true>, EMU_SITE("ldmatrix"));
}
EMU_UNCHECKED inline void stmatrix_x4(uint32_t row, const uint32_t (&r)[4], EMU_AT) {
    emu::MatrixOperand operand{row, const_cast<uint32_t*>(r)};
    emu::warpCollective(~0u, &operand, &emu::combineStoreMatrix<4, false>, EMU_SITE("stmatrix"));
}
EMU_UNCHECKED inline void stmatrix_x4_trans(uint32_t row, const uint32_t (&r)[4], EMU_AT) {
    emu::MatrixOperand operand{row, const_cast<uint32_t*>(r)};
    emu::warpCollective(~0u, &operand, &emu::combineStoreMatrix<4, true>, EMU_SITE("stmatrix"));
}

#define EMU_MMA(name, E)                                                                           \
    EMU_UNCHECKED inline void name(emu::E::Accumulator(&d)[4], const uint32_t(&a)[4], uint32_t b0, \
                                   uint32_t b1, EMU_AT) {                                          \
        emu::MmaOperand<emu::E::Accumulator> operand{d, a, {b0, b1}};                              \
        emu::warpCollective(~0u, &operand, &emu::combineMma<emu::E>, EMU_SITE(#name));             \
    }
EMU_MMA(mma_bf16, Bf16)
EMU_MMA(mma_f16, F16)
EMU_MMA(mma_e4m3, E4m3)
EMU_MMA(mma_s8, S8)
#undef EMU_MMA
