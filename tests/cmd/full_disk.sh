#!/bin/bash
# A node captures its frames onto a disk that fills up: it goes on, says so once, and counts.
# full_disk.sh MILLRACE MILLRACED SOURCE_ROOT CACHE
if [ -z "${FULL_DISK:-}" ]; then # a small disk, in a mount namespace of our own
	export FULL_DISK=1
	[ "$(id -u)" -eq 0 ] && user=() || user=(--user --map-root-user)
	unshare "${user[@]}" --mount true 2>/dev/null || {
		echo "SKIP: no mount namespace of our own"
		exit 77
	}
	exec unshare "${user[@]}" --mount "$0" "$@"
fi
NETWORK=10.9.8
# shellcheck source=tests/cmd/memif_pair.sh
. "$(dirname "$0")/memif_pair.sh"

missed() {
	metric 0 link_tap_missed_total
}

mkdir "$work/disk"
mount -t tmpfs -o size=256k tmpfs "$work/disk" || { echo "SKIP: no tmpfs of our own"; exit 77; }
node_start 0 server --peer 1=$NETWORK.2 --pcap "$work/disk/frames.pcapng"
node_start 1 client --peer 0=$NETWORK.1
for _ in $(seq 60); do
	count "with the disk full or not"
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
