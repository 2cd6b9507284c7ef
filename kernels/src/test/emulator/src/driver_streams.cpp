// Streams and events: queues that are worked off when somebody waits for them.
#include "driver.h"

namespace emu {
namespace {

std::set<Stream*> allStreams;

struct Performer {
    CUresult operator()(const KernelWork& work) const { return performKernel(work); }
    CUresult operator()(const CopyWork& work) const { return performCopy(work); }
    CUresult operator()(const FillWork& work) const { return performFill(work); }
    CUresult operator()(const HostWork& work) const {
        work.function(work.data);
        return CUDA_SUCCESS;
    }
    CUresult operator()(const RecordWork& work) const {
        work.event->milliseconds = nowMilliseconds();
        return CUDA_SUCCESS;
    }
    CUresult operator()(const WaitWork& work) const {
        return allStreams.count(work.stream) || work.stream == &defaultStream()
                   ? finish(work.stream, work.until)
                   : CUDA_SUCCESS;
    }
};

// The default stream and the blocking ones wait for each other.
CUresult orderWithDefaultStream(Stream* stream) {
    if (stream != &defaultStream()) return stream->nonBlocking ? CUDA_SUCCESS : finish(&defaultStream());
    for (Stream* other : allStreams) {
        if (other->nonBlocking || other->capture) continue;
        if (CUresult error = finish(other)) return error;
    }
    return CUDA_SUCCESS;
}

}  // namespace

Stream& defaultStream() {
    static Stream stream;
    return stream;
}

Stream* streamOf(CUstream handle) {
    bool isDefault = !handle || handle == CU_STREAM_LEGACY || handle == CU_STREAM_PER_THREAD;
    return isDefault ? &defaultStream() : reinterpret_cast<Stream*>(handle);
}

const std::set<Stream*>& streams() {
    return allStreams;
}

CUresult perform(const Work& work) {
    return std::visit(Performer{}, work);
}

CUresult enqueue(Stream* stream, Work work) {
    if (stream->capture) {
        stream->capture->nodes.push_back(std::make_unique<Node>(Node{std::move(work)}));
        return CUDA_SUCCESS;
    }
    if (CUresult error = orderWithDefaultStream(stream)) return error;
    stream->queue.push_back(std::move(work));
    stream->enqueued++;
    stream->polled = false;
    return options().lazy && !isNullDevice() ? CUDA_SUCCESS : finish(stream);
}

CUresult finish(Stream* stream, uint64_t until) {
    while (stream->done < until && !stream->queue.empty()) {
        Work work = std::move(stream->queue.front());
        stream->queue.pop_front();
        stream->done++;
        if (CUresult error = perform(work)) return error;
    }
    return CUDA_SUCCESS;
}

CUresult finish(Stream* stream) {
    return finish(stream, stream->enqueued);
}

CUresult finishAll() {
    if (CUresult error = finish(&defaultStream())) return error;
    for (Stream* stream : allStreams) {
        if (CUresult error = finish(stream)) return error;
    }
    return CUDA_SUCCESS;
}

CUresult requireNoCapture() {
    for (Stream* stream : allStreams) {
        if (!stream->capture || stream->captureMode == CU_STREAM_CAPTURE_MODE_RELAXED) continue;
        stream->captureBroken = true;
        return refuse(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED,
                      "a call that would synchronise, while a stream captures");
    }
    return CUDA_SUCCESS;
}

}  // namespace emu

using namespace emu;

DRIVER_API cuStreamCreate(CUstream* handle, unsigned flags) {
    DRIVER_CALL();
    auto* stream = new Stream;
    stream->nonBlocking = flags & CU_STREAM_NON_BLOCKING;
    stream->context = currentContext();
    allStreams.insert(stream);
    *handle = reinterpret_cast<CUstream>(stream);
    return CUDA_SUCCESS;
}

DRIVER_API cuStreamCreateWithPriority(CUstream* handle, unsigned flags, int) {
    return cuStreamCreate(handle, flags);
}

DRIVER_API cuStreamDestroy_v2(CUstream handle) {
    DRIVER_CALL();
    Stream* stream = streamOf(handle);
    if (!allStreams.count(stream)) return CUDA_ERROR_INVALID_HANDLE;
    CUresult error = finish(stream);
    allStreams.erase(stream);  // the object stays: events may still point to it
    return error;
}

DRIVER_API cuStreamSynchronize(CUstream handle) {
    DRIVER_CALL();
    Stream* stream = streamOf(handle);
    if (stream->capture) {
        stream->captureBroken = true;
        return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    }
    return finish(stream);
}

DRIVER_API cuStreamQuery(CUstream handle) {
    DRIVER_CALL();
    Stream* stream = streamOf(handle);
    if (stream->queue.empty()) return CUDA_SUCCESS;
    if (!stream->polled) {
        stream->polled = true;
        return CUDA_ERROR_NOT_READY;
    }
    return finish(stream);
}

DRIVER_API cuStreamGetFlags(CUstream handle, unsigned* flags) {
    DRIVER_CALL();
    *flags = streamOf(handle)->nonBlocking ? CU_STREAM_NON_BLOCKING : CU_STREAM_DEFAULT;
    return CUDA_SUCCESS;
}

DRIVER_API cuStreamGetPriority(CUstream, int* priority) {
    DRIVER_CALL();
    *priority = 0;
    return CUDA_SUCCESS;
}

DRIVER_API cuStreamWaitEvent(CUstream handle, CUevent eventHandle, unsigned) {
    DRIVER_CALL();
    Stream* stream = streamOf(handle);
    auto* event = reinterpret_cast<Event*>(eventHandle);
    if (event->capture) {
        stream->capture = event->capture;  // joins the capture that the event was recorded in
        return CUDA_SUCCESS;
    }
    if (!event->stream || event->stream == stream) return CUDA_SUCCESS;
    return enqueue(stream, WaitWork{event->stream, event->sequence});
}

DRIVER_API cuLaunchHostFunc(CUstream handle, CUhostFn function, void* data) {
    DRIVER_CALL();
    return enqueue(streamOf(handle), HostWork{function, data});
}

DRIVER_API cuEventCreate(CUevent* handle, unsigned) {
    DRIVER_CALL();
    *handle = reinterpret_cast<CUevent>(new Event);
    return CUDA_SUCCESS;
}

// The object stays: a stream may still have to record it.
DRIVER_API cuEventDestroy_v2(CUevent) {
    DRIVER_CALL();
    return CUDA_SUCCESS;
}

DRIVER_API cuEventRecord(CUevent handle, CUstream streamHandle) {
    DRIVER_CALL();
    auto* event = reinterpret_cast<Event*>(handle);
    Stream* stream = streamOf(streamHandle);
    event->capture = stream->capture;
    if (event->capture) return CUDA_SUCCESS;
    CUresult error = enqueue(stream, RecordWork{event});
    event->stream = stream;
    event->sequence = stream->enqueued;
    event->polled = false;
    return error;
}

DRIVER_API cuEventRecordWithFlags(CUevent event, CUstream stream, unsigned) {
    return cuEventRecord(event, stream);
}

DRIVER_API cuEventSynchronize(CUevent handle) {
    DRIVER_CALL();
    auto* event = reinterpret_cast<Event*>(handle);
    return event->stream ? finish(event->stream, event->sequence) : CUDA_SUCCESS;
}

DRIVER_API cuEventQuery(CUevent handle) {
    DRIVER_CALL();
    auto* event = reinterpret_cast<Event*>(handle);
    if (!event->stream || event->stream->done >= event->sequence) return CUDA_SUCCESS;
    if (!event->polled) {
        event->polled = true;
        return CUDA_ERROR_NOT_READY;
    }
    return finish(event->stream, event->sequence);
}

DRIVER_API cuEventElapsedTime(float* milliseconds, CUevent first, CUevent second) {
    DRIVER_CALL();
    auto *from = reinterpret_cast<Event*>(first), *to = reinterpret_cast<Event*>(second);
    if (!from->stream || !to->stream) return CUDA_ERROR_INVALID_HANDLE;
    bool done = from->stream->done >= from->sequence && to->stream->done >= to->sequence;
    if (!done) return CUDA_ERROR_NOT_READY;
    *milliseconds = float(to->milliseconds - from->milliseconds);
    return CUDA_SUCCESS;
}

DRIVER_API cuEventElapsedTime_v2(float* milliseconds, CUevent first, CUevent second) {
    return cuEventElapsedTime(milliseconds, first, second);
}
