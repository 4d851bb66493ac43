# shellcheck shell=bash
# Two millraced over memif and a count of words by them. To be sourced with MILLRACE MILLRACED
# SOURCE_ROOT CACHE as arguments, and NETWORK set: the first three numbers of their addresses.
set -u
millrace=$(realpath "$1")
millraced=$(realpath "$2")
cache=$(realpath "$4") # code that is prepared
cd "$3" || exit 1
command -v curl >/dev/null || { echo "SKIP: curl is not installed"; exit 77; }
work=$(mktemp -d)
nodes=()
text=functions/sdk/millrace_function.h
cp -r "$cache" "$work/cache"
scripts/oracle $text >"$work/expected"

pair_end() {
	[ ${#nodes[@]} -eq 0 ] || kill "${nodes[@]}" 2>/dev/null
	wait
	nodes=()
}
cleanup() {
	pair_end
	umount "$work/disk" 2>/dev/null # of who has one
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
	"$millraced" --node "$node" --addr "$NETWORK.$((node + 1))/24" --http 127.0.0.1:0 --workers 1 \
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
	"$millrace" run functions/wordcount/wordcount.mr text=file:$text \
		--connect "$(http_of 0)" --out "counts=$work/counts" >"$work/run.log" 2>&1 ||
		fail "$1: the job failed"
	cmp "$work/counts" "$work/expected" || fail "$1: the answer is not the oracle's"
}
