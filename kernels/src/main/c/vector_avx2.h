// Eight floats at a time: the words that rows.h, attention.h and linear.h are written in, for AVX2, FMA and F16C.
#include <immintrin.h>

typedef __m256 vf;
enum { LANES = 8 };

static const int32_t FIRST[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};
static inline __m256i first(int64_t n) { return _mm256_loadu_si256((const __m256i *)(FIRST + 8 - (n > 8 ? 8 : n))); }
static inline vf vset(float x) { return _mm256_set1_ps(x); }
static inline vf vload(const float *p) { return _mm256_loadu_ps(p); }
static inline vf vload_n(const float *p, int64_t n) { return _mm256_maskload_ps(p, first(n)); }
static inline void vstore(float *p, vf x) { _mm256_storeu_ps(p, x); }
static inline void vstore_n(float *p, vf x, int64_t n) { _mm256_maskstore_ps(p, first(n), x); }
static inline vf vadd(vf a, vf b) { return _mm256_add_ps(a, b); }
static inline vf vsub(vf a, vf b) { return _mm256_sub_ps(a, b); }
static inline vf vmul(vf a, vf b) { return _mm256_mul_ps(a, b); }
static inline vf vdiv(vf a, vf b) { return _mm256_div_ps(a, b); }
static inline vf vfma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }
/* The second operand if either is not a number. */
static inline vf vmax(vf a, vf b) { return _mm256_max_ps(a, b); }
static inline vf vmin(vf a, vf b) { return _mm256_min_ps(a, b); }
static inline vf vabs(vf x) { return _mm256_andnot_ps(vset(-0.0f), x); }
/* a where x < y, else b. */
static inline vf vwhere_less(vf x, vf y, vf a, vf b) { return _mm256_blendv_ps(b, a, _mm256_cmp_ps(x, y, _CMP_LT_OQ)); }
static inline float vreduce_max(vf x) {
    __m128 m = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    m = _mm_max_ps(m, _mm_movehl_ps(m, m));
    return _mm_cvtss_f32(_mm_max_ss(m, _mm_movehdup_ps(m)));
}
/* The largest of the magnitudes' bits: above those of infinity if one is not a number. */
static inline int32_t vreduce_max_bits(vf x) {
    __m256i a = _mm256_castps_si256(vabs(x));
    __m128i m = _mm_max_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
    m = _mm_max_epi32(m, _mm_shuffle_epi32(m, 0x4E));
    return _mm_cvtsi128_si32(_mm_max_epi32(m, _mm_shuffle_epi32(m, 0xB1)));
}
static inline vf vmax_bits(vf a, vf b) {
    return _mm256_castsi256_ps(_mm256_max_epi32(_mm256_castps_si256(vabs(a)), _mm256_castps_si256(vabs(b))));
}

/* y · 2ⁿ, n a whole number: in two steps, of which only the second can leave the range of normal numbers. */
static inline vf vscale(vf y, vf n) {
    __m256i e = _mm256_cvtps_epi32(n);
    __m256i half = _mm256_srai_epi32(e, 1), rest = _mm256_sub_epi32(e, half), one = _mm256_set1_epi32(127);
    y = vmul(y, _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(half, one), 23)));
    return vmul(y, _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(rest, one), 23)));
}

static inline vf vreciprocal(vf x) { return vdiv(vset(1.0f), x); }

/* Halves first, so that the order depends on nothing but LANES. */
static inline float vreduce_add(vf x) {
    __m128 b = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    b = _mm_add_ps(b, _mm_movehl_ps(b, b));
    return _mm_cvtss_f32(_mm_add_ss(b, _mm_movehdup_ps(b)));
}

/* Lane i of the result is lane i ^ stride of x. */
static inline vf vswap(vf x, int stride) {
    switch (stride) {
        case 1: return _mm256_permute_ps(x, 0xB1);
        case 2: return _mm256_permute_ps(x, 0x4E);
        default: return _mm256_permute2f128_ps(x, x, 1);
    }
}

static inline vf vload_bf16(const uint16_t *p) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)p)), 16));
}
static inline vf vload_bf16_n(const uint16_t *p, int64_t n) {
    uint16_t x[8] = {0};
    for (int64_t i = 0; i < n && i < 8; i++) x[i] = p[i];
    return vload_bf16(x);
}
static inline vf vload_i32(const int32_t *p) { return _mm256_cvtepi32_ps(_mm256_loadu_si256((const __m256i *)p)); }
static inline vf vload_f16(const uint16_t *p) { return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p)); }
/* Activations are float32 in this family; to the nearest, ties to even. */
static inline void vstore_bf16_n(uint16_t *p, vf x, int64_t n) {
    union { vf v; uint32_t u[8]; } bits = {.v = x};
    for (int64_t i = 0; i < n && i < 8; i++) p[i] = (uint16_t)((bits.u[i] + 0x7FFF + (bits.u[i] >> 16 & 1)) >> 16);
}
static inline void vstore_bf16(uint16_t *p, vf x) { vstore_bf16_n(p, x, 8); }
/* Rounded to bfloat16 and stored; returns what was stored. */
static inline vf vround_bf16(uint16_t *p, vf x) {
    vstore_bf16(p, x);
    return vload_bf16(p);
}
/* Lanes low to high - 1 of x, the others from y; low and high may lie outside of the lanes. */
static inline vf vbetween(vf x, int64_t low, int64_t high, vf y) {
    __m256i mask = _mm256_andnot_si256(first(at_least(0, low)), first(at_least(0, high)));
    return _mm256_blendv_ps(y, x, _mm256_castsi256_ps(mask));
}
static inline vf vload_i8(const int8_t *p) {
    return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)p)));
}
static inline vf vload_u8(const uint8_t *p) {
    return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p)));
}
/* E4M3 numbers. */
static inline vf vload_e4m3(const uint8_t *p) {
    __m256i x = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p)), magnitude = _mm256_and_si256(x, _mm256_set1_epi32(0x7F));
    vf value = _mm256_castsi256_ps(_mm256_add_epi32(_mm256_slli_epi32(magnitude, 20), _mm256_set1_epi32(120 << 23)));
    // What has no exponent: multiples of 2⁻⁹.
    vf small = vmul(_mm256_cvtepi32_ps(magnitude), vset(0x1p-9f));
    value = _mm256_blendv_ps(value, small, _mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_set1_epi32(8), magnitude)));
    return _mm256_or_ps(value, _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_srli_epi32(x, 7), 31)));
}
/* The low, or high, nibbles of 8 bytes. */
static inline vf vload_low(const uint8_t *p) {
    __m256i x = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p));
    return _mm256_cvtepi32_ps(_mm256_and_si256(x, _mm256_set1_epi32(15)));
}
static inline vf vload_high(const uint8_t *p) {
    return _mm256_cvtepi32_ps(_mm256_srli_epi32(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p)), 4));
}
typedef __m256i vi;
static inline vi vzero_i(void) { return _mm256_setzero_si256(); }
static inline vi vadd_i(vi a, vi b) { return _mm256_add_epi32(a, b); }
static inline int32_t vreduce_add_i(vi x) {
    __m128i s = _mm_add_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4E));
    return _mm_cvtsi128_si32(_mm_add_epi32(s, _mm_shuffle_epi32(s, 0xB1)));
}
static inline void vstore_i8(int8_t *p, vi q) {
    __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(q), _mm256_extracti128_si256(q, 1));
    _mm_storel_epi64((__m128i *)p, _mm_packs_epi16(words, words));
}
/* Rounded to integers of 16 bits, x = 256 · high + low with both signed bytes; |x| up to 32639. */
static inline void vround_i16(int8_t *high, int8_t *low, vf x, vi *high_sum, vi *low_sum) {
    vi q = _mm256_cvtps_epi32(x);
    vi h = _mm256_srai_epi32(_mm256_add_epi32(q, _mm256_set1_epi32(128)), 8), l = _mm256_sub_epi32(q, _mm256_slli_epi32(h, 8));
    vstore_i8(high, h);
    vstore_i8(low, l);
    *high_sum = vadd_i(*high_sum, h);
    *low_sum = vadd_i(*low_sum, l);
}
/* Rounded to the nearest integers, ties to even, and stored as bytes; returns the integers. */
static inline vi vround_i8(int8_t *p, vf x) {
    vi q = _mm256_cvtps_epi32(x);
    vstore_i8(p, q);
    return q;
}
