// Integer, bit and float intrinsics. Approximate ones are exact here: the emulator does not model their
// error.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>

inline int __popc(unsigned v) {
    return __builtin_popcount(v);
}
inline int __popcll(unsigned long long v) {
    return __builtin_popcountll(v);
}
inline int __clz(int v) {
    return v ? __builtin_clz(unsigned(v)) : 32;
}
inline int __clzll(long long v) {
    return v ? __builtin_clzll((unsigned long long)(v)) : 64;
}
inline int __ffs(int v) {
    return __builtin_ffs(v);
}
inline int __ffsll(long long v) {
    return __builtin_ffsll(v);
}
inline unsigned __brev(unsigned v) {
    unsigned r = 0;
    for (int i = 0; i < 32; i++) r |= (v >> i & 1u) << (31 - i);
    return r;
}
inline unsigned __byte_perm(unsigned a, unsigned b, unsigned selector) {
    unsigned long long bytes = (static_cast<unsigned long long>(b) << 32) | a;
    unsigned r = 0;
    for (int i = 0; i < 4; i++) {
        unsigned pick = selector >> (4 * i) & 0xf, byte = unsigned(bytes >> (8 * (pick & 7))) & 0xff;
        if (pick & 8) byte = (byte & 0x80) ? 0xff : 0;
        r |= byte << (8 * i);
    }
    return r;
}
inline unsigned __funnelshift_l(unsigned lo, unsigned hi, unsigned s) {
    s &= 31;
    return s ? (hi << s) | (lo >> (32 - s)) : hi;
}
inline unsigned __funnelshift_r(unsigned lo, unsigned hi, unsigned s) {
    s &= 31;
    return s ? (hi << (32 - s)) | (lo >> s) : lo;
}
inline int __dp4a(int a, int b, int c) {
    for (int i = 0; i < 4; i++) c += int(int8_t(a >> (8 * i))) * int(int8_t(b >> (8 * i)));
    return c;
}
inline int __mulhi(int a, int b) {
    return int((static_cast<long long>(a) * b) >> 32);
}
inline unsigned __umulhi(unsigned a, unsigned b) {
    return unsigned((static_cast<unsigned long long>(a) * b) >> 32);
}
inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
    return (unsigned long long)((static_cast<unsigned __int128>(a) * b) >> 64);
}
inline unsigned __vadd4(unsigned a, unsigned b) {
    unsigned r = 0;
    for (int i = 0; i < 32; i += 8) r |= (((a >> i) + (b >> i)) & 0xffu) << i;
    return r;
}
inline unsigned __vsub4(unsigned a, unsigned b) {
    unsigned r = 0;
    for (int i = 0; i < 32; i += 8) r |= (((a >> i) - (b >> i)) & 0xffu) << i;
    return r;
}

namespace emu {
template <class To, class From>
inline To sameBits(From from) {
    static_assert(sizeof(To) == sizeof(From), "a change of type, not of size");
    To to;
    memcpy(&to, &from, sizeof to);
    return to;
}
}  // namespace emu
inline unsigned __float_as_uint(float f) {
    return emu::sameBits<unsigned>(f);
}
inline int __float_as_int(float f) {
    return emu::sameBits<int>(f);
}
inline float __uint_as_float(unsigned u) {
    return emu::sameBits<float>(u);
}
inline float __int_as_float(int i) {
    return emu::sameBits<float>(i);
}
inline long long __double_as_longlong(double d) {
    return emu::sameBits<long long>(d);
}
inline double __longlong_as_double(long long l) {
    return emu::sameBits<double>(l);
}

inline float rsqrtf(float x) {
    return 1.0f / sqrtf(x);
}
inline float __frsqrt_rn(float x) {
    return 1.0f / sqrtf(x);
}
inline float __fsqrt_rn(float x) {
    return sqrtf(x);
}
inline float __expf(float x) {
    return expf(x);
}
inline float __tanhf(float x) {
    return tanhf(x);
}
// glibc declares functions of these names, so they cannot be overloaded.
#define __exp2f(x) exp2f(x)
#define __exp10f(x) exp10f(x)
#define __logf(x) logf(x)
#define __log2f(x) log2f(x)
#define __sinf(x) sinf(x)
#define __cosf(x) cosf(x)
#define __powf(x, y) powf(x, y)
inline float __fdividef(float a, float b) {
    return a / b;
}
inline float __frcp_rn(float a) {
    return 1.0f / a;
}
inline float __fdiv_rn(float a, float b) {
    return a / b;
}
inline float __fadd_rn(float a, float b) {
    return a + b;
}
inline float __fsub_rn(float a, float b) {
    return a - b;
}
inline float __fmul_rn(float a, float b) {
    return a * b;
}
inline float __fmaf_rn(float a, float b, float c) {
    return fmaf(a, b, c);
}
inline float __saturatef(float a) {
    return a != a ? 0.f : a < 0 ? 0.f : a > 1 ? 1.f : a;
}
inline int __float2int_rn(float a) {
    return int(lrintf(a));
}
inline int __float2int_rz(float a) {
    return int(a);
}
inline int __float2int_ru(float a) {
    return int(ceilf(a));
}
inline int __float2int_rd(float a) {
    return int(floorf(a));
}
inline unsigned __float2uint_rn(float a) {
    return unsigned(lrintf(a));
}
inline unsigned __float2uint_rz(float a) {
    return unsigned(a);
}
inline float __double2float_ru(double a) {
    const float nearest = float(a);
    return double(nearest) < a ? nextafterf(nearest, INFINITY) : nearest;
}
inline float __int2float_rn(int a) {
    return float(a);
}
inline float __uint2float_rn(unsigned a) {
    return float(a);
}
inline void sincospif(float x, float* s, float* c) {
    sincosf(x * 3.14159265358979323846f, s, c);
}

#define EMU_MIN_MAX(T)        \
    inline T min(T a, T b) {  \
        return b < a ? b : a; \
    }                         \
    inline T max(T a, T b) {  \
        return a < b ? b : a; \
    }
EMU_MIN_MAX(int)
EMU_MIN_MAX(unsigned)
EMU_MIN_MAX(long)
EMU_MIN_MAX(unsigned long)
EMU_MIN_MAX(long long)
EMU_MIN_MAX(unsigned long long)
#undef EMU_MIN_MAX
inline float min(float a, float b) {
    return fminf(a, b);
}
inline float max(float a, float b) {
    return fmaxf(a, b);
}
inline double min(double a, double b) {
    return fmin(a, b);
}
inline double max(double a, double b) {
    return fmax(a, b);
}
// nvcc takes the unsigned one without a word; a negative length then becomes a huge one.
inline int min(int a, unsigned b) = delete;
inline int max(int a, unsigned b) = delete;
inline int min(unsigned a, int b) = delete;
inline int max(unsigned a, int b) = delete;
