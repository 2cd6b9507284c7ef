// Fibers: one for each thread of the running block, switched only where a thread waits.
#pragma once
#include <functional>
#include <string>

#include "emulator.h"

namespace emu {

constexpr unsigned kMaxThreads = 1024;
constexpr size_t kStackBytes = 64 << 10;
constexpr size_t kPage = 4096;  // also the guard below each stack

extern Thread* threads;  // of the running block, by id
extern unsigned threadCount, liveThreads;

struct AddressRange {
    uint64_t start = 0, length = 0;
    bool contains(uint64_t address) const { return address - start < length; }
    bool contains(const void* p) const { return contains(uint64_t(p)); }
};
AddressRange stackRange();
bool isStackOverflow(uint64_t faultAddress);

// Runs `body` as every thread of a block. Empty, or why the block failed.
std::string runThreads(unsigned count, dim3 shape, const std::function<void()>& body);

// Only while a kernel runs, and only on its OS thread: elsewhere the emulator's hooks must do nothing.
bool inKernel();
void enterKernel(const char* name, uint64_t seed);
void leaveKernel();

// [kernel k, block (x,y,z), thread (x,y,z)]
std::string whereIs(const Thread*);
std::string indexText(uint3);

void makeReady(Thread*);
void switchAway();  // the running thread has been queued or is waiting for something
uint32_t randomNumber();
bool isRandomOrder();

// Threads that wait for an mbarrier; woken when any of them changes.
void pollLater(Thread*);
void wakePollers();

// Asynchronous work that runs when every thread waits: as late as the hardware may do it.
void runWhenIdle(Thread* issuer, std::function<void()> work);

// What other parts do when a thread returns, and when it must be said that all do nothing at a block's start.
void onThreadExit(Thread*);

}  // namespace emu
