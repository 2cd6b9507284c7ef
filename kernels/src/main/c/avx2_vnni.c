// AVX2 with VNNI: Alder Lake and later, Zen 5. Products in float32 as in avx2.c, those in int8 by vpdpbusd.
#define MILLRACE_AVX2
#define MILLRACE_AVX_VNNI
#include "kernels.h"
#include "vector_avx2.h"
#include "product_avx2.h"
#include "family.h"

const family millrace_avx2_vnni = MILLRACE_FAMILY("avx2_vnni");
