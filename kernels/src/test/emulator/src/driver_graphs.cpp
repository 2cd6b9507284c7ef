// Graphs: what a stream captured, run again with the parameters of the capture or with new ones. Nodes run in
// capture order.
#include "driver.h"

using namespace emu;

namespace {

Graph* graphOf(CUgraph handle) {
    return reinterpret_cast<Graph*>(handle);
}
GraphExec* execOf(CUgraphExec handle) {
    return reinterpret_cast<GraphExec*>(handle);
}
Node* nodeOf(CUgraphNode handle) {
    return reinterpret_cast<Node*>(handle);
}

CUgraphNodeType typeOf(const Work& work) {
    if (std::holds_alternative<KernelWork>(work)) return CU_GRAPH_NODE_TYPE_KERNEL;
    if (std::holds_alternative<CopyWork>(work)) return CU_GRAPH_NODE_TYPE_MEMCPY;
    if (std::holds_alternative<FillWork>(work)) return CU_GRAPH_NODE_TYPE_MEMSET;
    if (std::holds_alternative<HostWork>(work)) return CU_GRAPH_NODE_TYPE_HOST;
    if (std::holds_alternative<RecordWork>(work)) return CU_GRAPH_NODE_TYPE_EVENT_RECORD;
    return CU_GRAPH_NODE_TYPE_WAIT_EVENT;
}

void fillExec(GraphExec& exec, const Graph& graph) {
    exec.works.clear();
    exec.positions.clear();
    for (auto& node : graph.nodes) {
        exec.positions[node.get()] = exec.works.size();
        exec.works.push_back(node->work);
    }
}

CUresult kernelWorkOf(const CUDA_KERNEL_NODE_PARAMS& p, KernelWork& work) {
    LaunchShape shape{dim3(p.gridDimX, p.gridDimY, p.gridDimZ), dim3(p.blockDimX, p.blockDimY, p.blockDimZ),
                      p.sharedMemBytes};
    if (!p.func) return CUDA_ERROR_INVALID_VALUE;
    return makeKernelWork(reinterpret_cast<Function*>(p.func), shape, p.kernelParams, p.extra, work);
}

CUresult instantiate(CUgraphExec* handle, CUgraph graph) {
    auto* exec = new GraphExec;
    fillExec(*exec, *graphOf(graph));
    *handle = reinterpret_cast<CUgraphExec>(exec);
    return CUDA_SUCCESS;
}

}  // namespace

DRIVER_API cuStreamBeginCapture_v2(CUstream handle, CUstreamCaptureMode mode) {
    DRIVER_CALL();
    Stream* stream = streamOf(handle);
    if (stream == &defaultStream()) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    if (stream->capture) return CUDA_ERROR_ILLEGAL_STATE;
    stream->capture = new Graph;
    stream->captureMode = mode;
    stream->captureBroken = false;
    return CUDA_SUCCESS;
}

DRIVER_API cuStreamEndCapture(CUstream handle, CUgraph* graph) {
    DRIVER_CALL();
    Stream* stream = streamOf(handle);
    Graph* captured = stream->capture;
    if (!captured) return CUDA_ERROR_ILLEGAL_STATE;
    bool broken = stream->captureBroken;
    for (Stream* other : streams()) {
        if (other->capture == captured) other->capture = nullptr;
    }
    if (broken) {
        delete captured;
        *graph = nullptr;
        return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
    }
    *graph = reinterpret_cast<CUgraph>(captured);
    return CUDA_SUCCESS;
}

DRIVER_API cuStreamIsCapturing(CUstream handle, CUstreamCaptureStatus* status) {
    DRIVER_CALL();
    Stream* stream = streamOf(handle);
    *status = !stream->capture        ? CU_STREAM_CAPTURE_STATUS_NONE
              : stream->captureBroken ? CU_STREAM_CAPTURE_STATUS_INVALIDATED
                                      : CU_STREAM_CAPTURE_STATUS_ACTIVE;
    return CUDA_SUCCESS;
}

DRIVER_API cuThreadExchangeStreamCaptureMode(CUstreamCaptureMode* mode) {
    DRIVER_CALL();
    *mode = CU_STREAM_CAPTURE_MODE_GLOBAL;
    return CUDA_SUCCESS;
}

DRIVER_API cuGraphInstantiateWithFlags(CUgraphExec* exec, CUgraph graph, unsigned long long) {
    DRIVER_CALL();
    return instantiate(exec, graph);
}

DRIVER_API cuGraphLaunch(CUgraphExec handle, CUstream stream) {
    DRIVER_CALL();
    if (isNullDevice()) return CUDA_SUCCESS;
    for (const Work& work : execOf(handle)->works) {
        if (CUresult error = enqueue(streamOf(stream), work)) return error;
    }
    return CUDA_SUCCESS;
}

DRIVER_API cuGraphUpload(CUgraphExec, CUstream) {
    DRIVER_CALL();
    return CUDA_SUCCESS;
}

DRIVER_API cuGraphDestroy(CUgraph graph) {
    DRIVER_CALL();
    delete graphOf(graph);
    return CUDA_SUCCESS;
}

DRIVER_API cuGraphExecDestroy(CUgraphExec exec) {
    DRIVER_CALL();
    delete execOf(exec);
    return CUDA_SUCCESS;
}

DRIVER_API cuGraphGetNodes(CUgraph handle, CUgraphNode* nodes, size_t* count) {
    DRIVER_CALL();
    auto& all = graphOf(handle)->nodes;
    if (nodes) {
        for (size_t i = 0; i < *count; i++)
            nodes[i] = i < all.size() ? reinterpret_cast<CUgraphNode>(all[i].get()) : nullptr;
    }
    *count = all.size();
    return CUDA_SUCCESS;
}

DRIVER_API cuGraphNodeGetType(CUgraphNode node, CUgraphNodeType* type) {
    DRIVER_CALL();
    *type = typeOf(nodeOf(node)->work);
    return CUDA_SUCCESS;
}

DRIVER_API cuGraphKernelNodeGetParams_v2(CUgraphNode node, CUDA_KERNEL_NODE_PARAMS* p) {
    DRIVER_CALL();
    auto* work = std::get_if<KernelWork>(&nodeOf(node)->work);
    if (!work) return CUDA_ERROR_INVALID_VALUE;
    const LaunchShape& s = work->shape;
    *p = {};
    p->func = reinterpret_cast<CUfunction>(work->function);
    p->gridDimX = s.grid.x, p->gridDimY = s.grid.y, p->gridDimZ = s.grid.z;
    p->blockDimX = s.block.x, p->blockDimY = s.block.y, p->blockDimZ = s.block.z;
    p->sharedMemBytes = s.dynamicShared;
    p->kernelParams = work->arguments ? work->arguments->pointers.data() : nullptr;
    return CUDA_SUCCESS;
}

DRIVER_API cuGraphKernelNodeSetParams_v2(CUgraphNode node, const CUDA_KERNEL_NODE_PARAMS* p) {
    DRIVER_CALL();
    KernelWork work;
    if (CUresult error = kernelWorkOf(*p, work)) return error;
    nodeOf(node)->work = work;
    return CUDA_SUCCESS;
}

DRIVER_API cuGraphExecKernelNodeSetParams_v2(CUgraphExec handle, CUgraphNode node,
                                             const CUDA_KERNEL_NODE_PARAMS* p) {
    DRIVER_CALL();
    GraphExec& exec = *execOf(handle);
    auto position = exec.positions.find(nodeOf(node));
    if (position == exec.positions.end()) return CUDA_ERROR_INVALID_VALUE;
    KernelWork work;
    if (CUresult error = kernelWorkOf(*p, work)) return error;
    exec.works[position->second] = work;
    return CUDA_SUCCESS;
}

// The same kinds of nodes in the same order, with other parameters.
DRIVER_API cuGraphExecUpdate_v2(CUgraphExec handle, CUgraph graphHandle,
                                CUgraphExecUpdateResultInfo* result) {
    DRIVER_CALL();
    GraphExec& exec = *execOf(handle);
    Graph& graph = *graphOf(graphHandle);
    bool same = exec.works.size() == graph.nodes.size();
    for (size_t i = 0; same && i < graph.nodes.size(); i++)
        same = typeOf(exec.works[i]) == typeOf(graph.nodes[i]->work);
    *result = {};
    result->result = same ? CU_GRAPH_EXEC_UPDATE_SUCCESS : CU_GRAPH_EXEC_UPDATE_ERROR_TOPOLOGY_CHANGED;
    if (!same) return CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE;
    for (size_t i = 0; i < graph.nodes.size(); i++) exec.works[i] = graph.nodes[i]->work;
    return CUDA_SUCCESS;
}
