// __syncthreads, bar.sync and bar.arrive.
#include "checker.h"
#include "collectives.h"
#include "counters.h"
#include "scheduler.h"

namespace emu {
namespace {

struct Barrier {
    Thread* waiting[kMaxThreads];
    unsigned count;     // of them
    unsigned arrivals;  // that do not wait
};
constexpr unsigned kBarriers = 16;
Barrier barriers[kBarriers];

void countWarps(const Barrier& barrier) {
    countBarrier();
    for (unsigned i = 0; i < barrier.count; i++) {
        if (i == 0 || barrier.waiting[i]->warp != barrier.waiting[i - 1]->warp)
            flushWarp(barrier.waiting[i]->warp);
    }
}

// What all three votes give, packed: any in bit 0, all in bit 1, the count above.
int packVotes(const Barrier& barrier) {
    int count = 0;
    for (unsigned i = 0; i < barrier.count; i++) count += barrier.waiting[i]->vote != 0;
    return (count > 0) | (count == int(barrier.count)) << 1 | count << 2;
}

void release(Barrier& barrier) {
    if (checking) {
        joinClocks(barrier.waiting, barrier.count);
        for (unsigned i = 0; barrier.arrivals && i < barrier.count; i++)
            acquireFrom(&barrier, barrier.waiting[i]);
    }
    if (counting) countWarps(barrier);
    int votes = packVotes(barrier);
    for (unsigned i = 0; i < barrier.count; i++) {
        barrier.waiting[i]->vote = votes;
        makeReady(barrier.waiting[i]);
    }
    barrier.count = barrier.arrivals = 0;
}

void requireValid(unsigned id, unsigned threads, Site site) {
    if (id >= kBarriers)
        fail("%s at %s:%d: there is no barrier %u", site.instruction, site.file, site.line, id);
    if (threads % 32 || threads > threadCount) {
        fail("%s at %s:%d: %u threads; the block has %u, and it must be a multiple of 32", site.instruction,
             site.file, site.line, threads, threadCount);
    }
}

bool sameSite(const Site& a, const Site& b) {
    return a.line == b.line && !strcmp(a.file, b.file);
}

void wait(unsigned id, unsigned need, Site site) {
    Barrier& barrier = barriers[id];
    Thread* me = running.thread;
    me->site = site;
    // __syncthreads of different source lines meet on the hardware too, but only by accident. Numbered
    // barriers may: the producer's and the consumer's halves stand in different places.
    if (id == 0 && barrier.count && !sameSite(barrier.waiting[0]->site, site)) {
        Thread* other = barrier.waiting[0];
        fail("divergent barrier %u: thread %s waits in %s at %s:%d, thread %s in %s at %s:%d", id,
             indexText(other->index).c_str(), other->site.instruction, other->site.file, other->site.line,
             indexText(me->index).c_str(), site.instruction, site.file, site.line);
    }
    barrier.waiting[barrier.count++] = me;
    me->state = State::AtBarrier;
    unsigned arrived = barrier.count + barrier.arrivals;
    if (need && arrived > need)
        fail("%s at %s:%d: more than %u threads at barrier %u", site.instruction, site.file, site.line, need,
             id);
    if (arrived == (need ? need : liveThreads)) release(barrier);
    switchAway();
}

}  // namespace

void blockBarrier(unsigned id, unsigned threads, Site site) {
    requireValid(id, threads, site);
    wait(id, threads, site);
}

int blockVote(int predicate, Vote vote, Site site) {
    running.thread->vote = predicate;
    wait(0, 0, site);
    int votes = running.thread->vote;
    switch (vote) {
        case Vote::Any:
            return votes & 1;
        case Vote::All:
            return votes >> 1 & 1;
        case Vote::Count:
            return votes >> 2;
    }
    return 0;
}

void blockArrive(unsigned id, unsigned threads, Site site) {
    requireValid(id, threads, site);
    Barrier& barrier = barriers[id];
    if (checking) releaseTo(&barrier, running.thread);
    barrier.arrivals++;
    if (barrier.count + barrier.arrivals == threads) release(barrier);
}

void resetBarriers() {
    for (Barrier& barrier : barriers) barrier.count = barrier.arrivals = 0;
}

void leaveBarriers() {
    Barrier& barrier = barriers[0];
    if (barrier.count && barrier.count + barrier.arrivals == liveThreads - 1) release(barrier);
}

}  // namespace emu
