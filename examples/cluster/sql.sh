#!/usr/bin/env bash
# sql.sh FILE: runs a SQL script by Flink's SQL client on the cluster of flink.sh; fails where a statement does.
set -euo pipefail
source "$(dirname "$0")/settings.sh"
[[ $# -eq 1 && -f $1 ]] || fail "needs a file with SQL"
script=$(realpath "$1")
log=$FLINK_LOG_DIR/sql-client.out
cd "$root"
"$flink_home/bin/sql-client.sh" -hist "$RUN_DIR/sql.history" -f "$script" 2>&1 | tee "$log"
# The client exits with 0 whatever happened.
! grep -q '\[ERROR\]' "$log"
