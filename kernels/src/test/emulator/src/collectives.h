// Barriers of a block, collectives of a warp and of a warpgroup.
#pragma once
#include "emulator.h"

namespace emu {

void resetBarriers();
void resetWarps(unsigned threads);

// A thread that returns no longer counts for __syncthreads nor for its warp.
void leaveBarriers();
void leaveWarp(const Thread*);

}  // namespace emu
