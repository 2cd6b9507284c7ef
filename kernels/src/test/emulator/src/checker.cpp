// Judges each access against the shadow of its 4-byte cells.
#include "checker.h"

#include <map>
#include <vector>

#include "counters.h"
#include "device_memory.h"
#include "kernels.h"
#include "scheduler.h"
#include "shadow_memory.h"
#include "shared_memory.h"

namespace emu {

bool checking = false;
bool observing = false;

namespace {

uint32_t block;                        // number of the running block, over all launches
uint32_t launchStart;                  // of the first block of this launch
std::map<uint32_t, uint3> blockIndex;  // of this launch, for reports
std::vector<Cell> dynamicCells, staticCells;

// One kind of memory, as cells and as text.
struct Space {
    const char* name;
    Cell* cells;
    uint64_t start;  // address that cells[0] stands for
    bool perBlock;   // shared memory: what earlier blocks did is forgotten
};

// The part of an access that lies in one cell.
struct CellAccess {
    const MemoryAccess& access;
    const Space& space;
    Thread* thread;
    Cell& cell;
    uint64_t address;
    uint8_t bytes;
};

const char* verb(bool write, Access kind) {
    if (kind == Access::Atomic) return "atomic";
    if (kind == Access::AsyncShared || kind == Access::AsyncGlobal)
        return write ? "asynchronous write" : "asynchronous read";
    return write ? "write" : "read";
}

std::string offsetText(const CellAccess& c) {
    if (c.space.perBlock) return "offset " + std::to_string(c.address - c.space.start);
    return describeDevice(c.address);
}

bool isOrdered(const Record& record, const Thread* thread) {
    if (record.block == block) return sees(thread, record.thread, record.clock);
    return record.block < launchStart || seesOtherBlock(record.block, record.thread, record.clock);
}

[[noreturn]] void reportRace(const CellAccess& c, const Record& other, bool otherWrote) {
    uint3 otherIndex = {other.thread % running.blockDim.x,
                        other.thread / running.blockDim.x % running.blockDim.y,
                        other.thread / running.blockDim.x / running.blockDim.y};
    std::string otherBlock = other.block == block ? "" : " of block " + indexText(blockIndex[other.block]);
    fail(
        "race in %s memory (%s): %s by thread %s at %s, and %s by thread %s%s at %s, with no synchronisation "
        "between them",
        c.space.name, offsetText(c).c_str(), verb(c.access.write, c.access.kind),
        indexText(c.thread->index).c_str(), nameOf(c.access.place).c_str(), verb(otherWrote, other.kind),
        indexText(otherIndex).c_str(), otherBlock.c_str(), nameOf(other.place).c_str());
}

void forgetEarlierBlocks(Cell& cell) {
    if (cell.initialisedBy == block) return;
    cell = {};
    cell.initialisedBy = block;
}

void requireInitialised(const CellAccess& c) {
    if ((c.cell.initialised & c.bytes) == c.bytes) return;
    fail("read of uninitialised %s memory (%s) at %s", c.space.name, offsetText(c).c_str(),
         nameOf(c.access.place).c_str());
}

void requireNotPending(const CellAccess& c) {
    if (!(c.cell.pending & c.bytes)) return;
    fail(
        "%s at %s of %s memory (%s) that the asynchronous copy issued at %s, and not yet waited for, will "
        "write",
        verb(c.access.write, c.access.kind), nameOf(c.access.place).c_str(), c.space.name,
        offsetText(c).c_str(), nameOf(c.cell.pendingPlace).c_str());
}

void requireProxyFence(const CellAccess& c) {
    const Record& w = c.cell.write;
    if (!(w.bytes & c.bytes) || w.kind != Access::Plain || w.block != block) return;
    if (seesThroughProxyFence(c.thread, w.thread, w.clock)) return;
    uint3 writer = threads[w.thread].index;
    fail(
        "asynchronous-proxy read at %s of shared memory written by thread %s at %s with no fence.proxy.async "
        "after the write",
        nameOf(c.access.place).c_str(), indexText(writer).c_str(), nameOf(w.place).c_str());
}

void requireOrdered(const CellAccess& c) {
    Cell& cell = c.cell;
    bool atomic = c.access.kind == Access::Atomic;
    auto conflicts = [&](const Record& r) {
        return (r.bytes & c.bytes) && !(atomic && r.kind == Access::Atomic) && !isOrdered(r, c.thread);
    };
    if (conflicts(cell.write)) reportRace(c, cell.write, true);
    if (!c.access.write) return;
    for (const Record& read : cell.reads) {
        if (conflicts(read)) reportRace(c, read, false);
    }
}

// Keeps the mask of bytes when the same thread goes on in the same epoch: eight one-byte stores are one
// record.
void remember(Record& record, const CellAccess& c) {
    uint32_t clock = clockOf(c.thread);
    uint8_t bytes = c.bytes;
    if (record.block == block && record.thread == c.thread->id && record.clock == clock)
        bytes |= record.bytes;
    record = {block, clock, c.access.place, uint16_t(c.thread->id), bytes, c.access.kind};
}

void record(const CellAccess& c) {
    Cell& cell = c.cell;
    if (c.access.kind == Access::Announced) {
        cell.pending |= c.bytes;
        cell.pendingPlace = c.access.place;
        return;
    }
    if (c.access.write) {
        remember(cell.write, c);
        cell.initialised |= c.bytes;
        return;
    }
    Record& first = cell.reads[0];
    bool firstIsMine = first.bytes == 0 || (first.block == block && first.thread == c.thread->id);
    remember(firstIsMine ? first : cell.reads[1], c);
}

void checkCell(const CellAccess& c) {
    if (c.space.perBlock) forgetEarlierBlocks(c.cell);
    // A copy that was announced is now being done.
    bool completes =
        c.access.write && c.cell.pendingPlace == c.access.place && c.access.kind != Access::Announced;
    if (completes) c.cell.pending &= uint8_t(~c.bytes);
    requireNotPending(c);
    if (!c.access.write || c.access.kind == Access::Atomic) requireInitialised(c);
    requireOrdered(c);
    if (c.access.kind == Access::AsyncShared && !c.access.write) requireProxyFence(c);
    record(c);
}

void checkCells(const MemoryAccess& access, const Space& space, Thread* thread) {
    uint64_t end = access.address + access.bytes;
    for (uint64_t word = access.address & ~3ull; word < end; word += 4) {
        uint8_t bytes = 15;
        if (word < access.address) bytes &= uint8_t(15 << (access.address - word));
        if (word + 4 > end) bytes &= uint8_t(15 >> (word + 4 - end));
        checkCell({access, space, thread, space.cells[(word - (space.start & ~3ull)) / 4], word, bytes});
    }
}

void checkDynamic(const MemoryAccess& access, Thread* thread) {
    const AddressRange& range = sharedMemory().dynamic;
    uint64_t offset = access.address - range.start;
    if (offset + access.bytes > range.length) {
        fail("%s of %zu bytes past the end of dynamic shared memory (offset %llu of %llu) at %s",
             verb(access.write, access.kind), access.bytes, (unsigned long long)offset,
             (unsigned long long)range.length, nameOf(access.place).c_str());
    }
    checkCells(access, {"dynamic shared", dynamicCells.data(), range.start, true}, thread);
}

void checkGlobal(const MemoryAccess& access, Thread* thread) {
    if (!isDeviceRange(access.address, access.bytes)) {
        fail("illegal %s of %zu bytes at 0x%llx (%s) at %s", verb(access.write, access.kind), access.bytes,
             (unsigned long long)access.address, describeDevice(access.address).c_str(),
             nameOf(access.place).c_str());
    }
    uint64_t end = access.address + access.bytes;
    for (uint64_t at = access.address; at < end;) {
        uint64_t page = at & ~(kPage - 1), pieceEnd = end < page + kPage ? end : page + kPage;
        MemoryAccess piece = access;
        piece.address = at;
        piece.bytes = pieceEnd - at;
        checkCells(piece, {"global", deviceCells(page), page, false}, thread);
        at = pieceEnd;
    }
}

// The kernel's code reads the emulator's globals (threadIdx) and its own library (constants): that is no
// device memory.
bool belongsToEmulator(uint64_t address) {
    const KernelLibrary& library = kernelLibrary();
    AddressRange own[] = {{uint64_t(&running), sizeof running},
                          {uint64_t(threads), sizeof(Thread) * kMaxThreads},
                          {library.base, library.end - library.base}};
    for (const AddressRange& range : own) {
        if (range.contains(address)) return true;
    }
    return false;
}

}  // namespace

void checkLaunch() {
    launchStart = block + 1;
    blockIndex.clear();
    forgetPublications();
}

void checkBlock(unsigned count, uint3 index) {
    block++;
    blockIndex[block] = index;
    auto cells = [](const AddressRange& range) { return size_t(range.length + 7) / 4; };
    const SharedMemory& shared = sharedMemory();
    if (dynamicCells.size() < cells(shared.dynamic)) dynamicCells.resize(cells(shared.dynamic));
    if (staticCells.size() < cells(shared.statics)) staticCells.resize(cells(shared.statics));
    resetClocks(count, block);
}

void checkAccess(Thread* thread, const MemoryAccess& access) {
    constexpr uint64_t kNear =
        1 << 20;  // past dynamic shared memory: an overrun of it, not some other memory
    uint64_t address = access.address;
    if (!thread || stackRange().contains(address)) return;
    const SharedMemory& shared = sharedMemory();
    if (address - shared.dynamic.start < shared.dynamic.length + kNear) {
        checkDynamic(access, thread);
    } else if (shared.statics.contains(address)) {
        checkCells(access, {"static shared", staticCells.data(), shared.statics.start, true}, thread);
    } else if (kDeviceArena.contains(address)) {
        checkGlobal(access, thread);
    } else if (!belongsToEmulator(address) && !isPinned(reinterpret_cast<void*>(address))) {
        fail("illegal %s of %zu bytes at 0x%llx, which is %s, at %s", verb(access.write, access.kind),
             access.bytes, (unsigned long long)address, address < kPage ? "a null pointer" : "host memory",
             nameOf(access.place).c_str());
    }
}

void checkRead(Thread* thread, const void* p, size_t bytes, Site site, Access kind) {
    if (checking) checkAccess(thread, {uint64_t(p), bytes, false, kind, placeOf(site)});
}

void checkWrite(Thread* thread, const void* p, size_t bytes, Site site, Access kind) {
    if (checking) checkAccess(thread, {uint64_t(p), bytes, true, kind, placeOf(site)});
}

void observeRead(Thread* thread, const void* p, size_t bytes, Site site, Access kind) {
    checkRead(thread, p, bytes, site, kind);
    if (counting && kind == Access::Plain) countAccess(thread, p, bytes, false, site);
}

void observeWrite(Thread* thread, const void* p, size_t bytes, Site site, Access kind) {
    checkWrite(thread, p, bytes, site, kind);
    if (counting && kind == Access::Plain) countAccess(thread, p, bytes, true, site);
}

void noteAtomic(const void* p, size_t bytes, Order order, Site site) {
    Thread* me = running.thread;
    if (counting) countAccess(me, p, bytes, true, site);
    if (!checking) return;
    bool write = order != Order::Acquire;
    checkAccess(me, {uint64_t(p), bytes, write, Access::Atomic, placeOf(site)});
    if (!kDeviceArena.contains(p)) return;
    if (order != Order::Release) {
        acquireFrom(p, me);
        learnPublished(p, me);
    }
    if (order != Order::Acquire) {
        releaseTo(p, me);
        publish(p, me, order == Order::Relaxed);
    }
}

}  // namespace emu
