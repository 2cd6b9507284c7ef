#include "shared_memory.h"

#include <link.h>
#include <sys/mman.h>

#include <cstdlib>

#include "kernels.h"

extern "C" void* __tls_get_addr(void*);  // also brings a library's TLS block into being on this thread

namespace emu {
namespace {

constexpr size_t kMostShared = 228 << 10;
constexpr size_t kSurroundings = 2 << 20;  // never mapped, so that a wild offset faults
constexpr uint32_t kDynamicWindow =
    1024;  // what 32-bit addresses start at; not 0, which kernels may take for "none"
constexpr uint32_t kStaticWindow = 0x800000;
constexpr char kPoison = char(0xFF);  // NaN in every float format in use, -1 in integers

SharedMemory memory;
char* arena;
size_t mapped;

size_t roundUp(size_t n, size_t to) {
    return (n + to - 1) / to * to;
}

void reserveArena() {
    if (arena) return;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void* reserved = mmap(nullptr, kMostShared + 2 * kSurroundings, PROT_NONE, flags, -1, 0);
    if (reserved == MAP_FAILED) abort();
    arena = static_cast<char*>(reserved) + kSurroundings;
}

int findStatics(dl_phdr_info* info, size_t, void*) {
    if (info->dlpi_addr != kernelLibrary().base) return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const auto& header = info->dlpi_phdr[i];
        if (header.p_type != PT_TLS) continue;
        struct {
            unsigned long module, offset;
        } index{info->dlpi_tls_modid, 0};
        memory.statics = {uint64_t(__tls_get_addr(&index)), header.p_memsz};
    }
    return 1;
}

char* at(uint64_t address) {
    return reinterpret_cast<char*>(address);
}

}  // namespace

const SharedMemory& sharedMemory() {
    return memory;
}

void layOutShared(unsigned dynamicBytes) {
    reserveArena();
    size_t room = roundUp(dynamicBytes, kPage);
    if (room != mapped) {
        mprotect(arena, roundUp(kMostShared, kPage), PROT_NONE);
        if (room) mprotect(arena, room, PROT_READ | PROT_WRITE);
        mapped = room;
    }
    // As far to the right as 1024-byte alignment lets it; poison fills the slack behind it.
    running.dynamicShared = arena + (room - roundUp(dynamicBytes, 1024));
    running.dynamicSharedBytes = dynamicBytes;
    memory.dynamic = {uint64_t(running.dynamicShared), dynamicBytes};
    memory.statics = {};
    dl_iterate_phdr(findStatics, nullptr);
}

void poisonShared() {
    memset(arena, kPoison, mapped);
    memset(at(memory.statics.start), kPoison, memory.statics.length);
}

std::string checkSharedSlack() {
    for (char* p = at(memory.dynamic.start + memory.dynamic.length); p < arena + mapped; p++) {
        if (*p == kPoison) continue;
        return "write past the end of dynamic shared memory (offset " +
               std::to_string(uint64_t(p) - memory.dynamic.start) + " of " +
               std::to_string(memory.dynamic.length) + " bytes)";
    }
    return "";
}

std::string describeShared(uint64_t p) {
    AddressRange near{uint64_t(arena) - kSurroundings, kMostShared + 2 * kSurroundings};
    if (!arena || !near.contains(p)) return "";
    return "shared memory, offset " + std::to_string(int64_t(p - memory.dynamic.start)) + " of " +
           std::to_string(memory.dynamic.length) + " bytes";
}

uint32_t sharedAddress(const void* p) {
    uint64_t a = uint64_t(p);
    // One past the end is an address that may be computed.
    if (a - memory.dynamic.start <= memory.dynamic.length)
        return kDynamicWindow + uint32_t(a - memory.dynamic.start);
    if (memory.statics.contains(a)) return kStaticWindow + uint32_t(a - memory.statics.start);
    fail("conversion to a shared address of %p, which is outside shared memory", p);
}

char* sharedPointer(uint32_t address, size_t bytes, unsigned alignment, Site site) {
    if (address % alignment) {
        fail("%s at %s:%d: shared address 0x%x is not a multiple of %u", site.instruction, site.file,
             site.line, address, alignment);
    }
    auto inside = [&](uint32_t window, const AddressRange& range) {
        return address >= window && address + bytes <= window + range.length;
    };
    if (inside(kDynamicWindow, memory.dynamic)) return at(memory.dynamic.start + (address - kDynamicWindow));
    if (inside(kStaticWindow, memory.statics)) return at(memory.statics.start + (address - kStaticWindow));
    fail("%s at %s:%d: shared address 0x%x..+%zu is outside the block's shared memory (%llu bytes dynamic)",
         site.instruction, site.file, site.line, address, bytes, (unsigned long long)(memory.dynamic.length));
}

}  // namespace emu
