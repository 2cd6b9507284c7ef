// Reads what cuModuleLoadData is given: PTX, a cubin, or a fat binary of several, of which the device picks
// one.
#pragma once
#include <cuda.h>

#include <string>

namespace emu {

struct ComputeCapability {
    int major, minor;
};

// `code` gets the chosen image, uncompressed. The fat binary names its own length, so a damaged one is read
// with care.
CUresult chooseImage(const void* image, ComputeCapability device, std::string& code);

// Whether a cubin or PTX text has such an entry point.
bool hasEntryPoint(const std::string& code, const std::string& kernel);

}  // namespace emu
