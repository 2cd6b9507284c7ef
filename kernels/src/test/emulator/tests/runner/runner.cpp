// run COMMAND ARGUMENT...: host programs in small, for the tests of the emulator. Linked against the fake
// driver.
#include "runner.h"

#include <cstdio>
#include <cstdlib>
#include <map>

void stop(CUresult error, const char* call) {
    const char *name = "?", *text = "?";
    cuGetErrorName(error, &name);
    cuGetErrorString(error, &text);
    printf("error %d %s in %s: %s\n", int(error), name, call, text);
    exit(3);
}

void useDevice() {
    CUcontext context;
    CHECKED(cuInit(0));
    CHECKED(cuDevicePrimaryCtxRetain(&context, 0));
    CHECKED(cuCtxSetCurrent(context));
}

// A kernel must be in a loaded module; the least that will do is PTX that names it.
CUfunction kernelNamed(const std::string& name) {
    std::string ptx = ".version 8.0\n.visible .entry " + name + "(";
    CUmodule module;
    CUfunction function;
    CHECKED(cuModuleLoadData(&module, ptx.c_str()));
    CHECKED(cuModuleGetFunction(&function, module, name.c_str()));
    return function;
}

void launch(CUfunction function, unsigned blocks, unsigned threads, unsigned dynamicShared,
            void** parameters) {
    CHECKED(
        cuLaunchKernel(function, blocks, 1, 1, threads, 1, 1, dynamicShared, nullptr, parameters, nullptr));
}

int main(int count, char** words) {
    const std::map<std::string, int (*)(const std::vector<std::string>&)> commands = {
        {"bug", runBug},
        {"counters", runCounters},
        {"host-fault", runHostFault},
        {"null-device", runNullDevice},
        {"conformance", runConformance}};
    auto command = commands.find(count > 1 ? words[1] : "");
    if (command == commands.end()) {
        fprintf(stderr, "usage: run bug|counters|host-fault|null-device|conformance ARGUMENT...\n");
        return 2;
    }
    return command->second(std::vector<std::string>(words + 2, words + count));
}
