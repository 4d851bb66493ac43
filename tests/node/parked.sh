#!/bin/bash
# Parked I/O cores leave their processors to others, even where cores look for frames without end.
# parked.sh MILLRACED
set -u
work=$(mktemp -d)
"$1" --port net_ring0 --addr 10.9.0.1/24 --http 127.0.0.1:0 --memory 48MiB --workers 4 \
	--io-cores 1-4 --poll always --spill "$work" 2>"$work.log" &
daemon=$!
trap 'kill $daemon 2>/dev/null; wait $daemon; rm -rf "$work" "$work.log"' EXIT
ticks() { # of processor time, of each thread, the busiest first
	awk '{ sub(/.*\) /, ""); print $12 + $13 }' /proc/$daemon/task/*/stat 2>/dev/null | sort -rn
}
for _ in $(seq 600); do
	kill -0 $daemon 2>/dev/null || { cat "$work.log"; exit 1; }
	mapfile -t times < <(ticks)
	[ "${times[0]:-0}" -lt 100 ] || break
	sleep 0.1
done
[ "${times[0]}" -ge 100 ] || { echo "no core looks without end: ${times[*]}"; exit 1; }
[ "${times[1]}" -lt 50 ] || { echo "more than one core does: ${times[*]} ticks"; exit 1; }
