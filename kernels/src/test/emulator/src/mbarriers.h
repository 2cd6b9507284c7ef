// mbarriers, as seen by the copies that complete on them.
#pragma once
#include "emulator.h"

namespace emu {

void mbarrierComplete(uint32_t bar, unsigned bytes, Thread* issuer, Site);
void resetMbarriers();

}  // namespace emu
