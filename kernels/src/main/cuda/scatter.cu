// Spreads one upload over many tensors: the host's inputs of a step travel in one copy to a staging area on the
// device, and this kernel moves each piece to its tensor.
//
//   target[p][r * stride[p] + i] = staging[from[p] + r * row_bytes[p] + i]   for every piece p, r < rows[p], i < row_bytes[p]
//   of a piece of token ids that has an address `drawn`: a word x < 0 stands for drawn[-1 - x]
//
// The second line is how a step begins with tokens that the step before has drawn and the host has not seen yet.
//
// Shapes: staging begins with records of 32 bytes {target address, from, row_bytes, rows, stride in bytes, drawn or 0},
// one a piece; all sizes are even, `from` is a multiple of 16. A piece with `drawn` has one row of INT32.
// Launch: grid (pieces, any), block 256; the blocks of a piece share its words.
// Source: none. Measured speed: not measured on a GPU yet.
#include "ptx.cuh"

namespace scatter {

struct Piece {
    uint64_t target;
    uint32_t from;
    uint32_t row_bytes;
    uint32_t rows;
    uint32_t stride;
    uint64_t drawn;
};

template <typename Word>
__device__ __forceinline__ void move(const Piece& piece, const unsigned char* staging) {
    const uint32_t row_words = piece.row_bytes / sizeof(Word);
    const uint32_t words = row_words * piece.rows;
    const Word* source = reinterpret_cast<const Word*>(staging + piece.from);
    for (uint32_t i = blockIdx.y * blockDim.x + threadIdx.x; i < words; i += gridDim.y * blockDim.x) {
        const uint32_t row = i / row_words;
        unsigned char* target = reinterpret_cast<unsigned char*>(piece.target) + uint64_t{row} * piece.stride;
        reinterpret_cast<Word*>(target)[i - row * row_words] = source[i];
    }
}

__device__ __forceinline__ void move_tokens(const Piece& piece, const unsigned char* staging) {
    const int* source = reinterpret_cast<const int*>(staging + piece.from);
    const int* drawn = reinterpret_cast<const int*>(piece.drawn);
    int* target = reinterpret_cast<int*>(piece.target);
    for (uint32_t i = blockIdx.y * blockDim.x + threadIdx.x; i < piece.row_bytes / 4; i += gridDim.y * blockDim.x) {
        const int id = source[i];
        target[i] = id < 0 ? drawn[-1 - id] : id;
    }
}

}  // namespace scatter

extern "C" __global__ void scatter_inputs(const unsigned char* staging) {
    const scatter::Piece piece = reinterpret_cast<const scatter::Piece*>(staging)[blockIdx.x];
    if (piece.drawn != 0) {
        scatter::move_tokens(piece, staging);
        return;
    }
    const uint64_t alignment = piece.target | piece.row_bytes | piece.stride;
    if (alignment % 16 == 0) {
        scatter::move<uint4>(piece, staging);
    } else if (alignment % 4 == 0) {
        scatter::move<uint32_t>(piece, staging);
    } else {
        scatter::move<uint16_t>(piece, staging);
    }
}
