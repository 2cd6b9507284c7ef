// Turns a memory fault or an endless kernel into a report.
#pragma once

namespace emu {

// Chains itself before the handlers that are there (a JVM's), once.
void installFaultHandlers();

// While it lives, faults on this thread are the kernel's, and the kernel has so many seconds.
class FaultGuard {
  public:
    explicit FaultGuard(int seconds);
    ~FaultGuard();
    FaultGuard(const FaultGuard&) = delete;
    FaultGuard& operator=(const FaultGuard&) = delete;
};

}  // namespace emu
