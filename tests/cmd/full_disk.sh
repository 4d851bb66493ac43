#!/bin/bash
# A node captures its frames onto a disk that fills up: it goes on, says so once, and counts.
# full_disk.sh MILLRACE MILLRACED SOURCE_ROOT CACHE
set -u
if [ -z "${FULL_DISK:-}" ]; then # a small disk, in a mount namespace of our own
	export FULL_DISK=1
	[ "$(id -u)" -eq 0 ] && user=() || user=(--user --map-root-user)
	unshare "${user[@]}" --mount true 2>/dev/null || {
		echo "SKIP: no mount namespace of our own"
		exit 77
	}
	exec unshare "${user[@]}" --mount "$0" "$@"
fi
millrace=$(realpath "$1")
millraced=$(realpath "$2")
cache=$(realpath "$4") # code that is prepared
cd "$3" || exit 1
command -v curl >/dev/null || { echo "SKIP: curl is not installed"; exit 77; }
work=$(mktemp -d)
nodes=()
cleanup() {
	[ ${#nodes[@]} -eq 0 ] || kill "${nodes[@]}" 2>/dev/null
	wait
	umount "$work/disk" 2>/dev/null
	rm -rf "$work"
}
trap cleanup EXIT

fail() {
	echo "$*"
	tail -n 20 "$work"/*.log
	exit 1
}
http_of() { # NODE: HTTP address that it said
	sed -n 's,.*ready on .* \(http://[0-9.:]*\)$,\1,p' "$work/node$1.log"
}
missed() {
	curl -s "$(http_of 0)/metrics" | sed -n 's/^millrace_link_tap_missed_total{.*} //p'
}
node_start() { # NODE ROLE OPTIONS...
	local node=$1 role=$2
	shift 2
	"$millraced" --node "$node" --addr "10.9.8.$((node + 1))/24" --http 127.0.0.1:0 --workers 1 \
		--port "net_memif0,role=$role,id=0,socket=$work/memif,socket-abstract=no" \
		--peer $((1 - node))=10.9.8.$((2 - node)) --memory 64MiB --cache "$work/cache" \
		--spill "$work" --handover off "$@" >"$work/node$node.log" 2>&1 &
	nodes[node]=$!
	for _ in $(seq 300); do
		[ -z "$(http_of "$node")" ] || return 0
		kill -0 "${nodes[node]}" 2>/dev/null || break
		sleep 0.1
	done
	if grep -q 'DPDK does not start\|does not know\|net_memif' "$work/node$node.log"; then
		echo "SKIP: no memif here: $(cat "$work/node$node.log")"
		exit 77
	fi
	fail "node $node does not start"
}

mkdir "$work/disk"
mount -t tmpfs -o size=256k tmpfs "$work/disk" || { echo "SKIP: no tmpfs of our own"; exit 77; }
cp -r "$cache" "$work/cache"
scripts/oracle functions/sdk/millrace_function.h >"$work/expected"
node_start 0 server --pcap "$work/disk/frames.pcapng"
node_start 1 client
for _ in $(seq 60); do
	"$millrace" run functions/wordcount/wordcount.mr text=file:functions/sdk/millrace_function.h \
		--connect "$(http_of 0)" --out "counts=$work/counts" >"$work/run.log" 2>&1 ||
		fail "a job failed"
	cmp "$work/counts" "$work/expected" || fail "the answer is not the oracle's"
	sleep 0.2 # metrics are as old
	after=${counted:-0}
	counted=$(missed)
	# Full, and jobs go on after that.
	[ "$after" -eq 0 ] || [ "$counted" -le "$after" ] || break
done
[ "${after:-0}" -gt 0 ] || fail "the disk never was full: $(ls -l "$work/disk")"
kill -TERM "${nodes[0]}"
wait "${nodes[0]}" || fail "exit code $?"
[ "$(grep -c 'No space left on device' "$work/node0.log")" -eq 1 ] || fail "not said once"
[ "$(stat -c %s "$work/disk/frames.pcapng")" -gt 100000 ] || fail "nothing was captured"
exit 0
