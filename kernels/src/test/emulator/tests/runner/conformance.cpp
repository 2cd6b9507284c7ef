// conformance: runs the kernels of src/main/cuda/conformance on pseudo-random words and compares with plain
// loops. Prints a line for each: its name, threads, words of the result and a hash of them, which a GPU must
// give too; or the first difference.
#include <cstdio>
#include <functional>
#include <string>

#include "runner.h"

namespace {

using Words = std::vector<uint32_t>;

constexpr size_t kWords = 32 << 10;
constexpr unsigned kShared = 64 << 10;

Words randomWords() {
    Words words(kWords);
    uint32_t state = 12345;
    for (uint32_t& word : words) {
        state = state * 1664525u + 1013904223u;
        word = state ^ state >> 15;
    }
    return words;
}

int wholeNumber(uint32_t word) {
    return int(word % 17) - 8;
}

// Row r of matrix m is word (m * 8 + r) * 4, of eight 16-bit elements.
uint32_t element(const Words& in, int matrix, int row, int column) {
    uint32_t word = in[size_t((matrix * 8 + row) * 4 + column / 2)];
    return column % 2 ? word >> 16 : word & 0xffff;
}

Words expectLoadMatrix(const Words& in, int count, bool transposed) {
    Words out(32 * size_t(count));
    for (int lane = 0; lane < 32; lane++) {
        for (int i = 0; i < count; i++) {
            int g = lane / 4, c = lane % 4 * 2;
            uint32_t low = transposed ? element(in, i, c, g) : element(in, i, g, c);
            uint32_t high = transposed ? element(in, i, c + 1, g) : element(in, i, g, c + 1);
            out[size_t(lane * count + i)] = low | high << 16;
        }
    }
    return out;
}

// start + factor * a [rows][k] * b [columns][k]^T, of whole numbers.
Words expectProduct(const Words& in, int rows, int columns, int k, int factor,
                    const std::function<int(int, int)>& start) {
    Words out(size_t(rows) * columns);
    for (int i = 0; i < rows; i++) {
        for (int j = 0; j < columns; j++) {
            int sum = 0;
            for (int x = 0; x < k; x++)
                sum += wholeNumber(in[i * k + x]) * wholeNumber(in[rows * k + j * k + x]);
            out[size_t(i * columns + j)] = uint32_t(start(i, j) + factor * sum);
        }
    }
    return out;
}

Words expectMma(const Words& in, int k) {
    return expectProduct(in, 16, 8, k, 1, [](int row, int column) { return 1 + row / 8 * 2 + column % 2; });
}

Words expectWgmma(const Words& in, int n, int k) {
    return expectProduct(in, 64, n, k, 2, [](int, int) { return 0; });
}

Words expectCopies(const Words& in) {
    Words out(in.begin(), in.begin() + 128);
    auto* bytes = reinterpret_cast<unsigned char*>(out.data());
    for (int t = 0; t < 32; t++) {
        for (int i = t % 17; i < 16; i++) bytes[t * 16 + i] = 0;
    }
    return out;
}

Words expectLop3(const Words& in) {
    Words out;
    for (int t = 0; t < 32; t++) {
        uint32_t a = in[t], b = in[t + 32], c = in[t + 64];
        for (uint32_t r : {(a & b) | c, a ^ b ^ c, (a & b) | (~a & c), ~a & ~b & ~c}) out.push_back(r);
    }
    return out;
}

Words expectPowersOfTwo(const Words& in) {
    Words out;
    for (int t = 0; t < 32; t++) out.push_back(uint32_t(int(in[t] % 200) - 100 + 127) << 23);
    return out;
}

struct Case {
    std::string kernel;
    unsigned threads;
    Words expected;
};

std::vector<Case> allCases(const Words& in) {
    Words plain(in.begin(), in.begin() + 128);
    std::vector<Case> cases = {
        {"mma_bf16_result", 32, expectMma(in, 16)},   {"mma_f16_result", 32, expectMma(in, 16)},
        {"mma_e4m3_result", 32, expectMma(in, 32)},   {"mma_s8_result", 32, expectMma(in, 32)},
        {"cp_async_16_result", 32, expectCopies(in)}, {"lop3_result", 32, expectLop3(in)},
        {"ex2_result", 32, expectPowersOfTwo(in)},    {"stmatrix_x4_result", 32, plain},
        {"stmatrix_x4_trans_result", 32, plain},      {"bulk_copy_result", 32, plain},
        {"elect_one_result", 64, Words(64, 1)}};
    for (int count : {1, 2, 4}) {
        std::string name = "ldmatrix_x" + std::to_string(count);
        cases.push_back({name + "_result", 32, expectLoadMatrix(in, count, false)});
        cases.push_back({name + "_trans_result", 32, expectLoadMatrix(in, count, true)});
    }
    for (const char* type : {"bf16", "f16", "e4m3", "s8"}) {
        int k = type[0] == 'e' || type[0] == 's' ? 32 : 16;
        for (const char* shape : {"8_swizzle128", "16_swizzle128", "32_swizzle128", "64_swizzle128",
                                  "128_swizzle128", "256_swizzle128", "64_swizzle64", "64_swizzle32"}) {
            std::string name = std::string("wgmma_") + type + "_n" + shape + "_result";
            cases.push_back({name, 128, expectWgmma(in, std::stoi(shape), k)});
        }
    }
    return cases;
}

uint64_t hashOf(const Words& words) {
    uint64_t hash = 1469598103934665603ull;  // FNV-1a
    for (uint32_t word : words) hash = (hash ^ word) * 1099511628211ull;
    return hash;
}

bool runCase(const Case& test, CUdeviceptr out, CUdeviceptr in) {
    CUfunction function = kernelNamed(test.kernel);
    CHECKED(cuFuncSetAttribute(function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, kShared));
    void* parameters[] = {&out, &in};
    launch(function, 1, test.threads, kShared, parameters);
    Words result(test.expected.size());
    CHECKED(cuMemcpyDtoH(result.data(), out, result.size() * sizeof(uint32_t)));
    for (size_t i = 0; i < result.size(); i++) {
        if (result[i] == test.expected[i]) continue;
        printf("%s: word %zu is %08x, not %08x\n", test.kernel.c_str(), i, result[i], test.expected[i]);
        return false;
    }
    printf("%s %u %zu %016llx\n", test.kernel.c_str(), test.threads, result.size(),
           (unsigned long long)hashOf(result));
    return true;
}

}  // namespace

int runConformance(const std::vector<std::string>&) {
    useDevice();
    Words words = randomWords();
    CUdeviceptr in, out;
    CHECKED(cuMemAlloc(&in, kWords * sizeof(uint32_t)));
    CHECKED(cuMemAlloc(&out, kWords * sizeof(uint32_t)));
    CHECKED(cuMemcpyHtoD(in, words.data(), kWords * sizeof(uint32_t)));
    bool all = true;
    for (const Case& test : allCases(words)) all &= runCase(test, out, in);
    return all ? 0 : 4;
}
