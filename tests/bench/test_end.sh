#!/bin/bash
# However `millrace bench` ends, nothing of it stays: no process, no folder. test_end.sh MILLRACE_BENCH
set -u
bench=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
	echo "$*"
	cat "$work/err"
	exit 1
}
# Waits up to 20 s for a command to say yes.
await() {
	for _ in $(seq 200); do
		"$@" && return 0
		sleep 0.1
	done
	return 1
}
child_there() {
	pgrep -P "$keeper" >/dev/null
}
workers_there() {
	pgrep -g "$group" -f ' worker link' >"$work/workers"
	[ "$(wc -l <"$work/workers")" -eq 2 ]
}
group_gone() {
	! pgrep -g "$group" >/dev/null
}
# Starts one; sets keeper, group and folder. Shells let what is in the background ignore SIGINT, nohup SIGHUP.
begin() {
	env --default-signal=INT,TERM,HUP "$bench" transport --port memif --runs 99 --ms 20 \
		--case memif.pingpong.32.p50 >"$work/out" 2>"$work/err" </dev/null &
	keeper=$!
	await child_there || fail "nothing was started"
	group=$(pgrep -P "$keeper")
	folder=$(readlink -f /proc/"$keeper"/fd/* | grep -m1 '/millrace-bench-.*/owner$')
	folder=${folder%/owner}
	[ -d "$folder" ] || fail "it has no folder"
	await workers_there || fail "no workers"
}

if [ "$(nproc)" -lt 2 ]; then
	echo "SKIP: two polling workers need two cores"
	exit 77
fi

for signal in INT TERM HUP; do
	begin
	kill -s "$signal" "$keeper"
	wait "$keeper"
	code=$?
	[ $code -eq $((128 + $(kill -l "$signal"))) ] || fail "SIG$signal: exit code $code"
	group_gone || fail "SIG$signal: processes live on"
	[ ! -e "$folder" ] || fail "SIG$signal: $folder is left"
done

begin
kill -s KILL "$keeper"
wait "$keeper" 2>/dev/null
await group_gone || fail "SIGKILL: processes live on"
[ -d "$folder" ] || fail "SIGKILL: who removed the folder?"
stale=$folder
begin
[ ! -e "$stale" ] || fail "the next run leaves $stale of a dead one"
"$bench" transport --port memif --runs 1 --case none >/dev/null 2>&1 </dev/null
[ -d "$folder" ] || fail "a run removed the folder of another that lives"

kill -s KILL "$(head -1 "$work/workers")"
wait "$keeper"
code=$?
[ $code -eq 0 ] || fail "a killed worker: exit code $code"
grep -q 'skipped: .*the worker ended' "$work/out" || fail "a killed worker is not told"
[ ! -e "$folder" ] || fail "a killed worker: $folder is left"
exit 0
