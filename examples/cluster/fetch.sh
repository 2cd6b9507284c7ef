#!/usr/bin/env bash
# Puts a Flink distribution and the model of the README's SQL script into examples/target/cluster, with Millrace and the Kafka
# connector in the distribution's lib/. Needs Python's pip, Maven, and `mvn -DskipTests package` before; 330 MB, once.
# The broker comes with the jars of the examples.
set -euo pipefail
source "$(dirname "$0")/settings.sh"
version() { sed -n "s:.*<$1>\(.*\)</$1>.*:\1:p" "$root/pom.xml"; }
flink=$(version flink.version)

distribution() {
    [[ ! -f $flink_home/lib/flink-dist-$flink.jar ]] || return 0
    rm -rf "$flink_home"
    local new=$CLUSTER_DIR/new
    rm -rf "$new"
    mkdir -p "$new"
    # PyFlink's two wheels hold the distribution: the jars in one, the scripts in the other. Nothing of Python in them is used, so
    # the platform does not matter, but without one pip might build a source package.
    python3 -m pip download -q --no-deps --only-binary=:all: --python-version 3.11 --platform manylinux2014_x86_64 \
        -d "$new" "apache-flink-libraries==$flink" "apache-flink==$flink"
    local wheel
    for wheel in "$new"/*.whl; do
        python3 -m zipfile -e "$wheel" "$new"
    done
    # The SQL client needs it, and neither wheel has it.
    mvn -q -B -f "$root/pom.xml" -N dependency:copy -Dartifact="org.apache.flink:flink-sql-gateway:$flink" \
        -DoutputDirectory="$new/pyflink/opt"
    chmod +x "$new"/pyflink/bin/*.sh "$new/pyflink/bin/flink"
    mkdir "$new/flink"
    mv "$new"/pyflink/{bin,conf,lib,opt,plugins} "$new/flink"
    mv "$new/flink" "$flink_home"
    rm -rf "$new"
}

# Replaces what lib/ has of $2 by the jar $1.
put() {
    rm -f "$flink_home/lib/$2"*.jar
    cp "$1" "$flink_home/lib/"
}

[[ -d $millrace_lib ]] || fail "no jars in $millrace_lib; run 'mvn -DskipTests package' first"
mkdir -p "$CLUSTER_DIR"
distribution
# Plain jars of the Kafka connector, not flink-sql-connector-kafka: jobs that are not SQL find Kafka's own classes only so.
for name in flink-connector-kafka kafka-clients lz4-java snappy-java zstd-jni; do
    jar=$(find "$millrace_lib" -name "$name-[0-9]*[0-9].jar")
    put "$jar" "$name-"
done
sql_jar=$(find "$root/connector/sql-jar/target" -name 'flink-sql-connector-millrace-*.jar' 2>/dev/null || true)
[[ -f $sql_jar ]] || fail "no flink-sql-connector-millrace jar in connector/sql-jar/target; run 'mvn -DskipTests package' first"
put "$sql_jar" flink-sql-connector-millrace-
rm -rf "$CLUSTER_DIR/triage-model"
cp -r "$root/examples/src/main/resources/dev/millrace/examples/triage-model" "$CLUSTER_DIR/triage-model"
