#!/usr/bin/env bash
# Builds the CUDA emulator and the kernels for it into TARGET/emulator, where the tests look for it. Usage: build-emulator.sh TARGET
#
# Without what it needs it says in one line which tests are left out; with MILLRACE_CUDA=required that is an error.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=$(cd "$1" && pwd)
status=$(cat "$target/cuda/status" 2>/dev/null || echo "none: the kernels were not compiled")

leave_out() {
    rm -rf "$target"/emulator/{plain,check}/libcuda.so.1
    if [[ ${MILLRACE_CUDA:-} == required ]]; then
        echo "MILLRACE_CUDA=required, but the CUDA emulator cannot be built: $1" >&2
        exit 1
    fi
    echo "Left out are all tests on the CUDA emulator: $1."
    exit 0
}

[[ $status == fatbin* ]] || leave_out "${status#none: }"
command -v g++ >/dev/null || leave_out "no g++"
[[ $(uname -sm) == "Linux x86_64" ]] || leave_out "it is for Linux on x86-64"
CUDA_HOME=$("$here/../../main/cuda/toolkit.sh" "$target/cuda-toolkit" 2>"$target/cuda/toolkit.log") ||
    leave_out "$(cat "$target/cuda/toolkit.log")"
export CUDA_HOME
"$here/../emulator/build.sh" "$target/emulator"
