// Sixteen floats at a time: the words that rows.h, attention.h and linear.h are written in, for AVX-512.
#include <immintrin.h>

typedef __m512 vf;
enum { LANES = 16 };

static inline __mmask16 first(int64_t n) { return n >= 16 ? (__mmask16)0xFFFF : (__mmask16)((1u << n) - 1); }
static inline vf vset(float x) { return _mm512_set1_ps(x); }
static inline vf vload(const float *p) { return _mm512_loadu_ps(p); }
static inline vf vload_n(const float *p, int64_t n) { return _mm512_maskz_loadu_ps(first(n), p); }
static inline void vstore(float *p, vf x) { _mm512_storeu_ps(p, x); }
static inline void vstore_n(float *p, vf x, int64_t n) { _mm512_mask_storeu_ps(p, first(n), x); }
static inline vf vadd(vf a, vf b) { return _mm512_add_ps(a, b); }
static inline vf vsub(vf a, vf b) { return _mm512_sub_ps(a, b); }
static inline vf vmul(vf a, vf b) { return _mm512_mul_ps(a, b); }
static inline vf vdiv(vf a, vf b) { return _mm512_div_ps(a, b); }
static inline vf vfma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
/* The second operand if either is not a number. */
static inline vf vmax(vf a, vf b) { return _mm512_max_ps(a, b); }
static inline vf vmin(vf a, vf b) { return _mm512_min_ps(a, b); }
static inline float vreduce_max(vf x) { return _mm512_reduce_max_ps(x); }
static inline vf vabs(vf x) { return _mm512_abs_ps(x); }
/* a where x < y, else b. */
static inline vf vwhere_less(vf x, vf y, vf a, vf b) { return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(x, y, _CMP_LT_OQ), b, a); }
/* The largest of the magnitudes' bits: above those of infinity if one is not a number. */
static inline int32_t vreduce_max_bits(vf x) { return _mm512_reduce_max_epi32(_mm512_castps_si512(vabs(x))); }
static inline vf vmax_bits(vf a, vf b) {
    return _mm512_castsi512_ps(_mm512_max_epi32(_mm512_castps_si512(vabs(a)), _mm512_castps_si512(vabs(b))));
}

/* y · 2ⁿ, n a whole number: rounded once, also where the result is denormal. */
static inline vf vscale(vf y, vf n) { return _mm512_scalef_ps(y, n); }

/* 1 / x, to 1 ulp or so; 0 from 2¹²⁶ on. */
static inline vf vreciprocal(vf x) {
    vf r = _mm512_rcp14_ps(x);
    return vmul(r, _mm512_fnmadd_ps(x, r, vset(2.0f)));
}

/* Halves first, so that the order depends on nothing but LANES. */
static inline float vreduce_add(vf x) {
    __m256 a = _mm256_add_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps(x, 1));
    __m128 b = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    b = _mm_add_ps(b, _mm_movehl_ps(b, b));
    return _mm_cvtss_f32(_mm_add_ss(b, _mm_movehdup_ps(b)));
}

/* Lane i of the result is lane i ^ stride of x. */
static inline vf vswap(vf x, int stride) {
    switch (stride) {
        case 1: return _mm512_permute_ps(x, 0xB1);
        case 2: return _mm512_permute_ps(x, 0x4E);
        case 4: return _mm512_shuffle_f32x4(x, x, 0xB1);
        default: return _mm512_shuffle_f32x4(x, x, 0x4E);
    }
}

static inline vf vload_bf16_n(const uint16_t *p, int64_t n) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(first(n), p)), 16));
}
static inline vf vload_bf16(const uint16_t *p) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)p)), 16));
}
static inline vf vload_i32(const int32_t *p) { return _mm512_cvtepi32_ps(_mm512_loadu_si512(p)); }
static inline vf vload_f16(const uint16_t *p) { return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p)); }
static inline void vstore_bf16(uint16_t *p, vf x) { _mm256_storeu_si256((__m256i *)p, (__m256i)_mm512_cvtneps_pbh(x)); }
static inline void vstore_bf16_n(uint16_t *p, vf x, int64_t n) {
    _mm256_mask_storeu_epi16(p, first(n), (__m256i)_mm512_cvtneps_pbh(x));
}
/* Rounded to bfloat16 and stored; returns what was stored. */
static inline vf vround_bf16(uint16_t *p, vf x) {
    __m256i halves = (__m256i)_mm512_cvtneps_pbh(x);
    _mm256_storeu_si256((__m256i *)p, halves);
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
}
/* Lanes low to high - 1 of x, the others from y; low and high may lie outside of the lanes. */
static inline vf vbetween(vf x, int64_t low, int64_t high, vf y) {
    __mmask16 mask = first(at_least(0, high)) & (__mmask16)~first(at_least(0, low));
    return _mm512_mask_blend_ps(mask, y, x);
}
static inline vf vload_i8(const int8_t *p) {
    return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)p)));
}
static inline vf vload_u8(const uint8_t *p) {
    return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p)));
}
/* E4M3 numbers. */
static inline vf vload_e4m3(const uint8_t *p) {
    __m512i x = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p)), magnitude = _mm512_and_si512(x, _mm512_set1_epi32(0x7F));
    vf value = _mm512_castsi512_ps(_mm512_add_epi32(_mm512_slli_epi32(magnitude, 20), _mm512_set1_epi32(120 << 23)));
    // What has no exponent: multiples of 2⁻⁹.
    vf small = vmul(_mm512_cvtepi32_ps(magnitude), vset(0x1p-9f));
    value = _mm512_mask_blend_ps(_mm512_cmplt_epu32_mask(magnitude, _mm512_set1_epi32(8)), value, small);
    return _mm512_castsi512_ps(_mm512_or_si512(_mm512_castps_si512(value), _mm512_slli_epi32(_mm512_srli_epi32(x, 7), 31)));
}
/* The low, or high, nibbles of 16 bytes. */
static inline vf vload_low(const uint8_t *p) {
    __m512i x = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p));
    return _mm512_cvtepi32_ps(_mm512_and_si512(x, _mm512_set1_epi32(15)));
}
static inline vf vload_high(const uint8_t *p) {
    return _mm512_cvtepi32_ps(_mm512_srli_epi32(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p)), 4));
}
typedef __m512i vi;
static inline vi vzero_i(void) { return _mm512_setzero_si512(); }
static inline vi vadd_i(vi a, vi b) { return _mm512_add_epi32(a, b); }
static inline int32_t vreduce_add_i(vi x) { return _mm512_reduce_add_epi32(x); }
/* Rounded to integers of 16 bits, x = 256 · high + low with both signed bytes; |x| up to 32639. */
static inline void vround_i16(int8_t *high, int8_t *low, vf x, vi *high_sum, vi *low_sum) {
    vi q = _mm512_cvtps_epi32(x);
    vi h = _mm512_srai_epi32(_mm512_add_epi32(q, _mm512_set1_epi32(128)), 8), l = _mm512_sub_epi32(q, _mm512_slli_epi32(h, 8));
    _mm_storeu_si128((__m128i *)high, _mm512_cvtepi32_epi8(h));
    _mm_storeu_si128((__m128i *)low, _mm512_cvtepi32_epi8(l));
    *high_sum = vadd_i(*high_sum, h);
    *low_sum = vadd_i(*low_sum, l);
}
/* Rounded to the nearest integers, ties to even, and stored as bytes; returns the integers. */
static inline vi vround_i8(int8_t *p, vf x) {
    vi q = _mm512_cvtps_epi32(x);
    _mm_storeu_si128((__m128i *)p, _mm512_cvtsepi32_epi8(q));
    return q;
}
