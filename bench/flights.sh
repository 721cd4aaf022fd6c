#!/usr/bin/env bash
# Imports real flight data (OpenFlights: airports.dat, airlines.dat, routes.dat; they are no part of this project) into three server
# processes on this machine, with declared copies; compares counts with what awk finds in the files; measures what the copies save. The
# figures go to bench/results.
#
#   bench/flights.sh NAME FOLDER [ROUNDS]
set -euo pipefail
cd "$(dirname "$0")/.."
name=${1:?name of the result}; data=$(cd "${2:?folder with airports.dat, airlines.dat and routes.dat}" && pwd); rounds=${3:-300}
. bench/nodes.sh
three 3
shell() { ./henge shell --connect "$nodes" --output json "${@/#/--execute=}"; }
import() { ./henge import "$@" --connect "$nodes" --no-checkpoint --null '\N' --rejects "$dir/rejects"; }

shell \
  'create collection airports documents shard by airport_id' \
  'create collection airlines documents shard by airline_id' \
  'create collection routes documents shard by source_id id line' \
  'create collection connections documents shard by source_id id destination_id' \
  'copy airlines(name as airline_name) into routes on airline_id follow within 5s' \
  'copy airports(city as destination_city) into routes on destination_id at write' \
  'copy airports(city as destination_city) into connections on destination_id at write' \
  'copy connections.routes = count(routes) on destination_id' \
  'copy connections(destination_id, destination_city, routes) into airports.top_destinations last 10 by routes' \
  'copy airports.departures = count(routes)' >/dev/null

import airports "$data/airports.dat" --infer --escape '\' \
  --columns airport_id,name,city,country,iata,icao,latitude,longitude,altitude,utc_offset,dst,timezone,kind,origin
import airlines "$data/airlines.dat" --infer --escape '\' --columns airline_id,name,alias,iata,icao,callsign,country,active
# Routes without a source airport's number have no key: they are rejected, and awk leaves them out below.
import connections "$data/routes.dat" --infer --columns -,-,-,source_id,-,destination_id,-,-,- || true
import routes "$data/routes.dat" --infer --line-as line \
  --columns airline,airline_id,source,source_id,destination,destination_id,codeshare,stops,equipment || true

count() { shell "totals $1" | sed -n 's/.*"count" *: *\([0-9]*\).*/\1/p' | head -1; }
failures=0
same() { # what, in Henge, by awk
  if [ "$2" = "$3" ]; then echo "ok    $1: $2"; else echo "WRONG $1: $2 in Henge, $3 in the files"; failures=1; fi
}
files() { awk -F, "$1" "$data/$2"; }
same airports "$(count 'airports all shards')" "$(files 'END{print NR}' airports.dat)"
same airlines "$(count 'airlines all shards')" "$(files 'END{print NR}' airlines.dat)"
same routes "$(count 'routes all shards')" "$(files '$4!="\\N"{n++} END{print n}' routes.dat)"
same connections "$(count 'connections all shards')" "$(files '$4!="\\N"&&$6!="\\N"&&!($4","$6 in s){s[$4","$6]=1;n++} END{print n}' routes.dat)"
same 'departures of ATL' "$(count 'routes 3682')" "$(files '$4==3682{n++} END{print n}' routes.dat)"
same 'routes with the name of their airline' "$(count 'routes all shards where "exists(airline_name)"')" \
  "$(awk -F, 'FNR==NR{a[$1]=1;next} $4!="\\N"&&($2 in a){n++} END{print n}' "$data/airlines.dat" "$data/routes.dat")"
same 'routes with the city that they lead to' "$(count 'routes all shards where "exists(destination_city) and destination_city != null"')" \
  "$(awk -F, 'FNR==NR{a[$1]=1;next} $4!="\\N"&&($6 in a){n++} END{print n}' "$data/airports.dat" "$data/routes.dat")"
atl() { shell 'get airports 3682' | tr -d ' \n' | grep -o "$1"; }
same 'departures as ATL has them' "$(atl '"departures":[0-9]*' | tr -dc 0-9)" "$(files '$4==3682{n++} END{print n}' routes.dat)"
same 'top destinations of ATL, routes to each' "$(atl '"routes":[0-9]*' | tr -dc '0-9\n' | sort -n | tr '\n' ' ')" \
  "$(files '$4==3682&&$6!="\\N"{n[$6]++} END{for(d in n) print n[d]}' routes.dat | sort -n | tail -10 | tr '\n' ' ')"

./henge bench copies routes 3682 --fields line,equipment --rounds "$rounds" --connect "$nodes" --output json | tee "$dir/figures"
mkdir -p bench/results
mv "$dir/figures" "bench/results/$name.json"
shell 'copies' 'verify'
exit "$failures"
