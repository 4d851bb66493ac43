#!/bin/bash
# A function that uses a libc, compiled by the commands of docs/sandbox.md: with wasi-libc as wasm,
# and with musl as an image where musl is. libc.sh MILLRACE ROOT
set -euo pipefail
millrace=$(realpath "$1")
root=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

clang --target=wasm32-wasi -O3 -fno-unroll-loops -mbulk-memory -nostartfiles \
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

musl=/usr/lib/$(uname -m)-linux-musl
if [ ! -f "$musl/libc.a" ]; then
	echo "no $musl/libc.a (musl-dev): not tried as an image"
	exit 0
fi
gcc -DMR_IMAGE -O3 -march=x86-64-v2 -nostdlib -static -fno-pie -no-pie \
	-fno-stack-protector -fstack-clash-protection -fcf-protection=none -fno-asynchronous-unwind-tables \
	-nostdinc -isystem "/usr/include/$(uname -m)-linux-musl" -isystem "$(gcc -print-file-name=include)" \
	-I "$root/functions/sdk" -I "$root/include" -Wl,-T,"$root/functions/sdk/millrace_function.ld" \
	-Wl,-z,separate-code,-z,norelro,-z,noexecstack,-z,max-page-size=4096,-z,stack-size=65536 \
	-Wl,--build-id=none,--strip-all -o sortlines.elf "$root/tests/functions/sortlines.c" \
	-L "$musl" -lc -lgcc
rm sorted
"$millrace" run sort.mr text="file:$work/text" --functions "$work" --sandbox process \
	--out sorted="$work/sorted" --quiet
cmp sorted expected
