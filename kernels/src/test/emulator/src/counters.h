// Counters: what each kernel asks of the memory system and the tensor cores, line by line.
#pragma once
#include <string>

#include "emulator.h"
#include "grid.h"
#include "source_line.h"

namespace emu {

extern bool counting;  // false: nothing below may be called, except countBulk and countMma

void openCounters(const std::string& file);  // written when the process ends, or by writeCounters
void clearCounters();
void writeCounters();

void countLaunch(const std::string& kernel, const LaunchShape&);
void countBlock(unsigned threads);
void countBlockEnd();
void countBarrier();
void countCollective(const char* instruction);
// The warp has met: accesses before and after belong to different instructions.
void flushWarp(unsigned warp);

void countAccess(Thread*, const void*, size_t bytes, bool write, Place);
void countAccess(Thread*, const void*, size_t bytes, bool write, Site);

}  // namespace emu
