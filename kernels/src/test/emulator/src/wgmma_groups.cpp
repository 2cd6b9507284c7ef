// Groups of wgmma: the products of a warpgroup are done at its wait (lazy) or at issue (eager).
#include <deque>
#include <vector>

#include "copies.h"
#include "options.h"
#include "scheduler.h"

namespace emu {
namespace {

struct WgmmaQueue {
    std::vector<Deferred> open;
    std::deque<std::vector<Deferred>> committed;
};
constexpr unsigned kWarpgroup = 128;
WgmmaQueue queues[kMaxThreads / kWarpgroup];

WgmmaQueue& queueOf(const Thread* thread) {
    return queues[thread->id / kWarpgroup];
}

void combineCommit(const Participants& all) {
    WgmmaQueue& queue = queueOf(all.thread[0]);
    queue.committed.push_back(std::move(queue.open));
    queue.open.clear();
}

void combineWait(const Participants& all) {
    WgmmaQueue& queue = queueOf(all.thread[0]);
    int pending = *static_cast<int*>(all.operand[0]);
    while (int(queue.committed.size()) > pending) {
        for (Deferred& product : queue.committed.front()) product.run(product.object);
        queue.committed.pop_front();
    }
}

}  // namespace

void wgmmaIssue(Deferred product) {
    if (options().lazy) {
        queueOf(running.thread).open.push_back(product);
    } else {
        product.run(product.object);
    }
}

void wgmmaFence(Site) {}

void wgmmaCommit(Site site) {
    warpgroupCollective(nullptr, &combineCommit, site);
}

void wgmmaWait(int pending, Site site) {
    warpgroupCollective(&pending, &combineWait, site);
}

void resetWgmma() {
    for (WgmmaQueue& queue : queues) {
        queue.open.clear();
        queue.committed.clear();
    }
}

}  // namespace emu
