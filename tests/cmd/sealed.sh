#!/bin/bash
# Two millraced over memif count words in sealed frames: with keys of their own, and with a shared one.
# sealed.sh MILLRACE MILLRACED SOURCE_ROOT CACHE
NETWORK=10.9.7
# shellcheck source=tests/cmd/memif_pair.sh
. "$(dirname "$0")/memif_pair.sh"

count_sealed() { # WHAT
	local node
	count "$1"
	for node in 0 1; do
		[ "$(metric $node node_sealed)" = 1 ] || fail "$1: node $node is not sealed"
		[ "$(metric $node seal_opened_total)" -gt 0 ] || fail "$1: node $node opened nothing"
		[ "$(metric $node seal_drop_auth_total)" = 0 ] || fail "$1: node $node dropped frames"
	done
	pair_end
}

for node in 0 1; do
	"$millrace" keygen --out "$work/key$node" >"$work/key$node.pub" || fail "no key"
done
"$millrace" keygen --psk --out "$work/psk" || fail "no key to share"

node_start 0 server --key "$work/key0" --peer "1=$NETWORK.2,$(cat "$work/key1.pub")"
node_start 1 client --key "$work/key1" --peer "0=$NETWORK.1,$(cat "$work/key0.pub")"
count_sealed "keys"
node_start 0 server --psk "$work/psk" --peer 1=$NETWORK.2
node_start 1 client --psk "$work/psk" --peer 0=$NETWORK.1 --crypto library --cipher chacha
count_sealed "a shared key"
