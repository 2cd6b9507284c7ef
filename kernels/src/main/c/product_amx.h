// A block of rows times one panel of 32 outputs on the matrix unit: 2 x 2 tiles of 16 x 16 sums. Tiles 0 to 3 hold sums, 4 and 5
// rows of a, 6 and 7 the two halves of the panel. A row's sums depend on that row of a alone, whatever rows share its tile.

typedef struct { int64_t upper, lower; } tiles;  // rows that the upper and the lower tiles are set up for

static inline void tiles_begin(tiles *t) { t->upper = t->lower = -1; }

static inline void tiles_end(tiles *t) {
    if (t->upper >= 0) _tile_release();
}

static void tiles_set(tiles *t, int64_t upper, int64_t lower) {
    if (t->upper == upper && t->lower == lower) return;
    struct { uint8_t palette, start, reserved[14]; uint16_t row_bytes[16]; uint8_t rows[16]; } config = {.palette = 1};
    for (int i = 0; i < 8; i++) {
        config.row_bytes[i] = 64;
        config.rows[i] = 16;
    }
    config.rows[0] = config.rows[1] = config.rows[4] = (uint8_t)upper;
    config.rows[2] = config.rows[3] = config.rows[5] = (uint8_t)(lower ? lower : 1);
    // gcc 12 takes only the first 8 bytes for read, and leaves the others out.
    __asm__ volatile("" : : "r"(&config) : "memory");
    _tile_loadconfig(&config);
    t->upper = upper;
    t->lower = lower;
}

/* One block of up to 32 rows; `step` bytes of a and 16 rows of b, b_row bytes apart, for each multiplication. */
#define AMX_BLOCK(name, multiply) \
static inline __attribute__((always_inline)) void name(tiles *t, int64_t rows, const char *a, int64_t a_row, const char *b, int64_t b_row, int64_t steps, char *c, int64_t c_row, \
                 int add) { \
    int64_t upper = at_most(rows, 16), lower = rows - upper; \
    tiles_set(t, upper, lower); \
    const char *a2 = a + 16 * a_row; \
    char *c2 = c + 16 * c_row; \
    if (add) { \
        _tile_loadd(0, c, c_row); \
        _tile_loadd(1, c + 64, c_row); \
    } else { \
        _tile_zero(0); \
        _tile_zero(1); \
    } \
    if (lower) { \
        if (add) { \
            _tile_loadd(2, c2, c_row); \
            _tile_loadd(3, c2 + 64, c_row); \
        } else { \
            _tile_zero(2); \
            _tile_zero(3); \
        } \
        for (int64_t k = 0; k < steps; k++, b += 16 * b_row, a += 64, a2 += 64) { \
            _tile_loadd(6, b, b_row); \
            _tile_loadd(4, a, a_row); \
            _tile_loadd(7, b + 64, b_row); \
            multiply(0, 4, 6); \
            _tile_loadd(5, a2, a_row); \
            multiply(1, 4, 7); \
            multiply(2, 5, 6); \
            multiply(3, 5, 7); \
        } \
        _tile_stored(2, c2, c_row); \
        _tile_stored(3, c2 + 64, c_row); \
    } else { \
        for (int64_t k = 0; k < steps; k++, b += 16 * b_row, a += 64) { \
            if (b_row == 4 * PANEL) { \
                for (int line = 0; line < 2048; line += 64) _mm_prefetch(b + 16384 + line, _MM_HINT_T0); \
            } \
            _tile_loadd(4, a, a_row); \
            _tile_loadd(6, b, b_row); \
            _tile_loadd(7, b + 64, b_row); \
            multiply(0, 4, 6); \
            multiply(1, 4, 7); \
        } \
    } \
    _tile_stored(0, c, c_row); \
    _tile_stored(1, c + 64, c_row); \
}
AMX_BLOCK(bf16_block, _tile_dpbf16ps)
AMX_BLOCK(int8_block, _tile_dpbssd)

/* c[rows, 32] (+)= a[rows, depth] · b, b[depth / 2, 32, 2] pairs of bfloat16, ldb elements from pair to pair; depth of 32s */
static void product_bf16(tiles *t, int64_t rows, const uint16_t *a, int64_t lda, const uint16_t *b, int64_t ldb, int64_t depth,
                         float *c, int64_t ldc, int add) {
    for (int64_t row = 0; row < rows; row += 32) {
        bf16_block(t, at_most(32, rows - row), (const char *)(a + row * lda), 2 * lda, (const char *)b, 2 * ldb, depth / 32,
                   (char *)(c + row * ldc), 4 * ldc, add);
    }
}

/* The same for int8, b[depth / 4, 32, 4], ldb bytes from four to four; depth of 64s. Exact. */
enum { WEIGHT_OFFSET = 0 };
static void product_int8(tiles *t, int64_t rows, const int8_t *a, int64_t lda, const void *b, int64_t ldb, int64_t depth,
                         const int32_t *sums, int32_t *c, int64_t ldc) {
    (void)sums;
    for (int64_t row = 0; row < rows; row += 32) {
        int8_block(t, at_most(32, rows - row), (const char *)(a + row * lda), lda, b, ldb, depth / 64,
                   (char *)(c + row * ldc), 4 * ldc, 0);
    }
}
