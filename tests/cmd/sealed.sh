#!/bin/bash
# Two millraced over memif count words in sealed frames: with keys of their own, and with a shared one.
# sealed.sh MILLRACE MILLRACED SOURCE_ROOT CACHE
set -u
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

metric() { # NODE NAME
	curl -s "$(http_of "$1")/metrics" | sed -n "s/^millrace_$2{.*} //p"
}

node_start() { # NODE ROLE OPTIONS...
	local node=$1 role=$2
	shift 2
	"$millraced" --node "$node" --addr "10.9.7.$((node + 1))/24" --http 127.0.0.1:0 --workers 1 \
		--port "net_memif0,role=$role,id=0,socket=$work/memif,socket-abstract=no" \
		--memory 64MiB --cache "$work/cache" --spill "$work" --handover off "$@" \
		>"$work/node$node.log" 2>&1 &
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

count() { # WHAT
	local node
	"$millrace" run functions/wordcount/wordcount.mr text=file:functions/sdk/millrace_function.h \
		--connect "$(http_of 0)" --out "counts=$work/counts" >"$work/run.log" 2>&1 ||
		fail "$1: the job failed"
	cmp "$work/counts" "$work/expected" || fail "$1: the answer is not the oracle's"
	for node in 0 1; do
		[ "$(metric $node node_sealed)" = 1 ] || fail "$1: node $node is not sealed"
		[ "$(metric $node seal_opened_total)" -gt 0 ] || fail "$1: node $node opened nothing"
		[ "$(metric $node seal_drop_auth_total)" = 0 ] || fail "$1: node $node dropped frames"
	done
	kill "${nodes[@]}"
	wait
	nodes=()
}

cp -r "$cache" "$work/cache"
scripts/oracle functions/sdk/millrace_function.h >"$work/expected"
for node in 0 1; do
	"$millrace" keygen --out "$work/key$node" >"$work/key$node.pub" || fail "no key"
done
"$millrace" keygen --psk --out "$work/psk" || fail "no key to share"

node_start 0 server --key "$work/key0" --peer "1=10.9.7.2,$(cat "$work/key1.pub")"
node_start 1 client --key "$work/key1" --peer "0=10.9.7.1,$(cat "$work/key0.pub")"
count "keys"
node_start 0 server --psk "$work/psk" --peer 1=10.9.7.2
node_start 1 client --psk "$work/psk" --peer 0=10.9.7.1 --crypto library --cipher chacha
count "a shared key"
