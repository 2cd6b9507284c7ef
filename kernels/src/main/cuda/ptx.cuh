// Every PTX instruction the kernels use, one wrapper each, named after the instruction. No other file holds
// `asm`.
//
// Two bodies: inline PTX here, and the host versions of the test emulator (src/test/emulator), which is why a
// kernel that only calls these wrappers runs without a GPU. wgmma, with its long operand lists, is in
// ptx_wgmma.cuh.
//
// Shared memory is named by 32-bit addresses (smem_u32). Fragment layouts are those of the PTX manual, "Warp
// Level Matrix Instructions"; `lane / 4` is written g and `lane % 4` is written c below.
#pragma once
#include <cuda_runtime.h>

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_fp8.h>
#include <stdint.h>

// What the architecture being compiled for can do. Kernels test these, never __CUDA_ARCH__ itself, so that
// the emulator, which compiles as no architecture at all, sees every body.
#if defined(CUDA_EMU) || (defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 890)
#define PTX_HAS_MMA_E4M3 1
#else
#define PTX_HAS_MMA_E4M3 0
#endif
#if defined(CUDA_EMU) || defined(__CUDA_ARCH_FEAT_SM90_ALL)
#define PTX_HAS_SM90A 1
#else
#define PTX_HAS_SM90A 0
#endif

#if defined(CUDA_EMU)
#include "ptx_emulated.cuh"
#else

// The block's dynamic shared memory as `T* name`. 1024-byte aligned, as a 128-byte swizzle needs. Once per
// kernel.
#define DYN_SMEM(T, name)                                           \
    extern __shared__ __align__(1024) unsigned char dynamic_smem[]; \
    T* const name = reinterpret_cast<T*>(dynamic_smem)

#define PTX_WRAPPER __device__ __forceinline__

PTX_WRAPPER uint32_t smem_u32(const void* shared) {
    return static_cast<uint32_t>(__cvta_generic_to_shared(shared));
}

// ---- barriers and lanes ----

// Barrier `id` (1..15; 0 is __syncthreads) for `threads` threads, a multiple of 32: lets part of a block
// meet.
PTX_WRAPPER void bar_sync(int id, int threads) {
    asm volatile("bar.sync %0, %1;" ::"r"(id), "r"(threads) : "memory");
}

// Counts the warp in without waiting: the producer's half of a bar_sync.
PTX_WRAPPER void bar_arrive(int id, int threads) {
    asm volatile("bar.arrive %0, %1;" ::"r"(id), "r"(threads) : "memory");
}

// True in exactly one lane of a full, converged warp. sm_90.
PTX_WRAPPER bool elect_one() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    uint32_t elected;
    asm volatile("{\n.reg .pred p;\nelect.sync _|p, 0xffffffff;\nselp.u32 %0, 1, 0, p;\n}"
                 : "=r"(elected)::"memory");
    return elected != 0;
#else
    return (threadIdx.x & 31) == 0;
#endif
}

// ---- arithmetic ----

// 2^x to 2 ulp; subnormal results become 0. exp(x) = ex2(x * log2(e)).
PTX_WRAPPER float ex2(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

// Any function of three bits, given by its truth table: (a & b) | c is 0xEA. Unpacks 4-bit weights.
template <int Table>
PTX_WRAPPER uint32_t lop3(uint32_t a, uint32_t b, uint32_t c) {
    uint32_t d;
    asm("lop3.b32 %0, %1, %2, %3, %4;" : "=r"(d) : "r"(a), "r"(b), "r"(c), "n"(Table));
    return d;
}

// ---- order between blocks: tickets and flags in global memory ----

// A read that later accesses of this thread cannot overtake. The only way to wait for another thread's flag.
PTX_WRAPPER uint32_t ld_acquire(const uint32_t* flag) {
    uint32_t value;
    asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(value) : "l"(flag) : "memory");
    return value;
}

// A write that earlier accesses of this thread, and what it has seen, cannot fall behind.
PTX_WRAPPER void st_release(uint32_t* flag, uint32_t value) {
    asm volatile("st.release.gpu.global.u32 [%0], %1;" ::"l"(flag), "r"(value) : "memory");
}

// Takes a ticket, in order on both sides. "Last block adds up": __syncthreads, one thread takes the ticket,
// __syncthreads.
PTX_WRAPPER uint32_t atomic_add_acq_rel(uint32_t* counter, uint32_t value) {
    uint32_t before;
    asm volatile("atom.acq_rel.gpu.global.add.u32 %0, [%1], %2;"
                 : "=r"(before)
                 : "l"(counter), "r"(value)
                 : "memory");
    return before;
}

// ---- hints: they change time, never results ----

PTX_WRAPPER void prefetch_l2(const void* global) {
    asm volatile("prefetch.global.L2 [%0];" ::"l"(global));
}

// L2 policy for data read once (weights streamed at small M), so that it does not push out what is read
// again.
PTX_WRAPPER uint64_t createpolicy_evict_first() {
    uint64_t policy;
    asm volatile("createpolicy.fractional.L2::evict_first.b64 %0, 1.0;" : "=l"(policy));
    return policy;
}

// L2 policy for data that every block reads (activations).
PTX_WRAPPER uint64_t createpolicy_evict_last() {
    uint64_t policy;
    asm volatile("createpolicy.fractional.L2::evict_last.b64 %0, 1.0;" : "=l"(policy));
    return policy;
}

// ---- cp.async: global to shared without registers, sm_80 ----

// 16 bytes, of which the first `bytes` (0..16) are read and the rest are zeros: 0 is how a tile's outside is
// filled without reading it. Both addresses are multiples of 16. Bypasses L1.
PTX_WRAPPER void cp_async_16(uint32_t dst, const void* src, int bytes = 16) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(dst), "l"(src), "r"(bytes) : "memory");
}

PTX_WRAPPER void cp_async_16(uint32_t dst, const void* src, int bytes, uint64_t policy) {
    asm volatile("cp.async.cg.shared.global.L2::cache_hint [%0], [%1], 16, %2, %3;" ::"r"(dst), "l"(src),
                 "r"(bytes), "l"(policy)
                 : "memory");
}

// Ends this thread's current group of copies. An empty group is legal and keeps the count in step.
PTX_WRAPPER void cp_async_commit() {
    asm volatile("cp.async.commit_group;" ::: "memory");
}

// Waits until at most `Pending` of this thread's groups are under way. Other threads' copies need a barrier
// after it.
template <int Pending>
PTX_WRAPPER void cp_async_wait() {
    asm volatile("cp.async.wait_group %0;" ::"n"(Pending) : "memory");
}

// ---- ldmatrix, stmatrix: 8x8 matrices of 16-bit elements between shared memory and fragments ----

// Lane l names row l % 8 of matrix l / 8 (16 bytes, 16-aligned); x1 uses lanes 0..7, x2 lanes 0..15. Register
// i of lane (g, c) gets elements (g, 2c) and (g, 2c + 1) of matrix i; with _trans, (2c, g) and (2c + 1, g).
PTX_WRAPPER void ldmatrix_x1(uint32_t& r, uint32_t row) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%0}, [%1];" : "=r"(r) : "r"(row) : "memory");
}

PTX_WRAPPER void ldmatrix_x2(uint32_t (&r)[2], uint32_t row) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0,%1}, [%2];"
                 : "=r"(r[0]), "=r"(r[1])
                 : "r"(row)
                 : "memory");
}

PTX_WRAPPER void ldmatrix_x4(uint32_t (&r)[4], uint32_t row) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(row)
                 : "memory");
}

PTX_WRAPPER void ldmatrix_x1_trans(uint32_t& r, uint32_t row) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x1.trans.shared.b16 {%0}, [%1];"
                 : "=r"(r)
                 : "r"(row)
                 : "memory");
}

PTX_WRAPPER void ldmatrix_x2_trans(uint32_t (&r)[2], uint32_t row) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0,%1}, [%2];"
                 : "=r"(r[0]), "=r"(r[1])
                 : "r"(row)
                 : "memory");
}

PTX_WRAPPER void ldmatrix_x4_trans(uint32_t (&r)[4], uint32_t row) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(row)
                 : "memory");
}

// ---- mma.sync: d += a * b for one warp, f32 or s32 accumulators ----

// a is 16 x K (row), b is K x 8 (column), d is 16 x 8: d[0], d[1] = (g, 2c), (g, 2c + 1); d[2], d[3] = the
// same in row g + 8. 16-bit, K 16: a[0] = (g, 2c..), a[1] = (g + 8, 2c..), a[2], a[3] = the same at k + 8; b0
// = (2c.., g), b1 = (2c + 8.., g). 8-bit, K 32: four elements a register, 4c.. for 2c.. and k + 16 for k + 8.
#define PTX_MMA(name, Accumulator, c, shape)                                                            \
    PTX_WRAPPER void name(Accumulator(&d)[4], const uint32_t(&a)[4], uint32_t b0, uint32_t b1) {        \
        asm volatile("mma.sync.aligned." shape " {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};" \
                     : c(d[0]), c(d[1]), c(d[2]), c(d[3])                                               \
                     : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));                   \
    }
PTX_MMA(mma_bf16, float, "+f", "m16n8k16.row.col.f32.bf16.bf16.f32")
PTX_MMA(mma_f16, float, "+f", "m16n8k16.row.col.f32.f16.f16.f32")
PTX_MMA(mma_s8, int, "+r", "m16n8k32.row.col.s32.s8.s8.s32")
#if PTX_HAS_MMA_E4M3 || !defined(__CUDA_ARCH__)
PTX_MMA(mma_e4m3, float, "+f", "m16n8k32.row.col.f32.e4m3.e4m3.f32")
#endif
#undef PTX_MMA

// ---- sm_90: stmatrix, mbarrier, bulk copies ----
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 900

// The inverse of ldmatrix_x4: writes accumulators out in rows of 16 bytes.
PTX_WRAPPER void stmatrix_x4(uint32_t row, const uint32_t (&r)[4]) {
    asm volatile("stmatrix.sync.aligned.m8n8.x4.shared.b16 [%0], {%1,%2,%3,%4};" ::"r"(row), "r"(r[0]),
                 "r"(r[1]), "r"(r[2]), "r"(r[3])
                 : "memory");
}

PTX_WRAPPER void stmatrix_x4_trans(uint32_t row, const uint32_t (&r)[4]) {
    asm volatile("stmatrix.sync.aligned.m8n8.x4.trans.shared.b16 [%0], {%1,%2,%3,%4};" ::"r"(row), "r"(r[0]),
                 "r"(r[1]), "r"(r[2]), "r"(r[3])
                 : "memory");
}

// One thread, then fence_mbarrier_init and a block barrier before anybody else uses it. `bar`: 8 bytes,
// 8-aligned.
PTX_WRAPPER void mbarrier_init(uint32_t bar, int arrivals) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(bar), "r"(arrivals) : "memory");
}

// Makes mbarrier_init visible to the asynchronous proxy (bulk copies).
PTX_WRAPPER void fence_mbarrier_init() {
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}

PTX_WRAPPER void mbarrier_arrive(uint32_t bar) {
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(bar) : "memory");
}

// Announces `bytes` that bulk copies will bring in this phase, without arriving.
PTX_WRAPPER void mbarrier_expect_tx(uint32_t bar, int bytes) {
    asm volatile("mbarrier.expect_tx.relaxed.cta.shared::cta.b64 [%0], %1;" ::"r"(bar), "r"(bytes)
                 : "memory");
}

PTX_WRAPPER void mbarrier_arrive_expect_tx(uint32_t bar, int bytes) {
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(bar), "r"(bytes) : "memory");
}

// True when the phase of that parity has completed: 0 for the first, 1 for the second, ... A fresh barrier
// passes for parity 1.
PTX_WRAPPER bool mbarrier_try_wait_parity(uint32_t bar, int parity) {
    uint32_t done;
    asm volatile(
        "{\n.reg .pred p;\nmbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2;\nselp.u32 %0, 1, 0, p;\n}"
        : "=r"(done)
        : "r"(bar), "r"(parity)
        : "memory");
    return done != 0;
}

PTX_WRAPPER void mbarrier_wait(uint32_t bar, int parity) {
    while (!mbarrier_try_wait_parity(bar, parity)) {
    }
}

// Orders this thread's plain accesses to shared memory before what bulk copies and wgmma read or write there.
PTX_WRAPPER void fence_proxy_async() {
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}

// `bytes` contiguous bytes from global to shared memory, by one thread; addresses and size are multiples
// of 16. Completion is counted, in bytes, on `bar`.
PTX_WRAPPER void bulk_load(uint32_t dst, const void* src, int bytes, uint32_t bar) {
    asm volatile(
        "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(dst),
        "l"(src), "r"(bytes), "r"(bar)
        : "memory");
}

PTX_WRAPPER void bulk_load(uint32_t dst, const void* src, int bytes, uint32_t bar, uint64_t policy) {
    asm volatile(
        "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.L2::cache_hint [%0], [%1], %2, "
        "[%3], %4;" ::"r"(dst),
        "l"(src), "r"(bytes), "r"(bar), "l"(policy)
        : "memory");
}

// `bytes` from shared to global memory, by one thread, after fence_proxy_async and a barrier.
PTX_WRAPPER void bulk_store(void* dst, uint32_t src, int bytes) {
    asm volatile("cp.async.bulk.global.shared::cta.bulk_group [%0], [%1], %2;" ::"l"(dst), "r"(src),
                 "r"(bytes)
                 : "memory");
}

PTX_WRAPPER void bulk_commit() {
    asm volatile("cp.async.bulk.commit_group;" ::: "memory");
}

// Waits until at most `Pending` of this thread's groups of stores are under way.
template <int Pending>
PTX_WRAPPER void bulk_wait() {
    asm volatile("cp.async.bulk.wait_group %0;" ::"n"(Pending) : "memory");
}

// The same, but only until their source in shared memory may be overwritten.
template <int Pending>
PTX_WRAPPER void bulk_wait_read() {
    asm volatile("cp.async.bulk.wait_group.read %0;" ::"n"(Pending) : "memory");
}

// Programmatic dependent launch: results of the kernel before this one are visible after it. No-op when
// launched plainly.
PTX_WRAPPER void griddepcontrol_wait() {
    asm volatile("griddepcontrol.wait;" ::: "memory");
}

PTX_WRAPPER void griddepcontrol_launch_dependents() {
    asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
}
#endif  // sm_90

#if PTX_HAS_SM90A || !defined(__CUDA_ARCH__)
// Registers per thread of this warpgroup, a multiple of 8 in 24..256: producers give, consumers take.
template <int Registers>
PTX_WRAPPER void setmaxnreg_inc() {
    asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(Registers));
}

template <int Registers>
PTX_WRAPPER void setmaxnreg_dec() {
    asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(Registers));
}

#include "ptx_wgmma.cuh"
#endif

#undef PTX_WRAPPER
#endif  // !CUDA_EMU
