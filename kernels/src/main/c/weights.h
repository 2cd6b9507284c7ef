// Weights: from the rows of a checkpoint into panels, from panels to what a product reads, and single rows of an embedding.

static inline uint16_t u16_at(const uint8_t *p) {
    uint16_t x;
    __builtin_memcpy(&x, p, 2);
    return x;
}

/* One row of a checkpoint as float32. */
static void decode_row(const uint8_t *row, int64_t format, int64_t k, float *out) {
    if (format == ROW_F32) {
        __builtin_memcpy(out, row, (size_t)(4 * k));
    } else if (format == ROW_F16) {
        for (int64_t i = 0; i < k; i++) out[i] = f16_value(u16_at(row + 2 * i));
    } else if (format == ROW_BF16) {
        for (int64_t i = 0; i < k; i++) out[i] = bf16_value(u16_at(row + 2 * i));
    } else if (format == ROW_Q8_0) {
        for (int64_t i = 0; i < k; i++) {
            const uint8_t *block = row + i / 32 * 34;
            out[i] = (float)(int8_t)block[2 + i % 32] * f16_value(u16_at(block));
        }
    } else {
        int64_t head = format == ROW_Q4_1 ? 4 : 2;
        for (int64_t i = 0; i < k; i++) {
            const uint8_t *block = row + i / 32 * (head + 16);
            int q = block[head + i % 16] >> (i % 32 < 16 ? 0 : 4) & 15;
            float d = f16_value(u16_at(block));
            out[i] = format == ROW_Q4_1 ? (float)q * d + f16_value(u16_at(block + 2)) : (float)(q - 8) * d;
        }
    }
}

/* Output j of a panel from a row of blocks, which stay as they are. */
static void pack_blocks(const uint8_t *row, int64_t format, int64_t k, int64_t j, uint8_t *panel) {
    int64_t scales = format == ROW_Q4_1 ? 2 : 1, bytes = format == ROW_Q8_0 ? 32 : 16;
    for (int64_t block = 0; block < k / 32; block++, row += 2 * scales + bytes, panel += (2 * scales + bytes) * PANEL) {
        for (int64_t s = 0; s < scales; s++) __builtin_memcpy(panel + 2 * (s * PANEL + j), row + 2 * s, 2);
        for (int64_t i = 0; i < bytes; i++) panel[(2 * scales + i) * PANEL + j] = row[2 * scales + i];
    }
}

/* The same of codes with scales and offsets for each 16 inputs. */
static void pack_codes(const uint8_t *row, int64_t k, int64_t j, uint8_t *panel) {
    for (int64_t block = 0; block < k / 32; block++, row += 48, panel += 48 * PANEL) {
        for (int64_t s = 0; s < 4; s++) __builtin_memcpy(panel + 4 * (s * PANEL + j), row + 4 * s, 4);
        for (int64_t i = 0; i < 32; i++) panel[(16 + i) * PANEL + j] = row[16 + i];
    }
}

/* The nearest E4M3 number (OCP FP8), ties to even, for |x| <= 448. */
static uint8_t e4m3_bits(float x) {
    union { float f; uint32_t u; } magnitude = {.f = __builtin_fabsf(x)};
    int exponent = (int)(magnitude.u >> 23) - 127;
    if (exponent < -6) exponent = -6;
    // Adding 1.5 · 2²³ quanta rounds to whole ones.
    union { float f; uint32_t u; } quantum = {.u = (uint32_t)(exponent - 3 + 127) << 23};
    volatile float shifted = magnitude.f / quantum.f + 12582912.0f;
    int steps = (int)(shifted - 12582912.0f);
    if (steps == 16) {
        steps = 8;
        exponent++;
    }
    int bits = steps < 8 ? steps : ((exponent + 7) << 3) + steps - 8;
    return (uint8_t)(bits > 0x7E ? 0x7E : bits) | (x < 0 ? 0x80 : 0);
}

static float e4m3_value(uint8_t bits) {
    int exponent = bits >> 3 & 15, fraction = bits & 7;
    union { uint32_t u; float f; } power = {.u = (uint32_t)((exponent ? exponent : 1) - 7 - 3 + 127) << 23};
    float magnitude = (float)(exponent ? 8 + fraction : fraction) * power.f;
    return bits & 0x80 ? -magnitude : magnitude;
}

/* Output j of a panel of rounded numbers, `most` the largest of their grid; returns the row's scale. */
static float pack_rounded(const float *row, int64_t format, int64_t k, int64_t j, uint8_t *panel) {
    float largest = 0, most = is_int8(format) ? 127.0f : 448.0f;
    for (int64_t i = 0; i < k; i++) {
        float magnitude = __builtin_fabsf(row[i]);
        if (!(magnitude <= largest)) largest = magnitude;
    }
    float scale = largest / most;
    for (int64_t i = 0; i < panel_depth(format, k); i++) {
        float x = i < k && scale > 0 ? row[i] / scale : 0;
        x = x > most ? most : x < -most ? -most : x;
        if (is_int8(format)) {
            panel[(i / 4 * PANEL + j) * 4 + i % 4] = (uint8_t)(_mm_cvtss_si32(_mm_set_ss(x)) + WEIGHT_OFFSET);
        } else {
            panel[(i / 2 * PANEL + j) * 2 + i % 2] = e4m3_bits(x);
        }
    }
    return scale;
}

/* `count` rows of a checkpoint become one panel; the scratch has room for a row of float32. */
static int64_t run_pack(const void *args, int64_t part, char *scratch) {
    const pack_args *a = args;
    (void)part;
    float *values = (float *)scratch;
    for (int64_t j = 0; j < a->count; j++) {
        const uint8_t *row = (const uint8_t *)a->rows + j * a->row_bytes;
        if (a->panel_format >= PANEL_Q8_0 && a->panel_format <= PANEL_Q4_1) {
            pack_blocks(row, a->row_format, a->k, j, (uint8_t *)a->panel);
            continue;
        }
        if (a->panel_format == PANEL_CODES || a->panel_format == PANEL_E4M3_CODES) {
            pack_codes(row, a->k, j, (uint8_t *)a->panel);
            continue;
        }
        if (a->row_format == ROW_INT8) {
            uint8_t *panel = (uint8_t *)a->panel;
            for (int64_t i = 0; i < panel_depth(a->panel_format, a->k); i++) {
                panel[(i / 4 * PANEL + j) * 4 + i % 4] = (uint8_t)((i < a->k ? row[i] : 0) + WEIGHT_OFFSET);
            }
            continue;
        }
        decode_row(row, a->row_format, a->k, values);
        uint16_t *halves = (uint16_t *)a->panel;
        for (int64_t i = 0; i < a->k; i++) {
            switch (a->panel_format) {
                case PANEL_F32: ((float *)a->panel)[i * PANEL + j] = values[i]; break;
                case PANEL_F16: case PANEL_BF16: halves[i * PANEL + j] = u16_at(row + 2 * i); break;
                case PANEL_BF16_PAIRS: halves[(i / 2 * PANEL + j) * 2 + i % 2] = bf16_bits(values[i]); break;
                default: break;
            }
        }
        if (a->panel_format >= PANEL_INT8) {
            float *scale = (float *)a->scales + j;
            int64_t depth = panel_depth(a->panel_format, a->k), k = a->k;
            if (a->panel_format == PANEL_INT8_ROTATED) {
                rotate_row((const char *)values, F32, k, values, depth);
                k = depth;
            }
            *scale = pack_rounded(values, a->panel_format, k, j, (uint8_t *)a->panel);
            if (a->panel_format == PANEL_INT8_ROTATED) *scale /= (float)rotation_size(depth);
        }
    }
    return 0;
}

static void unpack_codes(const uint8_t *panel, int64_t format, int64_t from, int64_t depth, float *out) {
    const uint8_t *block = panel + from / 32 * 48 * PANEL;
    for (int64_t b = 0; b < depth / 32; b++, block += 48 * PANEL, out += 32 * PANEL) {
        const float *scales = (const float *)block;
        const uint8_t *q = block + 16 * PANEL;
        for (int64_t half = 0; half < 2; half++) {
            for (int64_t j = 0; j < PANEL; j += LANES) {
                vf d = vload(scales + half * PANEL + j), m = vload(scales + (2 + half) * PANEL + j);
                for (int64_t i = 16 * half; i < 16 * half + 16; i++) {
                    const uint8_t *code = q + i * PANEL + j;
                    vstore(out + i * PANEL + j, vfma(format == PANEL_CODES ? vload_u8(code) : vload_e4m3(code), d, m));
                }
            }
        }
    }
}

/* Inputs [from, from + depth) of a panel as float32 [depth, 32]; from and depth are multiples of 32 where there are blocks. */
static void unpack(const char *panel, int64_t format, int64_t from, int64_t depth, float *out) {
    if (format == PANEL_BF16 || format == PANEL_F16) {
        const uint16_t *x = (const uint16_t *)panel + from * PANEL;
        for (int64_t i = 0; i < depth * PANEL; i += LANES) vstore(out + i, format == PANEL_BF16 ? vload_bf16(x + i) : vload_f16(x + i));
        return;
    }
    if (format == PANEL_CODES || format == PANEL_E4M3_CODES) {
        unpack_codes((const uint8_t *)panel, format, from, depth, out);
        return;
    }
    int64_t scales = format == PANEL_Q4_1 ? 2 : 1, bytes = format == PANEL_Q8_0 ? 32 : 16;
    const uint8_t *block = (const uint8_t *)panel + from / 32 * (2 * scales + bytes) * PANEL;
    for (int64_t b = 0; b < depth / 32; b++, block += (2 * scales + bytes) * PANEL, out += 32 * PANEL) {
        for (int64_t j = 0; j < PANEL; j += LANES) {
            vf d = vload_f16((const uint16_t *)block + j);
            vf m = format == PANEL_Q4_1 ? vload_f16((const uint16_t *)block + PANEL + j) : d;
            const uint8_t *q = block + 2 * scales * PANEL + j;
            for (int64_t i = 0; i < bytes; i++, q += PANEL) {
                if (format == PANEL_Q8_0) {
                    vstore(out + i * PANEL + j, vmul(vload_i8((const int8_t *)q), d));
                    continue;
                }
                vf low = vload_low(q), high = vload_high(q);
                if (format == PANEL_Q4_0) {
                    low = vmul(vsub(low, vset(8.0f)), d);
                    high = vmul(vsub(high, vset(8.0f)), d);
                } else {
                    low = vadd(vmul(low, d), m);
                    high = vadd(vmul(high, d), m);
                }
                vstore(out + i * PANEL + j, low);
                vstore(out + (i + 16) * PANEL + j, high);
            }
        }
    }
}

/* out[t, :] = scale · weight[ids[t], :] */
static int64_t run_embed(const void *args, int64_t part, char *scratch) {
    const embed_args *a = args;
    const int32_t *ids = (const int32_t *)a->ids;
    int64_t end = at_most(a->tokens, (part + 1) * a->rows_per_part);
    for (int64_t t = part * a->rows_per_part; t < end; t++) {
        if (ids[t] < 0 || ids[t] >= a->n) return refusal(t, ids[t]);
        int64_t j = ids[t] % PANEL;
        const uint8_t *panel = (const uint8_t *)a->weight + ids[t] / PANEL * panel_bytes(a->format, a->k);
        const uint16_t *halves = (const uint16_t *)panel;
        float *out = (float *)a->out + t * a->out_stride, scale = float_of(a->scale);
        int rotated = a->format == PANEL_INT8_ROTATED;
        int64_t depth = rotated ? panel_depth(a->format, a->k) : a->k;
        float *values = rotated ? (float *)scratch : out;
        float row_scale = a->weight_scales ? ((const float *)a->weight_scales)[ids[t]] : 1.0f;
        int64_t head = a->format == PANEL_Q4_1 ? 4 : 2, block_bytes = bytes_of_32(a->format);
        for (int64_t i = 0; i < depth; i++) {
            const uint8_t *block = panel + i / 32 * block_bytes;
            float x = 0;
            switch (a->format) {
                case PANEL_F32: x = ((const float *)panel)[i * PANEL + j]; break;
                case PANEL_F16: x = f16_value(halves[i * PANEL + j]); break;
                case PANEL_BF16: x = bf16_value(halves[i * PANEL + j]); break;
                case PANEL_Q8_0: x = (float)(int8_t)block[(2 + i % 32) * PANEL + j] * f16_value(u16_at(block + 2 * j)); break;
                case PANEL_Q4_0: case PANEL_Q4_1: {
                    int q = block[(head + i % 16) * PANEL + j] >> (i % 32 < 16 ? 0 : 4) & 15;
                    float d = f16_value(u16_at(block + 2 * j));
                    x = a->format == PANEL_Q4_0 ? (float)(q - 8) * d : (float)q * d + f16_value(u16_at(block + 2 * (PANEL + j)));
                    break;
                }
                case PANEL_CODES: case PANEL_E4M3_CODES: {
                    const float *scales = (const float *)block + i % 32 / 16 * PANEL + j;
                    uint8_t code = block[(16 + i % 32) * PANEL + j];
                    x = __builtin_fmaf(a->format == PANEL_CODES ? (float)code : e4m3_value(code), scales[0], scales[2 * PANEL]);
                    break;
                }
                case PANEL_BF16_PAIRS: x = bf16_value(halves[(i / 2 * PANEL + j) * 2 + i % 2]); break;
                case PANEL_INT8: case PANEL_INT8_ROTATED:
                    x = (float)(int8_t)(panel[(i / 4 * PANEL + j) * 4 + i % 4] - WEIGHT_OFFSET) * row_scale;
                    break;
                case PANEL_E4M3: x = e4m3_value(panel[(i / 2 * PANEL + j) * 2 + i % 2]) * row_scale; break;
                default: break;
            }
            values[i] = x;
        }
        // The rotation is its own inverse, but for a factor that the scales hold.
        if (rotated) rotate_row((const char *)values, F32, depth, values, depth);
        for (int64_t i = 0; i < a->k; i++) out[i] = scale == 1.0f ? values[i] : values[i] * scale;
    }
    return 0;
}
