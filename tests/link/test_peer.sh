#!/bin/bash
# Two processes exchange messages over a pair of ports: test_peer.sh LINK_PEER KIND [MESSAGES]
set -euo pipefail

peer=$1
kind=$2
messages=${3:-300}

skip() {
	echo "SKIP: $*"
	exit 77
}

case $kind in
af_packet | af_xdp)
	if [ "${4:-}" != inside ]; then
		[ "$(id -u)" -eq 0 ] || skip "$kind between processes needs root"
		unshare --net true 2>/dev/null || skip "no new network namespaces here"
		exec unshare --net "$0" "$peer" "$kind" "$messages" inside
	fi
	# Far apart in number: net_af_packet names a group by process number xor interface number.
	ip link add mra index 10 type veth peer name mrb index 32778
	ip link set mra up
	ip link set mrb up
	;;
esac

work=$(mktemp -d)
pids=()
cleanup() {
	kill -KILL "${pids[@]}" 2>/dev/null || true
	rm -rf "$work"
}
trap cleanup EXIT

socket=
case $kind in
memif)
	socket=$work/memif.sock
	path=socket=$socket,socket-abstract=no
	ports=("net_memif0,role=server,$path" "net_memif0,role=client,$path")
	;;
vhost)
	socket=$work/vhost.sock
	ports=("net_vhost0,iface=$socket" "net_virtio_user0,path=$socket")
	;;
af_packet) ports=(mra mrb) ;;
af_xdp) ports=('net_af_xdp0,iface=mra' 'net_af_xdp0,iface=mrb') ;;
*) echo "no such kind of port: $kind" >&2 && exit 2 ;;
esac

"$peer" 0 "${ports[0]}" "$messages" &
pids+=($!)
until [ -z "$socket" ] || [ -S "$socket" ]; do # clients do not wait for it
	kill -0 "${pids[0]}" || exit 1
	sleep 0.05
done
"$peer" 1 "${ports[1]}" "$messages" &
pids+=($!)
wait -n
wait -n
