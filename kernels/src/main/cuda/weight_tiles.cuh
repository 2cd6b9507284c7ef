// How a weight [n, k] lies in memory (Java: cuda.WeightTiles): tiles of 64 rows by 128 bytes of k.
//
//   tile (i, j)  rows 64 i .. 64 i + 63, bytes 128 j .. 128 j + 127 of each; 8 KiB, contiguous, order i-major
//   in a tile    row r at 128 r; its 16-byte chunk c (0..7) at place c ^ (r & 7), wgmma's 128-byte swizzle
//   outside      rows and columns that the matrix does not have are zeros
//
// A tile is one bulk copy on sm_90, or whole cp.async chunks elsewhere. A tile is 64 of k for elements of
// 16 bits and 128 for elements of 8 bits.
#pragma once
#include <stddef.h>
#include <stdint.h>

constexpr int kTileRows = 64;
constexpr int kRowBytes = 128;
constexpr int kChunkBytes = 16;
constexpr int kTileBytes = kTileRows * kRowBytes;

// Tiles along k for rows of `bytes` bytes.
__device__ __forceinline__ int tiles_along_k(int bytes) {
    return (bytes + kRowBytes - 1) / kRowBytes;
}

// Byte offset of 16-byte chunk `chunk` of row `row`, both counted over the whole matrix.
__device__ __forceinline__ size_t tiled_chunk(int row, int chunk, int k_tiles) {
    const size_t tile = size_t(row / kTileRows) * k_tiles + chunk / 8;
    return tile * kTileBytes + row % kTileRows * kRowBytes + (chunk % 8 ^ row % 8) * kChunkBytes;
}
