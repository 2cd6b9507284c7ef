// Attention over keys and values of bytes, each token's with a scale of its own for each KV head. Queries and weights become integers
// of 16 bits, two rows of signed bytes each (x = 256 · high + low), so that products are exact and only keys and values are coarse:
//   score[j] = scale of q · scale of k[j] · Σ q k[j]
//   out     += scale of w · Σ w v                     w[j] = weight[j] · scale of v[j], in steps of the row's largest in the tile

static const float MOST_16 = 32639;  // 127 · 256 + 127

static char *lay_out_bytes(unit *u, int64_t rows, char *memory) {
    u->scales.q = (float *)taken(&memory, rows * 4);
    u->scales.weights = (float *)taken(&memory, rows * 4);
    u->scales.q_sums = (int32_t *)taken(&memory, rows * 8);
    u->scales.weight_sums = (int32_t *)taken(&memory, rows * 8);
    u->scales.products = (int32_t *)taken(&memory, rows * 8 * TILE_KEYS);
    return memory;
}

/* n numbers as two rows of bytes, `length` apart, padded with zeros, and the sums of these; returns their scale, NaN if one is infinite
   or not a number. */
static float split_row(const char *in, int64_t type, int64_t n, int64_t length, int8_t *out, int32_t *sums) {
    union { int32_t bits; float value; } most = {.bits = largest_bits(in, type, 0, n)};
    int finite = most.bits < 0x7F800000;
    float factor = finite ? factor_to(MOST_16, most.value) : 0;
    vi high = vzero_i(), low = vzero_i();
    for (int64_t i = 0; i < length; i += LANES) {
        vf x = i < n ? vmul(vload_as(in, type, i, n - i), vset(factor)) : vset(0);
        vround_i16(out + i, out + length + i, x, &high, &low);
    }
    sums[0] = WEIGHT_OFFSET ? vreduce_add_i(high) : 0;
    sums[1] = WEIGHT_OFFSET ? vreduce_add_i(low) : 0;
    return finite ? most.value / MOST_16 : __builtin_nanf("");
}

static void query_to_bytes(unit *u, int64_t r, const char *from) {
    const attention_args *a = u->a;
    u->scales.q[r] = split_row(from, a->type, a->head_dim, u->depth, (int8_t *)u->q + 2 * r * u->depth, u->scales.q_sums + 2 * r);
}

/* Values and scales of 8 positions of the tile from `key` on; those that no row sees have weight 0, whatever they are. */
static void load_values(unit *u, int64_t key, const char *keys, const char *values, int64_t in_block) {
    const attention_args *a = u->a;
    int64_t d = a->head_dim, scales = a->block_size * d + 4 * in_block;
    __builtin_memcpy(u->scales.keys + key, keys + scales, 32);
    __builtin_memcpy(u->scales.values + key, values + scales, 32);
    for (int64_t four = 0; four < 2; four++) {
        int8_t *to = (int8_t *)u->values + (key / 4 + four) * 4 * u->depth;
        __builtin_memcpy(to, values + (in_block / 4 + four) * 4 * d, (size_t)(4 * d));
    }
}

static inline vf joined(const int32_t *products, int64_t next) {
    return vfma(vload_i32(products), vset(256), vload_i32(products + next));
}

/* Scores of the rows from `first` on with the keys of the tile. */
static void add_byte_scores(unit *u, tiles *t, int64_t first, int64_t panels) {
    int64_t depth = u->depth;
    const int8_t *q = (const int8_t *)u->q + 2 * first * depth;
    int32_t *products = u->scales.products;
    for (int64_t p = 0; p < panels; p++) {
        product_int8(t, 2 * (u->rows - first), q, depth, (const int8_t *)u->keys + 4 * p * PANEL, 4 * TILE_KEYS, depth,
                     u->scales.q_sums + 2 * first, products + p * PANEL, TILE_KEYS);
    }
    for (int64_t r = first; r < u->rows; r++, products += 2 * TILE_KEYS) {
        for (int64_t i = 0; i < panels * PANEL; i += LANES) {
            vf scale = vmul(vload(u->scales.keys + i), vset(u->scales.q[r]));
            vstore(u->scores + r * TILE_KEYS + i, vmul(joined(products + i, TILE_KEYS), scale));
        }
    }
}

/* Weights of a row, which sees [low, high) of the tile, times the scales of values, to 16 bits. */
static void weights_to_bytes(unit *u, int64_t r, int64_t low, int64_t high) {
    float *x = u->scores + r * TILE_KEYS;
    for (int64_t i = 0; i < TILE_KEYS; i += LANES) {
        // What lies where nothing is seen may have any scale.
        vstore(x + i, vbetween(vmul(vload(x + i), vload(u->scales.values + i)), low - i, high - i, vset(0)));
    }
    u->scales.weights[r] = split_row((const char *)x, F32, TILE_KEYS, TILE_KEYS, (int8_t *)u->weights + 2 * r * TILE_KEYS,
                                     u->scales.weight_sums + 2 * r);
}

/* Adds the values of the tile, weighted. */
static void add_byte_values(unit *u, tiles *t, int64_t first) {
    int64_t depth = u->depth;
    const int8_t *weights = (const int8_t *)u->weights + 2 * first * TILE_KEYS;
    for (int64_t p = 0; p < depth; p += PANEL) {
        const int32_t *products = u->scales.products;
        product_int8(t, 2 * (u->rows - first), weights, TILE_KEYS, (const int8_t *)u->values + 4 * p, 4 * depth, TILE_KEYS,
                     u->scales.weight_sums + 2 * first, u->scales.products, PANEL);
        for (int64_t r = first; r < u->rows; r++, products += 2 * PANEL) {
            vf scale = vset(u->scales.weights[r]);
            for (int64_t i = 0; i < PANEL; i += LANES) {
                float *sum = u->sums + r * depth + p + i;
                vstore(sum, vfma(joined(products + i, PANEL), scale, vload(sum)));
            }
        }
    }
}
