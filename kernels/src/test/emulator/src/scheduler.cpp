#include "scheduler.h"

#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <vector>

#include "options.h"

// void switchStacks(void** saved, void* to): keeps the callee-saved registers on the stack that is left.
extern "C" void emuSwitchStacks(void** saved, void* to);
asm(R"(
.text
.globl emuSwitchStacks
.hidden emuSwitchStacks
.type emuSwitchStacks,@function
emuSwitchStacks:
  push %rbp; push %rbx; push %r12; push %r13; push %r14; push %r15
  mov %rsp,(%rdi)
  mov %rsi,%rsp
  pop %r15; pop %r14; pop %r13; pop %r12; pop %rbx; pop %rbp
  ret
.size emuSwitchStacks,.-emuSwitchStacks
)");

namespace emu {

Running running;
Thread* threads;
unsigned threadCount, liveThreads;

namespace {

constexpr size_t kStackStep = kStackBytes + kPage;

struct IdleWork {
    Thread* issuer;
    std::function<void()> work;
};

char* stacks;
void* outerStack;  // of the OS thread, while fibers run
bool kernelRuns;
pthread_t kernelThread;
const char* kernelName;
std::string* failure;
const std::function<void()>* threadBody;
uint64_t randomState;
Schedule schedule;  // of the options, at hand
std::vector<Thread*> pollers;
std::deque<IdleWork> idleWork;

// Threads that can go on. A ring of twice the most threads, so that head and tail need no wrapping rules.
constexpr unsigned kRing = 2 * kMaxThreads;
static_assert((kRing & (kRing - 1)) == 0, "head and tail wrap around 2^32");
Thread* ready[kRing];
unsigned readyHead, readyTail;

Thread* takeReady() {
    if (readyHead == readyTail) return nullptr;
    if (schedule == Schedule::Reverse) return ready[--readyTail % kRing];
    if (schedule == Schedule::Random) {
        unsigned i = readyHead + randomNumber() % (readyTail - readyHead);
        std::swap(ready[i % kRing], ready[readyHead % kRing]);
    }
    return ready[readyHead++ % kRing];
}

void runIdleWork() {
    size_t i = schedule == Schedule::Random ? randomNumber() % idleWork.size() : 0;
    IdleWork next = std::move(idleWork[i]);
    idleWork.erase(idleWork.begin() + long(i));
    Thread* interrupted = running.thread;
    running.thread = next.issuer;  // whom a report names
    next.work();
    running.thread = interrupted;
}

Thread* nextThread() {
    for (;;) {
        if (Thread* thread = takeReady()) return thread;
        if (pollers.empty() || idleWork.empty()) return nullptr;
        runIdleWork();
    }
}

const char* waitName(State state) {
    switch (state) {
        case State::Ready:
            return "ready";
        case State::AtBarrier:
            return "barrier";
        case State::InCollective:
            return "collective";
        case State::Polling:
            return "mbarrier";
        case State::Done:
            return "done";
    }
    return "";
}

std::string describeDeadlock() {
    std::map<std::string, std::pair<int, std::string>>
        groups;  // by what they do: how many, and the first of them
    for (unsigned i = 0; i < threadCount; i++) {
        Thread& t = threads[i];
        char what[400];
        if (t.state == State::Done) {
            snprintf(what, sizeof what, "returned");
        } else {
            snprintf(what, sizeof what, "waiting (%s) in %s at %s:%d", waitName(t.state), t.site.instruction,
                     t.site.file, t.site.line);
        }
        auto& group = groups[what];
        if (!group.first++) group.second = indexText(t.index);
    }
    std::string text = "deadlock: no thread can go on;";
    for (auto& [what, group] : groups) {
        text += " " + std::to_string(group.first) + " thread(s), first " + group.second + ", " + what + ";";
    }
    return text;
}

[[noreturn]] void leaveFibers() {
    void* abandoned;
    emuSwitchStacks(&abandoned, outerStack);
    __builtin_unreachable();
}

void threadMain() {
    (*threadBody)();
    Thread* me = running.thread;
    onThreadExit(me);
    me->state = State::Done;
    liveThreads--;
    if (!liveThreads) {
        running.thread = nullptr;
        leaveFibers();
    }
    switchAway();
    __builtin_unreachable();
}

void prepareStacks() {
    if (stacks) return;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void* memory = mmap(nullptr, kMaxThreads * kStackStep, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (memory == MAP_FAILED) abort();
    stacks = static_cast<char*>(memory);
    for (unsigned i = 0; i < kMaxThreads; i++) mprotect(stacks + i * kStackStep, kPage, PROT_NONE);
    threads = new Thread[kMaxThreads]();
}

void startThread(unsigned id, dim3 shape) {
    Thread& t = threads[id];
    t = Thread{};
    t.id = id;
    t.lane = id % 32;
    t.warp = id / 32;
    t.index = {id % shape.x, id / shape.x % shape.y, id / shape.x / shape.y};
    t.site = {"its first instruction", "", 0};
    // As if threadMain had been called: a null return address keeps the stack aligned as the ABI wants it.
    auto** top = reinterpret_cast<void**>(stacks + (id + 1) * kStackStep);
    *--top = nullptr;
    *--top = reinterpret_cast<void*>(&threadMain);
    for (int saved = 0; saved < 6; saved++) *--top = nullptr;
    t.stackPointer = top;
    makeReady(&t);
}

}  // namespace

// A large frame can jump over the guard page.
bool isStackOverflow(uint64_t address) {
    constexpr uint64_t kMostFrame = 16 << 20;
    AddressRange below{uint64_t(stacks) - kMostFrame, kMostFrame + kMaxThreads * kStackStep};
    if (!stacks || !below.contains(address)) return false;
    return !running.thread || address < uint64_t(stacks) + running.thread->id * kStackStep + kPage;
}

AddressRange stackRange() {
    return {uint64_t(stacks), kMaxThreads * kStackStep};
}

std::string runThreads(unsigned count, dim3 shape, const std::function<void()>& body) {
    prepareStacks();
    std::string report;
    failure = &report;
    threadBody = &body;
    threadCount = liveThreads = count;
    readyHead = readyTail = 0;
    pollers.clear();
    idleWork.clear();
    for (unsigned i = 0; i < count; i++) startThread(i, shape);
    running.thread = nextThread();
    emuSwitchStacks(&outerStack, running.thread->stackPointer);
    running.thread = nullptr;
    if (report.empty() && !idleWork.empty()) {
        const Site& at = idleWork.front().issuer->site;
        report = std::string("block ended with an asynchronous copy nobody waited for (last seen in ") +
                 at.instruction + " at " + at.file + ":" + std::to_string(at.line) + ")" +
                 whereIs(idleWork.front().issuer);
    }
    return report;
}

bool inKernel() {
    return kernelRuns && pthread_equal(kernelThread, pthread_self());
}

void enterKernel(const char* name, uint64_t seed) {
    kernelName = name;
    schedule = options().schedule;
    randomState = seed * 0x9E3779B97F4A7C15ull + 0x1234567;
    kernelThread = pthread_self();
    kernelRuns = true;
}

void leaveKernel() {
    kernelRuns = false;
    running.thread = nullptr;
}

std::string indexText(uint3 i) {
    return "(" + std::to_string(i.x) + "," + std::to_string(i.y) + "," + std::to_string(i.z) + ")";
}

std::string whereIs(const Thread* thread) {
    if (!thread) return "";
    return std::string(" [kernel ") + kernelName + ", block " + indexText(running.block) + ", thread " +
           indexText(thread->index) + "]";
}

void makeReady(Thread* thread) {
    thread->state = State::Ready;
    ready[readyTail++ % kRing] = thread;
}

void switchAway() {
    Thread* me = running.thread;
    Thread* next = nextThread();
    if (!next) {
        if (failure->empty()) *failure = describeDeadlock() + whereIs(me);
        running.thread = nullptr;
        leaveFibers();
    }
    if (next == me) return;
    running.thread = next;
    emuSwitchStacks(&me->stackPointer, next->stackPointer);
}

// Behind all others, whatever the order: a thread that waits for them must not be the next one again.
void yield() {
    Thread* me = running.thread;
    me->state = State::Ready;
    if (schedule == Schedule::Reverse) {
        ready[--readyHead % kRing] = me;
    } else {
        ready[readyTail++ % kRing] = me;
    }
    switchAway();
}

void fail(const char* format, ...) {
    char text[2000];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (!kernelRuns) {
        fprintf(stderr, "emulator: %s\n", text);
        abort();
    }
    if (failure->empty()) *failure = text + whereIs(running.thread);
    running.thread = nullptr;
    leaveFibers();
}

bool isRandomOrder() {
    return schedule == Schedule::Random;
}

uint32_t randomNumber() {
    randomState ^= randomState << 13;
    randomState ^= randomState >> 7;
    randomState ^= randomState << 17;
    return uint32_t(randomState >> 16);
}

void pollLater(Thread* thread) {
    thread->state = State::Polling;
    pollers.push_back(thread);
}

void wakePollers() {
    for (Thread* thread : pollers) makeReady(thread);
    pollers.clear();
}

void runWhenIdle(Thread* issuer, std::function<void()> work) {
    idleWork.push_back({issuer, std::move(work)});
}

}  // namespace emu
