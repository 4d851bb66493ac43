#!/bin/bash
# grep and matmul as they are shipped give on one, two and three nodes, in both sandboxes, what
# grep(1) and arithmetic give.
# shipped.sh MILLRACE SOURCE_ROOT
set -euo pipefail
export LC_ALL=C
millrace=$(realpath "$1")
cd "$2"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

run() { # NODES SANDBOX ARGUMENTS...: the result goes to $work/result
	local nodes=$1 sandbox=$2
	shift 2
	"$millrace" run --quiet --nodes "$nodes" --sandbox "$sandbox" --memory $((nodes * 48))MiB "$@" \
		>"$work/result"
}
same() { # WHAT EXPECTED
	cmp "$2" "$work/result" || { echo "$1: wrong"; exit 1; }
}

mkdir "$work/in"
cp include/millrace/*.h "$work/in"
printf '#define MR_' >"$work/pattern"
grep -HF '#define MR_' "$work"/in/* | sort >"$work/grep"
[ -s "$work/grep" ]

# A permutation as a matrix: its product with a matrix has the rows of that in another order.
byte() { printf "\\x$(printf %02x "$1")"; }
number() { byte "$1"; printf '\0\0\0'; }
for row in 2 0 1; do for column in 0 1 2; do number $((row == column)); done; done >"$work/a"
for n in 1 2 3 4 5 6 7 8 9; do number $n; done >"$work/b"
for n in 7 8 9 1 2 3 4 5 6; do number $n; done >"$work/c"

for nodes in 1 2 3; do
	for sandbox in wasm native; do
		run $nodes $sandbox functions/grep/grep.mr text="file:$work/in/*" \
			pattern="file:$work/pattern" --out lines=-
		sort -o "$work/result" "$work/result"
		same "grep on $nodes nodes, $sandbox" "$work/grep"
		run $nodes $sandbox functions/matmul/matmul.mr a="file:$work/a" b="file:$work/b"
		same "matmul on $nodes nodes, $sandbox" "$work/c"
	done
done
