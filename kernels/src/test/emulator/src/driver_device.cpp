// Devices and contexts, and what the device poses as.
#include <cstdio>
#include <cstring>

#include "checker.h"
#include "counters.h"
#include "device_memory.h"
#include "driver.h"
#include "faults.h"
#include "kernels.h"

using namespace emu;

namespace {

Context& primaryContext(int device) {
    static std::map<int, Context> contexts;
    Context& context = contexts[device];
    context.device = device;
    return context;
}

bool exists(CUdevice device) {
    return device >= 0 && device < options().devices;
}

CUresult loadKernels() {
    if (isNullDevice()) return CUDA_SUCCESS;
    if (!loadKernelLibrary()) return CUDA_ERROR_NO_DEVICE;
    checking = kernelLibrary().instrumented && options().check;
    if (!options().countFile.empty()) {
        if (!kernelLibrary().instrumented)
            return refuse(CUDA_ERROR_NO_DEVICE, "counting needs the kernels of the check build");
        openCounters(options().countFile);
    }
    observing = checking || counting;
    installFaultHandlers();
    return CUDA_SUCCESS;
}

int pcieBus(CUdevice device) {
    return 0x10 + device;
}

// H100 SXM, except where the options pose as something else.
int attribute(CUdevice_attribute which, CUdevice device) {
    switch (which) {
        case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR:
            return options().major;
        case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR:
            return options().minor;
        case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT:
            return options().multiprocessors;
        case CU_DEVICE_ATTRIBUTE_WARP_SIZE:
            return 32;
        case CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK:
        case CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X:
        case CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y:
            return 1024;
        case CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z:
            return 64;
        case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X:
            return 2147483647;
        case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y:
        case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z:
            return 65535;
        case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK:
            return 48 << 10;
        case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN:
            return 227 << 10;
        case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR:
            return 228 << 10;
        case CU_DEVICE_ATTRIBUTE_RESERVED_SHARED_MEMORY_PER_BLOCK:
            return 1 << 10;
        case CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK:
        case CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_MULTIPROCESSOR:
            return 65536;
        case CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR:
            return 2048;
        case CU_DEVICE_ATTRIBUTE_MAX_BLOCKS_PER_MULTIPROCESSOR:
            return 32;
        case CU_DEVICE_ATTRIBUTE_TOTAL_CONSTANT_MEMORY:
            return 64 << 10;
        case CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE:
            return 50 << 20;
        case CU_DEVICE_ATTRIBUTE_CLOCK_RATE:
            return 1980000;
        case CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE:
            return 2619000;
        case CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH:
            return 5120;
        case CU_DEVICE_ATTRIBUTE_ASYNC_ENGINE_COUNT:
            return 3;
        case CU_DEVICE_ATTRIBUTE_PCI_BUS_ID:
            return pcieBus(device);
        case CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING:
        case CU_DEVICE_ATTRIBUTE_CONCURRENT_KERNELS:
        case CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY:
        case CU_DEVICE_ATTRIBUTE_STREAM_PRIORITIES_SUPPORTED:
        case CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED:
        case CU_DEVICE_ATTRIBUTE_ECC_ENABLED:
            return 1;
        default:
            return 0;
    }
}

CUresult deviceUuid(CUuuid* uuid, CUdevice device) {
    if (!exists(device)) return CUDA_ERROR_INVALID_DEVICE;
    memset(uuid, 0, sizeof *uuid);
    snprintf(uuid->bytes, sizeof uuid->bytes, "millrace-emu-%02d", device % 100);
    return CUDA_SUCCESS;
}

}  // namespace

DRIVER_API cuInit(unsigned flags) {
    DRIVER_CALL(Needs::Nothing);
    if (flags) return CUDA_ERROR_INVALID_VALUE;
    if (options().devices <= 0) return CUDA_ERROR_NO_DEVICE;
    if (CUresult error = loadKernels()) return error;
    setInitialised();
    return CUDA_SUCCESS;
}

DRIVER_API cuDriverGetVersion(int* version) {
    DRIVER_CALL(Needs::Nothing);
    *version = options().driverVersion;
    return CUDA_SUCCESS;
}

DRIVER_API cuDeviceGetCount(int* count) {
    DRIVER_CALL(Needs::Initialised);
    *count = options().devices;
    return CUDA_SUCCESS;
}

DRIVER_API cuDeviceGet(CUdevice* device, int ordinal) {
    DRIVER_CALL(Needs::Initialised);
    if (!exists(ordinal)) return CUDA_ERROR_INVALID_DEVICE;
    *device = ordinal;
    return CUDA_SUCCESS;
}

DRIVER_API cuDeviceGetName(char* name, int length, CUdevice device) {
    DRIVER_CALL(Needs::Initialised);
    if (!exists(device)) return CUDA_ERROR_INVALID_DEVICE;
    snprintf(name, size_t(length), "%s", options().name.c_str());
    return CUDA_SUCCESS;
}

DRIVER_API cuDeviceTotalMem_v2(size_t* bytes, CUdevice device) {
    DRIVER_CALL(Needs::Initialised);
    if (!exists(device)) return CUDA_ERROR_INVALID_DEVICE;
    *bytes = options().memory;
    return CUDA_SUCCESS;
}

DRIVER_API cuDeviceGetUuid(CUuuid* uuid, CUdevice device) {
    DRIVER_CALL(Needs::Initialised);
    return deviceUuid(uuid, device);
}

DRIVER_API cuDeviceGetUuid_v2(CUuuid* uuid, CUdevice device) {
    DRIVER_CALL(Needs::Initialised);
    return deviceUuid(uuid, device);
}

DRIVER_API cuDeviceGetPCIBusId(char* id, int length, CUdevice device) {
    DRIVER_CALL(Needs::Initialised);
    if (!exists(device)) return CUDA_ERROR_INVALID_DEVICE;
    snprintf(id, size_t(length), "0000:%02X:00.0", pcieBus(device));
    return CUDA_SUCCESS;
}

DRIVER_API cuDeviceGetByPCIBusId(CUdevice* device, const char* id) {
    DRIVER_CALL(Needs::Initialised);
    unsigned first, second, third;
    int parts = sscanf(id, "%x:%x:%x", &first, &second, &third);
    if (parts < 2) return CUDA_ERROR_INVALID_VALUE;
    CUdevice found = int(parts == 3 ? second : first) - pcieBus(0);
    if (!exists(found)) return CUDA_ERROR_INVALID_DEVICE;
    *device = found;
    return CUDA_SUCCESS;
}

DRIVER_API cuDeviceComputeCapability(int* major, int* minor, CUdevice device) {
    DRIVER_CALL(Needs::Initialised);
    if (!exists(device)) return CUDA_ERROR_INVALID_DEVICE;
    *major = options().major;
    *minor = options().minor;
    return CUDA_SUCCESS;
}

DRIVER_API cuDeviceGetAttribute(int* value, CUdevice_attribute which, CUdevice device) {
    DRIVER_CALL(Needs::Initialised);
    if (!exists(device)) return CUDA_ERROR_INVALID_DEVICE;
    *value = attribute(which, device);
    return CUDA_SUCCESS;
}

DRIVER_API cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device) {
    DRIVER_CALL(Needs::Initialised);
    if (!exists(device)) return CUDA_ERROR_INVALID_DEVICE;
    *context = reinterpret_cast<CUcontext>(&primaryContext(device));
    return CUDA_SUCCESS;
}

DRIVER_API cuDevicePrimaryCtxRelease_v2(CUdevice device) {
    DRIVER_CALL(Needs::Initialised);
    return exists(device) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE;
}

DRIVER_API cuDevicePrimaryCtxSetFlags_v2(CUdevice device, unsigned) {
    DRIVER_CALL(Needs::Initialised);
    return exists(device) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE;
}

DRIVER_API cuDevicePrimaryCtxGetState(CUdevice device, unsigned* flags, int* active) {
    DRIVER_CALL(Needs::Initialised);
    if (!exists(device)) return CUDA_ERROR_INVALID_DEVICE;
    *flags = 0;
    *active = 1;
    return CUDA_SUCCESS;
}

// Gives all memory back and forgets a sticky error.
DRIVER_API cuDevicePrimaryCtxReset_v2(CUdevice device) {
    DRIVER_CALL(Needs::Initialised);
    if (!exists(device)) return CUDA_ERROR_INVALID_DEVICE;
    primaryContext(device) = Context{};
    primaryContext(device).device = device;
    defaultStream().queue.clear();
    defaultStream().done = defaultStream().enqueued;
    freeAllOf(device);
    return CUDA_SUCCESS;
}

// A context of one's own is the primary one here: what differs, lifetime and peers, nothing uses.
DRIVER_API cuCtxCreate_v2(CUcontext* context, unsigned, CUdevice device) {
    DRIVER_CALL(Needs::Initialised);
    if (!exists(device)) return CUDA_ERROR_INVALID_DEVICE;
    setCurrentContext(&primaryContext(device));
    *context = reinterpret_cast<CUcontext>(currentContext());
    return CUDA_SUCCESS;
}

DRIVER_API cuCtxDestroy_v2(CUcontext) {
    DRIVER_CALL();
    return finishAll();
}

DRIVER_API cuCtxSetCurrent(CUcontext context) {
    DRIVER_CALL(Needs::Initialised);
    setCurrentContext(reinterpret_cast<Context*>(context));
    return CUDA_SUCCESS;
}

DRIVER_API cuCtxGetCurrent(CUcontext* context) {
    DRIVER_CALL(Needs::Initialised);
    *context = reinterpret_cast<CUcontext>(currentContext());
    return CUDA_SUCCESS;
}

DRIVER_API cuCtxPushCurrent_v2(CUcontext context) {
    DRIVER_CALL(Needs::Initialised);
    setCurrentContext(reinterpret_cast<Context*>(context));
    return CUDA_SUCCESS;
}

DRIVER_API cuCtxPopCurrent_v2(CUcontext* context) {
    DRIVER_CALL(Needs::Initialised);
    if (context) *context = reinterpret_cast<CUcontext>(currentContext());
    setCurrentContext(nullptr);
    return CUDA_SUCCESS;
}

DRIVER_API cuCtxGetDevice(CUdevice* device) {
    DRIVER_CALL();
    *device = currentContext()->device;
    return CUDA_SUCCESS;
}

DRIVER_API cuCtxGetStreamPriorityRange(int* least, int* greatest) {
    DRIVER_CALL();
    *least = 0;
    *greatest = -5;
    return CUDA_SUCCESS;
}

DRIVER_API cuCtxSynchronize() {
    DRIVER_CALL();
    if (CUresult error = requireNoCapture()) return error;
    return finishAll();
}

// Counters belong to what runs between start and stop; without these calls, to the whole process.
DRIVER_API cuProfilerStart() {
    DRIVER_CALL();
    if (CUresult error = finishAll()) return error;
    clearCounters();
    return CUDA_SUCCESS;
}

DRIVER_API cuProfilerStop() {
    DRIVER_CALL();
    if (CUresult error = finishAll()) return error;
    if (counting) writeCounters();
    return CUDA_SUCCESS;
}
