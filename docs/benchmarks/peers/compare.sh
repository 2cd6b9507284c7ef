#!/bin/bash
# Millrace and its peers under the loads of docs/benchmarks/cpu.md, one after another on a machine that does nothing else; about ten
# minutes. Usage: compare.sh model.gguf LLAMA_FOLDER VLLM_FOLDER, folders as llama_cpp.sh and vllm.sh made them, "-" to leave one out.
# REQUESTS=8 makes a short trial of it.
set -u
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
model=${1:?"usage: $0 model.gguf LLAMA_FOLDER VLLM_FOLDER"}
llama=$2
vllm=$3
requests=${REQUESTS:-128}
millrace=${MILLRACE:-$here/../../../millrace}
A="--requests $requests --input-len 128 --output-len 64"
B="--requests $requests --input-len 256 --output-len 8 --shared-prefix-len 192"
single="--requests 3 --input-len 128 --output-len 64"

run() {
    echo "\$ $*" | sed "s|$here/||g; s|$llama/||g; s|$vllm/||g"
    "$@" 2>/dev/null | tail -n 1
}

# Everything is warm: each load runs once before it is measured, and memory for keys and values is hardly larger than it needs, so that
# the system has handed its pages out. Both peers write theirs when they start.
warm="--warmup-requests $requests"

# millrace A_MEMORY B_MEMORY SETTINGS...
measure() {
    a=$1 b=$2
    shift 2
    # shellcheck disable=SC2086 # lists of options
    for load in "$A $warm --set kv-cache-memory=$a" "$B $warm --set kv-cache-memory=$b" "$single --warmup-requests 2 --max-num-seqs 1"; do
        run "$millrace" bench --model "$model" $load "$@" --output json
    done
}

uptime
measure 600m 300m --set compute-precision=bfloat16 --set quantization=int8
measure 320m 160m --set compute-precision=bfloat16 --set quantization=int8 --set kv-cache-dtype=int8
measure 600m 300m --set compute-precision=bfloat16
measure 320m 160m --set compute-precision=bfloat16 --set kv-cache-dtype=int8
measure 1200m 600m --set compute-precision=float32
for precision in float32 bfloat16; do
    run "$millrace" bench --model "$model" --requests 64 --input-len 256 --output-len 1 --warmup-requests 64 --set kv-cache-memory=800m \
        --set compute-precision=$precision --output json
done
if [ "$llama" != - ]; then
    [ -f "$llama/Q8_0.gguf" ] || for type in Q8_0 BF16; do
        "$vllm/venv/bin/python" "$here/requantise.py" "$model" $type "$llama/$type.gguf"
    done
    for type in Q8_0 BF16; do
        # shellcheck disable=SC2086
        for load in "$A" "$B" "$single --slots 1"; do
            run python3 "$here/llama_cpp_load.py" --server "$llama/llama-server" --model "$llama/$type.gguf" $load
        done
    done
fi
if [ "$vllm" != - ]; then
    preload=$(find "$vllm" -name 'libtcmalloc_minimal.so.4' -o -name libiomp5.so | paste -sd:)
    for precision in int8 bf16; do
        # shellcheck disable=SC2086
        for load in "$A" "$B" "$single --max-num-seqs 1"; do
            run env LD_PRELOAD="$preload" "$vllm/venv/bin/python" "$here/vllm_load.py" --model "$vllm/models/$precision" $load
        done
    done
fi
uptime
