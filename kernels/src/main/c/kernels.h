// What the Java side and one instruction family agree on.
//
// Every operation takes a record of 64-bit words that Java fills (floats as the bits of a float32, addresses as they are), the
// number of the part of the work to do, and the calling thread's scratch memory. Parts write different rows or columns, so any
// thread may take any part; how the work is cut never changes a bit of a result. An operation returns 0, or what it refuses:
// (index + 1) << 32 | value of the entry that names something that does not exist.
#ifndef MILLRACE_KERNELS_H
#define MILLRACE_KERNELS_H

#include <stdint.h>

enum { PANEL = 32 };     // outputs of a weight that lie side by side
enum { F32, BF16, INT8 };  // types of activations, and of keys and values, which alone may be bytes

// How weights lie in panels of PANEL outputs. A panel holds `depth` inputs, k rounded up to a multiple of 64 and padded with
// zeros; input i of the outputs j = 0..31 is
//   PANEL_F32, _F16, _BF16   [depth][32]                                              products in float32
//   PANEL_Q8_0               [depth / 32] { f16 d[32]; int8 q[32][32] }               the same, value d·q
//   PANEL_Q4_0, _Q4_1        [depth / 32] { f16 d[32], (m[32]); uint8 q[16][32] }     the same; low nibbles are inputs 0..15
//   PANEL_CODES              [depth / 32] { f32 d[2][32], m[2][32]; uint8 q[32][32] } the same, value d·q + m, for each 16 inputs
//   PANEL_E4M3_CODES         as PANEL_CODES, an E4M3 number each                      the same
//   PANEL_BF16_PAIRS         [depth / 2][32][2]                                       products in bfloat16
//   PANEL_INT8               [depth / 4][32][4], a float32 scale for each output      products in int8
//   PANEL_INT8_ROTATED       as PANEL_INT8, of inputs that rotation.h has rotated     the same, inputs rotated too
//   PANEL_E4M3               as PANEL_INT8, an E4M3 number each                       products in bfloat16
enum {
    PANEL_F32, PANEL_F16, PANEL_BF16, PANEL_Q8_0, PANEL_Q4_0, PANEL_Q4_1, PANEL_CODES, PANEL_E4M3_CODES, PANEL_BF16_PAIRS,
    PANEL_INT8, PANEL_INT8_ROTATED, PANEL_E4M3
};

// What a product wants of rows, and run_prepare makes: bfloat16, padded; bytes; rows rotated and then made bytes; or three bfloat16
// for each float32 (product_split.h). A norm makes bytes of what it writes.
enum { PREPARE_NONE, PREPARE_BF16, PREPARE_INT8, PREPARE_INT8_ROTATED, PREPARE_SPLIT };

// Rows of a matrix in the forms of a checkpoint; the numbers are those of WeightFormat. Java has made the last two from others:
// ROW_CODES { f32 d[2], m[2]; uint8 q[32] } for each 32 inputs, for PANEL_CODES and PANEL_E4M3_CODES; ROW_INT8 bytes whose scales Java knows, for PANEL_INT8.
enum { ROW_F32, ROW_F16, ROW_BF16, ROW_Q8_0, ROW_Q4_0, ROW_Q4_1, ROW_CODES = 64, ROW_INT8 };

typedef struct { int64_t rows, row_format, row_bytes, count, k, panel, panel_format, scales; } pack_args;

typedef struct {
    int64_t out, out_stride, scales, sums, in, in_stride, in_type, rows, k, depth, rows_per_part, what;
} prepare_args;

typedef struct {
    int64_t out, out_stride, out_type, in, in_stride, in_scales, in_sums, weight, weight_scales, format, n, depth, bias, gated,
            activation, rows, rows_per_block, panels_per_part, bests, soft_cap;
} linear_args;

// The best of the outputs that one part of a product has seen of a row: NaN if one was NaN, id -1 if none was above -∞.
typedef struct { float value; int32_t id; } best;

typedef struct {
    int64_t out, out_stride, ids, tokens, rows_per_part, weight, weight_scales, format, n, k, scale;
} embed_args;

typedef struct {
    int64_t out, out_stride, type, in, in_stride, in_type, delta, delta_stride, weight, size, columns, epsilon, rows,
            rows_per_part, what, scales, sums, depth;
} norm_args;

typedef struct {
    int64_t q, q_stride, k, k_stride, v, v_stride, type, q_columns, kv_heads, head_dim, cos, sin, table_stride, table_rows,
            rotary_dim, interleaved, positions, slots, keys, values, kv_type, block_size, num_blocks, tokens, rows_per_part;
} rope_args;

typedef struct {
    int64_t out, out_stride, q, q_stride, type, keys, values, kv_type, heads, kv_heads, head_dim, scale, window, soft_cap, block_size,
            num_blocks, starts, contexts, tables, table_stride, seqs, unit_tokens, first_units, units_per_part;
} attention_args;

typedef struct { int64_t out, out_stride, in, in_stride, element_bytes, columns, indexes, in_rows, rows; } gather_args;
typedef struct { int64_t x, stride, columns, cap, rows, rows_per_part; } soft_cap_args;
typedef struct { int64_t sums, x, stride, columns, targets, rows, rows_per_part; } logprob_args;
typedef struct { int64_t ids, logprobs, x, stride, columns, rows; } argmax_args;
typedef struct { int64_t ids, bests, rows, groups; } best_args;

enum operation {
    OP_PACK, OP_PREPARE, OP_LINEAR, OP_EMBED, OP_NORM, OP_ROPE, OP_ATTENTION, OP_GATHER, OP_SOFT_CAP, OP_LOGPROB, OP_ARGMAX, OP_BEST,
    OPERATIONS
};

typedef int64_t (*operation_function)(const void *args, int64_t part, char *scratch);

typedef struct {
    const char *name;
    operation_function run[OPERATIONS];
    int64_t (*attention_scratch)(const attention_args *args);
    int64_t (*linear_scratch)(const linear_args *args);
    int64_t (*preparation)(int64_t format);  // what products of this format want of rows
} family;

extern const family millrace_amx, millrace_avx512, millrace_avx2_vnni, millrace_avx2;

static inline float float_of(int64_t bits) {
    union { uint32_t u; float f; } x = {.u = (uint32_t)bits};
    return x.f;
}

static inline int64_t refusal(int64_t index, int32_t value) {
    return (index + 1) << 32 | (uint32_t)value;
}

static inline float bf16_value(uint16_t bits) {
    union { uint32_t u; float f; } x = {.u = (uint32_t)bits << 16};
    return x.f;
}

/* To the nearest, ties to even; NaN stays one. */
static inline uint16_t bf16_bits(float value) {
    union { float f; uint32_t u; } x = {.f = value};
    if (value != value) return (uint16_t)(x.u >> 16 | 0x40);
    return (uint16_t)((x.u + 0x7FFF + (x.u >> 16 & 1)) >> 16);
}

static inline int64_t at_most(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t at_least(int64_t a, int64_t b) { return a > b ? a : b; }

static inline int64_t round_up(int64_t x, int64_t multiple) { return (x + multiple - 1) / multiple * multiple; }

/* Inputs that a panel holds: products in bfloat16 and int8 take 32 and 64 at a time. */
static inline int64_t panel_depth(int64_t format, int64_t k) {
    switch (format) {
        case PANEL_BF16_PAIRS: return round_up(k, 32);
        case PANEL_INT8: case PANEL_INT8_ROTATED: case PANEL_E4M3: return round_up(k, 64);
        default: return k;
    }
}

/* Bytes of 32 inputs of a panel. */
static inline int64_t bytes_of_32(int64_t format) {
    switch (format) {
        case PANEL_F32: return 4 * 32 * PANEL;
        case PANEL_F16: case PANEL_BF16: case PANEL_BF16_PAIRS: return 2 * 32 * PANEL;
        case PANEL_Q8_0: return (2 + 32) * PANEL;
        case PANEL_Q4_0: return (2 + 16) * PANEL;
        case PANEL_Q4_1: return (4 + 16) * PANEL;
        case PANEL_CODES: case PANEL_E4M3_CODES: return (16 + 32) * PANEL;
        default: return 32 * PANEL;
    }
}

/* Bytes of one KV head of a block of keys or of values; bytes are followed by a float32 scale for each token. */
static inline int64_t kv_head_bytes(int64_t kv_type, int64_t block_size, int64_t head_dim) {
    return block_size * (kv_type == F32 ? 4 * head_dim : kv_type == BF16 ? 2 * head_dim : head_dim + 4);
}

static inline int is_int8(int64_t format) { return format == PANEL_INT8 || format == PANEL_INT8_ROTATED; }

static inline int64_t panel_bytes(int64_t format, int64_t k) { return panel_depth(format, k) * bytes_of_32(format) / 32; }

#endif
