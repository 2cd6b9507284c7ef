// The library as Java sees it: which families this processor has, memory outside of the heap, copies, and one call for all
// operations.
#define _GNU_SOURCE
#include "kernels.h"

#include <cpuid.h>
#include <jni.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define JAVA(type, name) JNIEXPORT type JNICALL Java_dev_millrace_kernels_x86_Library_##name

enum { HAS_AVX2 = 1, HAS_AVX2_VNNI = 2, HAS_AVX512 = 4, HAS_AMX = 8 };
enum { SMALL_PAGE = 4096, LARGE = 1 << 21 };

static const family *const FAMILIES[] = {&millrace_avx2, &millrace_avx2_vnni, &millrace_avx512, &millrace_amx};

static uint64_t enabled_state(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

/* Linux hands out the tiles' state only to a process that asks for it: ARCH_REQ_XCOMP_PERM, XTILEDATA. */
static int tiles_permitted(void) { return syscall(SYS_arch_prctl, 0x1023, 18) == 0; }

static int all(uint32_t flags, uint32_t wanted) { return (flags & wanted) == wanted; }

JAVA(jint, families)(JNIEnv *env, jclass self) {
    (void)env;
    (void)self;
    uint32_t a, b, c, d, a7, b7, c7, d7, a71 = 0;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !all(c, bit_OSXSAVE | bit_AVX | bit_FMA | bit_F16C)) return 0;
    if (!__get_cpuid_count(7, 0, &a7, &b7, &c7, &d7)) return 0;
    if (a7 >= 1) __get_cpuid_count(7, 1, &a71, &b, &c, &d);
    uint64_t state = enabled_state();
    if ((state & 0x6) != 0x6 || !all(b7, bit_AVX2)) return 0;
    int avx2 = HAS_AVX2 | (all(a71, 1 << 4) ? HAS_AVX2_VNNI : 0);
    uint32_t avx512 = bit_AVX512F | bit_AVX512DQ | bit_AVX512BW | bit_AVX512VL;
    if ((state & 0xE6) != 0xE6 || !all(b7, avx512) || !all(c7, bit_AVX512VNNI) || !all(a71, 1 << 5)) return avx2;
    int amx = all(d7, 1u << 22 | 1u << 24 | 1u << 25) && (state & 0x60000) == 0x60000 && tiles_permitted();
    return avx2 | HAS_AVX512 | (amx ? HAS_AMX : 0);
}

JAVA(jlong, run)(JNIEnv *env, jclass self, jint chosen, jint operation, jlong args, jint part, jlong scratch) {
    (void)env;
    (void)self;
    return FAMILIES[chosen]->run[operation]((const void *)args, part, (char *)scratch);
}

JAVA(jlong, scratchBytes)(JNIEnv *env, jclass self, jint chosen, jint operation, jlong args) {
    (void)env;
    (void)self;
    if (operation == OP_ATTENTION) return FAMILIES[chosen]->attention_scratch((const attention_args *)args);
    if (operation == OP_PACK) return 4 * round_up(((const pack_args *)args)->k, 64);
    if (operation == OP_EMBED) return 4 * round_up(((const embed_args *)args)->k, 64);
    if (operation == OP_ROPE) return round_up(((const rope_args *)args)->head_dim, 64);
    if (operation == OP_NORM) return 8 * ((const norm_args *)args)->depth;
    if (operation == OP_PREPARE) return 4 * ((const prepare_args *)args)->depth;
    return operation == OP_LINEAR ? FAMILIES[chosen]->linear_scratch((const linear_args *)args) : 0;
}

JAVA(jint, preparation)(JNIEnv *env, jclass self, jint chosen, jint format) {
    (void)env;
    (void)self;
    return (jint)FAMILIES[chosen]->preparation(format);
}

JAVA(jlong, panelBytes)(JNIEnv *env, jclass self, jint format, jlong k) {
    (void)env;
    (void)self;
    return panel_bytes(format, k);
}

JAVA(jlong, panelDepth)(JNIEnv *env, jclass self, jint format, jlong k) {
    (void)env;
    (void)self;
    return panel_depth(format, k);
}

/* Writes the first unit of every sequence; returns the number of units, or -1 - s for a sequence whose rows do not follow the one
   before, or whose context does not fit its table of `room` tokens. */
JAVA(jlong, planAttention)(JNIEnv *env, jclass self, jlong args, jlong rows, jlong room) {
    (void)env;
    (void)self;
    const attention_args *a = (const attention_args *)args;
    const int32_t *starts = (const int32_t *)a->starts, *contexts = (const int32_t *)a->contexts;
    int32_t *first = (int32_t *)a->first_units;
    int64_t row = 0, units = 0;
    for (int64_t s = 0; s < a->seqs; s++) {
        int64_t end = starts[s + 1];
        if (starts[s] != row || end < row || contexts[s] < end - row || contexts[s] > room) return -1 - s;
        first[s] = (int32_t)units;
        units += (end - row + a->unit_tokens - 1) / a->unit_tokens * a->kv_heads;
        row = end;
    }
    first[a->seqs] = (int32_t)units;
    return row == rows ? units : -1 - a->seqs;
}

/* Zeroed, at a multiple of 64; 0 if there is none. Large pieces are pages of their own, which count once they are touched, and begin
   where a large page may. */
JAVA(jlong, allocate)(JNIEnv *env, jclass self, jlong bytes) {
    (void)env;
    (void)self;
    if (bytes >= LARGE) {
        int64_t whole = bytes + LARGE, size = round_up(bytes, SMALL_PAGE);
        char *pages = mmap(0, (size_t)whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (pages == MAP_FAILED) return 0;
        char *begin = pages + (LARGE - (uintptr_t)pages % LARGE) % LARGE;
        if (begin > pages) munmap(pages, (size_t)(begin - pages));
        if (begin + size < pages + whole) munmap(begin + size, (size_t)(pages + whole - begin - size));
        madvise(begin, (size_t)size, MADV_HUGEPAGE);
        return (jlong)begin;
    }
    void *memory = 0;
    if (posix_memalign(&memory, 64, (size_t)(bytes > 0 ? bytes : 1))) return 0;
    memset(memory, 0, (size_t)bytes);
    return (jlong)memory;
}

JAVA(void, free)(JNIEnv *env, jclass self, jlong address, jlong bytes) {
    (void)env;
    (void)self;
    if (bytes >= LARGE) {
        munmap((void *)address, (size_t)round_up(bytes, SMALL_PAGE));
    } else {
        free((void *)address);
    }
}

JAVA(void, copy)(JNIEnv *env, jclass self, jlong from, jlong to, jlong bytes) {
    (void)env;
    (void)self;
    memcpy((void *)to, (const void *)from, (size_t)bytes);
}

JAVA(jlong, address)(JNIEnv *env, jclass self, jobject buffer) {
    (void)self;
    return (jlong)(*env)->GetDirectBufferAddress(env, buffer);
}

JAVA(void, putInts)(JNIEnv *env, jclass self, jintArray from, jint at, jint count, jlong to) {
    (void)self;
    (*env)->GetIntArrayRegion(env, from, at, count, (jint *)to);
}

JAVA(void, putLongs)(JNIEnv *env, jclass self, jlongArray from, jint at, jint count, jlong to) {
    (void)self;
    (*env)->GetLongArrayRegion(env, from, at, count, (jlong *)to);
}

JAVA(void, putFloats)(JNIEnv *env, jclass self, jfloatArray from, jint at, jint count, jlong to, jboolean halves) {
    (void)self;
    if (!halves) {
        (*env)->GetFloatArrayRegion(env, from, at, count, (jfloat *)to);
        return;
    }
    jfloat values[256];
    for (jint done = 0; done < count; done += 256) {
        jint n = (jint)at_most(256, count - done);
        (*env)->GetFloatArrayRegion(env, from, at + done, n, values);
        for (jint i = 0; i < n; i++) ((uint16_t *)to)[done + i] = bf16_bits(values[i]);
    }
}

JAVA(void, getInts)(JNIEnv *env, jclass self, jlong from, jintArray to, jint at, jint count) {
    (void)self;
    (*env)->SetIntArrayRegion(env, to, at, count, (const jint *)from);
}

JAVA(void, getLongs)(JNIEnv *env, jclass self, jlong from, jlongArray to, jint at, jint count) {
    (void)self;
    (*env)->SetLongArrayRegion(env, to, at, count, (const jlong *)from);
}

JAVA(void, getDoubles)(JNIEnv *env, jclass self, jlong from, jdoubleArray to, jint at, jint count) {
    (void)self;
    (*env)->SetDoubleArrayRegion(env, to, at, count, (const jdouble *)from);
}

JAVA(void, getFloats)(JNIEnv *env, jclass self, jlong from, jfloatArray to, jint at, jint count, jboolean halves) {
    (void)self;
    if (!halves) {
        (*env)->SetFloatArrayRegion(env, to, at, count, (const jfloat *)from);
        return;
    }
    jfloat values[256];
    for (jint done = 0; done < count; done += 256) {
        jint n = (jint)at_most(256, count - done);
        for (jint i = 0; i < n; i++) values[i] = bf16_value(((const uint16_t *)from)[done + i]);
        (*env)->SetFloatArrayRegion(env, to, at + done, n, values);
    }
}

/* Binds the calling thread to the n-th processor that the process may use. */
JAVA(jboolean, pin)(JNIEnv *env, jclass self, jint n) {
    (void)env;
    (void)self;
    cpu_set_t allowed, one;
    if (sched_getaffinity(getpid(), sizeof allowed, &allowed) || CPU_COUNT(&allowed) == 0) return 0;
    n %= CPU_COUNT(&allowed);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET(cpu, &allowed) && n-- == 0) {
            CPU_ZERO(&one);
            CPU_SET(cpu, &one);
            return sched_setaffinity(0, sizeof one, &one) == 0;
        }
    }
    return 0;
}
