// What one warp access costs: 32-byte sectors of global memory, cycles of the 32 banks of shared memory.
#pragma once
#include <cstdint>

namespace emu {

struct KernelCount;

struct WarpAccess {
    uint32_t lanes, size;  // mask; bytes a lane
    uint64_t address[32];
};

struct SectorCost {
    uint64_t sectors, least, lines;
};
struct BankCost {
    uint64_t cycles, ideal;
    uint32_t ways;
};

constexpr uint64_t kSector = 32, kLine = 128, kBankRow = 128;

// Sectors touched are also marked in `kernel`'s unique counts; null for host memory.
SectorCost sectorCost(const WarpAccess&, KernelCount* kernel, bool write);
SectorCost rangeCost(uint64_t address, uint64_t bytes, KernelCount* kernel, bool write);
BankCost bankCost(const WarpAccess&, bool serial);

void startSectorLaunch();
void startSectorBlock();

}  // namespace emu
