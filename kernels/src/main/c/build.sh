#!/usr/bin/env bash
# Compiles the CPU kernels into one library, the resource dev/millrace/kernels/x86/libmillrace-x86.so of the jar, one object for
# each instruction family. Usage: build.sh TARGET JAVA_HOME
#
# TARGET/x86/status says what came of it: "library HASH", or "none: REASON" where it cannot be built; with
# MILLRACE_X86=required that is an error. Results are kept by content hash outside TARGET.
set -euo pipefail

sources=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mkdir -p "$1/x86" && cd "$1/x86" && pwd)
java_home=$2
resource=$(cd "$1" && pwd)/classes/dev/millrace/kernels/x86/libmillrace-x86.so
avx512=(-mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512bf16 -mavx512vnni -mf16c -mfma)

leave_out() {
    echo "none: $1" >"$work/status"
    rm -f "$resource"
    if [[ ${MILLRACE_X86:-} == required ]]; then
        echo "MILLRACE_X86=required, but the native CPU kernels cannot be compiled: $1" >&2
        exit 1
    fi
    echo "Jar without native CPU kernels: $1; the Vector API computes instead, and their tests are left out."
    exit 0
}

# No contraction: a multiplication and an addition are fused where the source says so, as in the Java loops.
compile() {
    local out=$1 name=$2
    shift 2
    if ! "$compiler" -std=gnu11 -O3 -fPIC -fvisibility=hidden -ffp-contract=off -fno-math-errno -Wall -Wextra -Werror \
        -I "$java_home/include" -I "$java_home/include/linux" "$@" -c "$sources/$name.c" -o "$out/$name.o" 2>"$work/$name.log"; then
        if grep -qE "unrecognized command.line option|unknown argument" "$work/$name.log"; then
            leave_out "$compiler is too old: $(grep -m1 -E 'unrecognized|unknown argument' "$work/$name.log")"
        fi
        cat "$work/$name.log" >&2
        exit 1
    fi
}

[[ $(uname -sm) == "Linux x86_64" ]] || leave_out "they are for Linux on x86-64"
compiler=$(command -v "${CC:-gcc}" || command -v clang) || leave_out "no gcc or clang"
[[ -f $java_home/include/jni.h ]] || leave_out "no jni.h in $java_home/include"
hash=$({ cat "$sources"/*.c "$sources"/*.h "$sources/build.sh"; "$compiler" --version; } | sha256sum | cut -c1-32)
if [[ -f $resource && -f $work/status && $(cat "$work/status") == "library $hash" ]]; then
    exit 0
fi
cache=${XDG_CACHE_HOME:-$HOME/.cache}/millrace/x86-$hash
if [[ ! -f $cache/libmillrace-x86.so ]]; then
    out=$work/out
    rm -rf "$out" && mkdir -p "$out"
    compile "$out" library
    compile "$out" avx2 -mavx2 -mfma -mf16c
    compile "$out" avx2_vnni -mavx2 -mfma -mf16c -mavxvnni
    compile "$out" avx512 "${avx512[@]}"
    compile "$out" amx "${avx512[@]}" -mamx-tile -mamx-bf16 -mamx-int8
    "$compiler" -shared -Wl,-z,noexecstack -Wl,--strip-debug -o "$out/libmillrace-x86.so" "$out"/*.o
    rm "$out"/*.o
    mkdir -p "$(dirname "$cache")"
    # Another build may have put the same there meanwhile.
    mv -T "$out" "$cache" 2>/dev/null || [[ -f $cache/libmillrace-x86.so ]]
fi
mkdir -p "$(dirname "$resource")"
cp "$cache/libmillrace-x86.so" "$resource"
echo "library $hash" >"$work/status"
