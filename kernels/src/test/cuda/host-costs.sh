#!/usr/bin/env bash
# Prints what the host spends on a decode step of Llama-3.1-8B's shape, with a device that drops all work. Needs `mvn test-compile`
# of kernels and engine, and the emulator (kernels/target/emulator). Usage: host-costs.sh [SEQUENCES [WAITING [STEPS]]]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../../.."
[[ -f kernels/target/emulator/plain/libcuda.so.1 ]] || { echo "no emulator; run mvn test-compile -pl kernels" >&2; exit 1; }
[[ -f engine/target/test.classpath ]] || mvn -B -q dependency:build-classpath -pl kernels,engine -Dmdep.outputFile=target/test.classpath
classpath=kernels/target/classes:kernels/target/test-classes:engine/target/classes:engine/target/test-classes
cd engine
exec env MILLRACE_EMU_NULL=2 MILLRACE_EMU_MEMORY=$((141 << 30)) MILLRACE_EMU_COMPUTE_CAPABILITY=9.0 \
    java -Xmx2g --add-modules jdk.incubator.vector -Dtest.log.level=WARN \
    -cp "$(sed 's#[^:]*#../&#g' <<<"$classpath"):$(cat target/test.classpath)" dev.millrace.engine.HostCosts "$@"
