#!/bin/bash
# A job several times larger than its memory spills, gives the right answer, and stays within it.
# memory.sh MILLRACE GENTEXT CHECKTEXT CHECKCOUNTS SOURCE_ROOT [BYTES]
set -euo pipefail
export LC_ALL=C
millrace=$(realpath "$1")
gentext=$(realpath "$2")
checktext=$(realpath "$3")
checkcounts=$(realpath "$4")
cd "$5"
bytes=${6:-100000000}
work=$(mktemp -d "${TMPDIR:-/var/tmp}/millrace-test-XXXXXX")
trap 'rm -rf "$work"' EXIT
mebibytes=96
mebibytes_beside=200 # threads, queues, tables and code of two nodes

"$gentext" "$bytes" --distinct >"$work/text"
"$millrace" run functions/wordcount/wordcount.mr text="file:$work/text" --nodes 2 \
	--memory ${mebibytes}MiB --spill "$work" --out counts="$work/counts" --json >"$work/json" &
pid=$!
peak=0
# VmHWM only grows: the last look before the end is the peak but for the last moments.
while kib=$(awk '/^VmHWM/ {print $2}' "/proc/$pid/status" 2>/dev/null) && [ -n "$kib" ]; do
	peak=$kib
	sleep 0.05
done
wait $pid
spilled=$(grep -oE '"spilled_bytes":[0-9]+' "$work/json" | cut -d: -f2)
echo "$bytes bytes of text, $spilled spilled, at most $((peak / 1024)) MiB resident"
[ "$spilled" -gt 0 ] || { echo "nothing was spilled"; exit 1; }
[ "$peak" -gt 0 ] && [ "$peak" -lt $(((mebibytes + mebibytes_beside) * 1024)) ] ||
	{ echo "more than $((mebibytes + mebibytes_beside)) MiB resident"; exit 1; }
"$checktext" "$work/text" >"$work/text.sum"
"$checkcounts" "$work/counts" >"$work/counts.sum"
cmp "$work/text.sum" "$work/counts.sum" || { cat "$work"/*.sum; exit 1; }
