// Queues of asynchronous work: cp.async and bulk stores of each thread, wgmma of each warpgroup.
#pragma once
#include "emulator.h"

namespace emu {

void resetCopies(unsigned threads);
void resetWgmma();
// A thread must not return with copies it never waited for.
void requireCopiesDone(const Thread*);

}  // namespace emu
