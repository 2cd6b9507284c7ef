#!/usr/bin/env bash
# flink.sh start [N]  a JobManager and N TaskManagers, one if N is left out
# flink.sh add        one TaskManager more
# flink.sh kill       kill -9 of the TaskManager that runs longest
# flink.sh stop       ends them all
# They are processes of their own on the loopback interface, started by the scripts of the Flink distribution.
set -euo pipefail
source "$(dirname "$0")/settings.sh"
taskmanager_pids=$FLINK_PID_DIR/flink-$FLINK_IDENT_STRING-taskexecutor.pid
jobmanager_pids=$FLINK_PID_DIR/flink-$FLINK_IDENT_STRING-standalonesession.pid

write_config() {
    mkdir -p "$FLINK_CONF_DIR" "$FLINK_LOG_DIR" "$FLINK_PID_DIR" "$RUN_DIR/tmp"
    cp "$flink_home"/conf/log4j*.properties "$FLINK_CONF_DIR/"
    # What Flink opens of Java 17 stands in its own configuration.
    local opens
    opens=$(sed -n 's/^ *all: *//p' "$flink_home/conf/config.yaml")
    cat >"$FLINK_CONF_DIR/config.yaml" <<CONFIG
# The CPU kernels use the Vector API where there are no native ones.
env.java.opts.all: $opens --add-modules=jdk.incubator.vector
jobmanager.rpc.address: 127.0.0.1
jobmanager.rpc.port: $RPC_PORT
jobmanager.bind-host: 127.0.0.1
jobmanager.memory.process.size: $JOBMANAGER_MEMORY
rest.address: 127.0.0.1
rest.bind-address: 127.0.0.1
rest.port: $REST_PORT
taskmanager.host: 127.0.0.1
taskmanager.bind-host: 127.0.0.1
taskmanager.numberOfTaskSlots: $SLOTS
taskmanager.memory.process.size: $TASKMANAGER_MEMORY
taskmanager.memory.managed.size: 64m
execution.checkpointing.dir: file://$RUN_DIR/checkpoints
execution.checkpointing.savepoint-dir: file://$RUN_DIR/savepoints
restart-strategy.type: fixed-delay
restart-strategy.fixed-delay.attempts: 100
restart-strategy.fixed-delay.delay: 1s
# A TaskManager that is gone is missed after two heartbeats.
heartbeat.interval: 1s
heartbeat.timeout: 10s
metrics.fetcher.update-interval: 1000
io.tmp.dirs: $RUN_DIR/tmp
web.tmpdir: $RUN_DIR/tmp
CONFIG
}

running() {
    [[ -f $1 ]] || return 0
    local pid
    while read -r pid; do
        ! kill -0 "$pid" 2>/dev/null || echo "$pid"
    done <"$1"
}

slots_are() { curl -sf "$rest/overview" | grep -q "\"slots-available\":$1,"; }

start() {
    [[ -z $(running "$jobmanager_pids") ]] || fail "started already: $jobmanager_pids"
    rm -f "$jobmanager_pids" "$taskmanager_pids"
    write_config
    # Paths in SQL are relative to here.
    cd "$root"
    "$flink_home/bin/jobmanager.sh" start
    for ((i = 0; i < $1; i++)); do
        "$flink_home/bin/taskmanager.sh" start
    done
    until_true 60 slots_are $(($1 * SLOTS))
}

stop() {
    [[ ! -f $taskmanager_pids ]] || "$flink_home/bin/taskmanager.sh" stop-all
    [[ ! -f $jobmanager_pids ]] || "$flink_home/bin/jobmanager.sh" stop-all
}

case ${1:-} in
    start) start "${2:-1}" ;;
    add) cd "$root" && "$flink_home/bin/taskmanager.sh" start ;;
    kill) running "$taskmanager_pids" | head -n 1 | xargs kill -9 ;;
    stop) stop ;;
    *) fail "start [N], add, kill or stop, not '${1:-}'" ;;
esac
