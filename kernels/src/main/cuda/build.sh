#!/usr/bin/env bash
# Compiles all kernels into one fatbin, the resource dev/millrace/kernels/cuda/kernels.fatbin of the jar. Usage: build.sh TARGET
#
# TARGET/cuda/status says what came of it: "fatbin HASH", or "none: REASON" where no compiler is to be had; with
# MILLRACE_CUDA=required that is an error. TARGET/cuda/entries.txt lists the entry points with the types of their parameters,
# TARGET/cuda/ptxas.txt registers, shared memory and spills. Results are kept by content hash outside TARGET.
set -euo pipefail

sources=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=$(mkdir -p "$1/cuda" && cd "$1" && pwd)
work=$target/cuda
resource=$target/classes/dev/millrace/kernels/cuda/kernels.fatbin

cpu_only() {
    echo "none: $1" >"$work/status"
    rm -f "$resource" "$work/entries.txt" "$work/ptxas.txt"
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
    { cat "$sources"/toolkit.sh "$sources"/build.sh "$sources"/*.cu "$sources"/*.cuh; echo "$version"; } | sha256sum | cut -c1-32
}

# One translation unit: a fatbin holds one image for each architecture, and images of several units cannot be joined.
compile() {
    local toolkit=$1 out=$2 unit=$work/kernels.cu log=$work/nvcc.log
    rm -rf "$out" "$work/keep"
    mkdir -p "$out" "$work/keep"
    for source in "$sources"/*.cu; do
        echo "#include \"$(basename "$source")\""
    done >"$unit"
    if ! "$toolkit/bin/nvcc" -std=c++17 -O3 --fatbin --compress-mode=size --threads 2 -I "$sources" \
        -gencode arch=compute_80,code=[sm_80,compute_80] -gencode arch=compute_89,code=sm_89 \
        -gencode arch=compute_90a,code=sm_90a \
        -Xptxas -v,-warn-spills --keep --keep-dir "$work/keep" -o "$out/kernels.fatbin" "$unit" >"$log" 2>&1; then
        cat "$log" >&2
        exit 1
    fi
    # C7510, C7519: wgmma or setmaxnreg that ptxas could not use as written, which costs most of their speed.
    if grep -E 'C7510|C7519|[1-9][0-9]* bytes spill|warning' "$log" >&2; then
        echo "the kernels must compile without warnings and spills; all of the log: $log" >&2
        exit 1
    fi
    cp "$log" "$out/ptxas.txt"
    entries "$work"/keep/*.ptx >"$out/entries.txt"
    rm -rf "$work/keep"
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
if [[ -f $resource && -f $work/status && $(cat "$work/status") == "fatbin $hash" ]]; then
    exit 0
fi
cache=${XDG_CACHE_HOME:-$HOME/.cache}/millrace/kernels-$hash
if [[ ! -f $cache/kernels.fatbin ]]; then
    command -v g++ >/dev/null || cpu_only "no g++, which nvcc needs"
    toolkit=$("$sources/toolkit.sh" "$target/cuda-toolkit" 2>"$work/toolkit.log") || cpu_only "$(cat "$work/toolkit.log")"
    start=$SECONDS
    compile "$toolkit" "$work/out"
    echo "Compiled the CUDA kernels in $((SECONDS - start)) s."
    mkdir -p "$(dirname "$cache")"
    # Another build may have put the same there meanwhile.
    mv -T "$work/out" "$cache" 2>/dev/null || [[ -f $cache/kernels.fatbin ]]
fi
mkdir -p "$(dirname "$resource")"
cp "$cache/kernels.fatbin" "$resource"
cp "$cache/entries.txt" "$cache/ptxas.txt" "$work/"
echo "fatbin $hash" >"$work/status"
