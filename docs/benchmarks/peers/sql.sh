#!/bin/bash
# Rows of a SQL query that a model answers: Flink's own OpenAI provider, which asks vLLM's or llama.cpp's server, and Millrace in the same
# process. One run after another, one line of JSON each; seven minutes of a machine that does nothing else. What is slow gets a quarter of
# the rows.
# Usage: sql.sh model.gguf LLAMA_FOLDER VLLM_FOLDER, folders as llama_cpp.sh and vllm.sh made them, "-" to leave one out; needs
# `mvn -DskipTests package` and examples/cluster/fetch.sh before. ROWS=32 makes a short trial; ONLY='vllm typed' runs those alone.
set -euo pipefail
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
root=$here/../../..
usage="usage: $0 model.gguf LLAMA_FOLDER VLLM_FOLDER"
model=$(realpath "${1:?"$usage"}")
llama=${2:?"$usage"}
vllm=${3:?"$usage"}
rows=${ROWS:-512}
only=${ONLY:-all}
port=${PORT:-18090}
url=http://127.0.0.1:$port
version=$(sed -n 's:.*<flink.version>\(.*\)</flink.version>.*:\1:p' "$root/pom.xml")
lib=${CLUSTER_DIR:-$root/examples/target/cluster}/flink/lib
[[ -d $lib ]] || { echo "no Flink in $lib; run examples/cluster/fetch.sh first" >&2; exit 1; }
work=$(mktemp -d)
server=
trap 'stop_server; RUN_DIR=$work/broker "$root/examples/cluster/broker.sh" stop; rm -rf "$work"' EXIT

system='You sort support tickets. Say in one sentence what the customer wants and how urgent it is.'
tuned=(table.exec.async-ml-predict.max-concurrent-operations=256 table.exec.async-ml-predict.output-mode=ALLOW_UNORDERED
    "table.exec.async-ml-predict.timeout=10 min")

wanted() { [[ $only == all || " $only " == *" $1 "* ]]; }

# measure LABEL SCRIPT NAME=VALUE…
measure() {
    local label=$1 script=$2
    shift 2
    timeout --foreground 180 java -Xmx1g --add-modules jdk.incubator.vector \
        --add-opens=java.base/java.util=ALL-UNNAMED --add-opens=java.base/java.lang=ALL-UNNAMED \
        -cp "$work/*:$lib/*" "$here/sql/SqlRows.java" "$label" "$script" "folder=$work" "system=$system" tokens=28 all=tickets "$@" \
        2>>"$work/log" || tail -n 5 "$work/log" >&2
}

stop_server() {
    [[ -n $server ]] || return 0
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    server=
}

# Until the server answers.
await() {
    for ((i = 0; i < 1200; i++)); do
        ! curl -sf "$url/health" >/dev/null || return 0
        kill -0 "$server" 2>/dev/null || break
        sleep 0.2
    done
    tail -n 20 "$work/server" >&2
    return 1
}

# peers LABEL ALL: as fast as it goes without Flink, then by Flink's provider.
peers() {
    await || { echo "{\"label\":\"$1\",\"error\":\"the server did not start\"}"; return 0; }
    local common=("url=$url/v1" model=smollm2 "metrics=$url/metrics")
    measure "$1, flink-model-openai, 256 in flight, unordered" "$here/sql/openai.sql" "${common[@]}" all=quarter "${tuned[@]}"
    measure "$1, asked directly, 128 at a time" direct "${common[@]}" "all=$2" concurrency=128
    measure "$1, flink-model-openai, Flink's defaults" "$here/sql/openai.sql" "${common[@]}" all=quarter
}

tickets() {
    python3 - "$root/examples/src/main/resources/dev/millrace/examples/tickets.jsonl.gz" "$work" "$rows" <<'PYTHON'
import gzip, json, sys
source, target, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
with gzip.open(source, "rt", encoding="utf-8") as lines:
    tickets = [json.loads(line) for line in lines]
for name, some in (("tickets", tickets[:count]), ("quarter", tickets[: count // 4]), ("warm", tickets[-32:])):
    with open(f"{target}/{name}.jsonl", "w", encoding="utf-8") as out:
        for ticket in some:
            prompt = f"Customer: {ticket['customer']}\nSubject: {ticket['subject']}\n{ticket['body']}"
            out.write(json.dumps({"id": ticket["id"], "prompt": prompt}, ensure_ascii=False, separators=(",", ":")) + "\n")
PYTHON
}

# run_vllm PRECISION RESERVED: the chat template and the tokenizer are those of the GGUF file. So many processors are left to others; vLLM
# itself would leave one.
run_vllm() {
    "$vllm/venv/bin/python" - "$model" "$work/tokenizer" <<'PYTHON'
import os, sys
from transformers import AutoTokenizer
folder, name = os.path.split(sys.argv[1])
AutoTokenizer.from_pretrained(folder, gguf_file=name).save_pretrained(sys.argv[2])
PYTHON
    LD_PRELOAD=$(find "$vllm" -name 'libtcmalloc_minimal.so.4' -o -name libiomp5.so | paste -sd:) VLLM_CPU_KVCACHE_SPACE=2 \
        VLLM_CPU_NUM_OF_RESERVED_CPU=$2 "$vllm/venv/bin/python" -m vllm.entrypoints.openai.api_server --model "$vllm/models/$1" \
        --served-model-name smollm2 --tokenizer "$work/tokenizer" --dtype bfloat16 --enforce-eager --max-model-len 1024 \
        --max-num-seqs 128 --generation-config vllm --host 127.0.0.1 --port "$port" >"$work/server" 2>&1 &
    server=$!
    peers "vLLM $1, $2 processors reserved" tickets
    stop_server
}

run_llama() {
    "$llama/llama-server" -m "$llama/$1.gguf" -c $((32 * 512)) -np 32 -t "$(nproc)" -tb "$(nproc)" --host 127.0.0.1 --port "$port" \
        --metrics --no-webui >"$work/server" 2>&1 &
    server=$!
    peers "llama.cpp $1" quarter
    stop_server
}

ours() {
    local common=("model=$model" quantization=int8)
    ! wanted predict || measure "Millrace int8, ML_PREDICT, 256 in flight, unordered" "$here/sql/predict.sql" "${common[@]}" "${tuned[@]}"
    ! wanted defaults || measure "Millrace int8, ML_PREDICT, Flink's defaults" "$here/sql/predict.sql" "${common[@]}"
    ! wanted typed || measure "Millrace int8, ML_PREDICT, typed columns" "$here/sql/typed.sql" "${common[@]}" "${tuned[@]}"
}

ours_with_kafka() {
    export RUN_DIR=$work/broker KAFKA_PORT=$((port + 1)) CONTROLLER_PORT=$((port + 2))
    "$root/examples/cluster/broker.sh" start
    measure "Millrace int8, millrace-kafka, exactly once" "$here/sql/table.sql" "model=$model" quantization=int8 \
        "broker=127.0.0.1:$KAFKA_PORT" "execution.checkpointing.interval=2 s"
    "$root/examples/cluster/broker.sh" stop
}

mvn -q -B -f "$root/pom.xml" -N dependency:copy -Dartifact="org.apache.flink:flink-model-openai:$version" -DoutputDirectory="$work" >&2
tickets
ours
[[ $vllm == - ]] || ! wanted vllm || { run_vllm int8 0 && run_vllm int8 1; }
[[ $llama == - ]] || ! wanted llama || run_llama Q8_0
! wanted table || ours_with_kafka
