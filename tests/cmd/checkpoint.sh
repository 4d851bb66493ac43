#!/bin/bash
# Two millraced over memif keep the checkpoints of a job each in a folder of its own: one is killed,
# and then both, and the job goes on to the same bytes; names that are none or in use, and a daemon that
# keeps none, are told. checkpoint.sh MILLRACE MILLRACED SOURCE_ROOT CACHE
NETWORK=10.9.11
# shellcheck source=tests/cmd/memif_pair.sh
. "$(dirname "$0")/memif_pair.sh"

EPOCHS=200
state=("$work/states0/kmeans" "$work/states1/kmeans")
pair_begin() {
	rm -f "$work/memif"
	node_start 0 server --insecure --peer 1=$NETWORK.2 --sandbox native --checkpoints "$work/states0"
	node_start 1 client --insecure --peer 0=$NETWORK.1 --sandbox native --checkpoints "$work/states1"
}
run() { # LOG OPTIONS...
	local log=$1
	shift
	"$millrace" run "$work/kmeans.mr" "points=file:$work/points?split=line&bytes=4096" \
		"start=file:$work/start" --sandbox native --connect "$(http_of "${leader:-0}")" --json "$@" >"$work/$log.log" 2>&1
}
number() { # FIELD LOG
	sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" "$work/$2.log"
}
wait_epoch() { # EPOCH: that the checkpoint is of
	for _ in $(seq 3000); do
		[ "$(sed -n 's/.*"epoch":[^0-9]*\([0-9]*\).*/\1/p' "${state[0]}/checkpoint" 2>/dev/null)" -ge "$1" ] \
			2>/dev/null && return
		kill -0 "$job" 2>/dev/null || fail "it ended before epoch $1"
		sleep 0.01
	done
	fail "no checkpoint of epoch $1"
}
told() { # MESSAGE LOG STATUS
	[ "$3" -ne 0 ] || fail "not refused: $1"
	grep -q -- "$1" "$work/$2.log" || fail "not told: $1"
}

# k-means that goes on when nothing moves any more: a known number of epochs.
sed -e "s/epochs 1000 until moved empty/epochs $EPOCHS/" -e 's/, moved)/)/' functions/kmeans/kmeans.mr \
	>"$work/kmeans.mr"
awk 'BEGIN { srand(1); for (i = 0; i < 2000; i++) print int(rand() * 1000), int(rand() * 1000) }' \
	>"$work/points"
head -n 20 "$work/points" >"$work/start"

pair_begin
run whole --out "centroids=$work/whole" || fail "undisturbed"
[ "$(number epochs whole)" = $EPOCHS ] || fail "not $EPOCHS epochs"

run killed --checkpoint kmeans --checkpoint-every 5 --out "centroids=$work/killed" &
job=$!
wait_epoch 5
leader=1 run second --checkpoint kmeans --out centroids=/dev/null
told "in use by another job" second $?
wait_epoch 20
kill -9 "${nodes[1]}"
wait "$job"
told "node 1" killed $?
[ ! -e "$work/killed" ] || fail "a result of a job that failed"
[ "$(ls "${state[0]}"/state-*-0 | wc -l)" -le 2 ] || fail "node 0 keeps all that it ever wrote"
[ "$(ls "${state[1]}"/state-*-1 | wc -l)" -le 2 ] || fail "node 1 keeps all that it ever wrote"
kill -9 "${nodes[0]}"
wait

pair_begin
run again --checkpoint kmeans --checkpoint-every 5 --out "centroids=$work/again" || fail "cannot go on"
cmp "$work/whole" "$work/again" || fail "other bytes"
[ "$(number epochs again)" = $EPOCHS ] || fail "not $EPOCHS epochs in all"
[ "$(number invocations again)" -lt "$(number invocations whole)" ] || fail "it began anew"
[ ! -e "${state[0]}" ] && [ ! -e "${state[1]}" ] || fail "a checkpoint is left behind"

run outside --checkpoint ../outside --out centroids=/dev/null
told "is not the name of one" outside $?
pair_end

rm -f "$work/memif"
node_start 0 server --insecure --peer 1=$NETWORK.2 --sandbox native --checkpoints "$work/states0"
node_start 1 client --sandbox native --insecure --peer 0=$NETWORK.1
run none --checkpoint kmeans --out centroids=/dev/null
told "node 1 keeps none: start its millraced with --checkpoints DIR" none $?
pair_end
