// cp.async and the bulk copies. Lazy mode does a copy when it is waited for (cp.async, bulk stores) or when
// every thread waits (bulk loads), so that whoever reads too early sees old data; eager mode does it at
// issue, so that whoever still uses the destination sees it overwritten. Both announce the write when the
// copy is issued.
#include "copies.h"

#include <vector>

#include "checker.h"
#include "counters.h"
#include "mbarriers.h"
#include "options.h"
#include "scheduler.h"

namespace emu {
namespace {

// A thread's copies in order of issue, those of one committed group after those of the other. Memory is kept
// from block to block.
template <class Copy>
class Groups {
  public:
    void add(const Copy& copy) { copies.push_back(copy); }
    void commit() { ends.push_back(copies.size()); }
    void clear() {
        copies.clear();
        ends.clear();
        firstCopy = firstGroup = 0;
    }
    template <class Do>
    void finishAllBut(size_t pending, Do perform) {
        while (ends.size() - firstGroup > pending) {
            for (size_t end = ends[firstGroup++]; firstCopy < end; firstCopy++) perform(copies[firstCopy]);
        }
        if (firstCopy == copies.size() && firstGroup == ends.size()) clear();
    }
    const Copy* firstPending() const { return firstCopy < copies.size() ? &copies[firstCopy] : nullptr; }

  private:
    std::vector<Copy> copies;
    std::vector<size_t> ends;  // of committed groups, in `copies`
    size_t firstCopy = 0, firstGroup = 0;
};

struct AsyncCopy {
    uint32_t destination;
    const void* source;
    unsigned bytes, sourceBytes;
    Site site;
};

struct BulkStore {
    void* destination;
    uint32_t source;
    unsigned bytes;
    Site site;
};

Groups<AsyncCopy> asyncCopies[kMaxThreads];
Groups<BulkStore> bulkStores[kMaxThreads];

void perform(const AsyncCopy& copy) {
    Thread* me = running.thread;
    char* destination = sharedPointer(copy.destination, copy.bytes, copy.bytes, copy.site);
    if (copy.sourceBytes) checkRead(me, copy.source, copy.sourceBytes, copy.site, Access::Plain);
    checkWrite(me, destination, copy.bytes, copy.site, Access::Plain);
    memcpy(destination, copy.source, copy.sourceBytes);
    memset(destination + copy.sourceBytes, 0, copy.bytes - copy.sourceBytes);
}

void perform(const BulkStore& store) {
    Thread* me = running.thread;
    char* source = sharedPointer(store.source, store.bytes, 16, store.site);
    countBulk({store.destination, store.bytes, store.bytes, true}, store.site);
    checkRead(me, source, store.bytes, store.site, Access::AsyncShared);
    checkWrite(me, store.destination, store.bytes, store.site, Access::AsyncGlobal);
    memcpy(store.destination, source, store.bytes);
}

void requireBulkAligned(const void* global, unsigned bytes, Site site) {
    if (bytes && bytes % 16 == 0 && uint64_t(global) % 16 == 0) return;
    fail("%s at %s:%d: global address %p and size %u must be multiples of 16", site.instruction, site.file,
         site.line, global, bytes);
}

}  // namespace

void copyAsync(uint32_t destination, const void* source, unsigned bytes, unsigned sourceBytes, Site site) {
    Thread* me = running.thread;
    me->site = site;
    if (sourceBytes > bytes)
        fail("%s at %s:%d: %u bytes of %u", site.instruction, site.file, site.line, sourceBytes, bytes);
    if (sourceBytes && uint64_t(source) % bytes) {
        fail("%s at %s:%d: misaligned global address %p, not a multiple of %u", site.instruction, site.file,
             site.line, source, bytes);
    }
    char* target = sharedPointer(destination, bytes, bytes, site);
    if (counting) {
        if (sourceBytes) countAccess(me, source, sourceBytes, false, site);
        countAccess(me, target, bytes, true, site);
    }
    AsyncCopy copy{destination, source, bytes, sourceBytes, site};
    if (!options().lazy) return perform(copy);
    checkWrite(me, target, bytes, site, Access::Announced);
    asyncCopies[me->id].add(copy);
}

void copyAsyncCommit(Site) {
    if (options().lazy) asyncCopies[running.thread->id].commit();
}

void copyAsyncWait(int pending, Site) {
    asyncCopies[running.thread->id].finishAllBut(size_t(pending),
                                                 [](const AsyncCopy& copy) { perform(copy); });
}

void bulkLoad(uint32_t destination, const void* source, unsigned bytes, uint32_t bar, Site site) {
    Thread* me = running.thread;
    me->site = site;
    requireBulkAligned(source, bytes, site);
    char* target = sharedPointer(destination, bytes, 16, site);
    countBulk({source, bytes, bytes, false}, site);
    checkWrite(me, target, bytes, site, Access::Announced);
    auto copy = [=] {
        checkRead(me, source, bytes, site, Access::AsyncGlobal);
        checkWrite(me, target, bytes, site, Access::AsyncShared);
        memcpy(target, source, bytes);
        mbarrierComplete(bar, bytes, me, site);
    };
    if (options().lazy) {
        runWhenIdle(me, copy);
    } else {
        copy();
    }
}

void bulkStore(void* destination, uint32_t source, unsigned bytes, Site site) {
    Thread* me = running.thread;
    me->site = site;
    requireBulkAligned(destination, bytes, site);
    BulkStore store{destination, source, bytes, site};
    if (!options().lazy) return perform(store);
    checkRead(me, sharedPointer(source, bytes, 16, site), bytes, site, Access::AsyncShared);
    bulkStores[me->id].add(store);
}

void bulkStoreCommit(Site) {
    if (options().lazy) bulkStores[running.thread->id].commit();
}

void bulkStoreWait(int pending, Site) {
    bulkStores[running.thread->id].finishAllBut(size_t(pending),
                                                [](const BulkStore& store) { perform(store); });
}

void resetCopies(unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        asyncCopies[i].clear();
        bulkStores[i].clear();
    }
}

void requireCopiesDone(const Thread* thread) {
    if (const AsyncCopy* copy = asyncCopies[thread->id].firstPending()) {
        fail("thread returns with a cp.async never waited for, issued at %s:%d", copy->site.file,
             copy->site.line);
    }
    if (const BulkStore* store = bulkStores[thread->id].firstPending()) {
        fail("thread returns with a bulk store never waited for, issued at %s:%d", store->site.file,
             store->site.line);
    }
}

}  // namespace emu
