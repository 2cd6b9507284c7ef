#!/bin/bash
# build.sh [--tests] OUT_DIR: builds the emulator, and the kernels of src/main/cuda for it.
#
#   OUT_DIR/plain/libcuda.so.1  libkernels.so    fast
#   OUT_DIR/check/libcuda.so.1  libkernels.so    every access checked; needed for counting too
#   OUT_DIR/tests/{bugs,counters}/{plain,check}/libkernels.so, OUT_DIR/tests/run    --tests only: what tests the emulator itself
#
# Only what changed, by content, is compiled again. CUDA_HOME must hold the headers of a CUDA toolkit 13; nvcc is not needed.
#   KERNELS="a.cu b.cu"  other kernels than those of src/main/cuda; then only OUT_DIR/{plain,check}/libkernels.so are made,
#                        for MILLRACE_EMU_KERNELS, against the emulator in EMULATOR_DIR
#   MODES="plain check"  which builds of the kernels
#   JOBS=2               compilers at once
# Exit codes: 1 a source does not compile, 2 wrong use, 3 no g++, 4 no CUDA headers.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cuda_sources=$(cd "$here/../../main/cuda" && pwd)

common_flags=(-std=c++17 -fPIC -Wall -Wextra -Wno-unknown-pragmas -Wno-psabi -Wno-misleading-indentation
    -DCUDA_EMU=1 -fno-strict-aliasing)
emulator_flags=(-O2 -fno-semantic-interposition)
# -g1 is enough to name lines, inlined ones too. One result on every machine: no fused multiply-add but where the
# kernel asks for it. Local variables come poisoned.
kernel_flags=(-g1 -march=x86-64-v3 -ffp-contract=off)
plain_flags=(-O2 -ftrivial-auto-var-init=pattern)
# No SRA: a float4 load must stay one 16-byte access, for the counters' sake.
check_flags=(-O1 -fsanitize=thread,bounds,alignment,shift --param=tsan-instrument-func-entry-exit=0
    -fno-tree-sra -fno-ipa-sra -DEMU_INSTRUMENTED=1)

fail() {
    echo "build.sh: $2" >&2
    exit "$1"
}

require_tools() {
    [ $# -eq 1 ] || fail 2 "usage: build.sh OUT_DIR"
    command -v g++ >/dev/null || fail 3 "no g++ on PATH; the CUDA emulator cannot be built"
    [ -n "${CUDA_HOME:-}" ] && [ -f "$CUDA_HOME/include/cuda.h" ] ||
        fail 4 "CUDA_HOME=${CUDA_HOME:-} has no include/cuda.h; it must name a CUDA toolkit"
}

# Whether $1 is what the command "${@:2}" made of inputs that are as they were. The inputs are the files in its .d file.
is_current() {
    local object=$1
    shift
    [ -f "$object" ] && [ -f "${object%.o}.key" ] && [ "$(key "$object" "$@")" = "$(cat "${object%.o}.key")" ]
}

key() {
    local object=$1
    shift
    { echo "$*"; current_inputs "${object%.o}.d"; } | sha256sum
}

compile() {
    local object=$1
    shift
    rm -f "${object%.o}.key"
    mkdir -p "$(dirname "$object")"
    "$@" -MD -MF "${object%.o}.d" -o "$object"
    key "$object" "$@" >"${object%.o}.key"
}

# Contents of the files that a .d file names, without the toolkit's and the system's.
current_inputs() {
    [ -f "$1" ] || return 0
    tr ' \\' '\n\n' <"$1" | grep -v -e ':$' -e '^$' -e "^$CUDA_HOME" -e '^/usr/' | sort -u | xargs -r sha256sum 2>/dev/null || true
}

# NVIDIA copies a bf162 or half2 as two 2-byte members on the host and as one word on the device. One word, so that accesses are
# counted right.
patch_headers() {
    local out=$1/headers name
    mkdir -p "$out"
    for name in cuda_bf16.h cuda_bf16.hpp cuda_fp16.h cuda_fp16.hpp; do
        [ -f "$out/$name" ] && [ "$out/$name" -nt "$CUDA_HOME/include/$name" ] && continue
        sed -zE 's/this->x = src\.x;\s*this->y = src\.y;/*reinterpret_cast<unsigned*>(this) = *reinterpret_cast<const unsigned*>(\&src);/g' \
            "$CUDA_HOME/include/$name" >"$out/$name"
    done
}

# Entry points of a kernel file: after the preprocessor, so that those made by macros are found too.
register_entries() {
    local source=$1 registration=$2
    {
        echo "#include \"$source\""
        g++ "${common_flags[@]}" "${include_flags[@]}" -E -P -x c++ "$source" | tr '\n' ' ' |
            grep -oE 'extern "C" __attribute__\(\(noinline, used\)\) +void +[A-Za-z0-9_]+ *\(' |
            sed -E 's/.* ([A-Za-z0-9_]+) *\(/EMU_REGISTER(\1)/' | sort -u || true
    } >"$registration.new"
    cmp -s "$registration.new" "$registration" || cp "$registration.new" "$registration"
    rm "$registration.new"
}

compile_kernel() {
    local mode=$1 source=$2 out=$3
    local name
    name=$(basename "$source" .cu)
    local object=$out/$mode/objects/$name.o flags
    local registration=${object%.o}.registered.cpp
    [ "$mode" = plain ] && flags=("${plain_flags[@]}") || flags=("${check_flags[@]}")
    local command=(g++ "${common_flags[@]}" "${kernel_flags[@]}" "${flags[@]}" "${include_flags[@]}"
        -fmacro-prefix-map="$(dirname "$source")/=" -fmacro-prefix-map="$cuda_sources/=" -c "$registration")
    is_current "$object" "${command[@]}" && return 0
    mkdir -p "$(dirname "$object")"
    register_entries "$source" "$registration"
    compile "$object" "${command[@]}"
}

compile_emulator() {
    local source=$1 out=$2
    local object
    object=$out/emulator/$(basename "$source" .cpp).o
    local command=(g++ "${common_flags[@]}" "${emulator_flags[@]}" "${include_flags[@]}" -c "$source")
    is_current "$object" "${command[@]}" || compile "$object" "${command[@]}"
}

# Every driver function that cuda.h declares, and we lack, says so when it is called instead of ending the process.
write_stubs() {
    local out=$1
    sed -nE 's/.*CUDAAPI +(cu[A-Z][A-Za-z0-9_]*)\(.*/\1/p; s/^# *define +(cu[A-Z][A-Za-z0-9_]*) +(cu[A-Z][A-Za-z0-9_]*) *$/\1\n\2/p' \
        "$CUDA_HOME/include/cuda.h" | sort -u >"$out/emulator/declared.txt"
    nm --defined-only "$out"/emulator/driver_*.o | awk '$3 ~ /^cu[A-Z]/ {print $3}' | sort -u >"$out/emulator/defined.txt"
    {
        echo '.text'
        comm -23 "$out/emulator/declared.txt" "$out/emulator/defined.txt" | while read -r name; do
            printf '.globl %s\n.type %s,@function\n%s: lea .L%s(%%rip),%%rdi\n jmp emuMissingFunction\n' "$name" "$name" "$name" "$name"
            printf '.section .rodata\n.L%s: .string "%s"\n.text\n' "$name" "$name"
        done
        echo '.section .note.GNU-stack,"",@progbits'
    } >"$out/emulator/stubs.S"
}

newer_than() {
    local target=$1 input
    shift
    [ -f "$target" ] || return 0
    for input in "$@"; do [ "$input" -nt "$target" ] && return 0; done
    return 1
}

link_emulator() {
    local out=$1
    local objects=() source
    for source in "$here"/src/*.cpp; do objects+=("$out/emulator/$(basename "$source" .cpp).o"); done
    newer_than "$out/plain/libcuda.so.1" "${objects[@]}" || return 0
    write_stubs "$out"
    g++ -c "$out/emulator/stubs.S" -o "$out/emulator/stubs.o"
    mkdir -p "$out/plain" "$out/check"
    g++ -shared -o "$out/plain/libcuda.so.1" -Wl,-soname,libcuda.so.1 -Wl,-Bsymbolic "${objects[@]}" "$out/emulator/stubs.o" \
        -lpthread -ldl
    cp "$out/plain/libcuda.so.1" "$out/check/libcuda.so.1"
}

# The sanitizers' libraries are not linked: the emulator has their hooks.
link_kernels() {
    local mode=$1 out=$2 emulator=$3
    shift 3
    local objects=() source
    for source in "$@"; do objects+=("$out/$mode/objects/$(basename "$source" .cu).o"); done
    objects+=("$out/$mode/objects/marker.o")
    newer_than "$out/$mode/libkernels.so" "${objects[@]}" "$emulator/plain/libcuda.so.1" || return 0
    g++ -shared -o "$out/$mode/libkernels.so" "${objects[@]}" -L"$emulator/plain" -l:libcuda.so.1 -Wl,--no-undefined
}

# Tells the emulator, when it loads the library, whether the kernels are instrumented.
compile_marker() {
    local mode=$1 out=$2 text="namespace { const int plainKernels = 0; }"
    [ "$mode" = check ] && text='extern "C" { __attribute__((visibility("default"))) extern const int emuInstrumented = 1; }'
    [ -f "$out/$mode/objects/marker.o" ] && return 0
    mkdir -p "$out/$mode/objects"
    echo "$text" | g++ -fPIC -w -x c++ -c - -o "$out/$mode/objects/marker.o"
}

# Kernels with planted bugs or known counters, and the host program that runs them.
build_tests() {
    local out=$1 set
    for set in bugs counters; do
        KERNELS=$(echo "$here/tests/$set"/*.cu) EMULATOR_DIR=$out "${BASH_SOURCE[0]}" "$out/tests/$set"
    done
    for source in "$here"/tests/runner/*.cpp; do printf '%s\n' "--emulator $source"; done |
        xargs -P "${JOBS:-2}" -I{} bash -c '"$0" $1 "$2" "$3"' "${BASH_SOURCE[0]}" {} "$out/tests" "$out" || exit 1
    newer_than "$out/tests/run" "$out"/tests/emulator/*.o "$out/plain/libcuda.so.1" || return 0
    g++ -o "$out/tests/run" "$out"/tests/emulator/*.o -L"$out/plain" -l:libcuda.so.1
}

# Of everything that a build depends on: the quick way out when nothing changed.
all_inputs() {
    { echo "${KERNELS:-} ${MODES:-} $CUDA_HOME"
        cat "$CUDA_HOME/include/cuda.h" "$cuda_sources"/*.cu* "$cuda_sources"/conformance/*.cu
        cat ${KERNELS:-} /dev/null
        find "$here" -type f -print0 | sort -z | xargs -0 cat; } | sha256sum
}

main() {
    local tests=false stamp=inputs
    if [ "${1:-}" = --tests ]; then
        tests=true
        stamp=inputs-and-tests
        shift
    fi
    require_tools "$@"
    mkdir -p "$1"
    local out
    out=$(cd "$1" && pwd)
    local emulator=${EMULATOR_DIR:-$out} inputs
    inputs=$(all_inputs)
    [ -f "$out/$stamp" ] && [ "$inputs" = "$(cat "$out/$stamp")" ] && return 0
    rm -f "$out/inputs" "$out/inputs-and-tests"
    patch_headers "$emulator"
    local sources=()
    if [ -n "${KERNELS:-}" ]; then
        read -ra sources <<<"$KERNELS"
    else
        shopt -s nullglob
        sources=("$cuda_sources"/*.cu "$cuda_sources"/conformance/*.cu)
    fi
    {
        if [ -z "${KERNELS:-}" ]; then
            for source in "$here"/src/*.cpp; do printf '%s\n' "--emulator $source"; done
        fi
        for source in "${sources[@]}"; do printf -- "--kernel %s $source\n" ${MODES:-plain check}; done
    } | xargs -r -P "${JOBS:-2}" -I{} bash -c '"$0" $1 "$2" "$3"' "${BASH_SOURCE[0]}" {} "$out" "$emulator" || exit 1
    [ -n "${KERNELS:-}" ] || link_emulator "$out"
    for mode in ${MODES:-plain check}; do
        compile_marker "$mode" "$out"
        link_kernels "$mode" "$out" "$emulator" "${sources[@]}"
    done
    echo "$inputs" >"$out/inputs"
    $tests || return 0
    build_tests "$out"
    echo "$inputs" >"$out/$stamp"
}

set_include_flags() { include_flags=(-I"$here/include" -I"$1/headers" -I"$CUDA_HOME/include" -I"$cuda_sources" -I"$here/src"); }

case ${1:-} in
--emulator)
    set_include_flags "$4"
    compile_emulator "$2" "$3"
    ;;
--kernel)
    set_include_flags "$5"
    compile_kernel "$2" "$3" "$4"
    ;;
*) main "$@" ;;
esac
