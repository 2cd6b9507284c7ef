// Shadow of device memory, page by page, made when a kernel first touches the page.
#include "shadow_memory.h"

#include <algorithm>
#include <unordered_map>

#include "device_memory.h"

namespace emu {
namespace {

constexpr uint64_t kPageMask = kPage - 1;

struct PageShadow {
    bool whollyWritten = false;  // by the host, before any kernel came: no cells needed to say so
    Cell* cells = nullptr;
};
std::unordered_map<uint64_t, PageShadow> pages;

// The pages used last, by their lowest bits.
struct CacheEntry {
    uint64_t page = 0;
    Cell* cells = nullptr;
};
constexpr unsigned kCacheEntries = 1024;
CacheEntry cache[kCacheEntries];

CacheEntry& cacheEntry(uint64_t page) {
    return cache[page / kPage % kCacheEntries];
}

}  // namespace

Cell* deviceCells(uint64_t page) {
    CacheEntry& entry = cacheEntry(page);
    if (entry.page == page) return entry.cells;
    PageShadow& shadow = pages[page];
    if (!shadow.cells) {
        shadow.cells = new Cell[kCellsPerPage]();
        for (unsigned i = 0; shadow.whollyWritten && i < kCellsPerPage; i++) shadow.cells[i].initialised = 15;
    }
    entry = {page, shadow.cells};
    return entry.cells;
}

void markDeviceWritten(uint64_t address, size_t bytes) {
    uint64_t end = address + bytes;
    for (uint64_t at = address; at < end;) {
        uint64_t page = at & ~kPageMask, pageEnd = std::min(end, page + kPage);
        if (at == page && pageEnd == page + kPage && !pages[page].cells) {
            pages[page].whollyWritten = true;
        } else {
            Cell* cells = deviceCells(page);
            for (uint64_t a = at; a < pageEnd; a++)
                cells[(a & kPageMask) / 4].initialised |= uint8_t(1u << (a & 3));
        }
        at = pageEnd;
    }
}

void forgetDevicePages(uint64_t from, uint64_t to) {
    if (pages.empty()) return;
    if (to - from > pages.size() * kPage) {
        for (auto page = pages.begin(); page != pages.end();) {
            bool gone = page->first >= from && page->first < to;
            if (gone) delete[] page->second.cells;
            page = gone ? pages.erase(page) : std::next(page);
        }
    } else {
        for (uint64_t page = from; page < to; page += kPage) {
            auto found = pages.find(page);
            if (found == pages.end()) continue;
            delete[] found->second.cells;
            pages.erase(found);
        }
    }
    for (CacheEntry& entry : cache) {
        if (entry.page >= from && entry.page < to) entry = {};
    }
}

}  // namespace emu
