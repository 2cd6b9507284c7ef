#!/usr/bin/env bash
# broker.sh start|stop: one Kafka broker in a process of its own, on the loopback interface only.
set -euo pipefail
source "$(dirname "$0")/settings.sh"
pid_file=$FLINK_PID_DIR/broker.pid
log=$FLINK_LOG_DIR/broker.log
config=$FLINK_CONF_DIR/broker.properties
java=(java -Xmx256m -XX:+UseSerialGC "-Dlog4j2.configurationFile=$FLINK_CONF_DIR/broker-log4j2.properties" -cp "$millrace_lib/*")

write_config() {
    cat >"$config" <<CONFIG
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$CONTROLLER_PORT
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:$KAFKA_PORT,CONTROLLER://127.0.0.1:$CONTROLLER_PORT
advertised.listeners=PLAINTEXT://127.0.0.1:$KAFKA_PORT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$RUN_DIR/topics
num.partitions=2
# One broker, so no replicas.
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=2
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=16777216
CONFIG
    cat >"$FLINK_CONF_DIR/broker-log4j2.properties" <<CONFIG
rootLogger.level=INFO
rootLogger.appenderRef.out.ref=out
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d %p %c - %m%n
CONFIG
}

start() {
    [[ ! -f $pid_file ]] || fail "started already: $pid_file"
    mkdir -p "$FLINK_CONF_DIR" "$FLINK_LOG_DIR" "$FLINK_PID_DIR"
    write_config
    if [[ ! -f $RUN_DIR/topics/meta.properties ]]; then
        "${java[@]}" kafka.tools.StorageTool format -t Y2x1c3RlcmNsdXN0ZXJjbA -c "$config" >"$log" 2>&1
    fi
    "${java[@]}" kafka.Kafka "$config" >>"$log" 2>&1 </dev/null &
    echo $! >"$pid_file"
    until_true 60 grep -q 'Kafka Server started' "$log"
}

stop() {
    [[ -f $pid_file ]] || return 0
    local pid
    pid=$(<"$pid_file")
    rm "$pid_file"
    kill "$pid" 2>/dev/null || return 0
    for ((i = 0; i < 100; i++)); do
        kill -0 "$pid" 2>/dev/null || return 0
        sleep 0.1
    done
    kill -9 "$pid" 2>/dev/null || true
}

case ${1:-} in
    start) start ;;
    stop) stop ;;
    *) fail "start or stop, not '${1:-}'" ;;
esac
