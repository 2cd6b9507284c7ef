// The library of kernels compiled for the host: what it contains, and where it lies.
#pragma once
#include <string>
#include <vector>

#include "emulator.h"

namespace emu {

struct Kernel {
    std::string name;
    std::vector<unsigned> sizes, alignments;  // of the parameters
    void (*invoke)(void** arguments);
};

struct KernelLibrary {
    std::string path;
    uint64_t base = 0, end = 0;
    bool instrumented = false;  // built with the checks
};

// Loads the library once; false and a line on stderr when it cannot be loaded.
bool loadKernelLibrary();
const KernelLibrary& kernelLibrary();
const Kernel* findKernel(const std::string& name);

}  // namespace emu
