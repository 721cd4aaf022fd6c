#!/usr/bin/env bash
# Measures three server processes on this machine with YCSB and keeps the figures in bench/results.
#
#   bench/cluster.sh NAME SHARDS THREADS WORKLOADS [SECONDS] [WARMUP] [RECORDS]
#   bench/cluster.sh default-64 1 64 u,a,b,c,d,e,f 20 20
set -euo pipefail
cd "$(dirname "$0")/.."
name=${1:?name of the result}; shards=${2:?shards}; threads=${3:?threads}; workloads=${4:?workloads}
seconds=${5:-20}; warmup=${6:-20}; records=${7:-100000}
. bench/nodes.sh
three "$shards"
mkdir -p bench/results
./henge bench ycsb --workload "$workloads" --records "$records" --threads "$threads" --seconds "$seconds" \
  --warmup "$warmup" --connect "$nodes" --output json >"bench/results/$name.json"
./henge cluster status --connect "$nodes"
