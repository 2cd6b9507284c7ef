// AVX-512 with VNNI for int8 and BF16: Cooper Lake, Zen 4 and later.
#define MILLRACE_AVX512
#include "kernels.h"
#include "vector_avx512.h"
#include "product_avx512.h"
#include "family.h"

const family millrace_avx512 = MILLRACE_FAMILY("avx512");
