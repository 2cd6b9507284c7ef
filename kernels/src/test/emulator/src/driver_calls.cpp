// What happens at the start of every call, and the names of errors.
#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "driver.h"

namespace emu {
namespace {

std::recursive_mutex driverLock;
bool initialised;
thread_local Context* current;

// cuMemAlloc_v2 is meant by "cuMemAlloc" too: programs do not see the suffix.
bool names(const std::string& wanted, const char* function) {
    if (wanted == function) return true;
    size_t n = wanted.size();
    return !strncmp(function, wanted.c_str(), n) && function[n] == '_' && function[n + 1] == 'v';
}

CUresult injectedFault(const char* function) {
    if (options().faults.empty()) return CUDA_SUCCESS;
    static std::map<std::string, long> calls;
    long call = ++calls[function];
    for (const InjectedFault& fault : options().faults) {
        if (call != fault.call || !names(fault.function, function)) continue;
        auto error = CUresult(fault.error);
        fprintf(stderr, "emulator: call %ld of %s fails with %d, as asked for\n", call, function,
                fault.error);
        return isStickyError(error) ? poisonContext(error, std::string("injected into ") + function) : error;
    }
    return CUDA_SUCCESS;
}

struct ErrorName {
    CUresult error;
    const char *name, *text;
};
#define EMU_ERROR(code, text) {code, #code, text}
const ErrorName kErrors[] = {
    EMU_ERROR(CUDA_SUCCESS, "no error"),
    EMU_ERROR(CUDA_ERROR_INVALID_VALUE, "invalid argument"),
    EMU_ERROR(CUDA_ERROR_OUT_OF_MEMORY, "out of memory"),
    EMU_ERROR(CUDA_ERROR_NOT_INITIALIZED, "initialization error"),
    EMU_ERROR(CUDA_ERROR_DEINITIALIZED, "driver shutting down"),
    EMU_ERROR(CUDA_ERROR_STUB_LIBRARY, "CUDA driver is a stub library"),
    EMU_ERROR(CUDA_ERROR_DEVICE_UNAVAILABLE, "CUDA-capable device(s) is/are busy or unavailable"),
    EMU_ERROR(CUDA_ERROR_NO_DEVICE, "no CUDA-capable device is detected"),
    EMU_ERROR(CUDA_ERROR_INVALID_DEVICE, "invalid device ordinal"),
    EMU_ERROR(CUDA_ERROR_INVALID_IMAGE, "device kernel image is invalid"),
    EMU_ERROR(CUDA_ERROR_INVALID_CONTEXT, "invalid device context"),
    EMU_ERROR(CUDA_ERROR_NO_BINARY_FOR_GPU, "no kernel image is available for execution on the device"),
    EMU_ERROR(CUDA_ERROR_ECC_UNCORRECTABLE, "uncorrectable ECC error encountered"),
    EMU_ERROR(CUDA_ERROR_INVALID_PTX, "a PTX JIT compilation failed"),
    EMU_ERROR(CUDA_ERROR_UNSUPPORTED_PTX_VERSION,
              "the provided PTX was compiled with an unsupported toolchain."),
    EMU_ERROR(CUDA_ERROR_FILE_NOT_FOUND, "file not found"),
    EMU_ERROR(CUDA_ERROR_OPERATING_SYSTEM, "OS call failed or operation not supported on this OS"),
    EMU_ERROR(CUDA_ERROR_INVALID_HANDLE, "invalid resource handle"),
    EMU_ERROR(CUDA_ERROR_ILLEGAL_STATE, "the operation cannot be performed in the present state"),
    EMU_ERROR(CUDA_ERROR_NOT_FOUND, "named symbol not found"),
    EMU_ERROR(CUDA_ERROR_NOT_READY, "device not ready"),
    EMU_ERROR(CUDA_ERROR_ILLEGAL_ADDRESS, "an illegal memory access was encountered"),
    EMU_ERROR(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES, "too many resources requested for launch"),
    EMU_ERROR(CUDA_ERROR_LAUNCH_TIMEOUT, "the launch timed out and was terminated"),
    EMU_ERROR(CUDA_ERROR_CONTEXT_IS_DESTROYED, "context is destroyed"),
    EMU_ERROR(CUDA_ERROR_ASSERT, "device-side assert triggered"),
    EMU_ERROR(CUDA_ERROR_HARDWARE_STACK_ERROR, "hardware stack error"),
    EMU_ERROR(CUDA_ERROR_ILLEGAL_INSTRUCTION, "an illegal instruction was encountered"),
    EMU_ERROR(CUDA_ERROR_MISALIGNED_ADDRESS, "misaligned address"),
    EMU_ERROR(CUDA_ERROR_INVALID_ADDRESS_SPACE, "operation not supported on global/shared address space"),
    EMU_ERROR(CUDA_ERROR_INVALID_PC, "invalid program counter"),
    EMU_ERROR(CUDA_ERROR_LAUNCH_FAILED, "unspecified launch failure"),
    EMU_ERROR(CUDA_ERROR_NOT_PERMITTED, "operation not permitted"),
    EMU_ERROR(CUDA_ERROR_NOT_SUPPORTED, "operation not supported"),
    EMU_ERROR(CUDA_ERROR_SYSTEM_DRIVER_MISMATCH,
              "system has unsupported display driver / cuda driver combination"),
    EMU_ERROR(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "operation not permitted when stream is capturing"),
    EMU_ERROR(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED,
              "operation failed due to a previous error during capture"),
    EMU_ERROR(CUDA_ERROR_STREAM_CAPTURE_IMPLICIT,
              "operation would make the legacy stream depend on a capturing stream"),
    EMU_ERROR(CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE, "the graph update was not performed"),
    EMU_ERROR(CUDA_ERROR_UNKNOWN, "unknown error"),
};
#undef EMU_ERROR

const ErrorName* findError(CUresult error) {
    for (const ErrorName& known : kErrors) {
        if (known.error == error) return &known;
    }
    return nullptr;
}

}  // namespace

Call::Call(const char* function, Needs needs) : error(CUDA_SUCCESS), lock(driverLock) {
    error = injectedFault(function);
    if (error || needs == Needs::Nothing) return;
    if (!initialised) {
        error = CUDA_ERROR_NOT_INITIALIZED;
    } else if (needs == Needs::Context) {
        error = current ? current->sticky : CUDA_ERROR_INVALID_CONTEXT;
    }
}

void setInitialised() {
    initialised = true;
}
Context* currentContext() {
    return current;
}
void setCurrentContext(Context* context) {
    current = context;
}

bool isStickyError(CUresult error) {
    switch (error) {
        case CUDA_ERROR_ECC_UNCORRECTABLE:
        case CUDA_ERROR_ILLEGAL_ADDRESS:
        case CUDA_ERROR_LAUNCH_TIMEOUT:
        case CUDA_ERROR_ASSERT:
        case CUDA_ERROR_HARDWARE_STACK_ERROR:
        case CUDA_ERROR_ILLEGAL_INSTRUCTION:
        case CUDA_ERROR_MISALIGNED_ADDRESS:
        case CUDA_ERROR_INVALID_ADDRESS_SPACE:
        case CUDA_ERROR_INVALID_PC:
        case CUDA_ERROR_LAUNCH_FAILED:
            return true;
        default:
            return false;
    }
}

CUresult poisonContext(CUresult error, const std::string& report) {
    fprintf(stderr, "emulator: %s\n", report.c_str());
    if (current) {
        current->sticky = error;
        current->report = report;
    }
    return error;
}

CUresult refuse(CUresult error, const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "emulator: ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    return error;
}

bool isNullDevice() {
    return options().nullDevice > 0;
}

double nowMilliseconds() {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

}  // namespace emu

using namespace emu;

DRIVER_API cuGetErrorName(CUresult error, const char** name) {
    const ErrorName* known = findError(error);
    *name = known ? known->name : nullptr;
    return known ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

// With the emulator's report behind it when the error is the one that poisoned the context.
DRIVER_API cuGetErrorString(CUresult error, const char** text) {
    const ErrorName* known = findError(error);
    *text = known ? known->text : nullptr;
    if (!known) return CUDA_ERROR_INVALID_VALUE;
    Context* context = currentContext();
    if (error && context && context->sticky == error) {
        static thread_local std::string full;
        full = std::string(known->text) + ": " + context->report;
        *text = full.c_str();
    }
    return CUDA_SUCCESS;
}

extern "C" __attribute__((visibility("hidden"))) int emuMissingFunction(const char* name) {
    fprintf(stderr, "emulator: %s is not emulated\n", name);
    return CUDA_ERROR_NOT_SUPPORTED;
}
