// Writes the counters as JSON. Addresses of one source line (unrolled, inlined) become one entry.
#include <algorithm>
#include <cstdio>

#include "counter_records.h"

namespace emu {
namespace {

using Number = unsigned long long;

struct LineKey {
    std::string at, via, operation;
    Space space;
    bool write;
    uint32_t size;
    bool operator<(const LineKey& o) const {
        return std::tie(at, via, operation, space, write, size) <
               std::tie(o.at, o.via, o.operation, o.space, o.write, o.size);
    }
};

const char* name(Space space) {
    switch (space) {
        case Space::Global:
            return "global";
        case Space::Shared:
            return "shared";
        case Space::Host:
            return "host";
    }
    return "";
}

void addTo(AccessCount& sum, const AccessCount& count) {
    sum.accesses += count.accesses;
    sum.lanes += count.lanes;
    sum.bytes += count.bytes;
    sum.sectors += count.sectors;
    sum.leastSectors += count.leastSectors;
    sum.lines += count.lines;
    sum.cycles += count.cycles;
    sum.idealCycles += count.idealCycles;
    sum.maxWays = std::max(sum.maxWays, count.maxWays);
}

std::map<LineKey, AccessCount> byLine(const KernelCount& kernel, const std::vector<SourceLine>& lines) {
    std::map<LineKey, AccessCount> sums;
    for (size_t i = 0; i < kernel.sites.size(); i++) {
        const AccessCount& count = kernel.sites[i];
        if (!count.accesses) continue;
        const AccessSite& site = accessSites()[i];
        std::string operation = site.instruction ? site.instruction : site.write ? "store" : "load";
        addTo(sums[{lines[i].at, lines[i].via, operation, site.space, site.write, count.size}], count);
    }
    return sums;
}

void writeSite(FILE* out, const LineKey& key, const AccessCount& c) {
    fprintf(out,
            "    {\"at\": \"%s\", \"via\": \"%s\", \"space\": \"%s\", \"operation\": \"%s\", \"write\": %s, "
            "\"size\": %u,\n"
            "     \"accesses\": %llu, \"lanes\": %llu, \"bytes\": %llu, ",
            key.at.c_str(), key.via.c_str(), name(key.space), key.operation.c_str(),
            key.write ? "true" : "false", key.size, Number(c.accesses), Number(c.lanes), Number(c.bytes));
    if (key.space == Space::Shared) {
        fprintf(out, "\"cycles\": %llu, \"idealCycles\": %llu, \"maxWays\": %u}", Number(c.cycles),
                Number(c.idealCycles), c.maxWays);
    } else {
        fprintf(out, "\"sectors\": %llu, \"leastSectors\": %llu, \"lines\": %llu}", Number(c.sectors),
                Number(c.leastSectors), Number(c.lines));
    }
}

void writeKernel(FILE* out, const KernelCount& k, const std::vector<SourceLine>& lines) {
    const LaunchShape& s = k.shape;
    fprintf(out,
            "  {\"name\": \"%s\", \"grid\": [%u, %u, %u], \"block\": [%u, %u, %u], \"dynamicShared\": %u,\n"
            "   \"launches\": %llu, \"blocks\": %llu, \"warps\": %llu, \"barriers\": %llu,\n"
            "   \"uniqueReadSectors\": %llu, \"uniqueWriteSectors\": %llu, \"blockReadSectors\": %llu,\n   "
            "\"mma\": {",
            k.name.c_str(), s.grid.x, s.grid.y, s.grid.z, s.block.x, s.block.y, s.block.z, s.dynamicShared,
            Number(k.launches), Number(k.blocks), Number(k.warps), Number(k.barriers),
            Number(k.uniqueReadSectors), Number(k.uniqueWriteSectors), Number(k.blockReadSectors));
    const char* separator = "";
    for (auto& [instruction, mma] : k.mma) {
        fprintf(out, "%s\"%s\": {\"instructions\": %llu, \"flops\": %llu}", separator, instruction.c_str(),
                Number(mma.instructions), Number(mma.flops));
        separator = ", ";
    }
    fprintf(out, "},\n   \"collectives\": {");
    separator = "";
    for (auto& [instruction, count] : k.collectives) {
        fprintf(out, "%s\"%s\": %llu", separator, instruction.c_str(), Number(count));
        separator = ", ";
    }
    fprintf(out, "},\n   \"sites\": [");
    separator = "\n";
    for (auto& [key, count] : byLine(k, lines)) {
        fprintf(out, "%s", separator);
        writeSite(out, key, count);
        separator = ",\n";
    }
    fprintf(out, "]}");
}

}  // namespace

void writeCounterReport(const std::string& file) {
    std::vector<Place> places;
    for (const AccessSite& site : accessSites()) places.push_back(site.place);
    std::vector<SourceLine> lines = resolve(places);
    FILE* out = fopen(file.c_str(), "w");
    if (!out) {
        perror(file.c_str());
        return;
    }
    fprintf(out, "{\"kernels\": [");
    const char* separator = "\n";
    for (auto& [key, kernel] : kernelCounts()) {
        fprintf(out, "%s", separator);
        writeKernel(out, kernel, lines);
        separator = ",\n";
    }
    fprintf(out, "\n]}\n");
    fclose(out);
}

}  // namespace emu
