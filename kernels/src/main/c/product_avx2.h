// A block of rows times one panel of 32 outputs: tiles of up to 6 x 16 sums in registers. Each sum is one chain over the inputs
// in order, so a row's bits do not depend on the rows beside it. There is no bfloat16 here, and int8 by way of 16 bits where there is
// no VNNI.

typedef struct { int unused; } tiles;
static inline void tiles_begin(tiles *t) { (void)t; }
static inline void tiles_end(tiles *t) { (void)t; }

#define FOR_ROWS _Pragma("GCC unroll 8") for (int i = 0; i < MR; i++)
#define ROW_TILES(call) \
    for (int64_t row = 0; row < rows;) { \
        int64_t left = rows - row; \
        if (left >= 6) { call(6); } else if (left >= 4) { call(4); } else if (left >= 2) { call(2); } else { call(1); } \
    }

/* c[rows, 16] (+)= a[rows, depth] · b[depth, 16] in float32 */
#define F32_TILE(MR_) \
static void f32_tile_##MR_(const float *a, int64_t lda, const float *b, int64_t ldb, int64_t depth, float *c, int64_t ldc, \
                           int add) { \
    enum { MR = MR_ }; \
    __m256 s[MR][2]; \
    FOR_ROWS { \
        s[i][0] = add ? _mm256_loadu_ps(c + i * ldc) : _mm256_setzero_ps(); \
        s[i][1] = add ? _mm256_loadu_ps(c + i * ldc + 8) : _mm256_setzero_ps(); \
    } \
    for (int64_t k = 0; k < depth; k++, b += ldb) { \
        __m256 b0 = _mm256_loadu_ps(b), b1 = _mm256_loadu_ps(b + 8); \
        FOR_ROWS { \
            __m256 x = _mm256_broadcast_ss(a + i * lda + k); \
            s[i][0] = _mm256_fmadd_ps(x, b0, s[i][0]); \
            s[i][1] = _mm256_fmadd_ps(x, b1, s[i][1]); \
        } \
    } \
    FOR_ROWS { _mm256_storeu_ps(c + i * ldc, s[i][0]); _mm256_storeu_ps(c + i * ldc + 8, s[i][1]); } \
}
F32_TILE(6) F32_TILE(4) F32_TILE(2) F32_TILE(1)

static void product_f32(int64_t rows, const float *a, int64_t lda, const float *b, int64_t ldb, int64_t depth, float *c,
                        int64_t ldc, int add) {
    for (int64_t half = 0; half < PANEL; half += 16) {
#define CALL(n) f32_tile_##n(a + row * lda, lda, b + half, ldb, depth, c + row * ldc + half, ldc, add); row += n
        ROW_TILES(CALL)
#undef CALL
    }
}

#ifdef MILLRACE_AVX_VNNI
/* int8, b[depth / 4, 32, 4], ldb bytes from four to four: vpdpbusd multiplies unsigned by signed bytes, so b lies as b + 128
   and 128 · Σ a is taken off; exact. */
enum { WEIGHT_OFFSET = 128 };

/* sum + Σ b · x of four bytes each. gcc 12 copies the sums of the intrinsic from register to register, and spills them. */
static inline __m256i add_products(__m256i sum, __m256i b, __m256i x) {
    __asm__("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sum) : "x"(b), "x"(x));
    return sum;
}

#define INT8_TILE(MR_) \
static void int8_tile_##MR_(const int8_t *a, int64_t lda, const uint8_t *b, int64_t ldb, int64_t depth, const int32_t *sums, \
                            int32_t *c, int64_t ldc) { \
    enum { MR = MR_ }; \
    __m256i s[MR][2]; \
    FOR_ROWS { s[i][0] = s[i][1] = _mm256_setzero_si256(); } \
    for (int64_t k = 0; k < depth; k += 4, b += ldb) { \
        __m256i b0 = _mm256_loadu_si256((const __m256i *)b), b1 = _mm256_loadu_si256((const __m256i *)(b + 32)); \
        FOR_ROWS { \
            int32_t quad; \
            __builtin_memcpy(&quad, a + i * lda + k, 4); \
            __m256i x = _mm256_set1_epi32(quad); \
            s[i][0] = add_products(s[i][0], b0, x); \
            s[i][1] = add_products(s[i][1], b1, x); \
        } \
    } \
    FOR_ROWS { \
        __m256i off = _mm256_set1_epi32(WEIGHT_OFFSET * sums[i]); \
        _mm256_storeu_si256((__m256i *)(c + i * ldc), _mm256_sub_epi32(s[i][0], off)); \
        _mm256_storeu_si256((__m256i *)(c + i * ldc + 8), _mm256_sub_epi32(s[i][1], off)); \
    } \
}
INT8_TILE(6) INT8_TILE(4) INT8_TILE(2) INT8_TILE(1)

static void product_int8(tiles *t, int64_t rows, const int8_t *a, int64_t lda, const void *weights, int64_t ldb, int64_t depth,
                         const int32_t *sums, int32_t *c, int64_t ldc) {
    (void)t;
    for (int64_t half = 0; half < PANEL; half += 16) {
        const uint8_t *b = (const uint8_t *)weights + 4 * half;
#define CALL(n) int8_tile_##n(a + row * lda, lda, b, ldb, depth, sums + row, c + row * ldc + half, ldc); row += n
        ROW_TILES(CALL)
#undef CALL
    }
}
#else
/* int8, b[depth / 4, 32, 4], ldb bytes from four to four: vpmaddwd on bytes widened to 16 bits is exact, where vpmaddubsw could saturate. */
enum { WEIGHT_OFFSET = 0 };
static void product_int8(tiles *t, int64_t rows, const int8_t *a, int64_t lda, const void *weights, int64_t ldb, int64_t depth,
                         const int32_t *sums, int32_t *c, int64_t ldc) {
    (void)t;
    (void)sums;
    for (int64_t row = 0; row < rows; row++) {
        for (int64_t column = 0; column < PANEL; column += 16) {
            const int8_t *b = (const int8_t *)weights + 4 * column;
            __m256i s[4] = {_mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256()};
            for (int64_t k = 0; k < depth; k += 4, b += ldb) {
                int32_t quad;
                __builtin_memcpy(&quad, a + row * lda + k, 4);
                __m256i x = _mm256_broadcastq_epi64(_mm_cvtepi8_epi16(_mm_cvtsi32_si128(quad)));
                _Pragma("GCC unroll 4") for (int i = 0; i < 4; i++) {
                    __m256i w = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(b + 16 * i)));
                    s[i] = _mm256_add_epi32(s[i], _mm256_madd_epi16(x, w));
                }
            }
            for (int i = 0; i < 2; i++) {
                // Each output's two partial sums lie side by side.
                __m256i sum = _mm256_hadd_epi32(s[2 * i], s[2 * i + 1]);
                sum = _mm256_permute4x64_epi64(sum, 0xD8);
                _mm256_storeu_si256((__m256i *)(c + row * ldc + column + 8 * i), sum);
            }
        }
    }
}
#endif
