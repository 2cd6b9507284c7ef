#!/usr/bin/env bash
# Compiles all kernels into one fatbin, the resource dev/millrace/kernels/cuda/kernels.fatbin of the jar, and those of conformance/,
# by which a device is checked, into conformance.fatbin beside it. Usage: build.sh TARGET
#
# TARGET/cuda/status says what came of it: "fatbin HASH", or "none: REASON" where no compiler is to be had; with
# MILLRACE_CUDA=required that is an error. TARGET/cuda/entries.txt lists the entry points with the types of their parameters,
# TARGET/cuda/ptxas.txt registers, shared memory and spills. Results are kept by content hash outside TARGET.
set -euo pipefail

sources=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=$(mkdir -p "$1/cuda" && cd "$1" && pwd)
work=$target/cuda
resources=$target/classes/dev/millrace/kernels/cuda

cpu_only() {
    echo "none: $1" >"$work/status"
    rm -f "$resources"/*.fatbin "$work/entries.txt" "$work/ptxas.txt"
    if [[ ${MILLRACE_CUDA:-} == required ]]; then
        echo "MILLRACE_CUDA=required, but the CUDA kernels cannot be compiled: $1" >&2
        exit 1
    fi
    echo "CPU-only jar: $1; left out are the CUDA kernels and their tests."
    exit 0
}

content_hash() {
    local toolkit version=pinned
    toolkit=$("$sources/toolkit.sh" "$target/cuda-toolkit" --no-fetch 2>/dev/null) || true
    [[ $toolkit == "" || $toolkit == "$target"/* ]] || version=$("$toolkit/bin/nvcc" --version)
    { cat "$sources"/toolkit.sh "$sources"/build.sh "$sources"/*.cu "$sources"/*.cuh
        cat "$sources"/conformance/*.cu; echo "$version"; } | sha256sum | cut -c1-32
}

compile() {
    local toolkit=$1 out=$2
    rm -rf "$out"
    mkdir -p "$out"
    compile_fatbin "$toolkit" "$sources" "$out/kernels.fatbin"
    cp "$work/nvcc.log" "$out/ptxas.txt"
    entries "$work"/keep/*.ptx >"$out/entries.txt"
    compile_fatbin "$toolkit" "$sources/conformance" "$out/conformance.fatbin"
    rm -rf "$work/keep"
}

# One translation unit: a fatbin holds one image for each architecture, and images of several units cannot be joined.
compile_fatbin() {
    local toolkit=$1 folder=$2 fatbin=$3 unit=$work/unit.cu log=$work/nvcc.log
    rm -rf "$work/keep"
    mkdir -p "$work/keep"
    for source in "$folder"/*.cu; do
        echo "#include \"$source\""
    done >"$unit"
    if ! "$toolkit/bin/nvcc" -std=c++17 -O3 --fatbin --compress-mode=size --threads 2 -I "$sources" \
        -gencode arch=compute_80,code=[sm_80,compute_80] -gencode arch=compute_89,code=sm_89 \
        -gencode arch=compute_90a,code=sm_90a \
        -Xptxas -v,-warn-spills --keep --keep-dir "$work/keep" -o "$fatbin" "$unit" >"$log" 2>&1; then
        cat "$log" >&2
        exit 1
    fi
    # C7510, C7519: wgmma or setmaxnreg that ptxas could not use as written, which costs most of their speed.
    if grep -E 'C7510|C7519|[1-9][0-9]* bytes spill|warning' "$log" >&2; then
        echo "the kernels must compile without warnings and spills; all of the log: $log" >&2
        exit 1
    fi
}

# NAME TYPE TYPE ... of every entry point in the packed PTX, and in that of the architectures beyond it.
entries() {
    awk '
        /\.entry / { match($0, /\.entry [A-Za-z0-9_]+/); line = substr($0, RSTART + 7, RLENGTH - 7); inside = 1 }
        inside && /\.param/ {
            type = $2 == ".align" ? ".struct" : $2
            line = line " " type
        }
        inside && /\)/ { print line; inside = 0 }
    ' "$@" | sort -u
}

ls "$sources"/*.cu >/dev/null 2>&1 || cpu_only "no .cu files"
hash=$(content_hash)
if [[ -f $resources/kernels.fatbin && -f $resources/conformance.fatbin && -f $work/status && $(cat "$work/status") == "fatbin $hash" ]]; then
    exit 0
fi
cache=${XDG_CACHE_HOME:-$HOME/.cache}/millrace/kernels-$hash
if [[ ! -f $cache/conformance.fatbin ]]; then
    command -v g++ >/dev/null || cpu_only "no g++, which nvcc needs"
    toolkit=$("$sources/toolkit.sh" "$target/cuda-toolkit" 2>"$work/toolkit.log") || cpu_only "$(cat "$work/toolkit.log")"
    start=$SECONDS
    compile "$toolkit" "$work/out"
    echo "Compiled the CUDA kernels in $((SECONDS - start)) s."
    mkdir -p "$(dirname "$cache")"
    # Another build may have put the same there meanwhile.
    mv -T "$work/out" "$cache" 2>/dev/null || [[ -f $cache/conformance.fatbin ]]
fi
mkdir -p "$resources"
cp "$cache"/*.fatbin "$resources"
cp "$cache/entries.txt" "$cache/ptxas.txt" "$work/"
echo "fatbin $hash" >"$work/status"
