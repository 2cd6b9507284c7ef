// Runs one kernel launch, block after block.
#pragma once
#include <string>

#include "kernels.h"

namespace emu {

struct LaunchShape {
    dim3 grid, block;
    unsigned dynamicShared;
};

// Empty, or why the kernel failed.
std::string runGrid(const Kernel&, const LaunchShape&, void** arguments);

}  // namespace emu
