// What the environment asks of the emulator: variables MILLRACE_EMU_*, read once. README.md lists them.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace emu {

enum class Schedule { Natural, Reverse, Random };

struct InjectedFault {
    std::string function;
    long call;  // counted from 1
    int error;
};

struct Options {
    // How kernels run.
    bool lazy = true;  // asynchronous work as late as allowed; otherwise at issue
    Schedule schedule = Schedule::Natural;
    uint64_t seed = 0;
    int timeoutSeconds = 60;
    bool check = true;  // has an effect only on kernels built with the checks
    std::string countFile;
    std::string kernels;  // shared library of kernels; by default the one beside libcuda.so.1
    int nullDevice = 0;   // 1: launches are dropped; 2: copies too
    bool trace = false;

    // What the device poses as.
    int devices = 1;
    int major = 9, minor = 0;
    int driverVersion = 13000;
    uint64_t memory = 80ull << 30;
    std::string name = "Millrace emulated H100";
    int multiprocessors = 132;
    std::vector<InjectedFault> faults;
};

const Options& options();

}  // namespace emu
