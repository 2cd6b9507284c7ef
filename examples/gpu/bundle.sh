#!/usr/bin/env bash
# Makes examples/target/millrace-gpu.tar.xz: a Java runtime and the jars that gpu-check and gpu-bench need, for a GPU machine that has
# nothing but a driver and the sources. Needs the jars of `mvn package`, a JDK with its jmods, Python and xz; takes a minute or two.
#
# There, in the folder of the sources:
#   tar -xf examples/target/millrace-gpu.tar.xz -C examples/target
#   examples/target/millrace-gpu/millrace gpu-check --output gpu-results
#   examples/target/millrace-gpu/millrace gpu-bench --output gpu-results
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lib=$here/../target/millrace/lib
bundle=$here/../target/millrace-gpu
most_bytes=$((64 << 20))

[[ -d $lib ]] || { echo "bundle.sh: no $lib; run mvn -DskipTests package first" >&2; exit 1; }
jlink=${JAVA_HOME:+$JAVA_HOME/bin/}jlink
command -v "$jlink" >/dev/null || { echo "bundle.sh: no jlink; set JAVA_HOME to a JDK" >&2; exit 1; }

rm -rf "$bundle" "$bundle.tar.xz"
mkdir -p "$bundle"
# java.desktop for java.beans, which log4j asks for. Not compressed here: xz does it better.
"$jlink" --output "$bundle/jre" --strip-debug --no-header-files --no-man-pages --compress=0 --add-modules \
    java.base,java.desktop,java.logging,java.management,java.naming,java.net.http,java.sql,java.xml,jdk.incubator.vector,jdk.management,jdk.unsupported,jdk.zipfs

# Flink, Kafka and what only they need stay behind.
jars=()
for jar in "$lib"/*.jar; do
    case $(basename "$jar") in
    flink-* | kafka* | scala-* | zookeeper* | junit-* | opentest4j* | async-profiler* | avro-* | kryo-* | minlog-* | RoaringBitmap* | \
        zstd-jni* | snappy-java* | lz4-java* | metrics-core* | millrace-operator* | millrace-connector* | jose4j* | argparse4j* | \
        commons-math3* | jackson-dataformat-csv*) ;;
    *) jars+=("$jar") ;;
    esac
done
python3 "$here/repack.py" "$bundle/lib" "${jars[@]}"

cat >"$bundle/millrace" <<'SCRIPT'
#!/bin/sh
# gpu-check and gpu-bench; run it in the folder of the sources.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
exec "$here/jre/bin/java" --add-modules=jdk.incubator.vector -XX:MaxRAMPercentage=60 \
    -Dfile.encoding=UTF-8 -Dsun.stdout.encoding=UTF-8 -Dsun.stderr.encoding=UTF-8 \
    -cp "$here/lib/*" dev.millrace.examples.gpu.GpuMain "$@"
SCRIPT
chmod +x "$bundle/millrace"

tar -C "$bundle/.." --sort=name --owner=0 --group=0 --mtime=@0 -cf - millrace-gpu |
    xz --lzma2=preset=6,dict=128MiB >"$bundle.tar.xz"
bytes=$(stat -c %s "$bundle.tar.xz")
echo "$bundle.tar.xz: $((bytes >> 20)) MiB"
[[ $bytes -le $most_bytes ]] || { echo "bundle.sh: more than $((most_bytes >> 20)) MiB" >&2; exit 1; }
