// Kernels of the check build are compiled with -fsanitize=thread,bounds,alignment,shift, but the sanitizers'
// libraries are not linked: these functions, which the instrumented code calls before every access, take
// their place.
#include "checker.h"
#include "counters.h"
#include "scheduler.h"

namespace emu {
namespace {

inline __attribute__((always_inline)) void onAccess(const void* p, size_t bytes, bool write, bool aligned,
                                                    const void* pc) {
    if (!(checking | counting) || !inKernel()) return;
    uint64_t address = uint64_t(p);
    if (stackRange().contains(address)) return;
    if (counting) countAccess(running.thread, p, bytes, write, placeOf(pc));
    if (!checking) return;
    if (aligned && (address & (bytes - 1))) {
        fail("misaligned %zu-byte %s at 0x%llx at %s", bytes, write ? "write" : "read",
             (unsigned long long)address, nameOf(placeOf(pc)).c_str());
    }
    checkAccess(running.thread, {address, bytes, write, Access::Plain, placeOf(pc)});
}

// First field of what the undefined-behaviour handlers are given.
struct SourceLocation {
    const char* file;
    uint32_t line, column;
};

const char* baseName(const char* path) {
    const char* slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

}  // namespace
}  // namespace emu

using emu::SourceLocation;

#define EMU_CALLER __builtin_return_address(0)
#define EMU_HOOKS(n)                                   \
    void __tsan_read##n(void* p) {                     \
        emu::onAccess(p, n, false, true, EMU_CALLER);  \
    }                                                  \
    void __tsan_write##n(void* p) {                    \
        emu::onAccess(p, n, true, true, EMU_CALLER);   \
    }                                                  \
    void __tsan_unaligned_read##n(void* p) {           \
        emu::onAccess(p, n, false, false, EMU_CALLER); \
    }                                                  \
    void __tsan_unaligned_write##n(void* p) {          \
        emu::onAccess(p, n, true, false, EMU_CALLER);  \
    }                                                  \
    void __tsan_volatile_read##n(void* p) {            \
        emu::onAccess(p, n, false, true, EMU_CALLER);  \
    }                                                  \
    void __tsan_volatile_write##n(void* p) {           \
        emu::onAccess(p, n, true, true, EMU_CALLER);   \
    }

extern "C" {
EMU_HOOKS(1)
EMU_HOOKS(2)
EMU_HOOKS(4)
EMU_HOOKS(8)
EMU_HOOKS(16)
void __tsan_read_range(void* p, size_t bytes) {
    emu::onAccess(p, bytes, false, false, EMU_CALLER);
}
void __tsan_write_range(void* p, size_t bytes) {
    emu::onAccess(p, bytes, true, false, EMU_CALLER);
}
void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_vptr_update(void**, void*) {}
void __tsan_vptr_read(void**) {}

void __ubsan_handle_out_of_bounds(SourceLocation* at, uint64_t index) {
    emu::fail("array index %llu out of bounds at %s:%u", (unsigned long long)index, emu::baseName(at->file),
              at->line);
}
void __ubsan_handle_type_mismatch_v1(SourceLocation* at, uint64_t p) {
    emu::fail("misaligned or null pointer 0x%llx used at %s:%u", (unsigned long long)p,
              emu::baseName(at->file), at->line);
}
void __ubsan_handle_shift_out_of_bounds(SourceLocation* at, uint64_t, uint64_t bits) {
    emu::fail("shift by %lld at %s:%u", (long long)bits, emu::baseName(at->file), at->line);
}
void __ubsan_handle_divrem_overflow(SourceLocation* at, uint64_t, uint64_t) {
    emu::fail("division by zero or overflow at %s:%u", emu::baseName(at->file), at->line);
}
}
