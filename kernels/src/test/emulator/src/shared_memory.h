// A block's shared memory: the dynamic part, and the kernels' __shared__ variables, which are a TLS block.
#pragma once
#include "scheduler.h"

namespace emu {

struct SharedMemory {
    AddressRange dynamic, statics;
};
const SharedMemory& sharedMemory();

// Finds the statics of the library of kernels on this OS thread, and sets dynamic memory up so that it ends
// at a guard page.
void layOutShared(unsigned dynamicBytes);
void poisonShared();
// Empty, or that the slack behind the last byte was written.
std::string checkSharedSlack();
// For faults: "" when p is not near shared memory.
std::string describeShared(uint64_t p);

}  // namespace emu
