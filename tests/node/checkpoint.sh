#!/bin/bash
# A job with epochs is killed in the middle, again and again, and goes on from its checkpoint to the
# same bytes; a damaged checkpoint, FIFOs and links in its place, one of another job, one in use and a
# full disk are told, and what was kept stays. checkpoint.sh MILLRACE SOURCE_ROOT
set -u
if [ -z "${CHECKPOINT_DISK:-}" ]; then # a small disk, in a mount namespace of our own
	export CHECKPOINT_DISK=no
	[ "$(id -u)" -eq 0 ] && user=() || user=(--user --map-root-user)
	if unshare "${user[@]}" --mount true 2>/dev/null; then
		export CHECKPOINT_DISK=yes
		exec unshare "${user[@]}" --mount "$0" "$@"
	fi
fi
millrace=$(realpath "$1")
work=$(mktemp -d)
job=
cleanup() {
	[ -z "$job" ] || kill -9 "$job" 2>/dev/null
	wait 2>/dev/null
	umount "$work/disk" 2>/dev/null
	rm -rf "$work"
}
trap cleanup EXIT
fail() {
	echo "$*"
	tail -n 5 "$work"/*.log
	exit 1
}
epoch_of() { # FOLDER: that its checkpoint is of; 0: there is none
	sed -n 's/.*"epoch":[^0-9]*\([0-9]*\).*/\1/p' "$1/checkpoint" 2>/dev/null | grep . || echo 0
}
wait_epoch() { # FOLDER EPOCH
	for _ in $(seq 2000); do
		[ "$(epoch_of "$1")" -ge "$2" ] && return
		kill -0 "$job" 2>/dev/null || fail "it ended before epoch $2"
		sleep 0.01
	done
	fail "no checkpoint of epoch $2"
}

# k-means that goes on when nothing moves any more: a known number of epochs.
sed -e 's/epochs 1000 until moved empty/epochs 300/' -e 's/, moved)/)/' \
	"$2/functions/kmeans/kmeans.mr" >"$work/kmeans.mr"
awk 'BEGIN { srand(1); for (i = 0; i < 3000; i++) print int(rand() * 1000), int(rand() * 1000) }' \
	>"$work/points"
head -n 20 "$work/points" >"$work/start"
whole=("$work/kmeans.mr" "points=file:$work/points?split=line&bytes=4096" "start=file:$work/start"
	--nodes 3 --memory 192MiB --json)
number() { # FIELD LOG
	sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" "$2"
}
begin() { # FOLDER LOG
	"$millrace" run "${whole[@]}" --out "centroids=$work/again" --checkpoint "$1" >"$2" 2>&1 &
	job=$!
}
finish() { # FOLDER: it goes on from there, to the same bytes
	rm -f "$work/again"
	"$millrace" run "${whole[@]}" --out "centroids=$work/again" --checkpoint "$1" \
		>"$work/again.log" 2>&1 || fail "cannot go on"
	cmp "$work/whole" "$work/again" || fail "other bytes"
	[ "$(number epochs "$work/again.log")" = 300 ] || fail "not 300 epochs in all"
	[ "$(number invocations "$work/again.log")" -lt "$invocations" ] || fail "it began anew"
	[ -z "$(ls -A "$1")" ] || fail "a checkpoint is left behind"
}
refused() { # MESSAGE LOG STATUS
	[ "$3" -ne 0 ] || fail "not refused: $1"
	grep -q "$1" "$2" || fail "not told: $1"
}
"$millrace" run "${whole[@]}" --out "centroids=$work/whole" >"$work/whole.log" 2>&1 ||
	fail "undisturbed"
[ "$(number epochs "$work/whole.log")" = 300 ] || fail "not 300 epochs"
invocations=$(number invocations "$work/whole.log")

state=$work/state
for epoch in 20 60 100; do
	begin "$state" "$work/killed.log"
	wait_epoch "$state" "$epoch"
	kill -9 "$job"
	wait "$job" 2>/dev/null
	job=
	[ ! -e "$work/again" ] || fail "a result of a job that was killed"
done
cp -r "$state" "$work/kept"
finish "$state"

cp -r "$work/kept" "$work/damaged"
file=$(ls "$work"/damaged/state-"$(epoch_of "$work/kept")"-1)
printf '\377' | dd of="$file" bs=1 seek=150 conv=notrunc status=none
"$millrace" run "${whole[@]}" --checkpoint "$work/damaged" --out centroids=/dev/null \
	>"$work/damaged.log" 2>&1
refused "$file is damaged, by its checksums" "$work/damaged.log" $?
truncate -s 100 "$file"
"$millrace" run "${whole[@]}" --checkpoint "$work/damaged" --out centroids=/dev/null \
	>"$work/damaged.log" 2>&1
refused "$file is damaged, by its checksums" "$work/damaged.log" $?

cp -r "$work/kept" "$work/planted"
file=$work/planted/checkpoint
rm "$file"
mkfifo "$file"
timeout 60 "$millrace" run "${whole[@]}" --checkpoint "$work/planted" --out centroids=/dev/null \
	>"$work/planted.log" 2>&1
refused "cannot read $file: it is not a regular file" "$work/planted.log" $?
cp "$work/kept/checkpoint" "$work/new"
mv "$work/new" "$file"
mkfifo "$file.part"
ln -s "$work/stranger" "$work/planted/state-$(($(epoch_of "$work/kept") + 1))-1.part"
finish "$work/planted"
[ ! -e "$work/stranger" ] || fail "a link was followed"

cp -p "$work/start" "$work/start.kept"
echo "1 1" >>"$work/start"
"$millrace" run "${whole[@]}" --checkpoint "$work/kept" --out centroids=/dev/null \
	>"$work/other.log" 2>&1
refused "of a job with other inputs" "$work/other.log" $?
cp -p "$work/start.kept" "$work/start"
"$millrace" run "${whole[@]}" --nodes 2 --checkpoint "$work/kept" --out centroids=/dev/null \
	>"$work/other.log" 2>&1
refused "of a job with other nodes" "$work/other.log" $?
finish "$work/kept"

begin "$state" "$work/first.log"
wait_epoch "$state" 1
"$millrace" run "${whole[@]}" --checkpoint "$state" --out centroids=/dev/null \
	>"$work/second.log" 2>&1
refused "in use by another job" "$work/second.log" $?
kill -9 "$job"
wait "$job" 2>/dev/null
job=

if [ "$CHECKPOINT_DISK" = no ]; then
	echo "full disk not tried: no mount namespace of our own"
	exit 0
fi
mkdir "$work/disk"
mount -t tmpfs -o size=256k none "$work/disk" || fail "no tmpfs"
begin "$work/disk/state" "$work/full.log"
wait_epoch "$work/disk/state" 20
dd if=/dev/zero of="$work/disk/filler" bs=4k status=none 2>/dev/null
wait "$job"
refused "No space left on device; free space there" "$work/full.log" $?
job=
[ "$(epoch_of "$work/disk/state")" -ge 20 ] || fail "the checkpoint before is gone"
rm "$work/disk/filler"
finish "$work/disk/state"
exit 0
