// The checker: bounds, initialisation, and races in shared and global memory, inside a block and between
// blocks of one launch.
#pragma once
#include "emulator.h"
#include "source_line.h"

namespace emu {

extern bool checking;  // false: none of the functions below may be called, except checkRead and checkWrite

void checkLaunch();
void checkBlock(unsigned threads, uint3 index);

// ---- clocks: what a thread knows of the others (vector_clocks.cpp) ----
void resetClocks(unsigned threads, uint32_t block);
uint32_t clockOf(const Thread*);
bool sees(const Thread*, unsigned otherThread, uint32_t clock);
void joinClocks(Thread* const* all, unsigned count);  // each learns what any of them knows
void releaseTo(const void* object, Thread*);
void acquireFrom(const void* object, Thread*);

// Between blocks, through an address in global memory: a relaxed atomic publishes what a __threadfence came
// after.
void forgetPublications();
void publish(const void* object, Thread*, bool fencedOnly);
void learnPublished(const void* object, Thread*);
bool seesOtherBlock(uint32_t block, unsigned thread, uint32_t clock);

// fence.proxy.async: true when a fence of the writer, or one of the reader, stands between the write and the
// reader.
bool seesThroughProxyFence(const Thread* reader, unsigned writer, uint32_t clock);

// ---- accesses (shadow_memory.cpp) ----
struct MemoryAccess {
    uint64_t address;
    size_t bytes;
    bool write;
    Access kind;
    Place place;
};
void checkAccess(Thread*, const MemoryAccess&);
void checkRead(Thread*, const void*, size_t, Site, Access);  // both do nothing when not checking
void checkWrite(Thread*, const void*, size_t, Site, Access);

void markDeviceWritten(uint64_t address, size_t bytes);  // by the host
void forgetDevicePages(uint64_t from, uint64_t to);

}  // namespace emu
