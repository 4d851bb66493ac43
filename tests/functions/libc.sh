#!/bin/bash
# A function that uses wasi-libc, compiled by the command of docs/sandbox.md: libc.sh MILLRACE ROOT
set -euo pipefail
millrace=$(realpath "$1")
root=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

clang --target=wasm32-wasi -O3 -mbulk-memory -nostartfiles \
	-I "$root/functions/sdk" -I "$root/include" \
	-Wl,--no-entry -Wl,--stack-first -Wl,-z,stack-size=65536 -Wl,--export=__heap_base \
	-o sortlines.wasm "$root/tests/functions/sortlines.c"
cat >sort.mr <<'EOF'
function sortlines { in text; out sorted; memory 1MiB + 8 x input }
composition sort {
	in text
	out sorted
	sortlines(text = each text) -> (sorted)
}
EOF
printf 'pear\napple\nfig\n' >text
"$millrace" run sort.mr text="file:$work/text" --functions "$work" --out sorted="$work/sorted" --quiet
printf '0 apple 0.000\n1 fig 1.000\n2 pear 1.414\n' >expected
cmp sorted expected
