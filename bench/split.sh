#!/usr/bin/env bash
# Splits shards of three server processes on this machine under load and keeps the figures in bench/results.
#
#   bench/split.sh NAME MEGABYTES [ROUNDS] [CALM-SECONDS] [THREADS]
#   bench/split.sh split-1-gb 1000 7 60
set -euo pipefail
cd "$(dirname "$0")/.."
name=${1:?name of the result}; megabytes=${2:?megabytes}; rounds=${3:-7}; calm=${4:-60}; threads=${5:-32}
. bench/nodes.sh
three 1
mkdir -p bench/results
./henge bench split --megabytes "$megabytes" --rounds "$rounds" --calm "$calm" --threads "$threads" \
  --connect "$nodes" --output json >"bench/results/$name.json"
./henge cluster status --connect "$nodes"
