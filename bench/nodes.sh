# Sourced by the other scripts: server processes on this machine, gone when the script ends.
# HENGE_SERVER_OPTS adds options to the nodes' Java.
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

three() { # shards: starts three nodes with all copies, sets nodes to their addresses
  ./henge version >/dev/null
  start n1 --shards "$1"
  start n2 --join "$(client n1)"
  start n3 --join "$(client n1)"
  nodes=$(client n1),$(client n2),$(client n3)
  for _ in $(seq 300); do
    ./henge cluster status --connect "$nodes" --output json | grep -q '"replication_factor" *: *3' && return; sleep 0.5
  done
  echo "three copies were not reached" >&2; exit 1
}
