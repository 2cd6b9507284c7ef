// counters KERNEL:BLOCKS:THREADS...: runs kernels of ../counters once each, on 64 KB of zeros.
#include <cstdio>

#include "runner.h"

int runCounters(const std::vector<std::string>& arguments) {
    constexpr size_t kBytes = 64 << 10;
    constexpr unsigned kShared = 16 << 10;
    useDevice();
    CUdeviceptr out, in;
    CHECKED(cuMemAlloc(&out, kBytes));
    CHECKED(cuMemAlloc(&in, kBytes));
    CHECKED(cuMemsetD8(out, 0, kBytes));
    CHECKED(cuMemsetD8(in, 0, kBytes));
    void* parameters[] = {&out, &in};
    for (const std::string& argument : arguments) {
        char name[100];
        unsigned blocks, threads;
        if (sscanf(argument.c_str(), "%99[^:]:%u:%u", name, &blocks, &threads) != 3) return 2;
        launch(kernelNamed(name), blocks, threads, kShared, parameters);
        CHECKED(cuCtxSynchronize());
    }
    return 0;
}
