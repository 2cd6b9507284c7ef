// Stand-in for NVIDIA's cuda_runtime.h: the keywords of CUDA C++ for a host compiler. Comes first on the
// include path.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector_types.h>
#include <vector_functions.h>

// NVIDIA's host_defines.h gives some of these host meanings of its own.
#undef __global__
#undef __device__
#undef __host__
#undef __shared__
#undef __constant__
#undef __managed__
#undef __forceinline__
#undef __noinline__
#undef __launch_bounds__
#undef __cluster_dims__
#undef __maxnreg__
#undef __grid_constant__
#undef __align__
#undef __restrict__

#include "emulator.h"

#if !defined(CUDA_EMU)
#define CUDA_EMU 1
#endif
// build.sh finds the entry points by this attribute in the preprocessed source.
#define __global__ __attribute__((noinline, used))
#define __device__
#define __host__
// In a function thread_local implies static, and all of a library's such variables form one TLS block, which
// the emulator finds, bounds and poisons for each block. A section attribute would not work in templates and
// inline functions.
#define __shared__ thread_local
#define __constant__ static const
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __cluster_dims__(...)
#define __maxnreg__(...)
#define __grid_constant__
#define __align__(n) __attribute__((aligned(n)))

// After all of NVIDIA's headers, which use some of these names as fields.
#define threadIdx (emu::running.thread->index)
#define blockIdx (emu::running.block)
#define blockDim (emu::running.blockDim)
#define gridDim (emu::running.gridDim)
constexpr int warpSize = 32;

#include "device_collectives.h"
#include "device_memory_functions.h"
#include "device_math.h"
