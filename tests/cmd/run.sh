#!/bin/bash
# `millrace run` from real files to the right answer, its JSON, its interruption, its simulation.
# run.sh MILLRACE SOURCE_ROOT
set -euo pipefail
export LC_ALL=C
millrace=$(realpath "$1")
cd "$2"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
wordcount=functions/wordcount/wordcount.mr

mkdir "$work/in"
cp include/millrace/*.h "$work/in"
# shellcheck disable=SC2018,SC2019 # ASCII is meant
for file in "$work"/in/*; do cat "$file"; echo; done | tr -cs 'A-Za-z0-9' '\n' | tr A-Z a-z |
	grep -v '^$' | sort | uniq -c | awk '{print $1,$2}' | sort -k1,1nr -k2,2 >"$work/expected"

same() { # WHAT FILE
	cmp "$work/expected" "$2" || { echo "$1: another answer than the oracle's"; exit 1; }
}
field() { # FILE NAME: the number or string of that name in one line of JSON
	grep -oE "\"$2\":(\"[^\"]*\"|[0-9.e+-]+)" "$1" | head -1 | cut -d: -f2 | tr -d '"'
}

"$millrace" run $wordcount text="file:$work/in/*.h" --memory 64MiB >"$work/out" 2>"$work/err"
same "standard output" "$work/out"
grep -q 'invocations' "$work/err" || { echo "no summary"; exit 1; }

"$millrace" run $wordcount text="file:$work/in/*.h" --nodes 3 --memory 192MiB \
	--out counts="$work/out3" --json >"$work/json" 2>"$work/err"
same "three nodes" "$work/out3"
[ "$(wc -l <"$work/json")" -eq 1 ] || { echo "JSON is not one line"; exit 1; }
[ ! -s "$work/err" ] || { echo "--json is not quiet"; cat "$work/err"; exit 1; }
for name in seconds staged_bytes shuffled_bytes invocations retries drops retransmits \
	spilled_bytes nodes result_bytes duplicates; do
	[ -n "$(field "$work/json" $name)" ] || { echo "JSON without $name"; exit 1; }
done
[ "$(field "$work/json" nodes)" -eq 3 ]
[ "$(field "$work/json" staged_bytes)" -eq "$(cat "$work"/in/* | wc -c)" ]
[ "$(field "$work/json" shuffled_bytes)" -gt 0 ]
[ "$(field "$work/json" result_bytes)" -eq "$(wc -c <"$work/expected")" ]

# What `--sandbox auto` takes: of the first folder that has any, the module before the image. What is
# not to be taken is no code at all.
sed 's/function count/function mine/; s/count(text/mine(text/' $wordcount >"$work/mine.mr"
functions=$(dirname "$millrace")/functions
mkdir "$work"/{module,image,both,neither}
cp "$functions/count.wasm" "$work/module/mine.wasm"
cp "$functions/count.wasm" "$work/both/mine.wasm"
cp "$functions/count.elf" "$work/image/mine.elf"
echo nothing | tee "$work/both/mine.elf" "$work/neither/mine.wasm" >"$work/neither/mine.elf"
auto() { # NAME: an answer as expected, from the folders of that name, searched in that order
	local folders=() folder
	for folder in "$@"; do folders+=(--functions "$work/$folder"); done
	"$millrace" run "$work/mine.mr" text="file:$work/in/*.h" --memory 64MiB --sandbox auto \
		"${folders[@]}" --out counts="$work/auto" --quiet 2>"$work/err" || return
	same "--sandbox auto, $*" "$work/auto"
}
auto module neither && auto both neither || { cat "$work/err"; exit 1; }
if "$millrace" run "$work/mine.mr" text="file:$work/in/*.h" --memory 64MiB --sandbox process \
	--functions "$work/image" --out counts="$work/image.out" --quiet 2>"$work/err"; then
	auto image neither && auto image module || { cat "$work/err"; exit 1; }
else
	echo "no image runs here, which is left out: $(head -1 "$work/err")"
fi
! auto neither module || { echo "auto passes over the first folder's code"; exit 1; }
grep -q "neither a wasm module" "$work/err" || { cat "$work/err"; exit 1; }
! auto || { echo "auto: code from nowhere"; exit 1; }
grep -q "no mine.wasm or .elf; looked in" "$work/err" || { cat "$work/err"; exit 1; }

# The same seed, the same frames; whatever is lost or fails, the same answer.
faults=loss=0.05,dup=0.02,reorder=0.05,corrupt=0.01,fail=0.05,repeat=0.05
faults=$faults,rate_mbps=1000,queue_bytes=200000,ecn_bytes=50000,burst=0.001,lossy=0:1:0.1
faults=$faults,cut_every_ms=300,cut_ms=50,pause_every_ms=100,pause_ms=20,skew_ppm=100
for i in 1 2; do
	"$millrace" run $wordcount text="file:$work/in/*.h" --nodes 3 --memory 192MiB \
		--sim "7,$faults" --out counts="$work/sim$i" --json >"$work/sim$i.json"
	same "simulation $i" "$work/sim$i"
done
[ "$(field "$work/sim1.json" trace)" = "$(field "$work/sim2.json" trace)" ] ||
	{ echo "the same seed gave another trace"; exit 1; }

# A missing input is the job's failure, says which, and leaves no result behind.
rc=0
"$millrace" run $wordcount text="file:$work/absent" --memory 64MiB --out counts="$work/none" \
	2>"$work/err" || rc=$?
[ "$rc" -eq 1 ] || { echo "missing input: exit code $rc"; exit 1; }
grep -q absent "$work/err" || { echo "missing input: not named"; cat "$work/err"; exit 1; }
[ ! -e "$work/none" ] || { echo "missing input: a result was left"; exit 1; }

# An unknown set is wrong usage.
rc=0
"$millrace" run $wordcount nosuch="file:$work/in/*.h" --memory 64MiB 2>"$work/err" || rc=$?
[ "$rc" -eq 2 ] || { echo "unknown set: exit code $rc"; exit 1; }

# Interrupted, in the middle of a function that never ends: exit code 130, soon, and nothing is left
# in the folder of the result.
mkdir "$work/result"
cat >"$work/spin.wat" <<'END'
(module (memory (export "memory") 2) (global (export "__heap_base") i32 (i32.const 65536))
  (func (export "mr_entry") (param i32) (result i32) (loop $again (br $again)) (i32.const 0)))
END
wat2wasm "$work/spin.wat" -o "$work/spin.wasm"
cat >"$work/spin.mr" <<'END'
function spin { in text; out result; time 60s }
composition forever {
	in text
	out result
	spin(text = all text) -> (result)
}
END
SECONDS=0
"$millrace" run "$work/spin.mr" text="file:$work/in/limits.h" --memory 64MiB \
	--out result="$work/result/file" 2>"$work/err" &
pid=$!
sleep 1
kill -INT $pid
rc=0
wait $pid || rc=$?
[ "$rc" -eq 130 ] || { echo "interrupted: exit code $rc"; cat "$work/err"; exit 1; }
[ "$SECONDS" -lt 20 ] || { echo "interrupted: ended only after $SECONDS s"; exit 1; }
[ -z "$(ls -A "$work/result")" ] || { echo "interrupted: left behind:"; ls -A "$work/result"; exit 1; }
