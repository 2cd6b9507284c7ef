// The two headers it needs, in their emulator versions, then NVIDIA's own, which is complete on the host.
#pragma once
#include "cuda_fp16.h"
#include "cuda_bf16.h"
#include_next <cuda_fp8.h>
