// Matrix unit for bfloat16 and int8, AVX-512 for the rest: Sapphire Rapids and later.
#define MILLRACE_AMX
#include "kernels.h"
#include "vector_avx512.h"
#include "product_avx512.h"
#include "product_amx.h"
#include "family.h"

const family millrace_amx = MILLRACE_FAMILY("amx");
