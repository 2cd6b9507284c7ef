// Device memory: each allocation on pages of its own that end at a guard page, poisoned, at an address that
// is never used again.
#pragma once
#include <cstdint>
#include <string>

#include "scheduler.h"

namespace emu {

// Recognisable addresses, and enough of them never to use one twice.
constexpr AddressRange kDeviceArena{0x2000'0000'0000ull, 1ull << 45};

// 0 when the device's memory or the arena is used up. Poisoned memory reads as 0xFF: NaN in every float
// format in use, -1 in ints.
uint64_t allocateDevice(size_t bytes, int device, bool poison);
bool freeDevice(uint64_t address);
uint64_t usedDeviceBytes(int device);
void freeAllOf(int device);

bool isDeviceRange(uint64_t address, size_t bytes);
// Base and size of the live allocation that holds the address; false when there is none.
bool findAllocation(uint64_t address, uint64_t& base, size_t& size);
std::string describeDevice(uint64_t address);
// Empty, or that the slack around some allocation was written.
std::string checkDeviceSlack();

// Host memory that the driver knows: a kernel may read it, and copies from and to it are asynchronous.
void addPinned(const void*, size_t bytes);
bool removePinned(const void*);
bool isPinned(const void*);

}  // namespace emu
