#!/usr/bin/env bash
# What `zoo serve` costs a batch that it shows: the batch runs alone and with 100 readers who follow the events and 100 who ask once a
# second, in turns. Needs wrk (https://github.com/wg/wrk) and MNIST; nothing else should run.
#
# usage: Benchmarks/serve.sh [ZOO] [ROUNDS]
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
zoo=$(realpath -- "${1:-$root/.build/release/zoo}")
rounds=${2:-5}
folder=$(mktemp -d)
cd "$folder"
export ZOO_MANIFEST=$root/zoo.json
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$folder"' EXIT

batch() { # STORE: prints its seconds
    local start=$EPOCHREALTIME
    "$zoo" evaluate cnn stn-c0 stn-c1 stn-sl1 stn-c2 stn-dl1 --dataset mnist-rotated --probe error --probe 'consistency?images=150' \
        --probe 'pose?images=2000' --jobs 2 --store "$1" --quiet >/dev/null
    awk "BEGIN { print $EPOCHREALTIME - $start }"
}

begin() { "$zoo" evaluate cnn --dataset mnist-rotated --images 10 --store "$1" --quiet >/dev/null; }

results() { "$zoo" results --store "$1" --json | grep -c '"status" : "measured"'; }

begin warm.sqlite
batch warm.sqlite >/dev/null
expected=$(results warm.sqlite)
for ((round = 1; round <= rounds; round++)); do
    begin alone.$round.sqlite
    batch alone.$round.sqlite >>alone
    begin watched.$round.sqlite
    "$zoo" serve --port 0 --store watched.$round.sqlite >address 2>/dev/null &
    server=$!
    until [[ -s address ]]; do sleep 0.05; done
    url=$(<address)
    wrk -c100 -t1 -d600s --timeout 600s "${url}api/v1/events" >/dev/null &
    followers=$!
    wrk -c100 -t1 -d600s --latency -s "$root/Benchmarks/readers.lua" "$url" >readers.$round &
    readers=$!
    sleep 1
    batch watched.$round.sqlite >>watched
    sleep 1
    kill -INT $readers
    wait $readers || true
    kill -INT $followers $server
    wait $followers $server || true
    [[ $(results watched.$round.sqlite) == "$expected" ]] || echo "results are lost: $(results watched.$round.sqlite) of $expected"
    grep '^readers' readers.$round
    rm -f address
done
paste alone watched | awk '{ print "batch: alone " $1 " s, watched " $2 " s, ratio " $2 / $1 }'
echo "median ratio $(paste alone watched | awk '{ print $2 / $1 }' | sort -n | sed -n "$(((rounds + 1) / 2))p")"
