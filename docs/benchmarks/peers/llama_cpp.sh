#!/bin/sh
# Builds llama.cpp's server for this processor from the source archive of a pinned release of llama-cpp-python.
set -eu
version=0.3.36
target=${1:?"usage: $0 FOLDER"}
mkdir -p "$target"
cd "$target"
python3 -m pip download -q --no-deps --no-binary llama-cpp-python "llama-cpp-python==$version"
tar xzf "llama_cpp_python-$version.tar.gz"
cd "llama_cpp_python-$version/vendor/llama.cpp"
# _tile_loadconfig of gcc 12 names 8 of the 64 bytes that the instruction reads, the compiler drops the stores to the others, and the
# server dies of SIGSEGV in its first product on a processor with AMX.
sed -i 's|^    _tile_loadconfig(&tc);|    __asm__ volatile("" : : "r"(\&tc) : "memory");\n&|' ggml/src/ggml-cpu/amx/mmq.cpp
cmake -B build -DCMAKE_BUILD_TYPE=Release -DGGML_NATIVE=ON -DLLAMA_CURL=OFF -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_TESTS=OFF \
    -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_TOOLS=ON -DLLAMA_BUILD_SERVER=ON
cmake --build build --target llama-server -j "$(nproc)"
cp build/bin/llama-server "$target/llama-server"
