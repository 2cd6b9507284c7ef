// A block of rows times one panel of 32 outputs: tiles of up to 12 x 32 sums in registers. Each sum is one chain over the inputs
// in order, so a row's bits do not depend on the rows beside it.

#define FOR_ROWS _Pragma("GCC unroll 16") for (int i = 0; i < MR; i++)
#define ROW_TILES(call) \
    for (int64_t row = 0; row < rows;) { \
        int64_t left = rows - row; \
        if (left >= 12) { call(12); } else if (left >= 8) { call(8); } else if (left >= 4) { call(4); } \
        else if (left >= 2) { call(2); } else { call(1); } \
    }

/* c[rows, 32] (+)= a[rows, depth] · b[depth, 32] in float32 */
#define F32_TILE(MR_) \
static void f32_tile_##MR_(const float *a, int64_t lda, const float *b, int64_t ldb, int64_t depth, float *c, int64_t ldc, \
                           int add) { \
    enum { MR = MR_ }; \
    __m512 s[MR][2]; \
    FOR_ROWS { \
        s[i][0] = add ? _mm512_loadu_ps(c + i * ldc) : _mm512_setzero_ps(); \
        s[i][1] = add ? _mm512_loadu_ps(c + i * ldc + 16) : _mm512_setzero_ps(); \
    } \
    for (int64_t k = 0; k < depth; k++, b += ldb) { \
        __m512 b0 = _mm512_loadu_ps(b), b1 = _mm512_loadu_ps(b + 16); \
        FOR_ROWS { \
            __m512 x = _mm512_set1_ps(a[i * lda + k]); \
            s[i][0] = _mm512_fmadd_ps(x, b0, s[i][0]); \
            s[i][1] = _mm512_fmadd_ps(x, b1, s[i][1]); \
        } \
    } \
    FOR_ROWS { _mm512_storeu_ps(c + i * ldc, s[i][0]); _mm512_storeu_ps(c + i * ldc + 16, s[i][1]); } \
}
F32_TILE(12) F32_TILE(8) F32_TILE(4) F32_TILE(2) F32_TILE(1)

static void product_f32(int64_t rows, const float *a, int64_t lda, const float *b, int64_t ldb, int64_t depth, float *c,
                        int64_t ldc, int add) {
#define CALL(n) f32_tile_##n(a + row * lda, lda, b, ldb, depth, c + row * ldc, ldc, add); row += n
    ROW_TILES(CALL)
#undef CALL
}

#ifndef MILLRACE_AMX
typedef struct { int unused; } tiles;
static inline void tiles_begin(tiles *t) { (void)t; }
static inline void tiles_end(tiles *t) { (void)t; }

/* The same for bfloat16: b[depth / 2, 32, 2] holds pairs of inputs, ldb elements from pair to pair; vdpbf16ps */
#define BF16_TILE(MR_) \
static void bf16_tile_##MR_(const uint16_t *a, int64_t lda, const uint16_t *b, int64_t ldb, int64_t depth, float *c, \
                            int64_t ldc, int add) { \
    enum { MR = MR_ }; \
    __m512 s[MR][2]; \
    FOR_ROWS { \
        s[i][0] = add ? _mm512_loadu_ps(c + i * ldc) : _mm512_setzero_ps(); \
        s[i][1] = add ? _mm512_loadu_ps(c + i * ldc + 16) : _mm512_setzero_ps(); \
    } \
    for (int64_t k = 0; k < depth; k += 2, b += ldb) { \
        __m512bh b0 = (__m512bh)_mm512_loadu_si512(b), b1 = (__m512bh)_mm512_loadu_si512(b + 32); \
        FOR_ROWS { \
            int32_t pair; \
            __builtin_memcpy(&pair, a + i * lda + k, 4); \
            __m512bh x = (__m512bh)_mm512_set1_epi32(pair); \
            s[i][0] = _mm512_dpbf16_ps(s[i][0], b0, x); \
            s[i][1] = _mm512_dpbf16_ps(s[i][1], b1, x); \
        } \
    } \
    FOR_ROWS { _mm512_storeu_ps(c + i * ldc, s[i][0]); _mm512_storeu_ps(c + i * ldc + 16, s[i][1]); } \
}
BF16_TILE(12) BF16_TILE(8) BF16_TILE(4) BF16_TILE(2) BF16_TILE(1)

static void product_bf16(tiles *t, int64_t rows, const uint16_t *a, int64_t lda, const uint16_t *b, int64_t ldb, int64_t depth,
                         float *c, int64_t ldc, int add) {
    (void)t;
#define CALL(n) bf16_tile_##n(a + row * lda, lda, b, ldb, depth, c + row * ldc, ldc, add); row += n
    ROW_TILES(CALL)
#undef CALL
}

/* int8, b[depth / 4, 32, 4], ldb bytes from four to four: vpdpbusd multiplies unsigned by signed bytes, so b lies as b + 128
   and 128 · Σ a is taken off; exact. */
enum { WEIGHT_OFFSET = 128 };

/* sum + Σ b · x of four bytes each. gcc 12 copies the sums of the intrinsic from register to register, and spills them. */
static inline __m512i add_products(__m512i sum, __m512i b, __m512i x) {
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(b), "v"(x));
    return sum;
}

#define INT8_TILE(MR_) \
static void int8_tile_##MR_(const int8_t *a, int64_t lda, const uint8_t *b, int64_t ldb, int64_t depth, const int32_t *sums, \
                            int32_t *c, int64_t ldc) { \
    enum { MR = MR_ }; \
    __m512i s[MR][2]; \
    FOR_ROWS { s[i][0] = s[i][1] = _mm512_setzero_si512(); } \
    for (int64_t k = 0; k < depth; k += 4, b += ldb) { \
        __m512i b0 = _mm512_loadu_si512(b), b1 = _mm512_loadu_si512(b + 64); \
        FOR_ROWS { \
            int32_t quad; \
            __builtin_memcpy(&quad, a + i * lda + k, 4); \
            __m512i x = _mm512_set1_epi32(quad); \
            s[i][0] = add_products(s[i][0], b0, x); \
            s[i][1] = add_products(s[i][1], b1, x); \
        } \
    } \
    FOR_ROWS { \
        __m512i off = _mm512_set1_epi32(WEIGHT_OFFSET * sums[i]); \
        _mm512_storeu_si512(c + i * ldc, _mm512_sub_epi32(s[i][0], off)); \
        _mm512_storeu_si512(c + i * ldc + 16, _mm512_sub_epi32(s[i][1], off)); \
    } \
}
INT8_TILE(12) INT8_TILE(8) INT8_TILE(4) INT8_TILE(2) INT8_TILE(1)

static void product_int8(tiles *t, int64_t rows, const int8_t *a, int64_t lda, const void *b, int64_t ldb, int64_t depth,
                         const int32_t *sums, int32_t *c, int64_t ldc) {
    (void)t;
#define CALL(n) int8_tile_##n(a + row * lda, lda, b, ldb, depth, sums + row, c + row * ldc, ldc); row += n
    ROW_TILES(CALL)
#undef CALL
}
#endif
