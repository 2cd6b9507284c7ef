// out = in · weightᵀ + bias, and the gated pair out = activation(gate) · up.
//
// A part is a block of rows times a run of panels. The rows stay in the L2 cache while panels stream by; a panel is read once
// for each block of rows. float32 products expand a slice of the panel in the L1 cache, the others read it as it lies.

enum { SLICE = 256, F32_ROWS = 72, VECTORS = PANEL / LANES };
#ifdef MILLRACE_AMX
enum { TILE_ROWS = 32 };
#include "product_split.h"
#else
enum { TILE_ROWS = 48 };
#endif

/* A row of bfloat16, padded. */
static void pad_row(const prepare_args *a, const char *in, uint16_t *out) {
    for (int64_t i = 0; i < a->depth; i += LANES) {
        int64_t n = at_least(0, a->k - i);
        vstore_bf16_n(out + i, n > 0 ? vload_as(in, a->in_type, i, n) : vset(0), a->depth - i);
    }
}

/* A row of k numbers as a product in int8 takes it; `rotated` has room for `depth` floats. */
static void byte_row(const char *in, int64_t type, int64_t k, int64_t depth, int64_t what, float *rotated, int8_t *out, float *scale,
                     int32_t *sum) {
    if (what == PREPARE_INT8_ROTATED) {
        int32_t most = rotate_row(in, type, k, rotated, depth);
        *scale = round_to_bytes((const char *)rotated, F32, 0, depth, depth, most, out, sum);
    } else {
        *scale = round_bytes(in, type, 0, k, depth, out, sum);
    }
}

/* Rows for a product: padded, or rounded to int8. */
static int64_t run_prepare(const void *args, int64_t part, char *scratch) {
    const prepare_args *a = args;
    int64_t end = at_most(a->rows, (part + 1) * a->rows_per_part), bytes = a->in_type == F32 ? 4 : 2;
    for (int64_t r = part * a->rows_per_part; r < end; r++) {
        const char *in = (const char *)a->in + r * a->in_stride * bytes;
        if (a->what == PREPARE_BF16) {
            pad_row(a, in, (uint16_t *)a->out + r * a->out_stride);
#ifdef MILLRACE_AMX
        } else if (a->what == PREPARE_SPLIT) {
            split_floats(in, a->in_type, a->k, a->depth, (uint16_t *)a->out + r * a->out_stride,
                      (float *)a->sums + r * a->depth / SPLIT_BLOCK);
#endif
        } else {
            byte_row(in, a->in_type, a->k, a->depth, a->what, (float *)scratch, (int8_t *)a->out + r * a->out_stride,
                     (float *)a->scales + r, (int32_t *)a->sums + r);
        }
    }
    return 0;
}

static int64_t preparation(int64_t format) {
    switch (format) {
        case PANEL_BF16_PAIRS: case PANEL_E4M3: return PREPARE_BF16;
        case PANEL_INT8: return PREPARE_INT8;
        case PANEL_INT8_ROTATED: return PREPARE_INT8_ROTATED;
#ifdef MILLRACE_AMX
        case PANEL_BF16: case PANEL_Q8_0: case PANEL_Q4_0: case PANEL_Q4_1: return PREPARE_SPLIT;
#endif
        default: return PREPARE_NONE;
    }
}

#ifndef MILLRACE_AVX2
/* Inputs [from, from + depth) of a panel of E4M3 as pairs of bfloat16, exactly. */
static void unpack_e4m3(const uint8_t *panel, int64_t from, int64_t depth, uint16_t *out) {
    // What has no exponent: m · 2⁻⁹ for m = 0..7, in bfloat16.
    __m512i small = _mm512_castsi128_si512(
        _mm_setr_epi16(0, 0x3B00, 0x3B80, 0x3BC0, 0x3C00, 0x3C20, 0x3C40, 0x3C60));
    const uint8_t *in = panel + from * PANEL;
    for (int64_t i = 0; i < depth * PANEL; i += 32) {
        __m512i x = _mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i *)(in + i)));
        __m512i magnitude = _mm512_and_si512(x, _mm512_set1_epi16(0x7F));
        __m512i value = _mm512_add_epi16(_mm512_slli_epi16(magnitude, 4), _mm512_set1_epi16(120 << 7));
        __mmask32 subnormal = _mm512_cmplt_epu16_mask(magnitude, _mm512_set1_epi16(8));
        value = _mm512_mask_permutexvar_epi16(value, subnormal, magnitude, small);
        __m512i sign = _mm512_slli_epi16(_mm512_and_si512(x, _mm512_set1_epi16(0x80)), 8);
        _mm512_storeu_si512(out + i, _mm512_or_si512(value, sign));
    }
}
#endif

/* Sums of `rows` rows with one panel: c[rows, 32], float32 or, for int8, int32. */
static void panel_product(tiles *t, const linear_args *a, const char *panel, int64_t row, int64_t rows, float *slice, float *c) {
    if (is_int8(a->format)) {
        const int32_t *sums = (const int32_t *)a->in_sums + row;
        product_int8(t, rows, (const int8_t *)a->in + row * a->in_stride, a->in_stride, panel, 4 * PANEL, a->depth, sums, (int32_t *)c,
                     PANEL);
        return;
    }
#ifndef MILLRACE_AVX2
    const uint16_t *halves = (const uint16_t *)a->in + row * a->in_stride;
    if (a->format == PANEL_BF16_PAIRS) {
        product_bf16(t, rows, halves, a->in_stride, (const uint16_t *)panel, 2 * PANEL, a->depth, c, PANEL, 0);
        return;
    }
    if (a->format == PANEL_E4M3) {
        for (int64_t i = 0; i < a->depth; i += SLICE) {
            int64_t depth = at_most(SLICE, a->depth - i);
            unpack_e4m3((const uint8_t *)panel, i, depth, (uint16_t *)slice);
            product_bf16(t, rows, halves + i, a->in_stride, (uint16_t *)slice, 2 * PANEL, depth, c, PANEL, i > 0);
        }
        return;
    }
#endif
#ifdef MILLRACE_AMX
    if (preparation(a->format) == PREPARE_SPLIT) {
        if (a->format == PANEL_BF16) product_halves(t, a, panel, row, rows, (char *)slice, c);
        else product_codes(t, a, panel, row, rows, (char *)slice, c);
        return;
    }
#endif
    const float *in = (const float *)a->in + row * a->in_stride;
    if (a->format == PANEL_F32) {
        product_f32(rows, in, a->in_stride, (const float *)panel, PANEL, a->depth, c, PANEL, 0);
        return;
    }
    for (int64_t i = 0; i < a->depth; i += SLICE) {
        int64_t depth = at_most(SLICE, a->depth - i);
        unpack(panel, a->format, i, depth, slice);
        product_f32(rows, in + i, a->in_stride, slice, PANEL, depth, c, PANEL, i > 0);
    }
}

/* What a panel's sums are multiplied by, and what is added to them: where there is nothing, 1 and -0, which change no bit. */
typedef struct { vf scales[VECTORS], bias[VECTORS]; } finish;

/* For n outputs whose scales lie with those of `panel`. */
static inline finish finish_of(const linear_args *a, int64_t panel, int64_t bias, int64_t n) {
    finish f;
    for (int v = 0; v < VECTORS; v++) {
        int64_t j = v * LANES;
        f.scales[v] = a->weight_scales ? vload((const float *)a->weight_scales + panel * PANEL + j) : vset(1);
        f.bias[v] = a->bias && j < n ? vload_as((const char *)a->bias, F32, bias + j, n - j) : vset(-0.0f);
    }
    return f;
}

/* Vector v of a row's outputs, from its sums and, in int8, its scale. */
static inline vf finished(const finish *f, const float *c, int v, int int8, vf in_scale) {
    vf x = int8 ? vmul(vload_i32((const int32_t *)c + v * LANES), in_scale) : vload(c + v * LANES);
    return vadd(vmul(x, f->scales[v]), f->bias[v]);
}

static inline vf in_scale(const linear_args *a, int64_t row) {
    return is_int8(a->format) ? vset(((const float *)a->in_scales)[row]) : vset(1);
}

/* Rows for which a slice is expanded once. */
static int64_t step_rows(const linear_args *a) {
#ifdef MILLRACE_AMX
    if (preparation(a->format) == PREPARE_SPLIT) return SPLIT_ROWS;
#endif
    return a->format < PANEL_BF16_PAIRS ? F32_ROWS : TILE_ROWS;
}

/* A slice, the sums of a step, and, for gates, those of all rows of a block. */
static int64_t linear_scratch(const linear_args *a) {
    return 4 * PANEL * (SLICE + step_rows(a) + (a->gated ? round_up(a->rows_per_block, step_rows(a)) : 0));
}

/* Rows of a step, from their sums and, if `gates` is not null, those of their gates. */
static inline __attribute__((always_inline)) void store_rows_as(const linear_args *a, const float *c, const float *gates, int64_t row,
                                                                int64_t rows, int64_t panel, int int8, int64_t type) {
    int64_t n = at_most(PANEL, a->n - panel * PANEL), ups = (a->n + PANEL - 1) / PANEL + panel, stride = a->out_stride;
    int64_t to = row * stride + panel * PANEL, activation = a->activation;
    char *out = (char *)a->out;
    finish gate = finish_of(a, panel, panel * PANEL, n), up = gate;
    if (gates) up = finish_of(a, ups, a->n + panel * PANEL, n);
    for (int64_t r = 0; r < rows; r++, to += stride) {
        vf scale = in_scale(a, row + r);
        for (int v = 0; v < VECTORS && v * LANES < n; v++) {
            vf x = finished(&up, c + r * PANEL, v, int8, scale);
            if (gates) x = vgate(activation, finished(&gate, gates + r * PANEL, v, int8, scale), x);
            vstore_as(out, type, to + v * LANES, x, n - v * LANES);
        }
    }
}

static void store_rows(const linear_args *a, const float *c, const float *gates, int64_t row, int64_t rows, int64_t panel) {
    if (is_int8(a->format)) {
        if (a->out_type == F32) store_rows_as(a, c, gates, row, rows, panel, 1, F32);
        else store_rows_as(a, c, gates, row, rows, panel, 1, BF16);
    } else {
        if (a->out_type == F32) store_rows_as(a, c, gates, row, rows, panel, 0, F32);
        else store_rows_as(a, c, gates, row, rows, panel, 0, BF16);
    }
}

/* Takes outputs [32 · panel, ...) of rows into the rows' best: the lowest id among the largest. */
static void update_best(const linear_args *a, const float *c, int64_t row, int64_t rows, int64_t panel, best *bests) {
    int64_t n = at_most(PANEL, a->n - panel * PANEL);
    float cap = float_of(a->soft_cap);
    finish f = finish_of(a, panel, panel * PANEL, n);
    for (int64_t r = 0; r < rows; r++, bests++) {
        float x[PANEL];
        vf largest = vset(-__builtin_inff()), bits = vset(0);
        for (int v = 0; v < VECTORS && v * LANES < n; v++) {
            vf y = finished(&f, c + r * PANEL, v, is_int8(a->format), in_scale(a, row + r));
            if (cap != 0) y = vsoft_cap(y, vset(cap));
            y = vbetween(y, 0, n - v * LANES, vset(-__builtin_inff()));
            vstore(x + v * LANES, y);
            bits = vmax_bits(bits, vbetween(y, 0, n - v * LANES, vset(0)));
            largest = vmax(y, largest);
        }
        if (vreduce_max_bits(bits) > 0x7F800000) bests->value = __builtin_nanf("");
        float most = vreduce_max(largest);
        if (!(most > bests->value)) continue;
        int32_t i = 0;
        while (x[i] != most) i++;
        *bests = (best){most, (int32_t)(panel * PANEL) + i};
    }
}

static int64_t run_linear(const void *args, int64_t part, char *scratch) {
    const linear_args *a = args;
    int64_t panels = (a->n + PANEL - 1) / PANEL, groups = (panels + a->panels_per_part - 1) / a->panels_per_part;
    int64_t begin = part / groups * a->rows_per_block, end = at_most(a->rows, begin + a->rows_per_block);
    int64_t last_panel = at_most(panels, (part % groups + 1) * a->panels_per_part);
    int64_t step = step_rows(a), bytes = panel_bytes(a->format, a->depth);
    float *slice = (float *)scratch, *c = slice + SLICE * PANEL, *gates = c + step * PANEL;
    tiles t;
    tiles_begin(&t);
    best *bests = a->bests ? (best *)a->bests + part % groups * a->rows : 0;
    for (int64_t row = begin; bests && row < end; row++) bests[row] = (best){-__builtin_inff(), -1};
    for (int64_t panel = part % groups * a->panels_per_part; panel < last_panel; panel++) {
        const char *weight = (const char *)a->weight + panel * bytes;
        if (a->gated) {
            // All gates first: both panels together do not fit the L1 cache.
            for (int64_t row = begin; row < end; row += step) {
                panel_product(&t, a, weight, row, at_most(step, end - row), slice, gates + (row - begin) * PANEL);
            }
            weight += panels * bytes;
        }
        for (int64_t row = begin; row < end; row += step) {
            int64_t rows = at_most(step, end - row);
            panel_product(&t, a, weight, row, rows, slice, c);
            if (bests) {
                update_best(a, c, row, rows, panel, bests + row);
            } else {
                store_rows(a, c, a->gated ? gates + (row - begin) * PANEL : 0, row, rows, panel);
            }
        }
    }
    tiles_end(&t);
    return 0;
}

/* ids[r]: of the best of a row's parts, which hold the outputs in order; -1 for a row with NaN or +∞, or with nothing finite. */
static int64_t run_best(const void *args, int64_t part, char *scratch) {
    const best_args *a = args;
    (void)part;
    (void)scratch;
    const best *bests = (const best *)a->bests;
    for (int64_t r = 0; r < a->rows; r++) {
        best most = bests[r];
        for (int64_t group = 1; group < a->groups; group++) {
            best other = bests[group * a->rows + r];
            if (other.value != other.value || other.value > most.value) most = other;
        }
        ((int32_t *)a->ids)[r] = __builtin_isfinite(most.value) ? most.id : -1;
    }
    return 0;
}
