# Sourced by the other scripts of this folder: where things are and on which ports they listen. Every value can be set from outside.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd "$here/../.." && pwd -P)

CLUSTER_DIR=${CLUSTER_DIR:-$root/examples/target/cluster} # what fetch.sh fetched
RUN_DIR=${RUN_DIR:-$CLUSTER_DIR/run}                      # logs, process ids, topics, checkpoints of one run
KAFKA_PORT=${KAFKA_PORT:-9092}
CONTROLLER_PORT=${CONTROLLER_PORT:-9093}
REST_PORT=${REST_PORT:-8081}
RPC_PORT=${RPC_PORT:-6123}
SLOTS=${SLOTS:-2} # of each TaskManager
JOBMANAGER_MEMORY=${JOBMANAGER_MEMORY:-768m}
TASKMANAGER_MEMORY=${TASKMANAGER_MEMORY:-1600m}

flink_home=$CLUSTER_DIR/flink
millrace_lib=$root/examples/target/millrace/lib # built by `mvn package`: ours, and a Kafka broker
rest=http://127.0.0.1:$REST_PORT

# Read by the scripts of the Flink distribution.
export FLINK_CONF_DIR=$RUN_DIR/conf FLINK_LOG_DIR=$RUN_DIR/log FLINK_PID_DIR=$RUN_DIR/pid FLINK_IDENT_STRING=millrace

fail() {
    echo "$(basename "$0"): $1" >&2
    exit 1
}

# until_true SECONDS COMMAND...: repeats the command until it succeeds.
until_true() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < end)) || fail "gave up waiting for: $*"
        sleep 0.2
    done
}
