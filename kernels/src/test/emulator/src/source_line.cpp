#include "source_line.h"

#include <cstdio>
#include <unordered_map>

#include "kernels.h"

namespace emu {
namespace {

constexpr Place kSiteBit = 0x80000000u;

struct SiteKey {
    const char* file;
    int line;
    bool operator==(const SiteKey& other) const { return file == other.file && line == other.line; }
};
struct SiteHash {
    size_t operator()(const SiteKey& key) const { return size_t(key.file) * 31 + size_t(key.line); }
};
std::vector<SiteKey> sites;
std::unordered_map<SiteKey, Place, SiteHash> siteNumbers;

std::string baseName(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

bool isKernelSource(const std::string& line) {
    return line.find(".cu:") != std::string::npos || line.find(".cuh:") != std::string::npos;
}

// addr2line prints, for each address, itself and then its frames, innermost first.
void readFrames(FILE* pipe, std::vector<SourceLine*>& targets) {
    char text[600];
    size_t next = 0;
    SourceLine* current = nullptr;
    while (fgets(text, sizeof text, pipe)) {
        text[strcspn(text, " \n")] = 0;
        if (!strncmp(text, "0x", 2)) {
            current = next < targets.size() ? targets[next++] : nullptr;
            continue;
        }
        std::string line = baseName(text);
        if (!current || !isKernelSource(line)) continue;
        if (current->at.empty()) {
            current->at = line;
        } else if (current->via.empty() && line != current->at) {
            current->via = line;
        }
    }
}

}  // namespace

Place placeOf(const Site& site) {
    auto [found, added] = siteNumbers.try_emplace({site.file, site.line}, kSiteBit | Place(sites.size()));
    if (added) sites.push_back({site.file, site.line});
    return found->second;
}

Place placeOf(const void* returnAddress) {
    return Place(uint64_t(returnAddress) - kernelLibrary().base);
}

std::vector<SourceLine> resolve(const std::vector<Place>& places) {
    std::vector<SourceLine> lines(places.size());
    std::vector<SourceLine*> targets;
    std::string command = "addr2line -a -i -s -e '" + kernelLibrary().path + "'";
    for (size_t i = 0; i < places.size(); i++) {
        if (places[i] & kSiteBit) {
            const SiteKey& site = sites[places[i] & ~kSiteBit];
            lines[i].at = baseName(site.file) + ":" + std::to_string(site.line);
            continue;
        }
        char address[32];
        snprintf(address, sizeof address, " 0x%x", places[i] - 1);  // the call, not the instruction after it
        command += address;
        targets.push_back(&lines[i]);
    }
    if (targets.empty()) return lines;
    if (FILE* pipe = popen((command + " 2>/dev/null").c_str(), "r")) {
        readFrames(pipe, targets);
        pclose(pipe);
    }
    return lines;
}

std::string nameOf(Place place) {
    SourceLine line = resolve({place})[0];
    if (line.at.empty()) return "an unknown line";
    return line.via.empty() ? line.at : line.at + ", inlined at " + line.via;
}

std::string nameOf(const Site& site) {
    return nameOf(placeOf(site));
}

std::string lineAt(const void* pc) {
    const KernelLibrary& library = kernelLibrary();
    if (uint64_t(pc) - library.base >= library.end - library.base) return "a line outside the kernels";
    return nameOf(placeOf(static_cast<const char*>(pc) + 1));
}

}  // namespace emu
