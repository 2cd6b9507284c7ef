// Atomics, fences, cached loads and stores.
#pragma once
#include <type_traits>

#include "emulator.h"

inline void __threadfence() {
    emu::threadFence();
}
inline void __threadfence_system() {
    emu::threadFence();
}
inline void __threadfence_block() {}
inline size_t __cvta_generic_to_shared(const void* p) {
    return emu::sharedAddress(p);
}
inline size_t __cvta_generic_to_global(const void* p) {
    return size_t(p);
}

// One OS thread runs a kernel, so a plain read and write is atomic. common_type_t keeps v out of the
// deduction of T, so that atomicAdd(unsigned*, 1) converts as it does in CUDA.
namespace emu {
template <class T, class Update>
EMU_UNCHECKED inline T updateAtomically(T* p, Update update, Order order, Site site) {
    noteAtomic(p, sizeof(T), order, site);
    T before = *p;
    *p = update(before);
    return before;
}
}  // namespace emu

#define EMU_ATOMIC(name, expression)                       \
    template <class T>                                     \
    inline T name(T* p, std::common_type_t<T> v, EMU_AT) { \
        return emu::updateAtomically(                      \
            p,                                             \
            [=](T old) {                                   \
                (void)old;                                 \
                return T(expression);                      \
            },                                             \
            emu::Order::Relaxed, EMU_SITE(#name));         \
    }
EMU_ATOMIC(atomicAdd, old + v)
EMU_ATOMIC(atomicSub, old - v)
EMU_ATOMIC(atomicMax, old > v ? old : v)
EMU_ATOMIC(atomicMin, old < v ? old : v)
EMU_ATOMIC(atomicExch, v)
EMU_ATOMIC(atomicOr, old | v)
EMU_ATOMIC(atomicAnd, old& v)
EMU_ATOMIC(atomicXor, old ^ v)
#undef EMU_ATOMIC
template <class T>
inline T atomicCAS(T* p, std::common_type_t<T> compare, std::common_type_t<T> v, EMU_AT) {
    return emu::updateAtomically(
        p, [=](T old) { return old == compare ? v : old; }, emu::Order::Relaxed, EMU_SITE("atomicCAS"));
}
inline unsigned atomicInc(unsigned* p, unsigned limit, EMU_AT) {
    return emu::updateAtomically(
        p, [=](unsigned old) { return old >= limit ? 0u : old + 1; }, emu::Order::Relaxed,
        EMU_SITE("atomicInc"));
}

#define EMU_LOAD(name)                   \
    template <class T>                   \
    __forceinline__ T name(const T* p) { \
        return *p;                       \
    }
EMU_LOAD(__ldg)
EMU_LOAD(__ldcg)
EMU_LOAD(__ldca)
EMU_LOAD(__ldcs)
EMU_LOAD(__ldlu)
EMU_LOAD(__ldcv)
#undef EMU_LOAD
#define EMU_STORE(name)                                        \
    template <class T>                                         \
    __forceinline__ void name(T* p, std::common_type_t<T> v) { \
        *p = v;                                                \
    }
EMU_STORE(__stcs)
EMU_STORE(__stcg)
EMU_STORE(__stwt)
EMU_STORE(__stwb)
#undef EMU_STORE
