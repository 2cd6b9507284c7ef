// Launching kernels: arguments are copied when the call is made, as the driver does.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "driver.h"

namespace emu {
namespace {

bool isLegal(const LaunchShape& s) {
    auto any = [](const dim3& d) { return d.x && d.y && d.z; };
    return any(s.grid) && any(s.block) && s.grid.x <= 2147483647u && s.grid.y <= 65535 && s.grid.z <= 65535 &&
           uint64_t(s.block.x) * s.block.y * s.block.z <= 1024 && s.block.z <= 64;
}

std::shared_ptr<Arguments> copyArguments(const Kernel& kernel, void** parameters) {
    auto arguments = std::make_shared<Arguments>();
    for (size_t i = 0; i < kernel.sizes.size(); i++) {
        auto* value = static_cast<const char*>(parameters[i]);
        arguments->values.emplace_back(value, value + kernel.sizes[i]);
    }
    for (auto& value : arguments->values) arguments->pointers.push_back(value.data());
    return arguments;
}

// `extra` gives all parameters in one buffer, each at its natural alignment.
bool findInBuffer(const Kernel& kernel, void** extra, std::vector<void*>& parameters) {
    char* buffer = nullptr;
    size_t bytes = 0;
    for (void** e = extra; *e != CU_LAUNCH_PARAM_END; e += 2) {
        if (*e == CU_LAUNCH_PARAM_BUFFER_POINTER) buffer = static_cast<char*>(e[1]);
        if (*e == CU_LAUNCH_PARAM_BUFFER_SIZE) bytes = *static_cast<size_t*>(e[1]);
    }
    size_t at = 0;
    for (size_t i = 0; i < kernel.sizes.size(); i++) {
        at = (at + kernel.alignments[i] - 1) / kernel.alignments[i] * kernel.alignments[i];
        if (!buffer || at + kernel.sizes[i] > bytes) return false;
        parameters.push_back(buffer + at);
        at += kernel.sizes[i];
    }
    return true;
}

bool startsWith(const std::string& text, const char* prefix) {
    return !text.compare(0, strlen(prefix), prefix);
}

CUresult errorOf(const std::string& report) {
    if (startsWith(report, "deadlock") || startsWith(report, "timeout")) return CUDA_ERROR_LAUNCH_TIMEOUT;
    if (startsWith(report, "misaligned")) return CUDA_ERROR_MISALIGNED_ADDRESS;
    if (startsWith(report, "illegal") || startsWith(report, "out-of-bounds"))
        return CUDA_ERROR_ILLEGAL_ADDRESS;
    return CUDA_ERROR_LAUNCH_FAILED;
}

void trace(const KernelWork& work, double milliseconds) {
    const LaunchShape& s = work.shape;
    fprintf(stderr, "emulator: %-28s grid %ux%ux%u, block %ux%ux%u, shared %u: %.2f ms\n",
            work.function->name.c_str(), s.grid.x, s.grid.y, s.grid.z, s.block.x, s.block.y, s.block.z,
            s.dynamicShared, milliseconds);
}

}  // namespace

CUresult makeKernelWork(Function* function, const LaunchShape& shape, void** parameters, void** extra,
                        KernelWork& work) {
    const char* name = function->name.c_str();
    if (!isLegal(shape)) return refuse(CUDA_ERROR_INVALID_VALUE, "%s: bad grid or block", name);
    if (shape.dynamicShared > function->maxDynamicShared) {
        return refuse(CUDA_ERROR_INVALID_VALUE,
                      "%s: %u bytes of dynamic shared memory, %u allowed (cuFuncSetAttribute)", name,
                      shape.dynamicShared, function->maxDynamicShared);
    }
    work = {function, shape, nullptr};
    if (isNullDevice()) return CUDA_SUCCESS;
    std::vector<void*> inBuffer;
    if (extra) {
        if (!findInBuffer(*function->kernel, extra, inBuffer)) {
            return refuse(CUDA_ERROR_INVALID_VALUE, "%s: the parameter buffer is too short", name);
        }
        parameters = inBuffer.data();
    }
    if (!parameters && !function->kernel->sizes.empty())
        return refuse(CUDA_ERROR_INVALID_VALUE, "%s: no parameters", name);
    work.arguments = copyArguments(*function->kernel, parameters);
    return CUDA_SUCCESS;
}

CUresult performKernel(const KernelWork& work) {
    if (isNullDevice()) return CUDA_SUCCESS;
    double start = nowMilliseconds();
    std::string report = runGrid(*work.function->kernel, work.shape, work.arguments->pointers.data());
    if (options().trace) trace(work, nowMilliseconds() - start);
    return report.empty() ? CUDA_SUCCESS : poisonContext(errorOf(report), report);
}

}  // namespace emu

using namespace emu;

DRIVER_API cuLaunchKernel(CUfunction handle, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX,
                          unsigned blockY, unsigned blockZ, unsigned dynamicShared, CUstream stream,
                          void** parameters, void** extra) {
    DRIVER_CALL();
    if (!handle) return CUDA_ERROR_INVALID_HANDLE;
    if (isNullDevice() && !streamOf(stream)->capture) return CUDA_SUCCESS;
    KernelWork work;
    LaunchShape shape{dim3(gridX, gridY, gridZ), dim3(blockX, blockY, blockZ), dynamicShared};
    if (CUresult error = makeKernelWork(reinterpret_cast<Function*>(handle), shape, parameters, extra, work))
        return error;
    return enqueue(streamOf(stream), std::move(work));
}
