// Host versions of the wrappers of ptx.cuh: same names, same calls. What the instructions do to threads and
// memory is in
// ../src; here are the fragment layouts, which follow the PTX manual.
#pragma once
#include "emulator.h"

#define DYN_SMEM(T, name) T* const name = reinterpret_cast<T*>(emu::running.dynamicShared)

#include "ptx_emulated_matrix.h"
#include "ptx_emulated_wgmma.h"

EMU_UNCHECKED inline uint32_t smem_u32(const void* shared) {
    return emu::sharedAddress(shared);
}

// ---- barriers and lanes ----
EMU_UNCHECKED inline void bar_sync(int id, int threads, EMU_AT) {
    emu::blockBarrier(unsigned(id), unsigned(threads), EMU_SITE("bar.sync"));
}
EMU_UNCHECKED inline void bar_arrive(int id, int threads, EMU_AT) {
    emu::blockArrive(unsigned(id), unsigned(threads), EMU_SITE("bar.arrive"));
}
EMU_UNCHECKED inline bool elect_one(EMU_AT) {
    emu::warpCollective(~0u, nullptr, [](const emu::Participants&) {}, EMU_SITE("elect.sync"));
    return emu::running.thread->lane == 0;
}

// ---- arithmetic ----
inline float ex2(float x) {
    return exp2f(x);
}
template <int Table>
inline uint32_t lop3(uint32_t a, uint32_t b, uint32_t c) {
    uint32_t d = 0;
    for (int row = 0; row < 8; row++) {
        if (!(Table >> row & 1)) continue;
        d |= (row & 4 ? a : ~a) & (row & 2 ? b : ~b) & (row & 1 ? c : ~c);
    }
    return d;
}

// ---- order between blocks ----
EMU_UNCHECKED inline uint32_t ld_acquire(const uint32_t* flag, EMU_AT) {
    emu::yield();  // a thread that spins on the flag lets the others run
    emu::noteAtomic(flag, 4, emu::Order::Acquire, EMU_SITE("ld.acquire"));
    return *flag;
}
EMU_UNCHECKED inline void st_release(uint32_t* flag, uint32_t value, EMU_AT) {
    emu::noteAtomic(flag, 4, emu::Order::Release, EMU_SITE("st.release"));
    *flag = value;
}
EMU_UNCHECKED inline uint32_t atomic_add_acq_rel(uint32_t* counter, uint32_t value, EMU_AT) {
    return emu::updateAtomically(
        counter, [=](uint32_t old) { return old + value; }, emu::Order::AcquireRelease, EMU_SITE("atom.add"));
}

// ---- hints ----
inline void prefetch_l2(const void*) {}
inline uint64_t createpolicy_evict_first() {
    return 0;
}
inline uint64_t createpolicy_evict_last() {
    return 0;
}
inline void griddepcontrol_wait() {}
inline void griddepcontrol_launch_dependents() {}
template <int Registers>
inline void setmaxnreg_inc() {}
template <int Registers>
inline void setmaxnreg_dec() {}

// ---- cp.async ----
EMU_UNCHECKED inline void cp_async_16(uint32_t dst, const void* src, int bytes = 16, EMU_AT) {
    emu::copyAsync(dst, src, 16, unsigned(bytes), EMU_SITE("cp.async"));
}
EMU_UNCHECKED inline void cp_async_16(uint32_t dst, const void* src, int bytes, uint64_t, EMU_AT) {
    emu::copyAsync(dst, src, 16, unsigned(bytes), EMU_SITE("cp.async"));
}
EMU_UNCHECKED inline void cp_async_commit(EMU_AT) {
    emu::copyAsyncCommit(EMU_SITE("cp.async.commit_group"));
}
template <int Pending>
EMU_UNCHECKED inline void cp_async_wait(EMU_AT) {
    emu::copyAsyncWait(Pending, EMU_SITE("cp.async.wait_group"));
}

// ---- mbarrier ----
EMU_UNCHECKED inline void mbarrier_init(uint32_t bar, int arrivals, EMU_AT) {
    emu::mbarrierInit(bar, unsigned(arrivals), EMU_SITE("mbarrier.init"));
}
inline void fence_mbarrier_init() {}
EMU_UNCHECKED inline void mbarrier_arrive(uint32_t bar, EMU_AT) {
    emu::mbarrierArrive(bar, 1, EMU_SITE("mbarrier.arrive"));
}
EMU_UNCHECKED inline void mbarrier_expect_tx(uint32_t bar, int bytes, EMU_AT) {
    emu::mbarrierExpect(bar, unsigned(bytes), EMU_SITE("mbarrier.expect_tx"));
}
EMU_UNCHECKED inline void mbarrier_arrive_expect_tx(uint32_t bar, int bytes, EMU_AT) {
    emu::mbarrierExpect(bar, unsigned(bytes), EMU_SITE("mbarrier.arrive.expect_tx"));
    emu::mbarrierArrive(bar, 1, EMU_SITE("mbarrier.arrive.expect_tx"));
}
EMU_UNCHECKED inline bool mbarrier_try_wait_parity(uint32_t bar, int parity, EMU_AT) {
    return emu::mbarrierTryWait(bar, unsigned(parity), EMU_SITE("mbarrier.try_wait"));
}
EMU_UNCHECKED inline void mbarrier_wait(uint32_t bar, int parity, EMU_AT) {
    while (!emu::mbarrierTryWait(bar, unsigned(parity), EMU_SITE("mbarrier.try_wait"))) {
    }
}
inline void fence_proxy_async() {
    emu::proxyFence();
}

// ---- bulk copies ----
EMU_UNCHECKED inline void bulk_load(uint32_t dst, const void* src, int bytes, uint32_t bar, EMU_AT) {
    emu::bulkLoad(dst, src, unsigned(bytes), bar, EMU_SITE("cp.async.bulk"));
}
EMU_UNCHECKED inline void bulk_load(uint32_t dst, const void* src, int bytes, uint32_t bar, uint64_t,
                                    EMU_AT) {
    emu::bulkLoad(dst, src, unsigned(bytes), bar, EMU_SITE("cp.async.bulk"));
}
EMU_UNCHECKED inline void bulk_store(void* dst, uint32_t src, int bytes, EMU_AT) {
    emu::bulkStore(dst, src, unsigned(bytes), EMU_SITE("cp.async.bulk.store"));
}
EMU_UNCHECKED inline void bulk_commit(EMU_AT) {
    emu::bulkStoreCommit(EMU_SITE("cp.async.bulk.commit_group"));
}
template <int Pending>
EMU_UNCHECKED inline void bulk_wait(EMU_AT) {
    emu::bulkStoreWait(Pending, EMU_SITE("cp.async.bulk.wait_group"));
}
template <int Pending>
EMU_UNCHECKED inline void bulk_wait_read(EMU_AT) {
    emu::bulkStoreWait(Pending, EMU_SITE("cp.async.bulk.wait_group.read"));
}
