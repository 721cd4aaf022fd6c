#!/usr/bin/env bash
# Lets a load fall on one of three shards of three server processes on this machine and keeps the figures in bench/results.
#
#   bench/skew.sh NAME [OPERATIONS-MAX] [THREADS]
#   bench/skew.sh skewed-load 1000
set -euo pipefail
cd "$(dirname "$0")/.."
name=${1:?name of the result}; most=${2:-1000}; threads=${3:-32}
. bench/nodes.sh
three 3
mkdir -p bench/results
./henge bench skew --operations-max "$most" --threads "$threads" --connect "$nodes" --output json >"bench/results/$name.json"
./henge cluster shards --connect "$nodes"
