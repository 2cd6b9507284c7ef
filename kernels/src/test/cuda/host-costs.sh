#!/usr/bin/env bash
# Prints what the host spends on a decode step of Llama-3.1-8B's shape: 512 sequences, 100,000 waiting requests, a device that drops
# all work. Needs 6 GB of memory.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../../.."
export MILLRACE_CUDA=required MILLRACE_EMU_NULL=2 MILLRACE_EMU_MEMORY=$((141 << 30))
exec mvn -B -q "$@" test -pl engine -am -Dtest=HostCosts -Dsurefire.failIfNoSpecifiedTests=false
