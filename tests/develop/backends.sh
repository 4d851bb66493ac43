#!/bin/bash
# One source for all backends: what `millrace build` makes of it, without a libc and with one, gives
# equal outputs in every sandbox. backends.sh MILLRACE SOURCE_ROOT
set -euo pipefail
millrace=$(realpath "$1")
root=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export XDG_CACHE_HOME=$work/cache
sandboxes="wasm wasm-process process native"
if [ -r /dev/kvm ] && [ -w /dev/kvm ]; then
	sandboxes+=" kvm"
else
	echo "no /dev/kvm that may be opened: not tried in the sandbox kvm"
fi

wrong() {
	echo "$*"
	cat said
	exit 1
}

# same FOLDER: built once, run everywhere; what is made is expected, and the same.
same() {
	"$millrace" build "$1" >said 2>&1 || wrong "$1: not built"
	for suffix in wasm elf so; do
		grep -q "^$1/[a-z]*\.$suffix$" said || wrong "$1: no .$suffix"
	done
	for sandbox in $sandboxes; do
		"$millrace" test "$1" --sandbox "$sandbox" --out "made/$1/$sandbox" || exit 1
		diff -r "made/$1/$sandbox" "made/$1/wasm"
	done
}

"$millrace" new shout >said
printf 'a second one: \x00\xff z' >shout/test/hello/in/text/bytes
printf 'A SECOND ONE: \x00\xff Z' >shout/test/hello/out/result/bytes
same shout

mkdir -p sort/test/fruit/{in/text,out/sorted}
cp "$root/tests/functions/sortlines.c" sort/
cat >sort/sort.mr <<'MR'
function sortlines { in text; out sorted; memory 1MiB + 8 x input }
composition sort { in text; out sorted; sortlines(text = each text) -> (sorted) }
MR
printf 'pear\napple\nfig\n' >sort/test/fruit/in/text/list
printf '0 apple 0.000\n1 fig 1.000\n2 pear 1.414\n' >sort/test/fruit/out/sorted/list
if [ -f /usr/lib/x86_64-linux-musl/libc.a ]; then
	same sort
else
	echo "no musl: a libc in images is not tried"
	! "$millrace" build sort --kind image 2>said || wrong "an image with a libc, without one"
	grep -q 'apt-get install musl-dev' said || wrong "it does not say what is missing"
fi

# What no image can be is said when it is built, not when it is run.
refused() {
	! "$millrace" build "$1" --kind image >said 2>&1 || wrong "$1: an image of that"
	grep -q -- "$2" said || wrong "$1: not told: $2"
}
sed 's/^MR_ENTRY/static char large[200 << 20];\nchar *large_at(void);\nchar *large_at(void)\n{\n\treturn large;\n}\n&/' \
	shout/shout.c >large.c
refused large.c 'large.elf: a segment of .* lies outside'
printf 'volatile int set;\n__attribute__((constructor)) static void early(void)\n{\n\tset = 1;\n}\n' |
	cat shout/shout.c - >early.c
refused early.c 'constructors never run'
refused shout/shout.h 'No such file'
! "$millrace" build --program shout --kind image shout/shout.c 2>said || wrong "a program as an image"
grep -q 'a program becomes wasm only' said || wrong "a program as an image: not told"
