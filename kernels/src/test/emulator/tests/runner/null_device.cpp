// null-device: what calls cost the host when nothing is executed. Prints "KEY: NANOSECONDS" lines.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>

#include "runner.h"

namespace {

constexpr int kRounds = 20, kSteps = 20, kLaunches = 300;

// The best of several rounds: what else the machine does is not the driver's cost.
void measure(const char* key, double calls, const std::function<void()>& step) {
    double best = INFINITY;
    for (int round = 0; round < kRounds; round++) {
        auto start = std::chrono::steady_clock::now();
        for (int i = 0; i < kSteps; i++) step();
        std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
        best = std::min(best, taken.count() / kSteps / calls);
    }
    printf("%s: %.1f\n", key, best);
}

}  // namespace

int runNullDevice(const std::vector<std::string>&) {
    useDevice();
    CUstream stream;
    CHECKED(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
    CUdeviceptr large, small;
    auto start = std::chrono::steady_clock::now();
    CHECKED(cuMemAlloc(&large, 64ull << 30));
    auto taken = std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start);
    printf("allocation of 64 GiB in microseconds: %.1f\n", taken.count());
    CHECKED(cuMemAlloc(&small, 64));
    CUfunction function = kernelNamed("not_compiled_for_the_host");
    void* parameters[] = {&small};
    auto launchAll = [&] {
        for (int i = 0; i < kLaunches; i++) {
            CHECKED(cuLaunchKernel(function, 132, 1, 1, 256, 1, 1, 0, stream, parameters, nullptr));
        }
    };
    measure("launch", kLaunches, [&] {
        launchAll();
        CHECKED(cuStreamSynchronize(stream));
    });
    CUgraph graph;
    CUgraphExec exec;
    CHECKED(cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
    launchAll();
    CHECKED(cuStreamEndCapture(stream, &graph));
    CHECKED(cuGraphInstantiateWithFlags(&exec, graph, 0));
    measure("graph launch", 1, [&] {
        CHECKED(cuGraphLaunch(exec, stream));
        CHECKED(cuStreamSynchronize(stream));
    });
    int sent = 41, received = 0;
    CHECKED(cuMemcpyHtoDAsync(small, &sent, 4, stream));
    CHECKED(cuMemcpyDtoHAsync(&received, small, 4, stream));
    CHECKED(cuStreamSynchronize(stream));
    printf("copied: %d\n", received);
    return 0;
}
