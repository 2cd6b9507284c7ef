// What kernels compiled for the emulator may call: the running thread, collectives, and the asynchronous
// copies of the hardware.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector_types.h>
#include <vector_functions.h>

// The wrappers report their own accesses, so the instrumentation must leave them alone.
#define EMU_UNCHECKED __attribute__((no_sanitize("thread"), no_sanitize("undefined")))
// A local array of the emulator's own, exempt from the poison that the kernels' local variables get.
#define EMU_UNFILLED __attribute__((uninitialized))
// Last parameters of every wrapper: the kernel's source line reaches the reports without a change of the
// call.
#define EMU_AT const char *emu_file = __builtin_FILE(), int emu_line = __builtin_LINE()
#define EMU_SITE(instruction)           \
    emu::Site {                         \
        instruction, emu_file, emu_line \
    }

namespace emu {

// Where in a kernel an instruction stands.
struct Site {
    const char* instruction;
    const char* file;
    int line;
};

enum class State : uint8_t { Ready, AtBarrier, InCollective, Polling, Done };

// One CUDA thread, which is a fiber.
struct Thread {
    uint3 index;
    unsigned id, lane, warp;
    void* stackPointer;
    State state;
    int vote;   // its argument to, then the answer of, a voting block barrier
    Site site;  // the collective or wait it is in, for deadlock reports
};

// What the kernels' own code reads of the emulator. One kernel runs at a time, so plain globals will do.
struct Running {
    Thread* thread;
    uint3 block;
    dim3 blockDim, gridDim;
    char* dynamicShared;
    unsigned dynamicSharedBytes;
};
extern Running running;

[[noreturn]] void fail(const char* format, ...) __attribute__((format(printf, 1, 2)));
void yield();

// ---- collectives: `combine` runs once, on the last to arrive, over every participant's operand ----
struct Participants {
    void** operand;  // by lane, or by thread of the warpgroup
    Thread** thread;
    uint32_t lanes;  // the mask of a warp collective; all ones for a warpgroup
};
using Combine = void (*)(const Participants&);
enum class Vote { Any, All, Count };

void blockBarrier(unsigned id, unsigned threads, Site);  // 0 threads: the whole block
int blockVote(int predicate, Vote, Site);
void blockArrive(unsigned id, unsigned threads, Site);
void warpCollective(unsigned mask, void* operand, Combine, Site, bool ordersMemory = false);
void warpgroupCollective(void* operand, Combine, Site);
unsigned liveLanes();

// ---- accesses made by a wrapper on a thread's behalf ----
enum class Access : uint8_t {
    Plain = 1,
    Atomic,
    AsyncShared,  // by the asynchronous proxy (bulk copies, wgmma), in shared memory
    AsyncGlobal,  // its other side, in global memory
    Announced,    // a write issued now and done later: checked now, recorded when done
};
extern bool observing;  // by the checker or the counters
void observeRead(Thread*, const void*, size_t, Site, Access);
void observeWrite(Thread*, const void*, size_t, Site, Access);

EMU_UNCHECKED inline void noteRead(Thread* thread, const void* p, size_t bytes, Site site,
                                   Access kind = Access::Plain) {
    if (observing) observeRead(thread, p, bytes, site, kind);
}
EMU_UNCHECKED inline void noteWrite(Thread* thread, const void* p, size_t bytes, Site site,
                                    Access kind = Access::Plain) {
    if (observing) observeWrite(thread, p, bytes, site, kind);
}

// ---- ordering ----
enum class Order { Relaxed, Acquire, Release, AcquireRelease };
void noteAtomic(const void*, size_t, Order, Site);
void threadFence();
void proxyFence();

// ---- counters: what is not made of lane accesses ----
struct BulkPiece {
    const void* global;
    size_t globalBytes, sharedBytes;
    bool store;
};
void countBulk(const BulkPiece&, Site);
void countMma(Site, uint64_t flops, unsigned sharedOperandBytes = 0);

// ---- shared memory as the 32-bit addresses of the hardware ----
uint32_t sharedAddress(const void*);
char* sharedPointer(uint32_t address, size_t bytes, unsigned alignment, Site);

// ---- cp.async ----
void copyAsync(uint32_t destination, const void* source, unsigned bytes, unsigned sourceBytes, Site);
void copyAsyncCommit(Site);
void copyAsyncWait(int pending, Site);

// ---- mbarrier ----
void mbarrierInit(uint32_t bar, unsigned arrivals, Site);
void mbarrierArrive(uint32_t bar, unsigned count, Site);
void mbarrierExpect(uint32_t bar, unsigned bytes, Site);
bool mbarrierTryWait(uint32_t bar, unsigned parity, Site);

// ---- bulk copies ----
void bulkLoad(uint32_t destination, const void* source, unsigned bytes, uint32_t bar, Site);
void bulkStore(void* destination, uint32_t source, unsigned bytes, Site);
void bulkStoreCommit(Site);
void bulkStoreWait(int pending, Site);

// ---- wgmma: work handed over by the last arriver of a warpgroup collective ----
struct Deferred {
    void (*run)(void*);
    void* object;
};
void wgmmaIssue(Deferred);
void wgmmaFence(Site);
void wgmmaCommit(Site);
void wgmmaWait(int pending, Site);

// ---- registration: argument unpacking generated from a kernel's own signature ----
struct KernelEntry {
    const char* name;
    unsigned parameters;
    const unsigned* sizes;
    const unsigned* alignments;
    void (*invoke)(void** arguments);
};
void registerKernel(const KernelEntry&);

template <auto Kernel, class... A, size_t... I>
EMU_UNCHECKED inline void invokeKernel(void** arguments, void (*)(A...), std::index_sequence<I...>) {
    (void)arguments;
    Kernel(*reinterpret_cast<A*>(arguments[I])...);
}

template <auto Kernel, class... A>
struct Invoker {
    static void invoke(void** arguments) {
        invokeKernel<Kernel>(arguments, static_cast<void (*)(A...)>(nullptr),
                             std::index_sequence_for<A...>{});
    }
};

template <auto Kernel, class... A>
inline int registerEntry(const char* name, void (*)(A...)) {
    static const unsigned sizes[] = {unsigned(sizeof(A))..., 0u};
    static const unsigned alignments[] = {unsigned(alignof(A))..., 0u};
    registerKernel({name, unsigned(sizeof...(A)), sizes, alignments, &Invoker<Kernel, A...>::invoke});
    return 0;
}

}  // namespace emu

#define EMU_REGISTER(kernel) \
    static const int registered_##kernel = emu::registerEntry<&kernel>(#kernel, &kernel);
