#include "options.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace emu {
namespace {

const char* variable(const char* name) {
    std::string full = std::string("MILLRACE_EMU_") + name;
    const char* value = getenv(full.c_str());
    return value && *value ? value : nullptr;
}

[[noreturn]] void refuse(const char* name, const char* value, const char* allowed) {
    fprintf(stderr, "emulator: MILLRACE_EMU_%s=%s is not understood; allowed: %s\n", name, value, allowed);
    abort();
}

void readNumber(const char* name, int& target) {
    if (const char* value = variable(name)) target = atoi(value);
}

void readSchedule(Options& o) {
    const char* value = variable("ORDER");
    if (!value || !strcmp(value, "natural")) return;
    if (!strcmp(value, "reverse")) {
        o.schedule = Schedule::Reverse;
    } else if (!strncmp(value, "random:", 7)) {
        o.schedule = Schedule::Random;
        o.seed = strtoull(value + 7, nullptr, 10);
    } else {
        refuse("ORDER", value, "natural, reverse, random:SEED");
    }
}

void readFaults(Options& o) {
    const char* value = variable("FAIL");
    if (!value) return;
    std::string list = value;
    for (size_t start = 0; start < list.size();) {
        size_t end = list.find(',', start);
        if (end == std::string::npos) end = list.size();
        char function[100];
        long call;
        int error;
        if (sscanf(list.substr(start, end - start).c_str(), "%99[^:]:%ld:%d", function, &call, &error) != 3) {
            refuse("FAIL", value, "FUNCTION:NTH_CALL:ERROR, several joined by commas");
        }
        o.faults.push_back({function, call, error});
        start = end + 1;
    }
}

Options read() {
    Options o;
    if (const char* value = variable("MODE")) {
        if (strcmp(value, "lazy") && strcmp(value, "eager")) refuse("MODE", value, "lazy, eager");
        o.lazy = !strcmp(value, "lazy");
    }
    readSchedule(o);
    readFaults(o);
    readNumber("TIMEOUT", o.timeoutSeconds);
    readNumber("NULL", o.nullDevice);
    readNumber("DEVICES", o.devices);
    readNumber("DRIVER_VERSION", o.driverVersion);
    readNumber("SMS", o.multiprocessors);
    if (const char* value = variable("CHECK")) o.check = atoi(value) != 0;
    if (const char* value = variable("TRACE")) o.trace = atoi(value) != 0;
    if (const char* value = variable("COUNT")) o.countFile = value;
    if (const char* value = variable("KERNELS")) o.kernels = value;
    if (const char* value = variable("NAME")) o.name = value;
    if (const char* value = variable("MEMORY")) o.memory = strtoull(value, nullptr, 10);
    if (const char* value = variable("COMPUTE_CAPABILITY")) {
        if (sscanf(value, "%d.%d", &o.major, &o.minor) != 2)
            refuse("COMPUTE_CAPABILITY", value, "MAJOR.MINOR");
    }
    return o;
}

}  // namespace

const Options& options() {
    static const Options instance = read();
    return instance;
}

}  // namespace emu
