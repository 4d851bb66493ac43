#!/bin/bash
# millrace top: once and as JSON for scripts; on a terminal that is resized, with a node that dies
# and returns; with nobody there. top.sh MILLRACE MILLRACED
set -uo pipefail
export LC_ALL=C
millrace=$(realpath "$1")
millraced=$(realpath "$2")
command -v script >/dev/null || { echo "SKIP: no script(1), which makes terminals"; exit 77; }
work=$(mktemp -d)
failed=0
pids=()
trap 'kill "${pids[@]}" 2>/dev/null; wait; rm -rf "$work"' EXIT

fail() {
	failed=1
	echo "$*"
}
# daemon NODE PEER HTTP_PORT: sets pid and url.
daemon() {
	rm -f "$work/pid$1"
	"$millraced" --port net_null0 --addr "10.9.0.$1/24" --node "$1" --peer "$2=10.9.0.$2" \
		--http "127.0.0.1:$3" --memory 64MiB --spill "$work" --pid-file "$work/pid$1" 2>"$work/daemon$1" &
	pid=$!
	pids+=("$pid")
	for _ in $(seq 300); do
		[ -e "$work/pid$1" ] && break
		kill -0 $pid 2>/dev/null || { echo "no daemon:"; cat "$work/daemon$1"; exit 1; }
		sleep 0.1
	done
	url=$(grep -oE '127.0.0.1:[0-9]+' "$work/daemon$1" | tail -1)
}
# shows TEXT: what the last run printed has it.
shows() {
	grep -qE -- "$1" "$work/out" || fail "no \"$1\" in: $(cat "$work/out")"
}
# What was drawn on the terminal since mark.
mark=0
drawn() {
	tail -c +$((mark + 1)) "$work/typescript"
}
mark() {
	mark=$(stat -c %s "$work/typescript")
}
# soon TEXT: the terminal shows it.
soon() {
	for _ in $(seq 100); do
		drawn | grep -qE -- "$1" && return
		sleep 0.1
	done
	fail "the terminal never showed \"$1\": $(drawn | tail -c 2000 | tr '\033' '^')"
}

# Nobody: says who, and ends with 5.
rc=0
"$millrace" top --connect 127.0.0.1:1 --once >"$work/out" 2>"$work/err" || rc=$?
{ [ $rc -eq 5 ] && grep -q '127.0.0.1:1: ' "$work/err"; } || fail "nobody there: $rc: $(cat "$work/err")"
shows '127.0.0.1:1 +SILENT'
for wrong in '--connect a,,b' '--connect http://x/y' '--interval 0' '--interval x' 'more'; do
	rc=0
	# shellcheck disable=SC2086 # two words
	"$millrace" top $wrong >/dev/null 2>"$work/err" || rc=$?
	[ $rc -eq 2 ] || fail "$wrong: exit code $rc, wanted 2: $(cat "$work/err")"
done

daemon 0 1 0
first=$url
daemon 1 0 0
second=$url second_pid=$pid
"$millrace" top --connect "$first,http://$second/" --once --interval 0.2 >"$work/out" || fail "--once: $?"
shows "^   0 $first "
shows "^   1 $second "
shows '^   0    1 10.9.0.1:7411 +- '
shows '^   1    0 10.9.0.0:7411 +- '
grep -q SILENT "$work/out" && fail "a node is called silent: $(cat "$work/out")"
# Without a terminal it is as with --once: no escape sequences, and it ends.
"$millrace" top --connect "$first" --interval 0.2 </dev/null >"$work/out" || fail "no terminal: $?"
grep -q $'\033' "$work/out" && fail "escape sequences in a file"
"$millrace" top --connect "$first,$second,127.0.0.1:1" --json --interval 0.2 >"$work/out" || fail "--json: $?"
[ "$(wc -l <"$work/out")" -eq 1 ] || fail "--json is not one line"
[ "$(grep -o '"up":true,"seconds"' "$work/out" | wc -l)" -eq 2 ] || fail "two are up: $(cat "$work/out")"
[ "$(grep -o '"up":false,"error"' "$work/out" | wc -l)" -eq 1 ] || fail "one is not: $(cat "$work/out")"
shows '"rates":\{"port":\{"rx_frames":'
shows '"histograms":\{"message_in_bytes":\{"count":'
shows '"queues":\{"messages_unsent":0'

# On a terminal.
mkfifo "$work/keys"
script -qfec "stty cols 150 rows 40; tty >$work/tty; '$millrace' top --interval 0.2 \
	--connect $first,$second; echo ended with \$?; stty -a" "$work/typescript" \
	<"$work/keys" >/dev/null &
viewer=$!
pids+=("$viewer")
exec 3>"$work/keys"
soon "0 $first "
soon "1 $second "
kill "$second_pid"
wait "$second_pid"
soon "SILENT for .*(refused|connect)"
mark
daemon 1 0 "${second##*:}"
soon "1 $second +[0-9.]+ m?s"
# Smaller: cut to its size, as soon as it is.
stty -F "$(cat "$work/tty")" cols 50 rows 6
sleep 1
mark
sleep 1
drawn | tr -d '\r' | sed $'s/\033\\[[0-9;?]*[A-Za-z]//g' >"$work/drawn"
awk 'length($0) > 50 { bad = 1; print } END { exit bad }' "$work/drawn" || fail "wider than the terminal"
drawn | awk 'BEGIN { RS = "\033\\[J" } gsub(/\n/, "\n") > 5 { bad = 1 } END { exit bad }' ||
	fail "higher than the terminal: $(drawn | tr '\033' '^')"
grep -q NODE "$work/drawn" || fail "nothing is drawn on the small terminal"
printf q >&3
soon 'ended with 0'
soon ' icanon .* echo '
grep -q $'\033\\[?1049l' "$work/typescript" || fail "the screen from before is not back"
exec 3>&-
wait $viewer
exit $failed
