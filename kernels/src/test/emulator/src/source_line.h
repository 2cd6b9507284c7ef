// Names of places in kernels: file:line of a site, or of an address in the library of kernels.
#pragma once
#include <string>
#include <vector>

#include "emulator.h"

namespace emu {

// A place in 32 bits: an offset into the library, or, with the highest bit set, a numbered site.
using Place = uint32_t;
Place placeOf(const Site&);
Place placeOf(const void* returnAddress);

struct SourceLine {
    std::string at;   // innermost line of a .cu or .cuh file
    std::string via;  // the line it was inlined into; empty when it was not
};
std::vector<SourceLine> resolve(const std::vector<Place>&);  // one addr2line for all of them

std::string nameOf(Place);           // "gemm.cu:7, inlined at gemm.cu:56"
std::string lineAt(const void* pc);  // for faults: the very instruction
std::string nameOf(const Site&);

}  // namespace emu
