#!/usr/bin/env bash
# Measures three server processes on this machine with YCSB and keeps the figures in bench/results.
#
#   bench/cluster.sh NAME SHARDS THREADS WORKLOADS [SECONDS] [WARMUP] [RECORDS]
#   bench/cluster.sh default-64 1 64 u,a,b,c,d,e,f 20 20
#
# HENGE_SERVER_OPTS adds options to the nodes' Java.
set -euo pipefail
cd "$(dirname "$0")/.."
name=${1:?name of the result}; shards=${2:?shards}; threads=${3:?threads}; workloads=${4:?workloads}
seconds=${5:-20}; warmup=${6:-20}; records=${7:-100000}
dir=$(mktemp -d "${TMPDIR:-/tmp}/henge-bench.XXXXXX"); pids=()
cleanup() { for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$dir"; }
trap cleanup EXIT

start() { # id, arguments
  local id=$1; shift
  HENGE_JAVA_OPTS="${HENGE_SERVER_OPTS:-}" ./henge server --id "$id" --dir "$dir/$id" --listen 127.0.0.1:0 "$@" >"$dir/$id.out" 2>"$dir/$id.err" &
  pids+=($!)
  for _ in $(seq 600); do grep -q '^ready' "$dir/$id.out" && return; sleep 0.1; done
  echo "node $id did not start:" >&2; tail -5 "$dir/$id.err" >&2; exit 1
}
client() { sed -n 's/^ready.* client=\([^ ]*\).*/\1/p' "$dir/$1.out"; }

./henge version >/dev/null
start n1 --shards "$shards"
start n2 --join "$(client n1)"
start n3 --join "$(client n1)"
nodes=$(client n1),$(client n2),$(client n3)
for _ in $(seq 300); do
  ./henge cluster status --connect "$nodes" --output json | grep -q '"replication_factor" *: *3' && break; sleep 0.5
done
mkdir -p bench/results
./henge bench ycsb --workload "$workloads" --records "$records" --threads "$threads" --seconds "$seconds" \
  --warmup "$warmup" --connect "$nodes" --output json >"bench/results/$name.json"
./henge cluster status --connect "$nodes"
