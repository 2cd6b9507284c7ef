#include "faults.h"

#include <csignal>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <ctime>

#include "device_memory.h"
#include "scheduler.h"
#include "shared_memory.h"
#include "source_line.h"

namespace emu {
namespace {

struct sigaction previousSegv, previousBus;
stack_t previousStack;
char handlerStack[64 << 10];  // a report about a stack overflow needs another stack

bool fromKernel() {
    return inKernel() && running.thread;
}

[[noreturn]] void reportFault(uint64_t address, bool write, const void* pc) {
    std::string what;
    if (isStackOverflow(address)) {
        what = "thread stack overflow";
    } else {
        what = describeShared(address);
        if (what.empty()) what = describeDevice(address);
    }
    fail("illegal %s at 0x%llx: %s; at %s", write ? "write" : "read", (unsigned long long)address,
         what.c_str(), lineAt(pc).c_str());
}

void onFault(int signal, siginfo_t* info, void* context) {
    if (fromKernel()) {
        auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
        reportFault(uint64_t(info->si_addr), registers[REG_ERR] & 2,
                    reinterpret_cast<void*>(registers[REG_RIP]));
    }
    struct sigaction& previous = signal == SIGSEGV ? previousSegv : previousBus;
    if (previous.sa_flags & SA_SIGINFO) {
        previous.sa_sigaction(signal, info, context);
    } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
        previous.sa_handler(signal);
    } else {
        ::signal(signal, SIG_DFL);
        raise(signal);
    }
}

int timeoutSignal() {
    return SIGRTMIN + 7;
}

void onTimeout(int, siginfo_t*, void* context) {
    if (!fromKernel()) return;
    auto* pc = reinterpret_cast<void*>(static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP]);
    const Site& site = running.thread->site;
    std::string wait = std::string("; it last waited in ") + site.instruction + " at " + nameOf(site);
    fail(
        "timeout: the kernel runs longer than MILLRACE_EMU_TIMEOUT seconds (a spin loop without "
        "ld_acquire?); at %s%s",
        lineAt(pc).c_str(), site.line ? wait.c_str() : "");
}

void handle(int signal, void (*handler)(int, siginfo_t*, void*), struct sigaction* previous) {
    struct sigaction action{};
    action.sa_sigaction = handler;
    // NODEFER: the handler does not return but switches to another stack.
    action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    sigaction(signal, &action, previous);
}

timer_t threadTimer() {
    static thread_local timer_t timer = [] {
        timer_t made;
        struct sigevent event{};
        event.sigev_notify = SIGEV_THREAD_ID;
        event.sigev_signo = timeoutSignal();
        event._sigev_un._tid = pid_t(syscall(SYS_gettid));
        timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &made);  // a busy machine is no reason to give up
        return made;
    }();
    return timer;
}

void setTimer(int seconds) {
    itimerspec time{};
    time.it_value.tv_sec = seconds;
    timer_settime(threadTimer(), 0, &time, nullptr);
}

}  // namespace

void installFaultHandlers() {
    static const bool once = [] {
        handle(SIGSEGV, onFault, &previousSegv);
        handle(SIGBUS, onFault, &previousBus);
        handle(timeoutSignal(), onTimeout, nullptr);
        return true;
    }();
    (void)once;
}

FaultGuard::FaultGuard(int seconds) {
    stack_t stack{};
    stack.ss_sp = handlerStack;
    stack.ss_size = sizeof handlerStack;
    sigaltstack(&stack, &previousStack);
    setTimer(seconds);
}

FaultGuard::~FaultGuard() {
    setTimer(0);
    sigaltstack(&previousStack, nullptr);
}

}  // namespace emu
