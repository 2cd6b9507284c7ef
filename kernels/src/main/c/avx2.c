// AVX2, FMA and F16C: Haswell, Zen and later. Products in float32 and int8.
#define MILLRACE_AVX2
#include "kernels.h"
#include "vector_avx2.h"
#include "product_avx2.h"
#include "family.h"

const family millrace_avx2 = MILLRACE_FAMILY("avx2");
