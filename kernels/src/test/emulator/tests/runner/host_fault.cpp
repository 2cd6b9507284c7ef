// host-fault SCENARIO: mistakes of host code, and what the driver says of them. Prints "KEY: VALUE" lines.
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <map>

#include "runner.h"

namespace {

CUstream newStream() {
    CUstream stream;
    CHECKED(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
    return stream;
}

int* newPinned() {
    void* p;
    CHECKED(cuMemHostAlloc(&p, 64, 0));
    return static_cast<int*>(p);
}

CUdeviceptr newBuffer() {
    CUdeviceptr p;
    CHECKED(cuMemAlloc(&p, 64));
    CHECKED(cuMemsetD8(p, 0, 64));
    CHECKED(cuCtxSynchronize());  // a fill on the default stream is not ordered before a non-blocking stream
    return p;
}

void print(const char* key, long value) {
    printf("%s: %ld\n", key, value);
}

void readsWithoutSynchronising() {
    CUstream stream = newStream();
    CUdeviceptr device = newBuffer();
    int* host = newPinned();
    *host = 5;
    CHECKED(cuMemcpyDtoHAsync(host, device, 4, stream));
    print("before", *host);
    CHECKED(cuStreamSynchronize(stream));
    print("after", *host);
}

void changesPinnedSourceTooEarly() {
    CUstream stream = newStream();
    CUdeviceptr device = newBuffer();
    int *source = newPinned(), *target = newPinned();
    *source = 1;
    CHECKED(cuMemcpyHtoDAsync(device, source, 4, stream));
    *source = 2;
    CHECKED(cuMemcpyDtoHAsync(target, device, 4, stream));
    CHECKED(cuStreamSynchronize(stream));
    print("copied", *target);
}

void changesPageableSourceAfterTheCall() {
    CUstream stream = newStream();
    CUdeviceptr device = newBuffer();
    int source = 1, *target = newPinned();
    CHECKED(cuMemcpyHtoDAsync(device, &source, 4, stream));
    source = 2;
    CHECKED(cuMemcpyDtoHAsync(target, device, 4, stream));
    CHECKED(cuStreamSynchronize(stream));
    print("copied", *target);
}

void twoStreams(bool withEvent) {
    CUstream first = newStream(), second = newStream();
    CUdeviceptr device = newBuffer();
    int *source = newPinned(), *target = newPinned();
    *source = 6;
    CHECKED(cuMemcpyHtoDAsync(device, source, 4, first));
    if (withEvent) {
        CUevent event;
        CHECKED(cuEventCreate(&event, 0));
        CHECKED(cuEventRecord(event, first));
        CHECKED(cuStreamWaitEvent(second, event, 0));
    }
    CHECKED(cuMemcpyDtoHAsync(target, device, 4, second));
    CHECKED(cuStreamSynchronize(second));
    print("copied", *target);
}

void copiesOutOfRange() {
    CUdeviceptr device = newBuffer();
    char host[128] = {};
    print("device to host, one byte too many", cuMemcpyDtoH(host, device, 65));
    print("host to device, behind the end", cuMemcpyHtoD(device + 60, host, 8));
    print("device to device", cuMemcpyDtoD(device + 32, device, 64));
    print("memset", cuMemsetD32(device, 0, 17));
    CHECKED(cuMemFree(device));
    print("host to freed", cuMemcpyHtoD(device, host, 4));
    print("freed twice", cuMemFree(device));
    print("still usable", cuCtxSynchronize());
}

void queriesBeforeItIsDone() {
    CUstream stream = newStream();
    CUdeviceptr device = newBuffer();
    int* host = newPinned();
    CHECKED(cuMemcpyDtoHAsync(host, device, 4, stream));
    print("first", cuStreamQuery(stream));
    print("second", cuStreamQuery(stream));
    print("value", *host);
}

void synchronisesWhileCapturing() {
    CUstream stream = newStream();
    CUdeviceptr device = newBuffer();
    CUgraph graph;
    CHECKED(cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
    CHECKED(cuMemsetD32Async(device, 1, 1, stream));
    print("allocation", cuMemAlloc(&device, 4));
    print("end of capture", cuStreamEndCapture(stream, &graph));
}

void replaysWhatWasCaptured() {
    CUstream stream = newStream();
    CUdeviceptr device = newBuffer();
    int *source = newPinned(), *target = newPinned();
    CUgraph graph;
    CUgraphExec exec;
    *source = 7;
    *target = 0;
    CHECKED(cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
    CHECKED(cuMemsetD32Async(device, 0, 1, stream));
    CHECKED(cuMemcpyHtoDAsync(device, source, 4, stream));
    CHECKED(cuMemcpyDtoHAsync(target, device, 4, stream));
    CHECKED(cuStreamEndCapture(stream, &graph));
    CHECKED(cuStreamSynchronize(stream));
    print("after capture", *target);
    CHECKED(cuGraphInstantiateWithFlags(&exec, graph, 0));
    for (int run = 1; run <= 2; run++) {
        *source = 10 * run;
        CHECKED(cuGraphLaunch(exec, stream));
        CHECKED(cuStreamSynchronize(stream));
        print(run == 1 ? "first replay" : "second replay", *target);
    }
}

void loadsBadImages() {
    CUmodule module;
    std::vector<char> noise(4096, 'x'), damaged(4096, 0);
    uint32_t magic = 0xBA55ED50;
    uint64_t bytes = 1 << 20;
    memcpy(damaged.data(), &magic, 4);
    damaged[4] = 1, damaged[6] = 16;
    memcpy(damaged.data() + 8, &bytes, 8);
    print("noise", cuModuleLoadData(&module, noise.data()));
    print("damaged fat binary", cuModuleLoadFatBinary(&module, damaged.data()));
    print("nothing", cuModuleLoadData(&module, nullptr));
    CUfunction function;
    CHECKED(cuModuleLoadData(&module, ".version 8.0\n.visible .entry other("));
    print("no such kernel", cuModuleGetFunction(&function, module, "correct_reverse"));
}

void allocatesTooMuch() {
    size_t free, total;
    CUdeviceptr p;
    CHECKED(cuMemGetInfo(&free, &total));
    print("total MiB", long(total >> 20));
    print("more than there is", cuMemAlloc(&p, free + 1));
    print("all there is", cuMemAlloc(&p, free));
    print("one byte more", cuMemAlloc(&p, 1));
}

void describesTheDevice() {
    int version, count, major, minor, multiprocessors;
    char name[100], busId[20];
    CUdevice device;
    CHECKED(cuDriverGetVersion(&version));
    CHECKED(cuDeviceGetCount(&count));
    CHECKED(cuDeviceGet(&device, count - 1));
    CHECKED(cuDeviceGetName(name, sizeof name, device));
    CHECKED(cuDeviceGetPCIBusId(busId, sizeof busId, device));
    CHECKED(cuDeviceGetAttribute(&major, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, device));
    CHECKED(cuDeviceGetAttribute(&minor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, device));
    CHECKED(cuDeviceGetAttribute(&multiprocessors, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, device));
    printf("name: %s\nbus: %s\n", name, busId);
    print("driver", version);
    print("devices", count);
    print("capability", major * 10 + minor);
    print("multiprocessors", multiprocessors);
    CHECKED(cuDeviceGetByPCIBusId(&device, busId));
    print("found by bus id", device);
}

void failsAsAsked() {
    CUdeviceptr p;
    for (int call = 1; call <= 3; call++) {
        std::string key = "allocation " + std::to_string(call);
        print(key.c_str(), cuMemAlloc(&p, 16));
    }
    print("synchronise", cuCtxSynchronize());
    print("afterwards", cuCtxSynchronize());
}

}  // namespace

int runHostFault(const std::vector<std::string>& arguments) {
    const std::map<std::string, std::function<void()>> scenarios = {
        {"read-without-synchronising", readsWithoutSynchronising},
        {"pinned-source-changed", changesPinnedSourceTooEarly},
        {"pageable-source-changed", changesPageableSourceAfterTheCall},
        {"streams-without-event", [] { twoStreams(false); }},
        {"streams-with-event", [] { twoStreams(true); }},
        {"copies-out-of-range", copiesOutOfRange},
        {"query-before-done", queriesBeforeItIsDone},
        {"synchronise-while-capturing", synchronisesWhileCapturing},
        {"graph-replay", replaysWhatWasCaptured},
        {"bad-images", loadsBadImages},
        {"allocate-too-much", allocatesTooMuch},
        {"describe-device", describesTheDevice},
        {"injected-faults", failsAsAsked}};
    useDevice();
    scenarios.at(arguments.at(0))();
    return 0;
}
