// Operations on rows: norms, rotary positions with the store of keys and values, gathers, soft caps, sums of exponentials, argmax.

/* Zhang and Sennrich, arXiv 1910.07467: in / √(mean(in²) + epsilon) · weight, for each head of `size` columns; the sum of squares
   has an order of its own for each size. */
static void norm_head(const norm_args *a, char *out, int64_t to, const char *in, int64_t type, int64_t from, int64_t size) {
    vf s0 = vset(0), s1 = vset(0);
    for (int64_t i = 0; i < size; i += 2 * LANES) {
        vf x0 = vload_as(in, type, from + i, size - i);
        s0 = vfma(x0, x0, s0);
        if (size - i > LANES) {
            vf x1 = vload_as(in, type, from + i + LANES, size - i - LANES);
            s1 = vfma(x1, x1, s1);
        }
    }
    double mean = (double)vreduce_add(vadd(s0, s1)) / (double)size;
    vf factor = vset((float)(1.0 / __builtin_sqrt(mean + (double)float_of(a->epsilon))));
    const float *weight = (const float *)a->weight;
    for (int64_t i = 0; i < size; i += LANES) {
        int64_t n = size - i;
        vf x = vmul(vmul(vload_as(in, type, from + i, n), factor), vload_as((const char *)weight, F32, i, n));
        vstore_as(out, a->type, to + i, x, n);
    }
}

static int64_t run_norm(const void *args, int64_t part, char *scratch) {
    const norm_args *a = args;
    int64_t end = at_most(a->rows, (part + 1) * a->rows_per_part);
    for (int64_t r = part * a->rows_per_part; r < end; r++) {
        int64_t from = r * a->in_stride;
        if (a->delta) {
            // The residual stream is float32, and so in_type is; what is added has the type of activations.
            float *x = (float *)a->in + from;
            for (int64_t i = 0; i < a->columns; i += LANES) {
                int64_t n = a->columns - i;
                vf delta = vload_as((const char *)a->delta, a->type, r * a->delta_stride + i, n);
                vstore_as((char *)x, F32, i, vadd(vload_as((char *)x, F32, i, n), delta), n);
            }
        }
        if (a->what != PREPARE_NONE) {
            norm_head(a, scratch, 0, (const char *)a->in, a->in_type, from, a->columns);
            byte_row(scratch, a->type, a->columns, a->depth, a->what, (float *)scratch + a->depth,
                     (int8_t *)a->out + r * a->out_stride, (float *)a->scales + r, (int32_t *)a->sums + r);
            continue;
        }
        for (int64_t head = 0; head < a->columns; head += a->size) {
            norm_head(a, (char *)a->out, r * a->out_stride + head, (const char *)a->in, a->in_type, from + head, a->size);
        }
    }
    return 0;
}

static inline float load_one(const char *base, int64_t type, int64_t i) {
    return type == F32 ? ((const float *)base)[i] : bf16_value(((const uint16_t *)base)[i]);
}

static inline void store_one(char *base, int64_t type, int64_t i, float x) {
    if (type == F32) {
        ((float *)base)[i] = x;
    } else {
        ((uint16_t *)base)[i] = bf16_bits(x);
    }
}

/* Su et al., arXiv 2104.09864: (x1, x2) becomes (x1 cos - x2 sin, x2 cos + x1 sin). */
static void rotate(char *x, int64_t type, int64_t from, const float *cos, const float *sin, int64_t half, int64_t interleaved) {
    if (interleaved) {
        for (int64_t i = 0; i < half; i++) {
            float x1 = load_one(x, type, from + 2 * i), x2 = load_one(x, type, from + 2 * i + 1);
            store_one(x, type, from + 2 * i, x1 * cos[i] - x2 * sin[i]);
            store_one(x, type, from + 2 * i + 1, x2 * cos[i] + x1 * sin[i]);
        }
        return;
    }
    for (int64_t i = 0; i < half; i += LANES) {
        int64_t n = half - i;
        vf x1 = vload_as(x, type, from + i, n), x2 = vload_as(x, type, from + half + i, n);
        vf c = vload_as((const char *)cos, F32, i, n), s = vload_as((const char *)sin, F32, i, n);
        vstore_as(x, type, from + i, vsub(vmul(x1, c), vmul(x2, s)), n);
        vstore_as(x, type, from + half + i, vadd(vmul(x2, c), vmul(x1, s)), n);
    }
}

/* Words of 4 bytes, one for each token of a block, so that 8 tokens lie side by side as products want them. */
static void store_key(const void *key, int64_t words, uint32_t *keys, int64_t block_size) {
    for (int64_t w = 0; w < words; w++) __builtin_memcpy(keys + w * block_size, (const char *)key + 4 * w, 4);
}

/* Keys lie as [Hkv, D, B], in bfloat16 as [Hkv, D / 2, B, 2], as bytes [Hkv, D / 4, B, 4]; values as [Hkv, B, D], as bytes
   [Hkv, B / 4, D, 4]. Bytes lie as those of weights do, and each head's are followed by a scale for each token. */
static void store_kv(const rope_args *a, int64_t t, int64_t slot, int8_t *rounded) {
    int64_t b = a->block_size, d = a->head_dim, in_block = slot % b, bytes = a->type == F32 ? 4 : 2;
    int64_t head_bytes = kv_head_bytes(a->kv_type, b, d), to = slot / b * a->kv_heads * head_bytes;
    for (int64_t head = 0; head < a->kv_heads; head++, to += head_bytes) {
        char *keys = (char *)a->keys + to, *values = (char *)a->values + to;
        int64_t k = t * a->k_stride + head * d, v = t * a->v_stride + head * d;
        if (a->kv_type != INT8) {
            store_key((const char *)a->k + k * bytes, d * bytes / 4, (uint32_t *)keys + in_block, b);
            __builtin_memcpy(values + in_block * d * bytes, (const char *)a->v + v * bytes, (size_t)(d * bytes));
            continue;
        }
        int32_t sum;
        ((float *)(keys + b * d))[in_block] = round_bytes((const char *)a->k, a->type, k, d, d, rounded, &sum);
        for (int64_t i = 0; i < d; i++) rounded[i] = (int8_t)(rounded[i] + WEIGHT_OFFSET);
        store_key(rounded, d / 4, (uint32_t *)keys + in_block, b);
        ((float *)(values + b * d))[in_block] = round_bytes((const char *)a->v, a->type, v, d, d, rounded, &sum);
        char *value = values + in_block / 4 * d * 4 + in_block % 4;
        for (int64_t i = 0; i < d; i++) value[4 * i] = (char)(rounded[i] + WEIGHT_OFFSET);
    }
}

static int64_t run_rope(const void *args, int64_t part, char *scratch) {
    const rope_args *a = args;
    const int32_t *positions = (const int32_t *)a->positions, *slots = (const int32_t *)a->slots;
    int64_t end = at_most(a->tokens, (part + 1) * a->rows_per_part);
    for (int64_t t = part * a->rows_per_part; t < end; t++) {
        int64_t slot = slots[t];
        if (slot < 0 || slot >= a->num_blocks * a->block_size) return refusal(t, slots[t]);
        if (a->cos) {
            if (positions[t] < 0 || positions[t] >= a->table_rows) return refusal(t, positions[t]);
            const float *cos = (const float *)a->cos + positions[t] * a->table_stride;
            const float *sin = (const float *)a->sin + positions[t] * a->table_stride;
            for (int64_t head = 0; head < a->q_columns; head += a->head_dim) {
                rotate((char *)a->q, a->type, t * a->q_stride + head, cos, sin, a->rotary_dim / 2, a->interleaved);
            }
            for (int64_t head = 0; head < a->kv_heads; head++) {
                int64_t from = t * a->k_stride + head * a->head_dim;
                rotate((char *)a->k, a->type, from, cos, sin, a->rotary_dim / 2, a->interleaved);
            }
        }
        store_kv(a, t, slot, (int8_t *)scratch);
    }
    return 0;
}

static int64_t run_gather(const void *args, int64_t part, char *scratch) {
    const gather_args *a = args;
    (void)part;
    (void)scratch;
    for (int64_t r = 0; r < a->rows; r++) {
        int32_t row = ((const int32_t *)a->indexes)[r];
        if (row < 0 || row >= a->in_rows) return refusal(r, row);
        char *out = (char *)a->out + r * a->out_stride * a->element_bytes;
        __builtin_memcpy(out, (const char *)a->in + row * a->in_stride * a->element_bytes, (size_t)(a->columns * a->element_bytes));
    }
    return 0;
}

static int64_t run_soft_cap(const void *args, int64_t part, char *scratch) {
    const soft_cap_args *a = args;
    (void)scratch;
    vf cap = vset(float_of(a->cap));
    int64_t end = at_most(a->rows, (part + 1) * a->rows_per_part);
    for (int64_t r = part * a->rows_per_part; r < end; r++) {
        float *x = (float *)a->x + r * a->stride;
        for (int64_t i = 0; i < a->columns; i += LANES) {
            vstore_n(x + i, vsoft_cap(vload_n(x + i, a->columns - i), cap), a->columns - i);
        }
    }
    return 0;
}

/* The largest element; NaN if any is one. */
static float max_or_nan(const float *x, int64_t length) {
    vf largest = vset(-__builtin_inff()), bits = vset(0);
    for (int64_t i = 0; i < length; i += LANES) {
        vf v = length - i >= LANES ? vload(x + i) : vload_n(x + i, length - i);
        bits = vmax_bits(bits, v);
        if (length - i < LANES) {
            for (int64_t j = i; j < length; j++) largest = vmax(vset(x[j]), largest);
        } else {
            largest = vmax(v, largest);
        }
    }
    return vreduce_max_bits(bits) > 0x7F800000 ? __builtin_nanf("") : vreduce_max(largest);
}

/* sums[r] = { x[targets[r]], largest element, Σ exp(x - largest) }, doubles; Java takes the logarithm. */
static int64_t run_logprob(const void *args, int64_t part, char *scratch) {
    const logprob_args *a = args;
    (void)scratch;
    int64_t end = at_most(a->rows, (part + 1) * a->rows_per_part);
    for (int64_t r = part * a->rows_per_part; r < end; r++) {
        int32_t target = ((const int32_t *)a->targets)[r];
        if (target < 0 || target >= a->columns) return refusal(r, target);
        const float *x = (const float *)a->x + r * a->stride;
        float largest = max_or_nan(x, a->columns);
        double total = 0;
        for (int64_t chunk = 0; chunk < a->columns; chunk += 1024) {
            vf sum = vset(0);
            int64_t length = at_most(1024, a->columns - chunk);
            for (int64_t i = 0; i < length; i += LANES) {
                if (length - i >= LANES) {
                    sum = vadd(sum, vexp(vsub(vload(x + chunk + i), vset(largest))));
                } else {
                    float rest[LANES];
                    vstore(rest, vexp(vsub(vload_n(x + chunk + i, length - i), vset(largest))));
                    for (int64_t j = 0; j < length - i; j++) total += (double)rest[j];
                }
            }
            total += (double)vreduce_add(sum);
        }
        double *out = (double *)a->sums + 3 * r;
        out[0] = (double)x[target];
        out[1] = (double)largest;
        out[2] = total;
    }
    return 0;
}

/* The lowest id among the largest logits; -1 for a row with NaN or +∞, or with nothing finite. A part is a row. */
static int64_t run_argmax(const void *args, int64_t part, char *scratch) {
    const argmax_args *a = args;
    (void)scratch;
    const float *x = (const float *)a->x + part * a->stride;
    float largest = max_or_nan(x, a->columns);
    int32_t id = -1;
    if (__builtin_isfinite(largest)) {
        id = 0;
        while (x[id] != largest) id++;
    }
    ((int32_t *)a->ids)[part] = id;
    ((float *)a->logprobs)[part] = __builtin_nanf("");
    return 0;
}
