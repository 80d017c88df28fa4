#include "streams.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "report.h"
#include "resources.h"

using Clock = std::chrono::steady_clock;

struct CUstream_st {
    unsigned flags = 0;
    std::shared_ptr<cuda_emulation::Capture> capture;
    std::size_t work = 0;    ///< operations captured so far
    std::size_t joined = 0;  ///< of them, those that another stream of the capture waits for
};

struct CUevent_st {
    unsigned flags = 0;
    bool recorded = false;
    Clock::time_point time;
    // Where it was recorded in a captured stream.
    std::weak_ptr<cuda_emulation::Capture> capture;
    bool captured = false;
    cudaStream_t stream = nullptr;
    std::size_t work = 0;
};

struct CUgraph_st {
    std::vector<cuda_emulation::Operation> operations;
};

struct CUgraphExec_st {
    std::vector<cuda_emulation::Operation> operations;
};

namespace cuda_emulation {
namespace {

thread_local cudaStreamCaptureMode thread_mode = cudaStreamCaptureModeGlobal;

std::vector<std::shared_ptr<Capture>>& captures() {
    static std::vector<std::shared_ptr<Capture>> active;
    return active;
}

cudaError_t invalidate(Capture& capture, cudaError_t code, std::string why) {
    capture.valid = false;
    return refuse(code, std::move(why));
}

cudaError_t check_event(cudaEvent_t event, const char* call) {
    if (failure() != cudaSuccess) return failure();
    if (is_resource(event, "event")) return cudaSuccess;
    return refuse(cudaErrorInvalidResourceHandle, fmt::format("{}: no such event", call));
}

void leave_capture(cudaStream_t stream) {
    stream->capture = nullptr;
    stream->work = stream->joined = 0;
}

}  // namespace

cudaError_t check_stream(cudaStream_t stream, const char* call) {
    if (failure() != cudaSuccess) return failure();
    if (!stream || is_resource(stream, "stream")) return cudaSuccess;
    return refuse(cudaErrorInvalidResourceHandle, fmt::format("{}: no such stream", call));
}

std::vector<Listed>*& calls_listed() {
    static std::vector<Listed>* calls = nullptr;
    return calls;
}

void list_only(std::vector<Listed>* calls) {
    const std::lock_guard lock(device_mutex());
    calls_listed() = calls;
}

cudaError_t enqueue(cudaStream_t stream, const char* call, Operation operation) {
    if (const cudaError_t error = check_stream(stream, call)) return error;
    if (calls_listed()) {
        calls_listed()->push_back({.name = call});
        return cudaSuccess;
    }
    if (!stream) {
        for (const auto& capture : captures())
            if (!(capture->origin->flags & cudaStreamNonBlocking))
                return invalidate(*capture, cudaErrorStreamCaptureImplicit,
                                  fmt::format("{} on the default stream while a blocking stream is "
                                              "captured",
                                              call));
    } else if (stream->capture) {
        if (!stream->capture->valid)
            return refuse(cudaErrorStreamCaptureInvalidated,
                          fmt::format("{}: the stream's capture has failed before", call));
        stream->capture->operations.push_back(std::move(operation));
        ++stream->work;
        return cudaSuccess;
    }
    // Errors of kernels come out at a later call, as they do on a device; others at once.
    const cudaError_t error = operation();
    return failure() != cudaSuccess ? cudaSuccess : error;
}

cudaError_t forbidden_in_capture(const char* call) {
    for (const auto& capture : captures()) {
        const bool own = capture->thread == std::this_thread::get_id();
        const bool forbids = capture->mode == cudaStreamCaptureModeGlobal
                                 ? thread_mode != cudaStreamCaptureModeRelaxed
                                 : capture->mode == cudaStreamCaptureModeThreadLocal && own &&
                                       thread_mode != cudaStreamCaptureModeRelaxed;
        if (forbids)
            return invalidate(*capture, cudaErrorStreamCaptureUnsupported,
                              fmt::format("{} while a stream is captured", call));
    }
    return cudaSuccess;
}

}  // namespace cuda_emulation

using namespace cuda_emulation;

// Streams.

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags) {
    const std::lock_guard lock(device_mutex());
    if (failure() != cudaSuccess) return failure();
    *stream = new CUstream_st{flags, nullptr, 0, 0};
    add_resource(*stream, "stream");
    return cudaSuccess;
}
cudaError_t cudaStreamCreate(cudaStream_t* stream) {
    return cudaStreamCreateWithFlags(stream, cudaStreamDefault);
}
cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned flags, int) {
    return cudaStreamCreateWithFlags(stream, flags);
}
cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* greatest) {
    *least = 0;
    *greatest = -1;
    return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
    const std::lock_guard lock(device_mutex());
    if (!remove_resource(stream, "stream"))
        return refuse(cudaErrorInvalidResourceHandle, "cudaStreamDestroy: no such stream");
    std::erase_if(captures(), [&](const auto& capture) { return capture->origin == stream; });
    delete stream;
    return failure();
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
    const std::lock_guard lock(device_mutex());
    if (const cudaError_t error = check_stream(stream, "cudaStreamSynchronize")) return error;
    if (stream && stream->capture)
        return invalidate(*stream->capture, cudaErrorStreamCaptureUnsupported,
                          "cudaStreamSynchronize on a stream that is captured");
    return forbidden_in_capture("cudaStreamSynchronize");
}

cudaError_t cudaStreamQuery(cudaStream_t stream) {
    return cudaStreamSynchronize(stream);
}

cudaError_t cudaLaunchHostFunc(cudaStream_t stream, cudaHostFn_t function, void* data) {
    const std::lock_guard lock(device_mutex());
    return enqueue(stream, "cudaLaunchHostFunc", [=] {
        function(data);
        return cudaSuccess;
    });
}

// Events.

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags) {
    const std::lock_guard lock(device_mutex());
    if (failure() != cudaSuccess) return failure();
    *event = new CUevent_st;
    (*event)->flags = flags;
    add_resource(*event, "event");
    return cudaSuccess;
}
cudaError_t cudaEventCreate(cudaEvent_t* event) {
    return cudaEventCreateWithFlags(event, cudaEventDefault);
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
    const std::lock_guard lock(device_mutex());
    if (!remove_resource(event, "event"))
        return refuse(cudaErrorInvalidResourceHandle, "cudaEventDestroy: no such event");
    delete event;
    return failure();
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
    const std::lock_guard lock(device_mutex());
    if (const cudaError_t error = check_event(event, "cudaEventRecord")) return error;
    if (const cudaError_t error = check_stream(stream, "cudaEventRecord")) return error;
    event->captured = stream && stream->capture;
    if (event->captured) {
        event->capture = stream->capture;
        event->stream = stream;
        event->work = stream->work;
    } else {
        event->recorded = true;
        event->time = Clock::now();
    }
    return cudaSuccess;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
    const std::lock_guard lock(device_mutex());
    if (const cudaError_t error = check_event(event, "cudaStreamWaitEvent")) return error;
    if (const cudaError_t error = check_stream(stream, "cudaStreamWaitEvent")) return error;
    const std::shared_ptr<Capture> capture = event->captured ? event->capture.lock() : nullptr;
    if (!capture) {
        if (stream && stream->capture)
            return invalidate(*stream->capture, cudaErrorStreamCaptureIsolation,
                              "cudaStreamWaitEvent: a captured stream waits for an event that "
                              "wasn't captured");
        return cudaSuccess;
    }
    if (!stream)
        return invalidate(*capture, cudaErrorStreamCaptureImplicit,
                          "cudaStreamWaitEvent: the default stream waits for a captured event");
    if (!stream->capture) {
        stream->capture = capture;
        capture->streams.push_back(stream);
    } else if (stream->capture != capture) {
        return invalidate(*capture, cudaErrorStreamCaptureMerge,
                          "cudaStreamWaitEvent: two captures would become one");
    }
    if (is_resource(event->stream, "stream") && event->stream != stream)
        event->stream->joined = std::max(event->stream->joined, event->work);
    return cudaSuccess;
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
    const std::lock_guard lock(device_mutex());
    if (const cudaError_t error = check_event(event, "cudaEventSynchronize")) return error;
    if (event->captured)
        return refuse(cudaErrorCapturedEvent, "cudaEventSynchronize: the event was captured");
    return forbidden_in_capture("cudaEventSynchronize");
}

cudaError_t cudaEventQuery(cudaEvent_t event) {
    return cudaEventSynchronize(event);
}

cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t end) {
    const std::lock_guard lock(device_mutex());
    for (const cudaEvent_t event : {start, end}) {
        if (const cudaError_t error = check_event(event, "cudaEventElapsedTime")) return error;
        if (!event->recorded || event->flags & cudaEventDisableTiming)
            return refuse(cudaErrorInvalidResourceHandle,
                          "cudaEventElapsedTime: an event wasn't recorded or keeps no time");
    }
    *milliseconds = std::chrono::duration<float, std::milli>(end->time - start->time).count();
    return cudaSuccess;
}

// Capture and graphs.

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode) {
    const std::lock_guard lock(device_mutex());
    if (const cudaError_t error = check_stream(stream, "cudaStreamBeginCapture")) return error;
    if (!stream)
        return refuse(cudaErrorStreamCaptureUnsupported,
                      "cudaStreamBeginCapture: the default stream can't be captured");
    if (stream->capture)
        return refuse(cudaErrorIllegalState,
                      "cudaStreamBeginCapture: the stream is captured already");
    auto capture = std::make_shared<Capture>();
    capture->origin = stream;
    capture->mode = mode;
    capture->thread = std::this_thread::get_id();
    capture->streams = {stream};
    stream->capture = capture;
    captures().push_back(std::move(capture));
    return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
    const std::lock_guard lock(device_mutex());
    *graph = nullptr;
    if (const cudaError_t error = check_stream(stream, "cudaStreamEndCapture")) return error;
    if (!stream || !stream->capture)
        return refuse(cudaErrorIllegalState, "cudaStreamEndCapture: the stream isn't captured");
    const std::shared_ptr<Capture> capture = stream->capture;
    if (capture->origin != stream)
        return refuse(cudaErrorStreamCaptureUnmatched,
                      "cudaStreamEndCapture: the capture began in another stream");
    if (capture->mode != cudaStreamCaptureModeRelaxed &&
        capture->thread != std::this_thread::get_id())
        return refuse(cudaErrorStreamCaptureWrongThread,
                      "cudaStreamEndCapture: the capture began in another thread");
    bool joined = true;
    for (const cudaStream_t part : capture->streams) {
        if (!is_resource(part, "stream")) continue;
        joined = joined && (part == stream || part->joined == part->work);
        leave_capture(part);
    }
    std::erase(captures(), capture);
    if (!capture->valid)
        return refuse(cudaErrorStreamCaptureInvalidated,
                      "cudaStreamEndCapture: the capture failed before: " + report_text());
    if (!joined)
        return refuse(cudaErrorStreamCaptureUnjoined,
                      "cudaStreamEndCapture: nothing waits for another stream's work");
    *graph = new CUgraph_st{std::move(capture->operations)};
    add_resource(*graph, "graph");
    return cudaSuccess;
}

cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* status) {
    const std::lock_guard lock(device_mutex());
    if (const cudaError_t error = check_stream(stream, "cudaStreamIsCapturing")) return error;
    *status = !stream || !stream->capture ? cudaStreamCaptureStatusNone
              : stream->capture->valid    ? cudaStreamCaptureStatusActive
                                          : cudaStreamCaptureStatusInvalidated;
    return cudaSuccess;
}

cudaError_t cudaThreadExchangeStreamCaptureMode(cudaStreamCaptureMode* mode) {
    std::swap(*mode, thread_mode);
    return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph, unsigned long long) {
    const std::lock_guard lock(device_mutex());
    if (failure() != cudaSuccess) return failure();
    if (!is_resource(graph, "graph"))
        return refuse(cudaErrorInvalidValue, "cudaGraphInstantiate: no such graph");
    *exec = new CUgraphExec_st{graph->operations};
    add_resource(*exec, "executable graph");
    return cudaSuccess;
}

cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t* nodes, std::size_t* count) {
    const std::lock_guard lock(device_mutex());
    if (!is_resource(graph, "graph") || nodes)
        return refuse(cudaErrorInvalidValue,
                      "cudaGraphGetNodes: only the number of nodes is emulated");
    *count = graph->operations.size();
    return failure();
}

cudaError_t cudaGraphUpload(cudaGraphExec_t exec, cudaStream_t stream) {
    const std::lock_guard lock(device_mutex());
    if (!is_resource(exec, "executable graph"))
        return refuse(cudaErrorInvalidValue, "cudaGraphUpload: no such graph");
    return check_stream(stream, "cudaGraphUpload");
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
    const std::lock_guard lock(device_mutex());
    if (failure() != cudaSuccess) return failure();
    if (!is_resource(exec, "executable graph"))
        return refuse(cudaErrorInvalidValue, "cudaGraphLaunch: no such graph");
    return enqueue(stream, "cudaGraphLaunch", [operations = exec->operations] {
        for (const Operation& operation : operations)
            if (const cudaError_t error = operation()) return error;
        return cudaSuccess;
    });
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
    const std::lock_guard lock(device_mutex());
    if (!remove_resource(exec, "executable graph"))
        return refuse(cudaErrorInvalidValue, "cudaGraphExecDestroy: no such graph");
    delete exec;
    return failure();
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
    const std::lock_guard lock(device_mutex());
    if (!remove_resource(graph, "graph"))
        return refuse(cudaErrorInvalidValue, "cudaGraphDestroy: no such graph");
    delete graph;
    return failure();
}
