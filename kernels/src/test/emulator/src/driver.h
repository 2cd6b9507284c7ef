// The fake driver's own objects, and what every one of its functions begins with.
//
// Streams run lazily: work is done at the last moment that CUDA allows, a synchronising call, so that host
// code which forgets to synchronise sees stale data every time, not sometimes. One lock; one kernel at a
// time.
#pragma once
#include <cuda.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "grid.h"
#include "options.h"

// cuda.h renames these by macro; the driver has to define the names that programs were linked against.
#undef cuDeviceGetUuid
#undef cuEventElapsedTime

#define DRIVER_API extern "C" __attribute__((visibility("default"))) CUresult

namespace emu {

struct Context {
    int device = 0;
    CUresult sticky = CUDA_SUCCESS;  // once set, every call returns it
    std::string report;
};

struct Module {
    std::string code;  // of the image chosen for this device, uncompressed
};

struct Function {
    const Kernel* kernel;  // null on a null device
    std::string name;
    unsigned maxDynamicShared = 48 << 10;
};

// ---- work: what a stream queues and a graph captures ----
struct Arguments {
    std::vector<std::vector<char>>
        values;  // each aligned as new aligns, which is enough for any parameter in use
    std::vector<void*> pointers;
};
struct KernelWork {
    Function* function;
    LaunchShape shape;
    std::shared_ptr<Arguments> arguments;
};
struct CopyWork {
    enum class Direction { HostToDevice, DeviceToHost, DeviceToDevice } direction;
    uint64_t destination, source;
    size_t bytes;
    std::shared_ptr<std::vector<char>> staged;  // a pageable source, read when the call was made
};
struct FillWork {
    uint64_t destination;
    unsigned value, elementBytes;
    size_t count;
};
struct HostWork {
    CUhostFn function;
    void* data;
};
struct Event;
struct RecordWork {
    Event* event;
};
struct Stream;
struct WaitWork {
    Stream* stream;
    uint64_t until;
};
using Work = std::variant<KernelWork, CopyWork, FillWork, HostWork, RecordWork, WaitWork>;

struct Node {
    Work work;
};
struct Graph {
    std::vector<std::unique_ptr<Node>> nodes;  // in the order in which they run
};
struct GraphExec {
    std::vector<Work> works;
    std::map<const Node*, size_t> positions;
};

struct Stream {
    std::deque<Work> queue;
    uint64_t enqueued = 0, done = 0;
    Graph* capture = nullptr;
    CUstreamCaptureMode captureMode = CU_STREAM_CAPTURE_MODE_GLOBAL;
    bool captureBroken = false;
    bool nonBlocking = false;
    bool polled = false;  // the first query of unfinished work says "not ready", the next one finishes it
    Context* context = nullptr;
};

struct Event {
    Stream* stream = nullptr;
    uint64_t sequence = 0;
    Graph* capture = nullptr;
    double milliseconds = 0;
    bool polled = false;
};

// ---- the beginning of every driver function ----
enum class Needs { Nothing, Initialised, Context };

// Takes the lock, counts the call, injects faults, and finds the sticky error: if (call.error) return
// call.error.
struct Call {
    Call(const char* function, Needs);
    CUresult error;

  private:
    std::lock_guard<std::recursive_mutex> lock;
};
inline Needs needsOf(Needs needs = Needs::Context) {
    return needs;
}
#define DRIVER_CALL(...)                                 \
    emu::Call call(__func__, emu::needsOf(__VA_ARGS__)); \
    if (call.error) return call.error

void setInitialised();
Context* currentContext();
void setCurrentContext(Context*);
bool isStickyError(CUresult);
CUresult poisonContext(CUresult, const std::string& report);
CUresult refuse(CUresult, const char* format, ...)
    __attribute__((format(printf, 2, 3)));  // with a line on stderr

// ---- streams ----
Stream* streamOf(CUstream);
Stream& defaultStream();
const std::set<Stream*>& streams();
CUresult enqueue(Stream*, Work);
CUresult finish(Stream*);
CUresult finish(Stream*, uint64_t until);
CUresult finishAll();
CUresult perform(const Work&);
// While a stream captures, calls that would synchronise are refused and break the capture.
CUresult requireNoCapture();

CUresult performKernel(const KernelWork&);
CUresult performCopy(const CopyWork&);
CUresult performFill(const FillWork&);
CUresult makeKernelWork(Function*, const LaunchShape&, void** parameters, void** extra, KernelWork&);

bool isNullDevice();
double nowMilliseconds();

}  // namespace emu
