// What is remembered of every 4 bytes: who wrote them last, who read them, which of them have a value.
#pragma once
#include "checker.h"

namespace emu {

// An access to some of the 4 bytes. A block's number is unique over all launches; 0 is no block.
struct Record {
    uint32_t block, clock;
    Place place;
    uint16_t thread;
    uint8_t bytes;  // bit mask
    Access kind;
};

struct Cell {
    Record write, reads[2];
    uint32_t initialisedBy;  // shared memory: the block that `initialised` and `pending` are of
    uint8_t initialised;     // bit mask of bytes
    uint8_t pending;         // bytes that an asynchronous copy will write
    Place pendingPlace;      // where that copy was issued
};

constexpr unsigned kCellsPerPage = 1024;
Cell* deviceCells(uint64_t page);  // of the page that starts at this address

}  // namespace emu
