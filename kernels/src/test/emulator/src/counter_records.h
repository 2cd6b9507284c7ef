// What is counted, and of which line: shared by the counting and the report.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "counters.h"

namespace emu {

enum class Space : uint8_t { Global, Shared, Host };

// A line of a kernel that touches memory, in one way.
struct AccessSite {
    Place place;
    const char* instruction;  // null for plain loads and stores
    Space space;
    bool write;
};

struct AccessCount {
    uint64_t accesses, lanes, bytes;
    uint64_t sectors, leastSectors,
        lines;  // global memory: of 32 bytes; what as many bytes could have been; of 128 bytes
    uint64_t cycles, idealCycles;  // shared memory: of its 32 banks
    uint32_t maxWays, size;        // worst conflict; bytes a lane
};

struct MmaCount {
    uint64_t instructions, flops;
};

// One kernel at one launch shape.
struct KernelCount {
    std::string name;
    LaunchShape shape;
    uint64_t launches, blocks, warps, barriers;
    uint64_t uniqueReadSectors, uniqueWriteSectors;  // per launch, summed: what DRAM sees when L2 is perfect
    uint64_t blockReadSectors;                       // per block, summed: what L2 sees when L1 is perfect
    std::vector<AccessCount> sites;                  // by number of AccessSite
    std::map<std::string, MmaCount> mma;
    std::map<std::string, uint64_t> collectives;
};

const std::vector<AccessSite>& accessSites();
const std::map<std::string, KernelCount>& kernelCounts();
void writeCounterReport(const std::string& file);

}  // namespace emu
