// Puts the lanes' loads and stores, which come one by one, together again into warp accesses, and charges
// each what a GPU pays.
//
// A warp access = the accesses of one warp's lanes with the same site and the same number "how often has this
// lane been here since its warp last met". Lanes that left or were masked off are simply missing from it.
#include "counters.h"

#include <algorithm>
#include <cstdlib>
#include <unordered_map>

#include "counter_records.h"
#include "device_memory.h"
#include "memory_cost.h"
#include "scheduler.h"
#include "shared_memory.h"

namespace emu {

bool counting = false;

namespace {

// The warp accesses of one warp at one site that are not complete yet.
struct OpenAccesses {
    uint32_t visits[32];  // of each lane
    std::vector<WarpAccess> accesses;
    unsigned count;
    bool listed;
};

std::string file;
std::vector<AccessSite> sites;
std::unordered_map<uint64_t, unsigned> siteNumbers;
std::map<std::string, KernelCount> kernels;
KernelCount* current;
std::vector<OpenAccesses> openAccesses[kMaxThreads / 32];  // by site number
std::vector<unsigned> listedSites[kMaxThreads / 32];

uint64_t siteKey(const AccessSite& site) {
    return uint64_t(site.place) | uint64_t(site.space) << 32 | uint64_t(site.write) << 34 |
           uint64_t(uint16_t(uint64_t(site.instruction))) << 40;
}

unsigned siteNumber(const AccessSite& site) {
    auto [found, added] = siteNumbers.try_emplace(siteKey(site), unsigned(sites.size()));
    if (added) sites.push_back(site);
    return found->second;
}

AccessCount& countOf(unsigned site) {
    if (current->sites.size() <= site) current->sites.resize(std::max<size_t>(site + 1, sites.size()));
    return current->sites[site];
}

void complete(WarpAccess& access, unsigned site) {
    AccessCount& count = countOf(site);
    const AccessSite& at = sites[site];
    count.accesses++;
    count.lanes += unsigned(__builtin_popcount(access.lanes));
    count.bytes += uint64_t(__builtin_popcount(access.lanes)) * access.size;
    count.size = std::max(count.size, access.size);
    if (at.space == Space::Shared) {
        bool serial = at.instruction && !strncmp(at.instruction, "atomic", 6);
        BankCost cost = bankCost(access, serial);
        count.cycles += cost.cycles;
        count.idealCycles += cost.ideal;
        count.maxWays = std::max(count.maxWays, cost.ways);
    } else {
        SectorCost cost = sectorCost(access, at.space == Space::Global ? current : nullptr, at.write);
        count.sectors += cost.sectors;
        count.leastSectors += cost.least;
        count.lines += cost.lines;
    }
    access = {};
}

bool spaceOf(const void* p, Space& space) {
    const SharedMemory& shared = sharedMemory();
    if (shared.dynamic.contains(p) || shared.statics.contains(p)) {
        space = Space::Shared;
    } else if (kDeviceArena.contains(p)) {
        space = Space::Global;
    } else if (isPinned(p)) {
        space = Space::Host;
    } else {
        return false;
    }
    return true;
}

void add(Thread* thread, const void* p, size_t bytes, const AccessSite& at) {
    unsigned site = siteNumber(at);
    auto& ofWarp = openAccesses[thread->warp];
    if (ofWarp.size() <= site) ofWarp.resize(sites.size());
    OpenAccesses& open = ofWarp[site];
    if (!open.listed) {
        open.listed = true;
        listedSites[thread->warp].push_back(site);
    }
    unsigned visit = open.visits[thread->lane]++;
    if (visit >= open.accesses.size()) open.accesses.resize(visit + 16 + visit / 2);
    open.count = std::max(open.count, visit + 1);
    WarpAccess& access = open.accesses[visit];
    access.address[thread->lane] = uint64_t(p);
    access.size = std::max(access.size, uint32_t(bytes));
    access.lanes |= 1u << thread->lane;
    if (access.lanes == ~0u) complete(access, site);
}

void countAt(Thread* thread, const void* p, size_t bytes, bool write, Place place, const char* instruction) {
    Space space;
    if (!current || !thread || stackRange().contains(p) || !spaceOf(p, space)) return;
    add(thread, p, bytes, {place, instruction, space, write});
}

}  // namespace

const std::vector<AccessSite>& accessSites() {
    return sites;
}
const std::map<std::string, KernelCount>& kernelCounts() {
    return kernels;
}

void openCounters(const std::string& path) {
    if (counting) return;
    counting = true;
    file = path;
    atexit(writeCounters);
}

void clearCounters() {
    kernels.clear();
    current = nullptr;
}

void writeCounters() {
    if (!kernels.empty()) writeCounterReport(file);
}

void countAccess(Thread* thread, const void* p, size_t bytes, bool write, Place place) {
    countAt(thread, p, bytes, write, place, nullptr);
}

void countAccess(Thread* thread, const void* p, size_t bytes, bool write, Site site) {
    countAt(thread, p, bytes, write, placeOf(site), site.instruction);
}

void flushWarp(unsigned warp) {
    constexpr size_t kKeep = 4096;  // warp accesses whose memory is kept for next time
    for (unsigned site : listedSites[warp]) {
        OpenAccesses& open = openAccesses[warp][site];
        for (unsigned i = 0; i < open.count; i++) {
            if (open.accesses[i].lanes) complete(open.accesses[i], site);
        }
        if (open.accesses.size() > kKeep) std::vector<WarpAccess>().swap(open.accesses);
        memset(open.visits, 0, sizeof open.visits);
        open.count = 0;
        open.listed = false;
    }
    listedSites[warp].clear();
}

void countBulk(const BulkPiece& piece, Site site) {
    if (!counting || !current) return;
    AccessCount& global = countOf(siteNumber({placeOf(site), site.instruction, Space::Global, piece.store}));
    SectorCost cost = rangeCost(uint64_t(piece.global), piece.globalBytes, current, piece.store);
    global.accesses++;
    global.bytes += piece.globalBytes;
    global.sectors += cost.sectors;
    global.leastSectors += cost.least;
    global.lines += cost.lines;
    AccessCount& shared = countOf(siteNumber({placeOf(site), site.instruction, Space::Shared, !piece.store}));
    uint64_t cycles = (piece.sharedBytes + kBankRow - 1) / kBankRow;
    shared.accesses++;
    shared.bytes += piece.sharedBytes;
    shared.cycles += cycles;
    shared.idealCycles += cycles;
    shared.maxWays = 1;
}

void countMma(Site site, uint64_t flops, unsigned sharedOperandBytes) {
    if (!counting || !current) return;
    MmaCount& mma = current->mma[site.instruction];
    mma.instructions++;
    mma.flops += flops;
    if (!sharedOperandBytes) return;
    AccessCount& operands = countOf(siteNumber({placeOf(site), site.instruction, Space::Shared, false}));
    operands.accesses++;
    operands.bytes += sharedOperandBytes;
    operands.cycles += sharedOperandBytes / kBankRow;
    operands.idealCycles += sharedOperandBytes / kBankRow;
    operands.maxWays = 1;
}

void countCollective(const char* instruction) {
    current->collectives[instruction]++;
}

void countBarrier() {
    current->barriers++;
}

void countLaunch(const std::string& name, const LaunchShape& shape) {
    char key[300];
    snprintf(key, sizeof key, "%s %u %u %u %u %u %u %u", name.c_str(), shape.grid.x, shape.grid.y,
             shape.grid.z, shape.block.x, shape.block.y, shape.block.z, shape.dynamicShared);
    current = &kernels[key];
    current->name = name;
    current->shape = shape;
    current->launches++;
    startSectorLaunch();
}

void countBlock(unsigned threads) {
    current->blocks++;
    current->warps += (threads + 31) / 32;
    startSectorBlock();
}

void countBlockEnd() {
    for (unsigned warp = 0; warp < kMaxThreads / 32; warp++) flushWarp(warp);
}

}  // namespace emu
