#include "kernels.h"

#include <dlfcn.h>
#include <link.h>

#include <algorithm>
#include <cstdio>
#include <map>

#include "options.h"

namespace emu {
namespace {

KernelLibrary library;

std::map<std::string, Kernel>& table() {
    static auto* kernels =
        new std::map<std::string, Kernel>;  // filled while the library's own statics come up
    return *kernels;
}

std::string besideThisLibrary() {
    Dl_info info;
    dladdr(reinterpret_cast<void*>(&besideThisLibrary), &info);
    std::string path = info.dli_fname;
    return path.substr(0, path.rfind('/') + 1) + "libkernels.so";
}

int findEnd(dl_phdr_info* info, size_t, void*) {
    if (info->dlpi_addr != library.base) return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const auto& header = info->dlpi_phdr[i];
        if (header.p_type == PT_LOAD)
            library.end = std::max(library.end, uint64_t(info->dlpi_addr + header.p_vaddr + header.p_memsz));
    }
    return 1;
}

}  // namespace

void registerKernel(const KernelEntry& entry) {
    Kernel kernel;
    kernel.name = entry.name;
    kernel.sizes.assign(entry.sizes, entry.sizes + entry.parameters);
    kernel.alignments.assign(entry.alignments, entry.alignments + entry.parameters);
    kernel.invoke = entry.invoke;
    table()[entry.name] = kernel;
}

bool loadKernelLibrary() {
    if (library.base) return true;
    library.path = options().kernels.empty() ? besideThisLibrary() : options().kernels;
    void* handle = dlopen(library.path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        fprintf(stderr, "emulator: %s\n", dlerror());
        return false;
    }
    link_map* map;
    dlinfo(handle, RTLD_DI_LINKMAP, &map);
    library.base = map->l_addr;
    library.instrumented = dlsym(handle, "emuInstrumented") != nullptr;
    dl_iterate_phdr(findEnd, nullptr);
    return true;
}

const KernelLibrary& kernelLibrary() {
    return library;
}

const Kernel* findKernel(const std::string& name) {
    auto found = table().find(name);
    return found == table().end() ? nullptr : &found->second;
}

}  // namespace emu
