#include "memory_cost.h"

#include <algorithm>
#include <unordered_map>

#include "counter_records.h"
#include "device_memory.h"

namespace emu {
namespace {

constexpr unsigned kSectorsPerPage = 128, kWords = kSectorsPerPage / 64;

// Which sectors of a page were touched in this launch, and in this block.
struct PageSectors {
    uint32_t launch, block;
    uint64_t read[kWords], written[kWords], readByBlock[kWords];
};
std::unordered_map<uint64_t, PageSectors> pages;
uint32_t launch, block;

bool setBit(uint64_t& word, uint64_t bit) {
    if (word & bit) return false;
    word |= bit;
    return true;
}

void touch(uint64_t sector, KernelCount& kernel, bool write) {
    PageSectors& page = pages[sector / kSectorsPerPage];
    if (page.launch != launch) {
        page = {};
        page.launch = launch;
    }
    if (page.block != block) {
        page.block = block;
        std::fill(page.readByBlock, page.readByBlock + kWords, 0);
    }
    unsigned word = unsigned(sector % kSectorsPerPage) / 64;
    uint64_t bit = 1ull << sector % 64;
    if (write) {
        kernel.uniqueWriteSectors += setBit(page.written[word], bit);
    } else {
        kernel.uniqueReadSectors += setBit(page.read[word], bit);
        kernel.blockReadSectors += setBit(page.readByBlock[word], bit);
    }
}

}  // namespace

SectorCost sectorCost(const WarpAccess& access, KernelCount* kernel, bool write) {
    uint64_t addresses[32];
    unsigned count = 0;
    for (uint32_t lanes = access.lanes; lanes; lanes &= lanes - 1)
        addresses[count++] = access.address[__builtin_ctz(lanes)];
    std::sort(addresses, addresses + count);
    SectorCost cost{};
    uint64_t covered = 0, uniqueBytes = 0, nextSector = 0, nextLine = 0;  // what lies below them is counted
    for (unsigned i = 0; i < count; i++) {
        uint64_t start = addresses[i], end = start + access.size;
        uint64_t from = std::max(start, covered);
        if (end > from) {
            uniqueBytes += end - from;
            covered = end;
        }
        for (uint64_t sector = std::max(start / kSector, nextSector); sector <= (end - 1) / kSector;
             sector++) {
            cost.sectors++;
            nextSector = sector + 1;
            if (kernel) touch(sector, *kernel, write);
        }
        for (uint64_t line = std::max(start / kLine, nextLine); line <= (end - 1) / kLine; line++) {
            cost.lines++;
            nextLine = line + 1;
        }
    }
    cost.least = (uniqueBytes + kSector - 1) / kSector;
    return cost;
}

SectorCost rangeCost(uint64_t address, uint64_t bytes, KernelCount* kernel, bool write) {
    uint64_t first = address / kSector, last = (address + bytes - 1) / kSector;
    for (uint64_t sector = first; sector <= last; sector++) touch(sector, *kernel, write);
    return {last - first + 1, (bytes + kSector - 1) / kSector,
            (address + bytes - 1) / kLine - address / kLine + 1};
}

// 8-byte accesses go by half warps, 16-byte ones by quarter warps. Lanes that want the same word share it,
// atomics do not.
BankCost bankCost(const WarpAccess& access, bool serial) {
    unsigned lanesPerPhase = access.size <= 4 ? 32 : access.size == 8 ? 16 : 8;
    unsigned words = (access.size + 3) / 4;
    BankCost cost{};
    for (unsigned first = 0; first < 32; first += lanesPerPhase) {
        uint32_t phase = lanesPerPhase == 32 ? ~0u : (1u << lanesPerPhase) - 1;
        uint32_t lanes = access.lanes >> first & phase;
        if (!lanes) continue;
        uint32_t wordsOfBank[32][32];
        uint32_t used[32] = {};
        uint32_t ways = 1;
        for (; lanes; lanes &= lanes - 1) {
            uint64_t address = access.address[first + unsigned(__builtin_ctz(lanes))];
            for (unsigned w = 0; w < words; w++) {
                uint32_t word = uint32_t(address / 4) + w;
                unsigned bank = word % 32;
                uint32_t *begin = wordsOfBank[bank], *end = begin + used[bank];
                if (!serial && std::find(begin, end, word) != end) continue;
                *end = word;
                ways = std::max(ways, ++used[bank]);
            }
        }
        cost.cycles += ways;
        cost.ideal++;
        cost.ways = std::max(cost.ways, ways);
    }
    return cost;
}

void startSectorLaunch() {
    launch++;
}
void startSectorBlock() {
    block++;
}

}  // namespace emu
