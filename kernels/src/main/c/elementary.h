// Exponential and what is made of it. The same operations in the same order as the Java loops, so the same bits.
// Polynomials from Cephes' expf and tanhf (S. Moshier); errors under 1.5 ulp.

static inline vf vexp(vf x) {
    // Beyond these, exp is 0 or infinite in float32; vmax and vmin let NaN through.
    vf clamped = vmin(vset(89.0f), vmax(vset(-104.0f), x));
    vf rounded = vfma(clamped, vset(1.442695041f), vset(12582912.0f));
    vf n = vsub(rounded, vset(12582912.0f));
    vf r = vfma(n, vset(2.12194440e-4f), vfma(n, vset(-0.693359375f), clamped));
    vf p = vfma(vset(1.9875691500e-4f), r, vset(1.3981999507e-3f));
    p = vfma(p, r, vset(8.3334519073e-3f));
    p = vfma(p, r, vset(4.1665795894e-2f));
    p = vfma(p, r, vset(1.6666665459e-1f));
    p = vfma(p, r, vset(5.0000001201e-1f));
    vf y = vadd(vfma(p, vmul(r, r), r), vset(1.0f));
    return vscale(y, n);
}

static inline vf vtanh(vf x) {
    vf square = vmul(x, x);
    vf p = vfma(vset(-5.70498872745e-3f), square, vset(2.06390887954e-2f));
    p = vfma(p, square, vset(-5.37397155531e-2f));
    p = vfma(p, square, vset(1.33314422036e-1f));
    p = vfma(p, square, vset(-3.33332819422e-1f));
    vf small = vfma(vmul(p, square), x, x);
    vf magnitude = vabs(x);
    vf large = vsub(vset(1.0f), vdiv(vset(2.0f), vadd(vexp(vadd(magnitude, magnitude)), vset(1.0f))));
    vf minus = vsub(vset(0.0f), large);
    return vwhere_less(magnitude, vset(0.625f), small, vwhere_less(x, vset(0.0f), minus, large));
}

/* cap · tanh(x / cap) */
static inline vf vsoft_cap(vf x, vf cap) { return vmul(vtanh(vdiv(x, cap)), cap); }

enum { SILU = 0, GELU_TANH = 1 };

/* activation(gate) · up; gelu as x · sigmoid(2u), as 0.5 x (1 + tanh u) cancels. */
static inline vf vgate(int64_t activation, vf gate, vf up) {
    vf u = gate;
    if (activation == GELU_TANH) {
        u = vmul(vfma(vmul(vmul(gate, gate), gate), vset(0.044715f), gate), vset(1.5957691216057308f));
    }
    // Finite also where the sigmoid is 0; NaN stays one.
    vf e = vexp(vmin(vset(87.0f), vsub(vset(0.0f), u)));
    return vmul(vmul(gate, vreciprocal(vadd(e, vset(1.0f)))), up);
}

/* Up to n elements of a row; masks only where the row ends. */
static inline vf vload_as(const char *base, int64_t type, int64_t index, int64_t n) {
    if (type == F32) {
        const float *p = (const float *)base + index;
        return n >= LANES ? vload(p) : vload_n(p, n);
    }
    const uint16_t *p = (const uint16_t *)base + index;
    return n >= LANES ? vload_bf16(p) : vload_bf16_n(p, n);
}

static inline void vstore_as(char *base, int64_t type, int64_t index, vf x, int64_t n) {
    if (type == F32) {
        float *p = (float *)base + index;
        if (n >= LANES) vstore(p, x); else vstore_n(p, x, n);
        return;
    }
    uint16_t *p = (uint16_t *)base + index;
    if (n >= LANES) vstore_bf16(p, x); else vstore_bf16_n(p, x, n);
}

static inline float f16_value(uint16_t bits) { return _cvtsh_ss(bits); }

/* The largest magnitude among k numbers from index `from` on, as bits: above those of infinity if one is not a number. */
static inline int32_t largest_bits(const char *in, int64_t type, int64_t from, int64_t k) {
    vf largest = vset(0);
    for (int64_t i = 0; i < k; i += LANES) largest = vmax_bits(largest, vload_as(in, type, from + i, k - i));
    return vreduce_max_bits(largest);
}

/* What turns numbers up to `largest` into integers up to `most`: 0 for numbers so small that it might overflow. */
static inline float factor_to(float most, float largest) { return largest > 0x1p-100f ? most / largest : 0.0f; }

/* k numbers from index `from` on, whose largest magnitude has the bits `most`, as bytes, padded with zeros to `depth`, and their sum;
   returns their scale, NaN if one is infinite or not a number (Dettmers et al., arXiv 2208.07339, without outliers). */
static float round_to_bytes(const char *in, int64_t type, int64_t from, int64_t k, int64_t depth, int32_t most, int8_t *out, int32_t *sum) {
    union { int32_t bits; float value; } largest = {.bits = most};
    int finite = most < 0x7F800000;
    vf factor = vset(finite ? factor_to(127.0f, largest.value) : 0.0f);
    vi total = vzero_i();
    for (int64_t i = 0; i < depth; i += LANES) {
        int64_t n = at_least(0, k - i);
        vf x = n > 0 && finite ? vmul(vload_as(in, type, from + i, n), factor) : vset(0);
        vi q = vround_i8(out + i, x);
        if (WEIGHT_OFFSET) total = vadd_i(total, q);
    }
    *sum = vreduce_add_i(total);
    return finite ? largest.value / 127.0f : __builtin_nanf("");
}

static float round_bytes(const char *in, int64_t type, int64_t from, int64_t k, int64_t depth, int8_t *out, int32_t *sum) {
    return round_to_bytes(in, type, from, k, depth, largest_bits(in, type, from, k), out, sum);
}
