// Rotation of the inputs of a product before they are rounded to int8 (Ashkboos et al., QuaRot, arXiv 2404.00456, with no
// calibration): x · w = (H x) · (H w) / size, H the Hadamard matrix of +1 and -1. An outlier, which alone would set the scale of its
// row, is spread over `size` inputs. `size` is the largest power of two that divides the padded depth, 64 or more, at most 1,024.

enum { ROTATED_TOGETHER = 64, MOST_ROTATED = 1024 };

static int64_t rotation_size(int64_t depth) { return at_most(depth & -depth, MOST_ROTATED); }

/* (x0, x1) becomes (x0 + x1, x0 - x1) for lanes that are `stride` apart. */
static inline vf rotate_lanes(vf x, int stride) {
    static const float SIGNS[4][16] = {
        {1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1},
        {1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1},
        {1, 1, 1, 1, -1, -1, -1, -1, 1, 1, 1, 1, -1, -1, -1, -1},
        {1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1, -1},
    };
    return vfma(x, vload(SIGNS[__builtin_ctz((unsigned)stride)]), vswap(x, stride));
}

enum { ROTATED_VECTORS = ROTATED_TOGETHER / LANES };

/* (x, y) becomes (x + y, x - y) for vectors that are 1, 2, 4, ... of `count` apart. */
static inline __attribute__((always_inline)) void rotate_vectors(vf *v, int count) {
    for (int stride = 1; stride < count; stride *= 2) {
        for (int i = 0; i < count; i++) {
            if (i & stride) continue;
            vf low = v[i], high = v[i + stride];
            v[i] = vadd(low, high);
            v[i + stride] = vsub(low, high);
        }
    }
}

/* The rest of the rotation of `count` times 64 numbers that are rotated 64 by 64; returns the largest magnitudes. */
static inline __attribute__((always_inline)) vf rotate_far(float *x, int64_t depth, int count) {
    vf largest = vset(0);
    for (int64_t block = 0; block < depth; block += count * ROTATED_TOGETHER) {
        for (int64_t i = block; i < block + ROTATED_TOGETHER; i += LANES) {
            vf v[MOST_ROTATED / ROTATED_TOGETHER];
            for (int part = 0; part < count; part++) v[part] = vload(x + i + part * ROTATED_TOGETHER);
            rotate_vectors(v, count);
            for (int part = 0; part < count; part++) {
                vstore(x + i + part * ROTATED_TOGETHER, v[part]);
                largest = vmax_bits(largest, v[part]);
            }
        }
    }
    return largest;
}

/* x[depth] = H times k numbers, padded with zeros; every sum has one order. May be in place. Returns the largest magnitude, as bits. */
static int32_t rotate_row(const char *in, int64_t type, int64_t k, float *x, int64_t depth) {
    vf largest = vset(0);
    for (int64_t block = 0; block < depth; block += ROTATED_TOGETHER) {
        vf v[ROTATED_VECTORS];
        for (int i = 0; i < ROTATED_VECTORS; i++) {
            int64_t at = block + i * LANES;
            v[i] = at < k ? vload_as(in, type, at, k - at) : vset(0);
        }
        for (int i = 0; i < ROTATED_VECTORS; i++) {
            v[i] = rotate_lanes(rotate_lanes(rotate_lanes(v[i], 1), 2), 4);
            if (LANES == 16) v[i] = rotate_lanes(v[i], 8);
        }
        rotate_vectors(v, ROTATED_VECTORS);
        for (int i = 0; i < ROTATED_VECTORS; i++) {
            vstore(x + block + i * LANES, v[i]);
            largest = vmax_bits(largest, v[i]);
        }
    }
    switch (rotation_size(depth) / ROTATED_TOGETHER) {
        case 2: largest = rotate_far(x, depth, 2); break;
        case 4: largest = rotate_far(x, depth, 4); break;
        case 8: largest = rotate_far(x, depth, 8); break;
        case 16: largest = rotate_far(x, depth, 16); break;
        default: break;
    }
    return vreduce_max_bits(largest);
}
