// Vector clocks. Thread t's row holds, for every thread u of the block, up to which of u's accesses t may
// rely on. A thread's own clock advances whenever it publishes its row, so that later accesses are not
// covered.
#include <algorithm>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "checker.h"
#include "scheduler.h"

namespace emu {
namespace {

using Clocks = std::vector<uint32_t>;

unsigned count;         // threads of the block
uint32_t currentBlock;  // its number, over all launches
Clocks rows;            // count x count
Clocks fencedRows;   // the same, but only what a __threadfence came after; empty until the block's first one
Clocks proxyFenced;  // row of each thread at its last fence.proxy.async; empty until the block's first one
std::vector<Clocks> ownFences;  // of each thread: its own clock at each fence.proxy.async, rising
std::unordered_map<const void*, Clocks> objects;  // barriers and atomics used inside the block

uint32_t* row(const Thread* t) {
    return &rows[size_t(t->id) * count];
}
uint32_t* fencedRow(unsigned thread) {
    return &fencedRows[size_t(thread) * count];
}

void raise(uint32_t* target, const uint32_t* source) {
    for (unsigned u = 0; u < count; u++) target[u] = std::max(target[u], source[u]);
}

void joinRows(Clocks& matrix, Thread* const* all, unsigned n) {
    static Clocks merged;
    merged.assign(count, 0);
    for (unsigned i = 0; i < n; i++) raise(merged.data(), &matrix[size_t(all[i]->id) * count]);
    for (unsigned i = 0; i < n; i++)
        memcpy(&matrix[size_t(all[i]->id) * count], merged.data(), count * sizeof(uint32_t));
}

// The whole block meets: everyone's own clock is the highest anyone knows of it.
void joinWholeBlock() {
    static Clocks own;
    own.resize(count);
    for (unsigned u = 0; u < count; u++) own[u] = rows[size_t(u) * count + u];
    for (unsigned u = 0; u < count; u++)
        memcpy(&rows[size_t(u) * count], own.data(), count * sizeof(uint32_t));
}

// ---- between blocks ----
using SharedClocks = std::shared_ptr<const Clocks>;
using Publication = std::map<uint32_t, SharedClocks>;  // by block number
std::unordered_map<const void*, Publication> publications;
Publication learned;  // by the current block

SharedClocks merge(const SharedClocks& a, const SharedClocks& b) {
    if (!a || a == b) return b;
    auto merged = std::make_shared<Clocks>(*a);
    for (size_t u = 0; u < merged->size(); u++) (*merged)[u] = std::max((*merged)[u], (*b)[u]);
    return merged;
}

}  // namespace

void resetClocks(unsigned threads, uint32_t block) {
    count = threads;
    currentBlock = block;
    rows.assign(size_t(count) * count, 0);
    for (unsigned i = 0; i < count; i++) rows[size_t(i) * count + i] = 1;
    fencedRows.clear();
    proxyFenced.clear();
    ownFences.clear();
    objects.clear();
    learned.clear();
}

uint32_t clockOf(const Thread* t) {
    return row(t)[t->id];
}

bool sees(const Thread* t, unsigned other, uint32_t clock) {
    return t->id == other || row(t)[other] >= clock;
}

void joinClocks(Thread* const* all, unsigned n) {
    if (n == count) {
        joinWholeBlock();
    } else {
        joinRows(rows, all, n);
    }
    if (!fencedRows.empty()) joinRows(fencedRows, all, n);
    for (unsigned i = 0; i < n; i++) row(all[i])[all[i]->id]++;
}

void releaseTo(const void* object, Thread* t) {
    Clocks& clocks = objects[object];
    clocks.resize(count);
    raise(clocks.data(), row(t));
    row(t)[t->id]++;
}

void acquireFrom(const void* object, Thread* t) {
    auto found = objects.find(object);
    if (found != objects.end()) raise(row(t), found->second.data());
}

void threadFence() {
    if (!checking) return;
    Thread* t = running.thread;
    if (fencedRows.empty()) fencedRows.assign(size_t(count) * count, 0);
    raise(fencedRow(t->id), row(t));
    row(t)[t->id]++;
}

void forgetPublications() {
    publications.clear();
}

void publish(const void* object, Thread* t, bool fencedOnly) {
    Publication& publication = publications[object];
    for (auto& [block, clocks] : learned) {
        SharedClocks& known = publication[block];
        known = merge(known, clocks);
    }
    if (fencedOnly && fencedRows.empty()) return;
    const uint32_t* clocks = fencedOnly ? fencedRow(t->id) : row(t);
    SharedClocks& known = publication[currentBlock];
    known = merge(known, std::make_shared<const Clocks>(clocks, clocks + count));
    row(t)[t->id]++;
}

void learnPublished(const void* object, Thread*) {
    auto found = publications.find(object);
    if (found == publications.end()) return;
    for (auto& [block, clocks] : found->second) {
        if (block == currentBlock) continue;
        SharedClocks& known = learned[block];
        known = merge(known, clocks);
    }
}

bool seesOtherBlock(uint32_t block, unsigned thread, uint32_t clock) {
    auto found = learned.find(block);
    return found != learned.end() && (*found->second)[thread] >= clock;
}

void proxyFence() {
    if (!checking) return;
    Thread* t = running.thread;
    if (proxyFenced.empty()) {
        proxyFenced.assign(size_t(count) * count, 0);
        ownFences.assign(count, {});
    }
    ownFences[t->id].push_back(row(t)[t->id]);
    memcpy(&proxyFenced[size_t(t->id) * count], row(t), count * sizeof(uint32_t));
    row(t)[t->id]++;
}

bool seesThroughProxyFence(const Thread* reader, unsigned writer, uint32_t clock) {
    if (proxyFenced.empty()) return false;
    const uint32_t* readersFence = &proxyFenced[size_t(reader->id) * count];
    // The writer may have fenced again since, for other readers: its first fence after the write counts.
    const Clocks& fences = ownFences[writer];
    auto fence = std::lower_bound(fences.begin(), fences.end(), clock);
    bool byWriter = fence != fences.end() && sees(reader, writer, *fence);
    return byWriter || readersFence[writer] >= clock;
}

}  // namespace emu
