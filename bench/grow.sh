#!/usr/bin/env bash
# Three server processes become five, and three again by drain, under YCSB A; what it costs is kept in bench/results.
#
#   bench/grow.sh NAME [SHARDS] [RECORDS] [SECONDS]
#   bench/grow.sh three-to-five 6 100000 60
set -euo pipefail
cd "$(dirname "$0")/.."
name=${1:?name of the result}; shards=${2:-6}; records=${3:-100000}; seconds=${4:-60}
. bench/nodes.sh
three "$shards"
load() { # seconds, warm-up, more options: the figures of one phase
  ./henge bench ycsb --workload a --records "$records" --threads 32 --seconds "$1" --warmup "$2" "${@:3}" --connect "$nodes" --output json
}
nodes_now() { ./henge cluster nodes --connect "$nodes" --output json; }
received() { # bytes of snapshots that all nodes have fetched
  local sum=0 id
  for id in "$@"; do
    local http; http=$(sed -n 's/^ready.* http=\([^ ]*\).*/\1/p' "$dir/$id.out")
    sum=$((sum + $(curl -sf "http://$http/metrics" | awk '/^henge_snapshots_received_bytes_total/ {printf "%d", $2}')))
  done
  echo "$sum"
}
settled() { # until nothing is under way and nothing is planned
  for _ in $(seq 600); do
    if ./henge cluster operations --connect "$nodes" --output json | grep -q '"operations":\[\]' &&
      ./henge cluster plan --connect "$nodes" --output json | grep -q '"steps":\[\]'; then return; fi
    sleep 1
  done
}
now() { date +%s; }

load "$seconds" 15 >"$dir/before.json"
before=$(nodes_now); bytes0=$(received n1 n2 n3)
load "$seconds" 5 --no-load >"$dir/growing.json" & loading=$!
began=$(now)
start n4 --join "$nodes"
start n5 --join "$nodes"
sleep 5; settled; grown=$(($(now) - began))
wait "$loading"
after_growth=$(nodes_now); bytes1=$(received n1 n2 n3 n4 n5)
load "$seconds" 5 --no-load >"$dir/shrinking.json" & loading=$!
began=$(now)
./henge cluster drain n4 --wait --connect "$nodes" >&2
./henge cluster drain n5 --wait --connect "$nodes" >&2
settled; shrunk=$(($(now) - began))
wait "$loading"
after_drain=$(nodes_now); bytes2=$(received n1 n2 n3 n4 n5)
load "$seconds" 5 --no-load >"$dir/after.json"
mkdir -p bench/results
cat >"bench/results/$name.json" <<JSON
{"shards":$shards,"grow_seconds":$grown,"shrink_seconds":$shrunk,
"bytes_fetched_while_growing":$((bytes1 - bytes0)),"bytes_fetched_while_shrinking":$((bytes2 - bytes1)),
"nodes_before":$before,"nodes_after_growth":$after_growth,"nodes_after_drain":$after_drain,
"before":$(cat "$dir/before.json"),"growing":$(cat "$dir/growing.json"),
"shrinking":$(cat "$dir/shrinking.json"),"after":$(cat "$dir/after.json")}
JSON
./henge cluster nodes --connect "$nodes"
