// mbarrier: a phase ends when all arrivals are in and all announced bytes have come. The state lies in the
// barrier's own 8 bytes of shared memory, so a kernel that overwrites it, or never initialises it, is found
// out.
#include "mbarriers.h"

#include <unordered_map>

#include "checker.h"
#include "scheduler.h"

namespace emu {
namespace {

struct Mbarrier {
    uint64_t phase : 1, arrivals : 20, pending : 20, magic : 2;
    int64_t bytes : 21;  // announced less arrived; below zero when the copy is faster than its announcement
};
static_assert(sizeof(Mbarrier) == 8);
constexpr unsigned kInitialised = 1;  // the poison reads as 3

struct Initialisation {
    unsigned thread;
    uint32_t clock;
};
std::unordered_map<uint64_t, Initialisation>
    initialisations;  // by address, for the check that others may see it

Mbarrier& barrierAt(uint32_t bar, Thread* user, Site site) {
    auto* m = reinterpret_cast<Mbarrier*>(sharedPointer(bar, 8, 8, site));
    if (m->magic != kInitialised) {
        fail("%s at %s:%d: mbarrier at 0x%x used before mbarrier.init", site.instruction, site.file,
             site.line, bar);
    }
    if (!checking) return *m;
    const Initialisation& init = initialisations[uint64_t(m)];
    if (!sees(user, init.thread, init.clock)) {
        fail(
            "%s at %s:%d: mbarrier used by thread %s with no synchronisation after its mbarrier.init by "
            "thread %s",
            site.instruction, site.file, site.line, indexText(user->index).c_str(),
            indexText(threads[init.thread].index).c_str());
    }
    checkWrite(user, m, 8, site, Access::Atomic);
    return *m;
}

void finishPhaseIfDone(Mbarrier& m) {
    if (m.pending || m.bytes) return;
    m.phase ^= 1;
    m.pending = m.arrivals;
    wakePollers();
}

}  // namespace

void mbarrierInit(uint32_t bar, unsigned arrivals, Site site) {
    auto* m = reinterpret_cast<Mbarrier*>(sharedPointer(bar, 8, 8, site));
    noteWrite(running.thread, m, 8, site);
    if (!arrivals) fail("%s at %s:%d: no arrivals to wait for", site.instruction, site.file, site.line);
    *m = Mbarrier{0, arrivals, arrivals, kInitialised, 0};
    if (checking) initialisations[uint64_t(m)] = {running.thread->id, clockOf(running.thread)};
}

void mbarrierArrive(uint32_t bar, unsigned count, Site site) {
    Mbarrier& m = barrierAt(bar, running.thread, site);
    if (m.pending < count)
        fail("%s at %s:%d: more arrivals than the mbarrier expects", site.instruction, site.file, site.line);
    if (checking) releaseTo(&m, running.thread);
    m.pending -= count;
    finishPhaseIfDone(m);
}

void mbarrierExpect(uint32_t bar, unsigned bytes, Site site) {
    barrierAt(bar, running.thread, site).bytes += int(bytes);
}

void mbarrierComplete(uint32_t bar, unsigned bytes, Thread* issuer, Site site) {
    Mbarrier& m = barrierAt(bar, issuer, site);
    if (checking) releaseTo(&m, issuer);
    m.bytes -= int(bytes);
    finishPhaseIfDone(m);
}

bool mbarrierTryWait(uint32_t bar, unsigned parity, Site site) {
    Thread* me = running.thread;
    me->site = site;
    if (barrierAt(bar, me, site).phase == (parity & 1)) {
        pollLater(me);
        switchAway();
    }
    Mbarrier& m = barrierAt(bar, me, site);
    bool done = m.phase != (parity & 1);
    if (done && checking) acquireFrom(&m, me);
    return done;
}

void resetMbarriers() {
    initialisations.clear();
}

}  // namespace emu
