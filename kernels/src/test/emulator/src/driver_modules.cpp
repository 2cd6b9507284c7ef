// Modules and functions. A kernel must be in the loaded image, as on a GPU, and among the kernels compiled
// for the host.
#include <algorithm>
#include <cstdio>

#include "driver.h"
#include "fatbin.h"

using namespace emu;

namespace {

CUresult load(CUmodule* handle, const void* image) {
    auto module = std::make_unique<Module>();
    ComputeCapability device{options().major, options().minor};
    if (CUresult error = chooseImage(image, device, module->code)) return error;
    *handle = reinterpret_cast<CUmodule>(module.release());
    return CUDA_SUCCESS;
}

Function* functionNamed(const char* name) {
    static std::map<std::string, std::unique_ptr<Function>> functions;
    auto& function = functions[name];
    if (!function) {
        function = std::make_unique<Function>();
        function->kernel = isNullDevice() ? nullptr : findKernel(name);
        function->name = name;
    }
    return function.get();
}

unsigned roundUp(unsigned n, unsigned to) {
    return (n + to - 1) / to * to;
}

// By threads, blocks and shared memory; registers are ptxas' affair.
int blocksPerMultiprocessor(int threads, size_t shared) {
    constexpr size_t kShared = 228 << 10, kReserved = 1 << 10;
    unsigned warps = roundUp(unsigned(threads), 32) / 32;
    unsigned byThreads = 2048 / 32 / std::max(1u, warps);
    auto byShared = unsigned(kShared / (roundUp(unsigned(shared), 128) + kReserved));
    return int(std::min({byThreads, byShared, 32u}));
}

}  // namespace

DRIVER_API cuModuleLoadData(CUmodule* module, const void* image) {
    DRIVER_CALL();
    return load(module, image);
}

DRIVER_API cuModuleLoadDataEx(CUmodule* module, const void* image, unsigned, CUjit_option*, void**) {
    DRIVER_CALL();
    return load(module, image);
}

DRIVER_API cuModuleLoadFatBinary(CUmodule* module, const void* image) {
    DRIVER_CALL();
    return load(module, image);
}

DRIVER_API cuModuleLoad(CUmodule* module, const char* path) {
    DRIVER_CALL();
    FILE* file = fopen(path, "rb");
    if (!file) return CUDA_ERROR_FILE_NOT_FOUND;
    std::string bytes;
    char buffer[65536];
    for (size_t n; (n = fread(buffer, 1, sizeof buffer, file));) bytes.append(buffer, n);
    fclose(file);
    return load(module, bytes.data());
}

DRIVER_API cuModuleUnload(CUmodule module) {
    DRIVER_CALL();
    if (CUresult error = finishAll()) return error;
    delete reinterpret_cast<Module*>(module);
    return CUDA_SUCCESS;
}

DRIVER_API cuModuleGetLoadingMode(CUmoduleLoadingMode* mode) {
    DRIVER_CALL(Needs::Initialised);
    *mode = CU_MODULE_LAZY_LOADING;
    return CUDA_SUCCESS;
}

DRIVER_API cuModuleGetFunction(CUfunction* handle, CUmodule moduleHandle, const char* name) {
    DRIVER_CALL();
    if (!hasEntryPoint(reinterpret_cast<Module*>(moduleHandle)->code, name)) {
        return refuse(CUDA_ERROR_NOT_FOUND, "the loaded module has no kernel %s", name);
    }
    Function* function = functionNamed(name);
    if (!function->kernel && !isNullDevice()) {
        return refuse(CUDA_ERROR_NOT_FOUND,
                      "kernel %s is in the loaded module but was not compiled for the emulator", name);
    }
    *handle = reinterpret_cast<CUfunction>(function);
    return CUDA_SUCCESS;
}

DRIVER_API cuFuncSetAttribute(CUfunction handle, CUfunction_attribute attribute, int value) {
    DRIVER_CALL();
    if (attribute != CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES) return CUDA_SUCCESS;
    if (value < 0 || value > 227 << 10) return CUDA_ERROR_INVALID_VALUE;
    reinterpret_cast<Function*>(handle)->maxDynamicShared = unsigned(value);
    return CUDA_SUCCESS;
}

DRIVER_API cuFuncGetAttribute(int* value, CUfunction_attribute attribute, CUfunction handle) {
    DRIVER_CALL();
    switch (attribute) {
        case CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES:
            *value = int(reinterpret_cast<Function*>(handle)->maxDynamicShared);
            break;
        case CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK:
            *value = 1024;
            break;
        case CU_FUNC_ATTRIBUTE_BINARY_VERSION:
        case CU_FUNC_ATTRIBUTE_PTX_VERSION:
            *value = options().major * 10 + options().minor;
            break;
        default:
            *value = 0;
    }
    return CUDA_SUCCESS;
}

DRIVER_API cuFuncSetCacheConfig(CUfunction, CUfunc_cache) {
    DRIVER_CALL();
    return CUDA_SUCCESS;
}

DRIVER_API cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, CUfunction, int threads, size_t shared) {
    DRIVER_CALL();
    if (threads <= 0 || threads > 1024) return CUDA_ERROR_INVALID_VALUE;
    *blocks = blocksPerMultiprocessor(threads, shared);
    return CUDA_SUCCESS;
}

DRIVER_API cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks, CUfunction function, int threads,
                                                                size_t shared, unsigned) {
    return cuOccupancyMaxActiveBlocksPerMultiprocessor(blocks, function, threads, shared);
}

DRIVER_API cuOccupancyAvailableDynamicSMemPerBlock(size_t* bytes, CUfunction, int blocks, int) {
    DRIVER_CALL();
    constexpr size_t kShared = 228 << 10, kReserved = 1 << 10, kMost = 227 << 10;
    if (blocks <= 0) return CUDA_ERROR_INVALID_VALUE;
    size_t each = kShared / size_t(blocks);
    *bytes = each < kReserved ? 0 : std::min(kMost, (each - kReserved) / 128 * 128);
    return CUDA_SUCCESS;
}
