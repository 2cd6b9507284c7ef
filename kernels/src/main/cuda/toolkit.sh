#!/usr/bin/env bash
# Prints the folder of a CUDA toolkit: $CUDA_HOME, else the one nvcc on PATH belongs to, else one fetched from PyPI into FOLDER.
# Usage: toolkit.sh FOLDER [--no-fetch]. Prints nothing and returns 1, the reason on stderr, where there is none.
set -euo pipefail

folder=$1
fetch=${2:-}
# One pinned set: fatbins of these need a driver of the 580 line or later.
packages=(nvidia-cuda-nvcc==13.0.88 nvidia-cuda-crt==13.0.88 nvidia-nvvm==13.0.88 nvidia-cuda-runtime==13.0.96
    nvidia-cuda-cccl==13.0.85)

if [[ -n ${CUDA_HOME:-} ]]; then
    [[ -x $CUDA_HOME/bin/nvcc ]] || { echo "CUDA_HOME=$CUDA_HOME has no bin/nvcc" >&2; exit 1; }
    echo "$CUDA_HOME"
elif command -v nvcc >/dev/null; then
    dirname "$(dirname "$(readlink -f "$(command -v nvcc)")")"
elif [[ -x $folder/nvidia/cu13/bin/nvcc ]]; then
    echo "$folder/nvidia/cu13"
elif [[ $fetch == --no-fetch ]]; then
    exit 1
else
    command -v python3 >/dev/null || { echo "no nvcc, and no python3 to fetch one" >&2; exit 1; }
    rm -rf "$folder.part"
    if ! python3 -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder.part" "${packages[@]}" \
        >"$folder.log" 2>&1; then
        echo "no nvcc, and none could be fetched (see $folder.log)" >&2
        exit 1
    fi
    rm -rf "$folder"
    mv "$folder.part" "$folder"
    echo "$folder/nvidia/cu13"
fi
