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

/* x[depth] becomes H x in place, block by block; every sum has one order. */
static void rotate_row(float *x, int64_t depth) {
    for (int64_t block = 0; block < depth; block += ROTATED_TOGETHER) {
        enum { VECTORS = ROTATED_TOGETHER / LANES };
        vf v[VECTORS];
        for (int i = 0; i < VECTORS; i++) {
            v[i] = vload(x + block + i * LANES);
            v[i] = rotate_lanes(rotate_lanes(rotate_lanes(v[i], 1), 2), 4);
            if (LANES == 16) v[i] = rotate_lanes(v[i], 8);
        }
        for (int stride = 1; stride < VECTORS; stride *= 2) {
            for (int i = 0; i < VECTORS; i++) {
                if (i & stride) continue;
                vf low = v[i], high = v[i + stride];
                v[i] = vadd(low, high);
                v[i + stride] = vsub(low, high);
            }
        }
        for (int i = 0; i < VECTORS; i++) vstore(x + block + i * LANES, v[i]);
    }
    for (int64_t stride = ROTATED_TOGETHER; stride < rotation_size(depth); stride *= 2) {
        for (int64_t i = 0; i < depth; i += LANES) {
            if (i & stride) continue;
            vf low = vload(x + i), high = vload(x + i + stride);
            vstore(x + i, vadd(low, high));
            vstore(x + i + stride, vsub(low, high));
        }
    }
}
