#include "device_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <vector>

#include "checker.h"

namespace emu {
namespace {

struct Allocation {
    uint64_t base, size;
    uint64_t pagesStart, pagesEnd;  // holds nothing else
    int device;
    bool live;
};

constexpr size_t kAlignment = 256;  // what cuMemAlloc promises
constexpr size_t kChunk = 16 << 20;
constexpr unsigned char kPoison = 0xFF;

std::map<uint64_t, Allocation> allocations;  // by first page; freed ones stay, to name them in reports
std::set<Allocation*> liveAllocations;
Allocation* lastFound;  // most accesses are to the same allocation as the one before
std::map<uint64_t, size_t> pinned;
std::map<int, uint64_t> usedBytes;
uint64_t nextPage = kDeviceArena.start + kPage;

size_t roundUp(size_t n, size_t to) {
    return (n + to - 1) / to * to;
}
void* at(uint64_t address) {
    return reinterpret_cast<void*>(address);
}

bool reserveArena() {
    static bool reserved = [] {
        int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE;
        return mmap(at(kDeviceArena.start), kDeviceArena.length, PROT_NONE, flags, -1, 0) != MAP_FAILED;
    }();
    return reserved;
}

// A file of poison, mapped copy-on-write over large allocations: an 80 GB pool costs no memory until it is
// written.
int poisonFile() {
    static int file = [] {
        int fd = memfd_create("poison", MFD_CLOEXEC);
        if (fd < 0 || ftruncate(fd, kChunk)) abort();
        void* chunk = mmap(nullptr, kChunk, PROT_WRITE, MAP_SHARED, fd, 0);
        memset(chunk, kPoison, kChunk);
        munmap(chunk, kChunk);
        return fd;
    }();
    return file;
}

bool mapPoisoned(uint64_t start, size_t bytes) {
    if (bytes < kChunk) {
        if (mprotect(at(start), bytes, PROT_READ | PROT_WRITE)) return false;
        memset(at(start), kPoison, bytes);
        return true;
    }
    int flags = MAP_PRIVATE | MAP_NORESERVE | MAP_FIXED;
    for (size_t done = 0; done < bytes; done += kChunk) {
        size_t piece = std::min(kChunk, bytes - done);
        if (mmap(at(start + done), piece, PROT_READ | PROT_WRITE, flags, poisonFile(), 0) == MAP_FAILED)
            return false;
    }
    return true;
}

void release(Allocation& a) {
    a.live = false;
    liveAllocations.erase(&a);
    usedBytes[a.device] -= a.size;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
    mmap(at(a.pagesStart), a.pagesEnd - a.pagesStart, PROT_NONE, flags, -1, 0);
    forgetDevicePages(a.pagesStart, a.pagesEnd);
}

// The allocation whose pages, or guard page behind them, hold the address.
Allocation* find(uint64_t address) {
    if (lastFound && address - lastFound->pagesStart < lastFound->pagesEnd - lastFound->pagesStart)
        return lastFound;
    auto next = allocations.upper_bound(address);
    if (next == allocations.begin()) return nullptr;
    Allocation& a = (--next)->second;
    lastFound = &a;
    return address < a.pagesEnd + kPage ? &a : nullptr;
}

// The slack is less than a page.
uint64_t firstChanged(uint64_t from, uint64_t to) {
    static const std::vector<unsigned char> intact(kPage, kPoison);
    auto* bytes = static_cast<unsigned char*>(at(from));
    if (!memcmp(bytes, intact.data(), to - from)) return 0;
    for (uint64_t i = 0; i < to - from; i++) {
        if (bytes[i] != kPoison) return from + i;
    }
    return 0;
}

}  // namespace

uint64_t allocateDevice(size_t bytes, int device, bool poison) {
    if (!reserveArena()) return 0;
    size_t body = roundUp(bytes, kAlignment), pages = roundUp(body, kPage);
    if (nextPage + pages + 2 * kPage > kDeviceArena.start + kDeviceArena.length) return 0;
    uint64_t start = nextPage;
    bool mapped = poison ? mapPoisoned(start, pages) : !mprotect(at(start), pages, PROT_READ | PROT_WRITE);
    if (!mapped) return 0;
    nextPage += pages + kPage;
    uint64_t base = start + (pages - body);
    Allocation& a = allocations[start];
    a = {base, bytes, start, start + pages, device, true};
    liveAllocations.insert(&a);
    usedBytes[device] += bytes;
    return base;
}

bool freeDevice(uint64_t address) {
    Allocation* a = find(address);
    if (!a || a->base != address || !a->live) return false;
    release(*a);
    return true;
}

void freeAllOf(int device) {
    std::set<Allocation*> all = liveAllocations;
    for (Allocation* a : all) {
        if (a->device == device) release(*a);
    }
}

uint64_t usedDeviceBytes(int device) {
    return usedBytes[device];
}

bool isDeviceRange(uint64_t address, size_t bytes) {
    Allocation* a = find(address);
    return a && a->live && address >= a->base && bytes <= a->size && address - a->base <= a->size - bytes;
}

bool findAllocation(uint64_t address, uint64_t& base, size_t& size) {
    Allocation* a = find(address);
    if (!a || !a->live || address < a->base || address >= a->base + a->size) return false;
    base = a->base;
    size = a->size;
    return true;
}

std::string describeDevice(uint64_t address) {
    if (address < kPage) return "a null pointer";
    if (!kDeviceArena.contains(address)) return "not a device address";
    Allocation* a = find(address);
    if (!a) return "in no allocation";
    std::string text = "allocation of " + std::to_string(a->size) + " bytes";
    if (!a->live) return text + ", already freed";
    if (address < a->base) return text + ", " + std::to_string(a->base - address) + " bytes before its start";
    uint64_t offset = address - a->base;
    if (offset >= a->size) return text + ", " + std::to_string(offset - a->size) + " bytes past its end";
    return text + ", offset " + std::to_string(offset);
}

std::string checkDeviceSlack() {
    for (Allocation* live : liveAllocations) {
        const Allocation& a = *live;
        uint64_t changed = firstChanged(a.base + a.size, a.pagesEnd);
        if (!changed) changed = firstChanged(a.pagesStart, a.base);
        if (!changed) continue;
        memset(at(a.pagesStart), kPoison, a.base - a.pagesStart);
        memset(at(a.base + a.size), kPoison, a.pagesEnd - a.base - a.size);
        return "out-of-bounds write found after the kernel: " + describeDevice(changed);
    }
    return "";
}

void addPinned(const void* p, size_t bytes) {
    pinned[uint64_t(p)] = bytes;
}

bool removePinned(const void* p) {
    return pinned.erase(uint64_t(p)) != 0;
}

bool isPinned(const void* p) {
    auto next = pinned.upper_bound(uint64_t(p));
    if (next == pinned.begin()) return false;
    --next;
    return uint64_t(p) - next->first < next->second;
}

}  // namespace emu
