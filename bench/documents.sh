#!/usr/bin/env bash
# Measures what documents cost beside plain items on three server processes on this machine and keeps the figures in bench/results.
#
#   bench/documents.sh NAME [THREADS] [ROUNDS] [SECONDS-A-TURN] [RECORDS] [ONLY]
#   bench/documents.sh documents 32 4 5
set -euo pipefail
cd "$(dirname "$0")/.."
name=${1:?name of the result}; threads=${2:-32}; rounds=${3:-4}; seconds=${4:-5}; records=${5:-20000}; only=${6:-}
. bench/nodes.sh
three 1
mkdir -p bench/results
./henge bench documents --threads "$threads" --rounds "$rounds" --seconds "$seconds" --records "$records" --only "$only" --connect "$nodes" --output json >"bench/results/$name.json"
