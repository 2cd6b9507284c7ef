// Causal attention over paged keys and values: online softmax over tiles of 64 keys in order of position (Dao et al., arXiv
// 2205.14135; Kwon et al., arXiv 2309.06180).
//
// A unit is a run of tokens of one sequence with one KV head; its rows are {token} x {query head of the group}. A tile's keys and
// values are brought together from their blocks once for all rows. Tiles lie at multiples of 64, and a position that a row may
// not see has weight 0 in its sums, so a row's bits follow from its position alone. What no token of the run sees is not read:
// its values count as zeros.

enum { TILE_KEYS = 64 };

// What keys and values of bytes need beside the rest: scales of a tile, scales and sums of rows.
typedef struct {
    float keys[TILE_KEYS], values[TILE_KEYS];
    float *q, *weights;
    int32_t *q_sums, *weight_sums, *products;
} byte_scales;

typedef struct {
    const attention_args *a;
    int64_t group, depth, rows, tokens, sequence, kv_head, position;  // depth: D, rounded up; position: of the first token
    uint16_t *q, *keys, *values, *weights;                            // float32 or bytes if kv_type says so
    float *scores, *sums, *largest, *totals;
    byte_scales scales;
} unit;

static int64_t first_visible(const attention_args *a, int64_t position) {
    return a->window == 0 ? 0 : at_least(0, position - a->window + 1);
}

static char *taken(char **at, int64_t bytes) {
    char *memory = *at;
    *at += round_up(bytes, 64);
    return memory;
}

#include "attention_bytes.h"

static char *lay_out(unit *u, char *memory) {
    const attention_args *a = u->a;
    int64_t element = a->kv_type == F32 ? 4 : a->kv_type == BF16 ? 2 : 1, rows = a->unit_tokens * a->heads / a->kv_heads;
    u->depth = round_up(a->head_dim, a->kv_type == INT8 ? 64 : 32);
    u->q = (uint16_t *)taken(&memory, rows * u->depth * at_least(2, element));
    u->keys = (uint16_t *)taken(&memory, u->depth * TILE_KEYS * element);
    u->values = (uint16_t *)taken(&memory, TILE_KEYS * u->depth * element);
    u->weights = (uint16_t *)taken(&memory, rows * TILE_KEYS * 2);
    u->scores = (float *)taken(&memory, rows * TILE_KEYS * 4);
    u->sums = (float *)taken(&memory, rows * u->depth * 4);
    u->largest = (float *)taken(&memory, rows * 4);
    u->totals = (float *)taken(&memory, rows * 4);
    return a->kv_type == INT8 ? lay_out_bytes(u, rows, memory) : memory;
}

static int64_t attention_scratch(const attention_args *a) {
    unit u = {.a = a};
    return lay_out(&u, 0) - (char *)0 + 64;
}

static void load_queries(unit *u, int64_t first_row) {
    const attention_args *a = u->a;
    int64_t bytes = a->type == F32 ? 4 : 2, row_bytes = u->depth * bytes, length = a->head_dim * bytes;
    for (int64_t r = 0; r < u->rows; r++) {
        int64_t head = u->kv_head * u->group + r % u->group;
        const char *from = (const char *)a->q + ((first_row + r / u->group) * a->q_stride + head * a->head_dim) * bytes;
        if (a->kv_type == INT8) {
            query_to_bytes(u, r, from);
            continue;
        }
        char *to = (char *)u->q + r * row_bytes;
        __builtin_memcpy(to, from, (size_t)length);
        __builtin_memset(to + length, 0, (size_t)(row_bytes - length));
    }
    __builtin_memset(u->sums, 0, (size_t)(u->rows * u->depth * 4));
    for (int64_t r = 0; r < u->rows; r++) {
        u->largest[r] = -__builtin_inff();
        u->totals[r] = 0;
    }
}

#ifndef MILLRACE_AVX2
/* Two tokens' values side by side, element by element; null counts as zeros. */
static void pair_values(const uint16_t *even, const uint16_t *odd, int64_t d, int64_t depth, uint16_t *out) {
    const __m512i low = _mm512_set_epi16(47, 15, 46, 14, 45, 13, 44, 12, 43, 11, 42, 10, 41, 9, 40, 8, 39, 7, 38, 6, 37, 5, 36, 4,
                                         35, 3, 34, 2, 33, 1, 32, 0);
    const __m512i high = _mm512_add_epi16(low, _mm512_set1_epi16(16));
    for (int64_t i = 0; i < depth; i += 32) {
        __mmask32 mask = d - i >= 32 ? 0xFFFFFFFF : (1u << (d - i)) - 1;
        __m512i x = even ? _mm512_maskz_loadu_epi16(mask, even + i) : _mm512_setzero_si512();
        __m512i y = odd ? _mm512_maskz_loadu_epi16(mask, odd + i) : _mm512_setzero_si512();
        _mm512_storeu_si512(out + 2 * i, _mm512_permutex2var_epi16(x, low, y));
        _mm512_storeu_si512(out + 2 * i + 32, _mm512_permutex2var_epi16(x, high, y));
    }
}
#endif

/* Keys and values [low, high) of the tile at `start`; returns a block number that does not exist, or -1. */
static int64_t load_tile(unit *u, int64_t start, int64_t low, int64_t high) {
    const attention_args *a = u->a;
    const int32_t *table = (const int32_t *)a->tables + u->sequence * a->table_stride;
    int64_t bytes = a->kv_type == F32 ? 4 : a->kv_type == BF16 ? 2 : 1, d = a->head_dim, b = a->block_size, words = d * bytes / 4;
    int64_t head_bytes = kv_head_bytes(a->kv_type, b, d), depth = u->depth;
    const char *values[TILE_KEYS] = {0};
    for (int64_t key = low / 8 * 8; key < high; key += 8) {
        int64_t block = table[(start + key) / b], in_block = (start + key) % b;
        if (block < 0 || block >= a->num_blocks) return block;
        int64_t base = (block * a->kv_heads + u->kv_head) * head_bytes;
        const uint32_t *from = (const uint32_t *)((const char *)a->keys + base) + in_block;
        uint32_t *to = (uint32_t *)u->keys + key;
        for (int64_t w = 0; w < words; w++, from += b, to += TILE_KEYS) {
            _mm256_storeu_si256((__m256i *)to, _mm256_loadu_si256((const __m256i *)from));
        }
        if (a->kv_type == INT8) {
            load_values(u, key, (const char *)a->keys + base, (const char *)a->values + base, in_block);
            continue;
        }
        for (int64_t i = 0; i < 8; i++) {
            int64_t seen = key + i >= low && key + i < high;
            values[key + i] = seen ? (const char *)a->values + base + (in_block + i) * d * bytes : 0;
        }
    }
    if (a->kv_type == INT8) return -1;
    for (int64_t w = words; w < depth * bytes / 4; w++) __builtin_memset((uint32_t *)u->keys + w * TILE_KEYS, 0, 4 * TILE_KEYS);
    for (int64_t key = 0; key < TILE_KEYS; key += 2) {
#ifndef MILLRACE_AVX2
        if (a->kv_type == BF16) {
            pair_values((const uint16_t *)values[key], (const uint16_t *)values[key + 1], d, depth, u->values + key * depth);
            continue;
        }
#endif
        for (int64_t i = key; i < key + 2; i++) {
            float *to = (float *)u->values + i * depth;
            int64_t length = values[i] ? d : 0;
            if (length) __builtin_memcpy(to, values[i], (size_t)(4 * d));
            __builtin_memset(to + length, 0, (size_t)(4 * (depth - length)));
        }
    }
    return -1;
}

/* Asks for keys and values [from, to) of a head while others are computed: blocks lie far apart, where the processor does not guess them. */
static void prefetch_tile(const unit *u, int64_t kv_head, int64_t from, int64_t to) {
    const attention_args *a = u->a;
    const int32_t *table = (const int32_t *)a->tables + u->sequence * a->table_stride;
    int64_t b = a->block_size, bytes = kv_head_bytes(a->kv_type, b, a->head_dim);
    for (int64_t key = from / b * b; key < to; key += b) {
        int64_t block = table[key / b];
        if (block < 0 || block >= a->num_blocks) return;
        int64_t base = (block * a->kv_heads + kv_head) * bytes;
        for (int64_t line = 0; line < bytes; line += 64) {
            _mm_prefetch((const char *)a->keys + base + line, _MM_HINT_T1);
            _mm_prefetch((const char *)a->values + base + line, _MM_HINT_T1);
        }
    }
}

/* Scores of one row become weights relative to its largest score so far; what came before is rescaled if that grew. */
static void softmax(unit *u, int64_t r, int64_t low, int64_t high) {
    const attention_args *a = u->a;
    float *x = u->scores + r * TILE_KEYS, cap = float_of(a->soft_cap), before = u->largest[r];
    vf s[TILE_KEYS / LANES], scale = vset(float_of(a->scale)), most = vset(before), total = vset(0);
    for (int64_t i = 0; i < TILE_KEYS / LANES; i++) {
        s[i] = vmul(vload(x + i * LANES), scale);
        if (cap != 0) s[i] = vsoft_cap(s[i], vset(cap));
        if (low > 0 || high < TILE_KEYS) {
            s[i] = vbetween(s[i], low - i * LANES, high - i * LANES, vset(-__builtin_inff()));
        }
        most = vmax(s[i], most);
    }
    float largest = vreduce_max(most);
    if (largest > before && before != -__builtin_inff()) {
        vf factor = vexp(vset(before - largest));
        vstore_n(u->totals + r, vmul(vset(u->totals[r]), factor), 1);
        for (int64_t i = 0; i < u->depth; i += LANES) {
            float *sum = u->sums + r * u->depth + i;
            vstore(sum, vmul(vload(sum), factor));
        }
    }
    u->largest[r] = largest;
    // A row that sees nothing yet has no largest score to be relative to.
    vf shift = vset(largest == -__builtin_inff() ? 0 : largest);
    for (int64_t i = 0; i < TILE_KEYS / LANES; i++) {
        // Weights under 2⁻¹²⁵ count as 0: denormal numbers cost a hundred times as much.
        vf distance = vsub(s[i], shift), least = vset(-87.0f);
        vf w = vwhere_less(distance, least, vset(0), vexp(vmax(least, distance)));
        if (a->kv_type == BF16) {
            w = vround_bf16(u->weights + r * TILE_KEYS + i * LANES, w);
        } else {
            vstore(x + i * LANES, w);
        }
        total = vadd(total, w);
    }
    u->totals[r] += vreduce_add(total);
}

/* Scores of the rows from `first` on with the keys of the tile. */
static void add_scores(unit *u, tiles *t, int64_t first, int64_t panels) {
    int64_t rows = u->rows - first, depth = u->depth;
    float *scores = u->scores + first * TILE_KEYS;
    (void)t;
    for (int64_t p = 0; p < panels; p++) {
#ifndef MILLRACE_AVX2
        if (u->a->kv_type == BF16) {
            product_bf16(t, rows, u->q + first * depth, depth, u->keys + 2 * p * PANEL, 2 * TILE_KEYS, depth, scores + p * PANEL,
                         TILE_KEYS, 0);
            continue;
        }
#endif
        product_f32(rows, (float *)u->q + first * depth, depth, (float *)u->keys + p * PANEL, TILE_KEYS, depth,
                    scores + p * PANEL, TILE_KEYS, 0);
    }
}

/* Adds the values of the tile, weighted. */
static void add_values(unit *u, tiles *t, int64_t first, int64_t panels, int64_t high) {
    int64_t rows = u->rows - first, depth = u->depth;
    (void)t;
    (void)panels;
    for (int64_t p = 0; p < depth; p += PANEL) {
        float *sums = u->sums + first * depth + p;
#ifndef MILLRACE_AVX2
        if (u->a->kv_type == BF16) {
            product_bf16(t, rows, u->weights + first * TILE_KEYS, TILE_KEYS, u->values + 2 * p, 2 * depth, panels * PANEL, sums,
                         depth, 1);
            continue;
        }
#endif
        product_f32(rows, u->scores + first * TILE_KEYS, TILE_KEYS, (float *)u->values + p, depth, high, sums, depth, 1);
    }
}

static void add_tile(unit *u, tiles *t, int64_t start, int64_t high) {
    const attention_args *a = u->a;
    int64_t first = at_least(0, start - u->position) * u->group, panels = (high + PANEL - 1) / PANEL;
    if (a->kv_type == INT8) add_byte_scores(u, t, first, panels); else add_scores(u, t, first, panels);
    for (int64_t r = first; r < u->rows; r++) {
        int64_t position = u->position + r / u->group;
        int64_t low = at_least(0, first_visible(a, position) - start), end = position + 1 - start;
        softmax(u, r, low, end);
        if (a->kv_type == INT8) weights_to_bytes(u, r, low, end);
    }
    if (a->kv_type == INT8) add_byte_values(u, t, first); else add_values(u, t, first, panels, high);
}

static int64_t run_unit(unit *u, tiles *t, int64_t first_row) {
    const attention_args *a = u->a;
    load_queries(u, first_row);
    int64_t last = u->position + u->tokens - 1, first = first_visible(a, u->position) / TILE_KEYS * TILE_KEYS;
    for (int64_t start = first; start <= last; start += TILE_KEYS) {
        int64_t low = at_least(0, first_visible(a, u->position) - start), high = at_most(TILE_KEYS, last + 1 - start);
        int64_t missing = load_tile(u, start, low, high);
        if (missing != -1) return refusal(u->sequence, (int32_t)missing);
        if (start + TILE_KEYS <= last) {
            prefetch_tile(u, u->kv_head, start + TILE_KEYS, at_most(start + 2 * TILE_KEYS, last + 1));
        } else if (u->kv_head + 1 < a->kv_heads) {
            // The next unit, as heads of a run of tokens follow each other.
            prefetch_tile(u, u->kv_head + 1, first, at_most(first + TILE_KEYS, last + 1));
        }
        add_tile(u, t, start, high);
    }
    for (int64_t r = 0; r < u->rows; r++) {
        int64_t head = u->kv_head * u->group + r % u->group;
        vf factor = vset(1.0f / u->totals[r]);
        for (int64_t i = 0; i < a->head_dim; i += LANES) {
            int64_t to = (first_row + r / u->group) * a->out_stride + head * a->head_dim + i;
            vstore_as((char *)a->out, a->type, to, vmul(vload(u->sums + r * u->depth + i), factor), a->head_dim - i);
        }
    }
    return 0;
}

static int64_t run_attention(const void *args, int64_t part, char *scratch) {
    const attention_args *a = args;
    const int32_t *starts = (const int32_t *)a->starts, *first_units = (const int32_t *)a->first_units;
    unit u = {.a = a, .group = a->heads / a->kv_heads};
    lay_out(&u, scratch);
    tiles t;
    tiles_begin(&t);
    int64_t end = at_most(first_units[a->seqs], (part + 1) * a->units_per_part), refused = 0;
    for (int64_t i = part * a->units_per_part; i < end && !refused; i++) {
        // The last sequence whose units begin at or before this one.
        int64_t low = 0, high = a->seqs;
        while (high - low > 1) {
            int64_t middle = (low + high) / 2;
            if (first_units[middle] <= i) low = middle; else high = middle;
        }
        int64_t in_sequence = i - first_units[low], first_row = starts[low] + in_sequence / a->kv_heads * a->unit_tokens;
        u.sequence = low;
        u.kv_head = in_sequence % a->kv_heads;
        u.tokens = at_most(a->unit_tokens, starts[low + 1] - first_row);
        u.rows = u.tokens * u.group;
        u.position = first_row + ((const int32_t *)a->contexts)[low] - starts[low + 1];
        refused = run_unit(&u, &t, first_row);
    }
    tiles_end(&t);
    return refused;
}
