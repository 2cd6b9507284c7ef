#include "grid.h"

#include <algorithm>
#include <vector>

#include "checker.h"
#include "collectives.h"
#include "copies.h"
#include "counters.h"
#include "device_memory.h"
#include "faults.h"
#include "mbarriers.h"
#include "options.h"
#include "scheduler.h"
#include "shared_memory.h"

namespace emu {
namespace {

std::vector<uint64_t> blockOrder(uint64_t blocks) {
    std::vector<uint64_t> order;
    if (options().schedule == Schedule::Natural) return order;
    order.resize(blocks);
    for (uint64_t i = 0; i < blocks; i++) order[i] = i;
    if (options().schedule == Schedule::Reverse) std::reverse(order.begin(), order.end());
    if (options().schedule == Schedule::Random) {
        for (uint64_t i = blocks; i > 1; i--) std::swap(order[i - 1], order[randomNumber() % i]);
    }
    return order;
}

std::string runBlock(const Kernel& kernel, const LaunchShape& shape, void** arguments) {
    unsigned count = shape.block.x * shape.block.y * shape.block.z;
    poisonShared();
    resetBarriers();
    resetWarps(count);
    resetCopies(count);
    resetWgmma();
    resetMbarriers();
    if (checking) checkBlock(count, running.block);
    if (counting) countBlock(count);
    std::string failure = runThreads(count, shape.block, [&] { kernel.invoke(arguments); });
    if (counting) countBlockEnd();
    return failure.empty() ? checkSharedSlack() : failure;
}

std::string runBlocks(const Kernel& kernel, const LaunchShape& shape, void** arguments) {
    const dim3& grid = shape.grid;
    uint64_t blocks = uint64_t(grid.x) * grid.y * grid.z;
    std::vector<uint64_t> order = blockOrder(blocks);
    for (uint64_t i = 0; i < blocks; i++) {
        uint64_t block = order.empty() ? i : order[i];
        running.block = {unsigned(block % grid.x), unsigned(block / grid.x % grid.y),
                         unsigned(block / grid.x / grid.y)};
        std::string failure = runBlock(kernel, shape, arguments);
        if (!failure.empty()) return failure;
    }
    return "";
}

}  // namespace

void onThreadExit(Thread* thread) {
    requireCopiesDone(thread);
    leaveWarp(thread);
    leaveBarriers();
}

std::string runGrid(const Kernel& kernel, const LaunchShape& shape, void** arguments) {
    running.gridDim = shape.grid;
    running.blockDim = shape.block;
    layOutShared(shape.dynamicShared);
    if (checking) checkLaunch();
    if (counting) countLaunch(kernel.name, shape);
    enterKernel(kernel.name.c_str(), options().seed);
    FaultGuard guard(options().timeoutSeconds);
    std::string failure = runBlocks(kernel, shape, arguments);
    leaveKernel();
    if (failure.empty()) failure = checkDeviceSlack();
    if (!failure.empty() && failure.find("[kernel") == std::string::npos) {
        failure += " [kernel " + kernel.name + ", block " + indexText(running.block) + " or earlier]";
    }
    return failure;
}

}  // namespace emu
