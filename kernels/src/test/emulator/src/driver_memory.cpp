// Memory, copies and fills. Ranges are checked when the call is made; what is copied is read when the stream
// gets there.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "checker.h"
#include "device_memory.h"
#include "driver.h"

using namespace emu;

namespace {

using Direction = CopyWork::Direction;

void* hostPointer(uint64_t address) {
    return reinterpret_cast<void*>(address);
}

CUresult badRange(const char* what, uint64_t address, size_t bytes) {
    return refuse(CUDA_ERROR_INVALID_VALUE, "%s of %zu bytes at 0x%llx: %s", what, bytes,
                  (unsigned long long)address, describeDevice(address).c_str());
}

CUresult requireRanges(const CopyWork& copy) {
    if (copy.direction != Direction::DeviceToHost && !isDeviceRange(copy.destination, copy.bytes)) {
        return badRange(copy.direction == Direction::HostToDevice ? "host-to-device copy" : "device copy",
                        copy.destination, copy.bytes);
    }
    if (copy.direction != Direction::HostToDevice && !isDeviceRange(copy.source, copy.bytes)) {
        return badRange(copy.direction == Direction::DeviceToHost ? "device-to-host copy" : "device copy",
                        copy.source, copy.bytes);
    }
    return CUDA_SUCCESS;
}

bool skipsCopies() {
    return options().nullDevice > 1;
}

CUresult copyNow(const CopyWork& copy) {
    if (!copy.bytes) return CUDA_SUCCESS;
    if (skipsCopies()) return CUDA_SUCCESS;
    if (CUresult error = requireNoCapture()) return error;
    if (CUresult error = requireRanges(copy)) return error;
    if (CUresult error = enqueue(&defaultStream(), copy)) return error;
    return finish(&defaultStream());
}

// An asynchronous copy to or from pageable memory is not asynchronous: a source is read before the call
// returns, a target is written before it returns.
CUresult copyLater(CopyWork copy, CUstream handle) {
    if (!copy.bytes) return CUDA_SUCCESS;
    if (skipsCopies()) return CUDA_SUCCESS;
    if (CUresult error = requireRanges(copy)) return error;
    Stream* stream = streamOf(handle);
    bool pageableSource = copy.direction == Direction::HostToDevice && !isPinned(hostPointer(copy.source));
    bool pageableTarget =
        copy.direction == Direction::DeviceToHost && !isPinned(hostPointer(copy.destination));
    if (pageableSource && !stream->capture) {
        auto* source = static_cast<const char*>(hostPointer(copy.source));
        copy.staged = std::make_shared<std::vector<char>>(source, source + copy.bytes);
    }
    bool captured = stream->capture;
    if (CUresult error = enqueue(stream, copy)) return error;
    return pageableTarget && !captured ? finish(stream) : CUDA_SUCCESS;
}

CUresult fill(const FillWork& work, Stream* stream) {
    if (!work.count) return CUDA_SUCCESS;
    if (skipsCopies()) return CUDA_SUCCESS;
    if (work.destination % work.elementBytes) return CUDA_ERROR_INVALID_VALUE;
    if (!isDeviceRange(work.destination, work.count * work.elementBytes)) {
        return badRange("memset", work.destination, work.count * work.elementBytes);
    }
    return enqueue(stream, work);
}

CUresult fillNow(const FillWork& work) {
    if (CUresult error = requireNoCapture()) return error;
    return fill(work, &defaultStream());
}

template <class T>
void fillElements(uint64_t destination, T value, size_t count) {
    std::fill_n(static_cast<T*>(hostPointer(destination)), count, value);
}

}  // namespace

namespace emu {

CUresult performCopy(const CopyWork& copy) {
    if (requireRanges(copy)) {
        return poisonContext(CUDA_ERROR_ILLEGAL_ADDRESS, "a copy's memory was freed before the copy ran");
    }
    const void* source = copy.staged ? copy.staged->data() : hostPointer(copy.source);
    memmove(hostPointer(copy.destination), source, copy.bytes);
    if (checking && copy.direction != Direction::DeviceToHost)
        markDeviceWritten(copy.destination, copy.bytes);
    return CUDA_SUCCESS;
}

CUresult performFill(const FillWork& work) {
    size_t bytes = work.count * work.elementBytes;
    if (!isDeviceRange(work.destination, bytes)) {
        return poisonContext(CUDA_ERROR_ILLEGAL_ADDRESS, "a memset's memory was freed before it ran");
    }
    if (work.elementBytes == 1) fillElements(work.destination, uint8_t(work.value), work.count);
    if (work.elementBytes == 2) fillElements(work.destination, uint16_t(work.value), work.count);
    if (work.elementBytes == 4) fillElements(work.destination, work.value, work.count);
    if (checking) markDeviceWritten(work.destination, bytes);
    return CUDA_SUCCESS;
}

}  // namespace emu

DRIVER_API cuMemAlloc_v2(CUdeviceptr* p, size_t bytes) {
    DRIVER_CALL();
    if (!bytes) return CUDA_ERROR_INVALID_VALUE;
    if (CUresult error = requireNoCapture()) return error;
    int device = currentContext()->device;
    if (bytes > options().memory - std::min(options().memory, usedDeviceBytes(device)))
        return CUDA_ERROR_OUT_OF_MEMORY;
    *p = allocateDevice(bytes, device, !isNullDevice());
    return *p ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}

DRIVER_API cuMemFree_v2(CUdeviceptr p) {
    DRIVER_CALL();
    if (!p) return CUDA_SUCCESS;
    if (CUresult error = requireNoCapture()) return error;
    if (CUresult error = finishAll()) return error;
    return freeDevice(p) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

DRIVER_API cuMemAllocAsync(CUdeviceptr* p, size_t bytes, CUstream) {
    return cuMemAlloc_v2(p, bytes);
}

DRIVER_API cuMemFreeAsync(CUdeviceptr p, CUstream) {
    return cuMemFree_v2(p);
}

DRIVER_API cuMemGetInfo_v2(size_t* free, size_t* total) {
    DRIVER_CALL();
    *total = options().memory;
    *free = options().memory - std::min(options().memory, usedDeviceBytes(currentContext()->device));
    return CUDA_SUCCESS;
}

DRIVER_API cuMemGetAddressRange_v2(CUdeviceptr* base, size_t* bytes, CUdeviceptr p) {
    DRIVER_CALL();
    uint64_t start;
    size_t size;
    if (!findAllocation(p, start, size)) return CUDA_ERROR_NOT_FOUND;
    if (base) *base = start;
    if (bytes) *bytes = size;
    return CUDA_SUCCESS;
}

DRIVER_API cuMemHostAlloc(void** p, size_t bytes, unsigned) {
    DRIVER_CALL();
    if (!bytes) return CUDA_ERROR_INVALID_VALUE;
    constexpr size_t kHostPage = 4096;
    *p = aligned_alloc(kHostPage, (bytes + kHostPage - 1) / kHostPage * kHostPage);
    if (!*p) return CUDA_ERROR_OUT_OF_MEMORY;
    memset(*p, 0xFF, bytes);
    addPinned(*p, bytes);
    return CUDA_SUCCESS;
}

DRIVER_API cuMemAllocHost_v2(void** p, size_t bytes) {
    return cuMemHostAlloc(p, bytes, 0);
}

DRIVER_API cuMemFreeHost(void* p) {
    DRIVER_CALL();
    if (CUresult error = finishAll()) return error;
    if (!removePinned(p)) return CUDA_ERROR_INVALID_VALUE;
    free(p);
    return CUDA_SUCCESS;
}

DRIVER_API cuMemHostRegister_v2(void* p, size_t bytes, unsigned) {
    DRIVER_CALL();
    addPinned(p, bytes);
    return CUDA_SUCCESS;
}

DRIVER_API cuMemHostUnregister(void* p) {
    DRIVER_CALL();
    if (CUresult error = finishAll()) return error;
    return removePinned(p) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

DRIVER_API cuMemHostGetDevicePointer_v2(CUdeviceptr* device, void* p, unsigned) {
    DRIVER_CALL();
    if (!isPinned(p)) return CUDA_ERROR_INVALID_VALUE;
    *device = CUdeviceptr(p);
    return CUDA_SUCCESS;
}

DRIVER_API cuMemcpyHtoD_v2(CUdeviceptr to, const void* from, size_t bytes) {
    DRIVER_CALL();
    return copyNow({Direction::HostToDevice, to, uint64_t(from), bytes, nullptr});
}
DRIVER_API cuMemcpyDtoH_v2(void* to, CUdeviceptr from, size_t bytes) {
    DRIVER_CALL();
    return copyNow({Direction::DeviceToHost, uint64_t(to), from, bytes, nullptr});
}
DRIVER_API cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
    DRIVER_CALL();
    if (CUresult error = requireNoCapture()) return error;
    return copyLater({Direction::DeviceToDevice, to, from, bytes, nullptr}, nullptr);
}
DRIVER_API cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, size_t bytes, CUstream stream) {
    DRIVER_CALL();
    return copyLater({Direction::HostToDevice, to, uint64_t(from), bytes, nullptr}, stream);
}
DRIVER_API cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, size_t bytes, CUstream stream) {
    DRIVER_CALL();
    return copyLater({Direction::DeviceToHost, uint64_t(to), from, bytes, nullptr}, stream);
}
DRIVER_API cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) {
    DRIVER_CALL();
    return copyLater({Direction::DeviceToDevice, to, from, bytes, nullptr}, stream);
}

DRIVER_API cuMemsetD8_v2(CUdeviceptr to, unsigned char value, size_t count) {
    DRIVER_CALL();
    return fillNow({to, value, 1, count});
}
DRIVER_API cuMemsetD16_v2(CUdeviceptr to, unsigned short value, size_t count) {
    DRIVER_CALL();
    return fillNow({to, value, 2, count});
}
DRIVER_API cuMemsetD32_v2(CUdeviceptr to, unsigned value, size_t count) {
    DRIVER_CALL();
    return fillNow({to, value, 4, count});
}
DRIVER_API cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t count, CUstream stream) {
    DRIVER_CALL();
    return fill({to, value, 1, count}, streamOf(stream));
}
DRIVER_API cuMemsetD16Async(CUdeviceptr to, unsigned short value, size_t count, CUstream stream) {
    DRIVER_CALL();
    return fill({to, value, 2, count}, streamOf(stream));
}
DRIVER_API cuMemsetD32Async(CUdeviceptr to, unsigned value, size_t count, CUstream stream) {
    DRIVER_CALL();
    return fill({to, value, 4, count}, streamOf(stream));
}
