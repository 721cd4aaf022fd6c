#!/usr/bin/env bash
# Renames an airline with thousands of routes (OpenFlights: airlines.dat, routes.dat; they are no part of this project) in three server
# processes on this machine, five times, under load: in some rounds the process that leads the airline's shard is killed when the first
# copy has the new name, in others a shard with routes is split. Measures how long it takes until the last copy is right. The figures go
# to bench/results.
#
#   bench/rename.sh NAME FOLDER [AIRLINE] [ROUNDS] [ROUNDS WITH A KILL] [ROUNDS WITH A SPLIT] [WRITES/S] [WRITERS] [STAYS]
#   bench/rename.sh rename data/openflights 4296 5 2,4 3,4 300
#
# With STAYS = 1 a node that was killed is not started again: one of three may be killed so.
set -euo pipefail
cd "$(dirname "$0")/.."
name=${1:?name of the result}; data=$(cd "${2:?folder with airlines.dat and routes.dat}" && pwd)
airline=${3:-4296}; rounds=${4:-5}; kills=${5:-2,4}; splits=${6:-3,4}; rate=${7:-300}
writers=${8:-4}; stays=${9:-0}
. bench/nodes.sh
three 3
# Each node's process by name, so that whoever comes back after a kill is found again.
mkdir "$dir/processes"
for i in 0 1 2; do echo "${pids[$i]}" >"$dir/processes/n$((i + 1))"; done
trap 'for process in "$dir"/processes/*; do kill "$(cat "$process")" 2>/dev/null || true; done; cleanup' EXIT

cat >"$dir/midway" <<END
case ",$kills," in *",\$HENGE_ROUND,"*) kill -9 "\$(cat "$dir/processes/\$HENGE_LEADER")";; esac
END
cat >"$dir/after" <<END
process=$dir/processes/\$HENGE_LEADER
if [ "$stays" = 1 ]; then exit 0; fi
if kill -0 "\$(cat "\$process")" 2>/dev/null; then exit 0; fi
HENGE_JAVA_OPTS="${HENGE_SERVER_OPTS:-}" setsid ./henge server --id "\$HENGE_LEADER" --dir "$dir/\$HENGE_LEADER" --listen 127.0.0.1:0 \\
  >"$dir/\$HENGE_LEADER.out" 2>>"$dir/\$HENGE_LEADER.err" </dev/null &
echo \$! >"\$process"
for i in \$(seq 900); do grep -q '^ready' "$dir/\$HENGE_LEADER.out" && exit 0; sleep 0.1; done
echo "node \$HENGE_LEADER did not come back:" >&2; tail -5 "$dir/\$HENGE_LEADER.err" >&2; exit 1
END

./henge shell --connect "$nodes" --output json \
  --execute 'create collection airlines documents shard by airline_id' \
  --execute 'create collection routes documents shard by source_id id line' \
  --execute 'create index by_airline on routes (airline_id)' \
  --execute 'copy airlines(name as airline_name) into routes on airline_id follow within 5s' >/dev/null
import() { ./henge import "$@" --connect "$nodes" --no-checkpoint --null '\N' --rejects "$dir/rejects"; }
import airlines "$data/airlines.dat" --infer --escape '\' --columns airline_id,name,alias,iata,icao,callsign,country,active
# Routes without a source airport's number have no key: they are rejected.
import routes "$data/routes.dat" --infer --line-as line \
  --columns airline,airline_id,source,source_id,destination,destination_id,codeshare,stops,equipment || true

failures=0
./henge bench rename airlines "$airline" routes --rounds "$rounds" --split "$splits" --rate "$rate" --threads "$writers" --missing "$stays" \
  --midway "sh $dir/midway" --after "sh $dir/after" --connect "$nodes" --output json | tee "$dir/figures" || failures=1
mkdir -p bench/results
if [[ -s "$dir/figures" ]]; then mv "$dir/figures" "bench/results/$name.json"; fi
exit "$failures"
