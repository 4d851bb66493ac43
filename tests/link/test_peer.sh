#!/bin/bash
# Two processes exchange messages over a pair of ports:
#   test_peer.sh LINK_PEER KIND [MTU [DROP_PPM [MESSAGES]]]
set -euo pipefail

peer=$1
kind=$2
mtu=${3:-1500}
drop_ppm=${4:-0}
messages=${5:-300}
huge_pages=320 # of 2 MiB, for both: EAL's heap and the pool of each

skip() {
	echo "SKIP: $*"
	exit 77
}

case $kind in
af_packet | af_xdp | tap)
	if [ "${6:-}" != inside ]; then
		[ "$(id -u)" -eq 0 ] || skip "$kind between processes needs root"
		unshare --net true 2>/dev/null || skip "no new network namespaces here"
		exec unshare --net "$0" "$peer" "$kind" "$mtu" "$drop_ppm" "$messages" inside
	fi
	# Far apart in number: net_af_packet names a group by process number xor interface number.
	ip link add mra index 10 mtu "$mtu" type veth peer name mrb index 32778 mtu "$mtu"
	ip link set mra up
	ip link set mrb up
	;;
memif_zero_copy | vhost)
	pages=/sys/kernel/mm/hugepages/hugepages-2048kB
	# To our end: another test would count on the same free pages.
	[ -d "$pages" ] || skip "this kernel has no huge pages of 2 MiB"
	exec {lock}<"$pages"
	flock "$lock"
	free=$(cat $pages/free_hugepages)
	if [ "$free" -lt "$huge_pages" ]; then
		echo $(($(cat $pages/nr_hugepages) + huge_pages - free)) 2>/dev/null >$pages/nr_hugepages ||
			skip "$huge_pages huge pages are needed, and only root may reserve them"
		[ "$(cat $pages/free_hugepages)" -ge "$huge_pages" ] ||
			skip "$huge_pages huge pages are needed, and this machine gives no more"
	fi
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
memif_zero_copy)
	socket=$work/memif.sock
	path=socket=$socket,socket-abstract=no
	ports=("net_memif0,role=server,$path" "net_memif0,role=client,zero-copy=yes,$path")
	;;
vhost)
	socket=$work/vhost.sock
	ports=("net_vhost0,iface=$socket" "net_virtio_user0,path=$socket")
	;;
af_packet) ports=(mra mrb) ;;
tap) ports=('net_tap0,iface=mrtap' mrb) ;;
af_xdp) ports=('net_af_xdp0,iface=mra' 'net_af_xdp0,iface=mrb') ;;
*) echo "no such kind of port: $kind" >&2 && exit 2 ;;
esac

"$peer" 0 "${ports[0]},mtu=$mtu" "$messages" 1 "$drop_ppm" &
pids+=($!)
# The driver and the interface it makes have one address: to a bridge, the interface's is its own.
tap_join() {
	until ip -br link show up dev mrtap 2>/dev/null | grep -q .; do
		kill -0 "${pids[0]}" || exit 1
		sleep 0.05
	done
	sleep 0.5 # DPDK sets the address once more after the driver has brought it up
	ip link set mrtap address 02:4d:52:00:01:00
	ip link add mrbr type bridge
	ip link set mrtap master mrbr
	ip link set mra master mrbr
	ip link set mrbr up
}

[ "$kind" != tap ] || tap_join
until [ -z "$socket" ] || [ -S "$socket" ]; do # clients do not wait for it
	kill -0 "${pids[0]}" || exit 1
	sleep 0.05
done
"$peer" 1 "${ports[1]},mtu=$mtu" "$messages" 1 "$drop_ppm" &
pids+=($!)
wait -n
wait -n
