#include "fatbin.h"

#include <dlfcn.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

namespace emu {
namespace {

constexpr uint32_t kFatbinMagic = 0xBA55ED50, kWrapperMagic = 0x466243B1;
constexpr size_t kMostBytes = 1ull << 30;

struct FatbinHeader {
    uint32_t magic;
    uint16_t version, headerBytes;
    uint64_t bytes;
};

// As far as it is needed; found in the output of nvcc 13.
struct EntryHeader {
    uint16_t kind, attributes;
    uint32_t headerBytes;
    uint64_t bytes;
    uint32_t compressedBytes, unknown1;
    uint16_t versionMinor, versionMajor;
    uint32_t architecture;
    uint64_t unknown2;
    uint64_t flags;
    uint64_t unknown3;
    uint64_t uncompressedBytes;
};
static_assert(sizeof(EntryHeader) == 64);
constexpr uint16_t kPtx = 1, kElf = 2;
constexpr uint64_t kLz4 = 0x2000, kZstd = 0x8000, kArchitectureSpecific = 0x100000;  // the last: sm_90a

struct Entry {
    EntryHeader header;
    std::string bytes;
};

// Reads memory that may not be there: the length came from the image itself.
bool readSafely(const void* from, size_t bytes, std::string& to) {
    if (bytes > kMostBytes) return false;
    to.resize(bytes);
    iovec local{to.data(), bytes}, remote{const_cast<void*>(from), bytes};
    return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == ssize_t(bytes);
}

// libzstd is on every machine with dpkg or rpm, its header is not.
bool decompressZstd(const std::string& from, std::string& to) {
    using Decompress = size_t (*)(void*, size_t, const void*, size_t);
    static auto decompress = [] {
        void* library = dlopen("libzstd.so.1", RTLD_NOW | RTLD_LOCAL);
        return library ? reinterpret_cast<Decompress>(dlsym(library, "ZSTD_decompress")) : nullptr;
    }();
    if (!decompress) {
        fprintf(stderr, "emulator: no libzstd.so.1 to unpack the fat binary with\n");
        return false;
    }
    return decompress(to.data(), to.size(), from.data(), from.size()) == to.size();
}

bool unpack(const Entry& entry, std::string& code) {
    uint64_t flags = entry.header.flags;
    if (flags & kLz4) {
        fprintf(stderr, "emulator: the fat binary is packed with lz4; build it with --compress-mode=size\n");
        return false;
    }
    if (!(flags & kZstd)) {
        code = entry.bytes;
        return true;
    }
    if (entry.header.compressedBytes > entry.bytes.size() || entry.header.uncompressedBytes > kMostBytes)
        return false;
    code.resize(entry.header.uncompressedBytes);
    return decompressZstd(entry.bytes.substr(0, entry.header.compressedBytes), code);
}

bool readEntries(const std::string& image, std::vector<Entry>& entries) {
    for (size_t at = 0; at < image.size();) {
        Entry entry;
        if (image.size() - at < sizeof entry.header) return false;
        memcpy(&entry.header, image.data() + at, sizeof entry.header);
        const EntryHeader& h = entry.header;
        if ((h.kind != kPtx && h.kind != kElf) || h.headerBytes < sizeof h ||
            h.headerBytes > image.size() - at)
            return false;
        if (h.bytes > image.size() - at - h.headerBytes) return false;
        entry.bytes = image.substr(at + h.headerBytes, h.bytes);
        at += h.headerBytes + h.bytes;
        entries.push_back(std::move(entry));
    }
    return !entries.empty();
}

bool runsOn(const EntryHeader& h, ComputeCapability device) {
    unsigned wanted = h.architecture, have = unsigned(device.major * 10 + device.minor);
    if (h.flags & kArchitectureSpecific) return wanted == have;
    if (h.kind == kPtx) return wanted <= have;
    return wanted / 10 == have / 10 && wanted <= have;
}

// Machine code before PTX, the newest architecture first.
bool isBetter(const EntryHeader& a, const EntryHeader& b) {
    if (a.kind != b.kind) return a.kind == kElf;
    return a.architecture > b.architecture;
}

CUresult chooseFromFatbin(const void* image, ComputeCapability device, std::string& code) {
    std::string head, body;
    FatbinHeader header;
    if (!readSafely(image, sizeof header, head)) return CUDA_ERROR_INVALID_IMAGE;
    memcpy(&header, head.data(), sizeof header);
    if (header.version != 1 || header.headerBytes != sizeof header) return CUDA_ERROR_INVALID_IMAGE;
    if (!readSafely(static_cast<const char*>(image) + sizeof header, header.bytes, body))
        return CUDA_ERROR_INVALID_IMAGE;
    std::vector<Entry> entries;
    if (!readEntries(body, entries)) return CUDA_ERROR_INVALID_IMAGE;
    const Entry* best = nullptr;
    for (const Entry& entry : entries) {
        if (runsOn(entry.header, device) && (!best || isBetter(entry.header, best->header))) best = &entry;
    }
    if (!best) return CUDA_ERROR_NO_BINARY_FOR_GPU;
    return unpack(*best, code) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_IMAGE;
}

// End of the section and program header tables, whichever is later: a cubin does not say how long it is.
CUresult readElf(const void* image, std::string& code) {
    std::string head;
    if (!readSafely(image, 64, head)) return CUDA_ERROR_INVALID_IMAGE;
    auto number = [&](size_t at, size_t bytes) {
        uint64_t value = 0;
        memcpy(&value, head.data() + at, bytes);
        return value;
    };
    uint64_t programs = number(32, 8) + number(54, 2) * number(56, 2),
             sections = number(40, 8) + number(58, 2) * number(60, 2);
    return readSafely(image, std::max(programs, sections), code) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_IMAGE;
}

CUresult readPtx(const void* image, std::string& code) {
    code = static_cast<const char*>(image);
    return code.find(".version") != std::string::npos ? CUDA_SUCCESS : CUDA_ERROR_INVALID_IMAGE;
}

}  // namespace

CUresult chooseImage(const void* image, ComputeCapability device, std::string& code) {
    uint32_t magic;
    std::string head;
    if (!image || !readSafely(image, 16, head)) return CUDA_ERROR_INVALID_IMAGE;
    memcpy(&magic, head.data(), sizeof magic);
    if (magic == kWrapperMagic) {  // what nvcc puts around a fat binary that is linked into a program
        const void* data;
        memcpy(&data, head.data() + 8, sizeof data);
        return chooseFromFatbin(data, device, code);
    }
    if (magic == kFatbinMagic) return chooseFromFatbin(image, device, code);
    if (!memcmp(head.data(),
                "\x7f"
                "ELF",
                4))
        return readElf(image, code);
    bool text =
        std::all_of(head.begin(), head.end(), [](unsigned char c) { return isprint(c) || isspace(c); });
    return text ? readPtx(image, code) : CUDA_ERROR_INVALID_IMAGE;
}

bool hasEntryPoint(const std::string& code, const std::string& kernel) {
    if (!code.compare(0, 4,
                      "\x7f"
                      "ELF"))
        return code.find(".text." + kernel + '\0') != std::string::npos;
    std::string entry = ".entry " + kernel;
    for (size_t at = code.find(entry); at != std::string::npos; at = code.find(entry, at + 1)) {
        char next = at + entry.size() < code.size() ? code[at + entry.size()] : '(';
        if (!isalnum(next) && next != '_') return true;
    }
    return false;
}

}  // namespace emu
