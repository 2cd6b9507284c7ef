// One instruction family: what its file has defined of vectors and products, and all operations in those words.
#include "elementary.h"
#include "rotation.h"
#include "weights.h"
#include "linear.h"
#include "rows.h"
#include "attention.h"

#define MILLRACE_FAMILY(label) { \
    .name = label, \
    .run = {[OP_PACK] = run_pack, [OP_PREPARE] = run_prepare, [OP_LINEAR] = run_linear, [OP_EMBED] = run_embed, \
            [OP_NORM] = run_norm, [OP_ROPE] = run_rope, [OP_ATTENTION] = run_attention, [OP_GATHER] = run_gather, \
            [OP_SOFT_CAP] = run_soft_cap, [OP_LOGPROB] = run_logprob, [OP_ARGMAX] = run_argmax, \
            [OP_BEST] = run_best}, \
    .attention_scratch = attention_scratch, \
    .linear_scratch = linear_scratch, .preparation = preparation, \
}
