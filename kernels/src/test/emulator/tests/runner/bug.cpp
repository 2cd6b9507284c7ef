// bug KERNEL BLOCKS DYNAMIC_SHARED EXTRA_WORDS: runs one kernel of ../bugs and looks at its result.
#include <cstdio>
#include <cstdlib>

#include "runner.h"

int runBug(const std::vector<std::string>& arguments) {
    const std::string& name = arguments.at(0);
    unsigned blocks = unsigned(atoi(arguments.at(1).c_str())),
             shared = unsigned(atoi(arguments.at(2).c_str()));
    size_t words = size_t(atoi(arguments.at(3).c_str()));
    int n = 256;
    std::vector<float> in(n), out(n);
    for (int i = 0; i < n; i++) in[i] = float(i + 1);
    useDevice();
    CUdeviceptr deviceIn, deviceOut;
    CHECKED(cuMemAlloc(&deviceIn, n * sizeof(float)));
    CHECKED(cuMemAlloc(&deviceOut, (n + words) * sizeof(float)));
    CHECKED(cuMemcpyHtoD(deviceIn, in.data(), n * sizeof(float)));
    CHECKED(cuMemsetD32(deviceOut + n * sizeof(float), 0, words));
    if (name == "host_pointer") deviceIn = CUdeviceptr(in.data());
    if (name == "use_after_free") CHECKED(cuMemFree(deviceIn));
    void* parameters[] = {&deviceOut, &deviceIn, &n};
    launch(kernelNamed(name), blocks, 256 / blocks, shared, parameters);
    CHECKED(cuCtxSynchronize());
    CHECKED(cuMemcpyDtoH(out.data(), deviceOut, n * sizeof(float)));
    int wrong = 0;
    for (int i = 0; i < n; i++) wrong += out[i] != float(n - i);
    if (wrong) printf("wrong values: %d of %d\n", wrong, n);
    return wrong ? 4 : 0;
}
