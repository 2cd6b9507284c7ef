// Spreads one upload over many tensors: the host's inputs of a step travel in one copy to a staging area on the device, and this
// kernel moves each piece to its tensor.
//
//   target[p][i] = staging[from[p] + i]   for every piece p, i < bytes[p]
//
// Shapes: staging begins with `pieces` records of 16 bytes {target address, from, bytes}; sizes are even.
// Launch: grid (pieces), block 256; one block a piece.
// Source: none. Measured speed: not measured on a GPU yet.
#include "ptx.cuh"

namespace scatter {

struct Piece {
    uint64_t target;
    uint32_t from;
    uint32_t bytes;
};

template <typename Word>
__device__ __forceinline__ void move(const Piece piece, const unsigned char* staging) {
    Word* target = reinterpret_cast<Word*>(piece.target);
    const Word* source = reinterpret_cast<const Word*>(staging + piece.from);
    const uint32_t words = piece.bytes / sizeof(Word);
    for (uint32_t i = threadIdx.x; i < words; i += blockDim.x) {
        target[i] = source[i];
    }
}

}  // namespace scatter

extern "C" __global__ void scatter_inputs(const unsigned char* staging) {
    const scatter::Piece piece = reinterpret_cast<const scatter::Piece*>(staging)[blockIdx.x];
    const uint64_t alignment = piece.target | piece.bytes;
    if (alignment % 16 == 0) {
        scatter::move<uint4>(piece, staging);
    } else if (alignment % 4 == 0) {
        scatter::move<uint32_t>(piece, staging);
    } else {
        scatter::move<uint16_t>(piece, staging);
    }
}
