// Warp and warpgroup collectives. Every participant leaves a pointer to its operand, which lies on its own
// stack; the last to arrive combines them all. Two lanes in different collectives are told apart by the
// combining function.
#include "checker.h"
#include "collectives.h"
#include "counters.h"
#include "scheduler.h"

namespace emu {
namespace {

struct Collective {
    uint32_t mask, arrived;
    Combine combine;
    void* operand[32];
    Thread* thread[32];
};

struct Warp {
    Collective open[8];  // of disjoint masks
    uint32_t live;
};

constexpr unsigned kWarpgroup = 128;
struct Warpgroup {
    void* operand[kWarpgroup];
    Thread* thread[kWarpgroup];
    unsigned arrived;
    Combine combine;
};

Warp warps[kMaxThreads / 32];
Warpgroup warpgroups[kMaxThreads / kWarpgroup];

bool isPartialWarp(const Thread* thread) {
    return threadCount % 32 && thread->warp == threadCount / 32;
}

uint32_t requireMask(unsigned mask, const Warp& warp, Site site) {
    Thread* me = running.thread;
    if (!(mask >> me->lane & 1)) {
        fail("%s at %s:%d: calling lane %u is not in the mask %08x", site.instruction, site.file, site.line,
             me->lane, mask);
    }
    if (!(mask & ~warp.live)) return mask;
    if (mask == ~0u && isPartialWarp(me)) return warp.live;
    fail("%s at %s:%d: mask %08x names lanes that do not exist or have returned (live %08x)",
         site.instruction, site.file, site.line, mask, warp.live);
}

Collective& findOrOpen(Warp& warp, uint32_t mask, Combine combine) {
    for (Collective& c : warp.open) {
        if (c.arrived && c.mask == mask) return c;
    }
    for (Collective& c : warp.open) {
        if (c.arrived) continue;
        c.mask = mask;
        c.combine = combine;
        return c;
    }
    fail("more than 8 warp collectives of different masks are under way");
}

void requireSame(const Collective& c, Combine combine, Site site) {
    if (!c.arrived || c.combine == combine) return;
    const Thread* other = c.thread[__builtin_ctz(c.arrived)];
    fail("divergent warp collective: lane %u in %s at %s:%d, lane %u in %s at %s:%d", other->lane,
         other->site.instruction, other->site.file, other->site.line, running.thread->lane, site.instruction,
         site.file, site.line);
}

void joinLanes(const Collective& c) {
    Thread* joined[32];
    unsigned count = 0;
    for (int i = 0; i < 32; i++) {
        if (c.mask >> i & 1) joined[count++] = c.thread[i];
    }
    joinClocks(joined, count);
}

}  // namespace

void warpCollective(unsigned mask, void* operand, Combine combine, Site site, bool ordersMemory) {
    Thread* me = running.thread;
    Warp& warp = warps[me->warp];
    me->site = site;
    mask = requireMask(mask, warp, site);
    Collective& c = findOrOpen(warp, mask, combine);
    requireSame(c, combine, site);
    c.operand[me->lane] = operand;
    c.thread[me->lane] = me;
    c.arrived |= 1u << me->lane;
    if (c.arrived != mask) {
        me->state = State::InCollective;
        switchAway();
        return;
    }
    if (ordersMemory && checking) joinLanes(c);
    combine({c.operand, c.thread, mask});
    c.arrived = 0;
    if (counting) {
        countCollective(site.instruction);
        if (mask == warp.live) flushWarp(me->warp);
    }
    for (int i = 0; i < 32; i++) {
        if ((mask >> i & 1) && c.thread[i] != me) makeReady(c.thread[i]);
    }
    // The last to arrive is not always the first to go on.
    if (isRandomOrder() && randomNumber() % 4 == 0) {
        makeReady(me);
        switchAway();
    }
}

void warpgroupCollective(void* operand, Combine combine, Site site) {
    Thread* me = running.thread;
    Warpgroup& group = warpgroups[me->id / kWarpgroup];
    me->site = site;
    if (group.arrived && group.combine != combine) {
        unsigned any = 0;
        while (!group.thread[any]) any++;
        const Site& other = group.thread[any]->site;
        fail("divergent warpgroup collective: %s at %s:%d and %s at %s:%d", other.instruction, other.file,
             other.line, site.instruction, site.file, site.line);
    }
    group.combine = combine;
    group.operand[me->id % kWarpgroup] = operand;
    group.thread[me->id % kWarpgroup] = me;
    if (++group.arrived < kWarpgroup) {
        me->state = State::InCollective;
        switchAway();
        return;
    }
    group.arrived = 0;
    Thread* participants[kWarpgroup];
    memcpy(participants, group.thread, sizeof participants);
    memset(group.thread, 0, sizeof group.thread);
    combine({group.operand, participants, ~0u});
    for (Thread* thread : participants) {
        if (thread != me) makeReady(thread);
    }
}

unsigned liveLanes() {
    return warps[running.thread->warp].live;
}

void resetWarps(unsigned count) {
    for (Warp& warp : warps) {
        warp.live = 0;
        for (Collective& c : warp.open) c.arrived = 0;
    }
    for (unsigned i = 0; i < count; i++) warps[i / 32].live |= 1u << i % 32;
    for (Warpgroup& group : warpgroups) {
        group.arrived = 0;
        memset(group.thread, 0, sizeof group.thread);
    }
}

void leaveWarp(const Thread* thread) {
    warps[thread->warp].live &= ~(1u << thread->lane);
}

}  // namespace emu
