// Kernels whose counters are known beforehand; one warp each, unless a `// launch: blocks 2, threads 64` above
// says otherwise.
// A line's expectation stands in the comment at its end:
//
//   //= load 8/4                 sectors of global memory touched / the least that as many bytes can be
//   //= store 4/2 ways2          cycles of shared memory's banks / without conflicts, and the worst conflict
//   //= cp.async.global 16/16    an instruction with both sides: .global or .shared is added
//   //= unique 4+8               of the whole launch: sectors read + written, each once
//   //= flops N, barriers N, shuffles N      of the whole launch
#pragma once
#include "ptx.cuh"

#define CASE(name) extern "C" __global__ void name
