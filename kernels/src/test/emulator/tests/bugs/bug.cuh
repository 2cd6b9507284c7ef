// Every kernel of this folder means to do out[i] = in[n - 1 - i] for n = 256. Each has one bug, but for those
// named correct_*.
//
//   // launch: blocks 2, shared 16384, words 1
//                        above a kernel, when it differs: 256 threads over so many blocks (1), bytes of
//                        dynamic shared memory (1024), zeroed words behind the output (0)
//   // reports: TEXT     above a kernel: what the checker must say of it
//   //!                  at the end of a line: that line must be named in the report
//   //?                  likewise, but one of the lines marked so is enough (which one depends on the order
//                        of the threads)
#pragma once
#include "ptx.cuh"

#define PLANTED(name) extern "C" __global__ void name(float* out, const float* in, int n)
