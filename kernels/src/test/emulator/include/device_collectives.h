// __syncthreads, __shfl_sync, __ballot_sync and their kin.
#pragma once
#include "emulator.h"

inline void __syncthreads(EMU_AT) {
    emu::blockBarrier(0, 0, EMU_SITE("__syncthreads"));
}
inline int __syncthreads_or(int p, EMU_AT) {
    return emu::blockVote(p, emu::Vote::Any, EMU_SITE("__syncthreads_or"));
}
inline int __syncthreads_and(int p, EMU_AT) {
    return emu::blockVote(p, emu::Vote::All, EMU_SITE("__syncthreads_and"));
}
inline int __syncthreads_count(int p, EMU_AT) {
    return emu::blockVote(p, emu::Vote::Count, EMU_SITE("__syncthreads_count"));
}
inline void __syncwarp(unsigned mask = 0xffffffffu, EMU_AT) {
    emu::warpCollective(mask, nullptr, [](const emu::Participants&) {}, EMU_SITE("__syncwarp"), true);
}
inline unsigned __activemask() {
    return emu::liveLanes();
}
inline void __nanosleep(unsigned) {
    emu::yield();
}
[[noreturn]] inline void __trap() {
    emu::fail("__trap()");
}

namespace emu {

template <class T>
struct Shuffle {
    T value, result;
    int from;
};

template <class T>
EMU_UNCHECKED inline void combineShuffle(const Participants& all) {
    for (int lane = 0; lane < 32; lane++) {
        if (!(all.lanes >> lane & 1)) continue;
        auto* mine = static_cast<Shuffle<T>*>(all.operand[lane]);
        if (!(all.lanes >> mine->from & 1)) {
            const Site& at = all.thread[lane]->site;
            fail("%s at %s:%d: lane %d shuffles from lane %d, which does not take part", at.instruction,
                 at.file, at.line, lane, mine->from);
        }
        mine->result = static_cast<Shuffle<T>*>(all.operand[mine->from])->value;
    }
}

template <class T>
EMU_UNCHECKED inline T shuffle(unsigned mask, T value, int from, Site site) {
    Shuffle<T> operand{value, value, from};
    warpCollective(mask, &operand, &combineShuffle<T>, site);
    return operand.result;
}

EMU_UNCHECKED inline int thisLane() {
    return int(running.thread->lane);
}

// Any reduction over one 64-bit value a lane, to one 32-bit result for all; `Reduce` gets (participants, own
// value).
struct Ballot {
    unsigned long long value;
    unsigned result;
};

template <unsigned (*Reduce)(const Participants&, unsigned long long)>
EMU_UNCHECKED inline void combineBallot(const Participants& all) {
    for (int lane = 0; lane < 32; lane++) {
        if (!(all.lanes >> lane & 1)) continue;
        auto* mine = static_cast<Ballot*>(all.operand[lane]);
        mine->result = Reduce(all, mine->value);
    }
}

template <unsigned (*Reduce)(const Participants&, unsigned long long)>
EMU_UNCHECKED inline unsigned ballot(unsigned mask, unsigned long long value, Site site) {
    Ballot operand{value, 0};
    warpCollective(mask, &operand, &combineBallot<Reduce>, site);
    return operand.result;
}

EMU_UNCHECKED inline unsigned lanesWithValue(const Participants& all, unsigned long long value) {
    unsigned lanes = 0;
    for (int i = 0; i < 32; i++) {
        if ((all.lanes >> i & 1) && static_cast<Ballot*>(all.operand[i])->value == value) lanes |= 1u << i;
    }
    return lanes;
}

EMU_UNCHECKED inline unsigned lanesThatAreTrue(const Participants& all, unsigned long long) {
    return lanesWithValue(all, 1);
}

template <class T, T (*Op)(T, T)>
EMU_UNCHECKED unsigned reduceLanes(const Participants& all, unsigned long long) {
    T result{};
    bool first = true;
    for (int i = 0; i < 32; i++) {
        if (!(all.lanes >> i & 1)) continue;
        T value = T(static_cast<Ballot*>(all.operand[i])->value);
        result = first ? value : Op(result, value);
        first = false;
    }
    return unsigned(result);
}

template <class T>
T addOf(T a, T b) {
    return a + b;
}
template <class T>
T maxOf(T a, T b) {
    return a > b ? a : b;
}
template <class T>
T minOf(T a, T b) {
    return a < b ? a : b;
}
template <class T>
T orOf(T a, T b) {
    return a | b;
}
template <class T>
T andOf(T a, T b) {
    return a & b;
}
template <class T>
T xorOf(T a, T b) {
    return a ^ b;
}

}  // namespace emu

template <class T>
inline T __shfl_sync(unsigned mask, T v, int from, int width = 32, EMU_AT) {
    return emu::shuffle(mask, v, (emu::thisLane() & ~(width - 1)) | (from & (width - 1)),
                        EMU_SITE("__shfl_sync"));
}
template <class T>
inline T __shfl_xor_sync(unsigned mask, T v, int bits, int width = 32, EMU_AT) {
    int lane = emu::thisLane(), from = lane ^ bits;
    if (from >= (lane & ~(width - 1)) + width) from = lane;
    return emu::shuffle(mask, v, from, EMU_SITE("__shfl_xor_sync"));
}
template <class T>
inline T __shfl_down_sync(unsigned mask, T v, unsigned delta, int width = 32, EMU_AT) {
    int lane = emu::thisLane(), from = lane + int(delta);
    if ((from & ~(width - 1)) != (lane & ~(width - 1)) || from > 31) from = lane;
    return emu::shuffle(mask, v, from, EMU_SITE("__shfl_down_sync"));
}
template <class T>
inline T __shfl_up_sync(unsigned mask, T v, unsigned delta, int width = 32, EMU_AT) {
    int lane = emu::thisLane(), from = lane - int(delta);
    if (from < (lane & ~(width - 1))) from = lane;
    return emu::shuffle(mask, v, from, EMU_SITE("__shfl_up_sync"));
}

inline unsigned __ballot_sync(unsigned mask, int p, EMU_AT) {
    return emu::ballot<&emu::lanesThatAreTrue>(mask, p != 0, EMU_SITE("__ballot_sync"));
}
inline int __any_sync(unsigned mask, int p, EMU_AT) {
    return emu::ballot<&emu::lanesThatAreTrue>(mask, p != 0, EMU_SITE("__any_sync")) != 0;
}
inline int __all_sync(unsigned mask, int p, EMU_AT) {
    return int(emu::ballot<&emu::reduceLanes<unsigned, &emu::minOf<unsigned>>>(mask, p != 0,
                                                                               EMU_SITE("__all_sync")));
}
inline unsigned __match_any_sync(unsigned mask, unsigned long long v, EMU_AT) {
    return emu::ballot<&emu::lanesWithValue>(mask, v, EMU_SITE("__match_any_sync"));
}
#define EMU_REDUCE(name, Type, op)                                                                      \
    inline Type name(unsigned mask, Type v, EMU_AT) {                                                   \
        return Type(emu::ballot<&emu::reduceLanes<Type, &emu::op<Type>>>(mask, (unsigned long long)(v), \
                                                                         EMU_SITE(#name)));             \
    }
EMU_REDUCE(__reduce_add_sync, unsigned, addOf)
EMU_REDUCE(__reduce_add_sync, int, addOf)
EMU_REDUCE(__reduce_max_sync, unsigned, maxOf)
EMU_REDUCE(__reduce_max_sync, int, maxOf)
EMU_REDUCE(__reduce_min_sync, unsigned, minOf)
EMU_REDUCE(__reduce_min_sync, int, minOf)
EMU_REDUCE(__reduce_or_sync, unsigned, orOf)
EMU_REDUCE(__reduce_and_sync, unsigned, andOf)
EMU_REDUCE(__reduce_xor_sync, unsigned, xorOf)
#undef EMU_REDUCE
