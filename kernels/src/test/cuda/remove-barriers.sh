#!/usr/bin/env bash
# Removes the barriers of the product kernels, one at a time, and prints what the checker says of each; fails if it says nothing.
# Takes many minutes. Usage: remove-barriers.sh [REGEX], of "FILE:LINE TEXT", for instance 'attention.*__syncthreads.*'
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../../.."
export MILLRACE_CUDA=required
exec mvn -B -q test -pl kernels -Dtest=EveryBarrier -Dsurefire.failIfNoSpecifiedTests=false -Dmillrace.barriers="${1:-.*}"
