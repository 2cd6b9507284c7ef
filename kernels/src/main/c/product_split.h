// Products in float32 on the matrix unit. A float32 is the exact sum of three bfloat16 (8 + 8 + 8 bits, cut off and not rounded: Henry,
// Tang and Heinecke, arXiv 1904.06376), and so are bfloat16 weights and the codes of quantised ones, which have at most 8 bits. Each
// product is therefore three in bfloat16, whose sums are float32; the smallest come first. Blocks of codes are scaled as their sums are
// added: Σ (d q + m) x = d Σ q x + m Σ x. Errors are those of float32 sums, and a row's bits still depend on that row alone.

// Rows of a step, for which a slice of a panel is expanded once; blocks of codes whose sums are added together.
enum { SPLIT_PARTS = 3, SPLIT_BLOCK = 32, SPLIT_ROWS = 128, AT_ONCE = 2 };

/* A row as its high, middle and low parts, `depth` numbers each, padded with zeros, and the sum of each 32 of it. */
static void split_floats(const char *in, int64_t type, int64_t k, int64_t depth, uint16_t *out, float *sums) {
    const __m512i cut = _mm512_set1_epi32((int)0xFFFF0000);
    for (int64_t i = 0; i < depth; i += SPLIT_BLOCK) {
        vf sum = vset(0);
        for (int64_t j = i; j < i + SPLIT_BLOCK; j += LANES) {
            vf rest = j < k ? vload_as(in, type, j, k - j) : vset(0);
            sum = vadd(sum, rest);
            for (int part = 0; part < SPLIT_PARTS; part++) {
                __m512i bits = _mm512_and_si512(_mm512_castps_si512(rest), cut);
                _mm256_storeu_si256((__m256i *)(out + part * depth + j), _mm512_cvtepi32_epi16(_mm512_srli_epi32(bits, 16)));
                rest = vsub(rest, _mm512_castsi512_ps(bits));
            }
        }
        sums[i / SPLIT_BLOCK] = vreduce_add(sum);
    }
}

/* Inputs [from, from + depth) of a panel of k inputs of bfloat16 as pairs; depth of 32s, what is beyond k counts as zeros. */
static void pair_bf16(const uint16_t *panel, int64_t from, int64_t depth, int64_t k, uint16_t *out) {
    const uint16_t *in = panel + from * PANEL;
    for (int64_t i = from; i < from + depth; i += 2, in += 2 * PANEL, out += 2 * PANEL) {
        for (int64_t j = 0; j < PANEL; j += LANES) {
            _mm_prefetch((const char *)(in + 2 * j) + 8192, _MM_HINT_T0);
            __m512i even = i < k ? _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)(in + j))) : _mm512_setzero_si512();
            __m512i odd = i + 1 < k ? _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)(in + PANEL + j))) : _mm512_setzero_si512();
            _mm512_storeu_si512(out + 2 * j, _mm512_or_si512(even, _mm512_slli_epi32(odd, 16)));
        }
    }
}

/* Codes [32][32] of one byte each as pairs of bfloat16. */
static void pair_bytes(const int8_t *codes, uint16_t *out) {
    for (int64_t i = 0; i < SPLIT_BLOCK; i += 2, codes += 2 * PANEL, out += 2 * PANEL) {
        for (int64_t j = 0; j < PANEL; j += LANES) {
            __m512i even = _mm512_castps_si512(vload_i8(codes + j)), odd = _mm512_castps_si512(vload_i8(codes + PANEL + j));
            _mm512_storeu_si512(out + 2 * j, _mm512_or_si512(_mm512_srli_epi32(even, 16), odd));
        }
    }
}

/* The same of nibbles [16][32], the low ones inputs 0 to 15; code q is q - zero. */
static void pair_nibbles(const uint8_t *codes, int zero, uint16_t *out) {
    const vf all = _mm512_set_ps(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    const __m512i table = _mm512_broadcast_i64x4((__m256i)_mm512_cvtneps_pbh(vsub(all, vset((float)zero))));
    const __m512i nibble = _mm512_set1_epi16(15);
    for (int64_t i = 0; i < SPLIT_BLOCK / 2; i += 2, codes += 2 * PANEL, out += 2 * PANEL) {
        for (int64_t j = 0; j < PANEL; j += LANES) {
            __m128i even = _mm_loadu_si128((const __m128i *)(codes + j)), odd = _mm_loadu_si128((const __m128i *)(codes + PANEL + j));
            __m512i pairs = _mm512_cvtepu8_epi16(_mm256_set_m128i(_mm_unpackhi_epi8(even, odd), _mm_unpacklo_epi8(even, odd)));
            __m512i low = _mm512_permutexvar_epi16(_mm512_and_si512(pairs, nibble), table);
            __m512i high = _mm512_permutexvar_epi16(_mm512_srli_epi16(pairs, 4), table);
            _mm512_storeu_si512(out + 2 * j, low);
            _mm512_storeu_si512(out + SPLIT_BLOCK / 2 * PANEL + 2 * j, high);
        }
    }
}

/* Tiles 0 to 3 for up to 32 rows: zeros, or sums[rows, 32] so far. */
static inline void clear_sums(tiles *t, int64_t rows) {
    tiles_set(t, at_most(rows, 16), at_least(rows - 16, 0));
    _tile_zero(0);
    _tile_zero(1);
    if (rows > 16) {
        _tile_zero(2);
        _tile_zero(3);
    }
}

static inline void load_sums(tiles *t, int64_t rows, const float *sums) {
    tiles_set(t, at_most(rows, 16), at_least(rows - 16, 0));
    _tile_loadd(0, sums, 4 * PANEL);
    _tile_loadd(1, sums + LANES, 4 * PANEL);
    if (rows > 16) {
        _tile_loadd(2, sums + 16 * PANEL, 4 * PANEL);
        _tile_loadd(3, sums + 16 * PANEL + LANES, 4 * PANEL);
    }
}

static inline void store_sums(int64_t rows, float *sums) {
    _tile_stored(0, sums, 4 * PANEL);
    _tile_stored(1, sums + LANES, 4 * PANEL);
    if (rows > 16) {
        _tile_stored(2, sums + 16 * PANEL, 4 * PANEL);
        _tile_stored(3, sums + 16 * PANEL + LANES, 4 * PANEL);
    }
}

/* Adds the products of up to 32 rows with 32 inputs of a panel; the parts of a row are `depth` apart. */
static inline void multiply_block(int64_t rows, const uint16_t *a, int64_t lda, int64_t depth, const uint16_t *pairs) {
    _tile_loadd(6, pairs, 4 * PANEL);
    _tile_loadd(7, pairs + PANEL, 4 * PANEL);
    for (int64_t part = SPLIT_PARTS - 1; part >= 0; part--) {
        _tile_loadd(4, a + part * depth, 2 * lda);
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(1, 4, 7);
        if (rows > 16) {
            _tile_loadd(5, a + part * depth + 16 * lda, 2 * lda);
            _tile_dpbf16ps(2, 5, 6);
            _tile_dpbf16ps(3, 5, 7);
        }
    }
}

/* Sums of AT_ONCE blocks, or fewer at the end, that wait to be added to c[rows, 32]. */
typedef struct {
    const float *sums;      // [blocks][32][32]
    const char *scales;     // of the first block
    const float *in_sums;   // of the first block, of the first row
    float *c;
    int64_t rows, blocks, add;
} waiting;

/* c[r, :] (+)= Σ d · sums + m · in_sums for rows [from, to). */
static inline __attribute__((always_inline)) void add_rows(const linear_args *a, const waiting *w, int64_t from, int64_t to, int64_t blocks,
                                                           int offsets) {
    int64_t bytes = bytes_of_32(a->format), stride = a->depth / SPLIT_BLOCK, add = w->add;
    const float *sums = w->sums, *in_sums = w->in_sums;
    float *c = w->c;
    vf d[AT_ONCE][VECTORS], m[AT_ONCE][VECTORS];
    for (int64_t b = 0; b < blocks; b++) {
        for (int v = 0; v < VECTORS; v++) {
            const uint16_t *scales = (const uint16_t *)(w->scales + b * bytes) + v * LANES;
            d[b][v] = vload_f16(scales);
            m[b][v] = offsets ? vload_f16(scales + PANEL) : vset(0);
        }
    }
    for (int64_t r = from; r < to; r++) {
        for (int v = 0; v < VECTORS; v++) {
            int64_t at = r * PANEL + v * LANES;
            vf x = add ? vload(c + at) : vset(0);
            for (int64_t b = 0; b < blocks; b++) {
                x = vfma(vload(sums + b * TILE_ROWS * PANEL + at), d[b][v], x);
                if (offsets) x = vfma(vset(in_sums[r * stride + b]), m[b][v], x);
            }
            vstore(c + at, x);
        }
    }
}

static void add_blocks(const linear_args *a, const waiting *w, int64_t from, int64_t to) {
    if (from == to) return;
    int offsets = a->format == PANEL_Q4_1;
    if (w->blocks < AT_ONCE) add_rows(a, w, from, to, w->blocks, offsets);
    else if (offsets) add_rows(a, w, from, to, AT_ONCE, 1);
    else add_rows(a, w, from, to, AT_ONCE, 0);
}

/* Sums of rows with a panel whose inputs have scales in blocks of 32; `scratch` has room for a slice of 256 inputs in float32.
   While the matrix unit multiplies a block, the vector unit adds a share of those before. */
static void product_codes(tiles *t, const linear_args *a, const char *panel, int64_t row, int64_t rows, char *scratch, float *c) {
    int64_t bytes = bytes_of_32(a->format), head = 2 * PANEL * (a->format == PANEL_Q4_1 ? 2 : 1), blocks = a->depth / SPLIT_BLOCK;
    int64_t lda = a->in_stride, place = 0;
    uint16_t *pairs = (uint16_t *)scratch;
    float *sums = (float *)(pairs + AT_ONCE * SPLIT_BLOCK * PANEL);
    waiting before = {.rows = 0};
    for (int64_t from = 0; from < blocks; from += AT_ONCE) {
        int64_t to = at_most(from + AT_ONCE, blocks);
        for (int64_t b = from; b < to; b++) {
            const char *codes = panel + b * bytes + head;
            uint16_t *out = pairs + (b - from) * SPLIT_BLOCK * PANEL;
            if (a->format == PANEL_Q8_0) pair_bytes((const int8_t *)codes, out);
            else pair_nibbles((const uint8_t *)codes, a->format == PANEL_Q4_0 ? 8 : 0, out);
        }
        for (int64_t r = 0; r < rows; r += TILE_ROWS, place ^= 1) {
            const uint16_t *in = (const uint16_t *)a->in + (row + r) * lda;
            float *to_sums = sums + place * AT_ONCE * TILE_ROWS * PANEL;
            waiting now = {to_sums, panel + from * bytes, (const float *)a->in_sums + (row + r) * blocks + from, c + r * PANEL,
                           at_most(TILE_ROWS, rows - r), to - from, from > 0};
            for (int64_t b = 0; b < now.blocks; b++) {
                clear_sums(t, now.rows);
                multiply_block(now.rows, in + (from + b) * SPLIT_BLOCK, lda, a->depth, pairs + b * SPLIT_BLOCK * PANEL);
                add_blocks(a, &before, b * before.rows / now.blocks, (b + 1) * before.rows / now.blocks);
                store_sums(now.rows, to_sums + b * TILE_ROWS * PANEL);
            }
            before = now;
        }
    }
    add_blocks(a, &before, 0, before.rows);
}

/* Sums of rows with a panel in bfloat16. */
static void product_halves(tiles *t, const linear_args *a, const char *panel, int64_t row, int64_t rows, char *scratch, float *c) {
    int64_t depth = round_up(a->depth, SPLIT_BLOCK);
    uint16_t *pairs = (uint16_t *)scratch;
    for (int64_t from = 0; from < depth; from += SLICE) {
        int64_t length = at_most(SLICE, depth - from);
        pair_bf16((const uint16_t *)panel, from, length, a->depth, pairs);
        for (int64_t r = 0; r < rows; r += TILE_ROWS) {
            int64_t n = at_most(TILE_ROWS, rows - r);
            const uint16_t *in = (const uint16_t *)a->in + (row + r) * a->in_stride + from;
            if (from == 0) clear_sums(t, n); else load_sums(t, n, c + r * PANEL);
            for (int64_t i = 0; i < length; i += SPLIT_BLOCK) multiply_block(n, in + i, a->in_stride, depth, pairs + i * PANEL);
            store_sums(n, c + r * PANEL);
        }
    }
}
