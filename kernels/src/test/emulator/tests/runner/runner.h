// What the runner's commands share: the driver set up, kernels by name, and a way out that says what went
// wrong.
#pragma once
#include <cuda.h>

#include <string>
#include <vector>

// Prints "error CODE NAME: TEXT" and ends the process with status 3.
[[noreturn]] void stop(CUresult error, const char* call);
#define CHECKED(call)                            \
    do {                                         \
        if (CUresult e = (call)) stop(e, #call); \
    } while (0)

void useDevice();
CUfunction kernelNamed(const std::string& name);
void launch(CUfunction, unsigned blocks, unsigned threads, unsigned dynamicShared, void** parameters);

int runBug(const std::vector<std::string>& arguments);
int runCounters(const std::vector<std::string>& arguments);
int runHostFault(const std::vector<std::string>& arguments);
int runNullDevice(const std::vector<std::string>& arguments);
int runConformance(const std::vector<std::string>& arguments);
