#!/bin/bash
# The shipped examples in one sandbox: each function on its cases of known answers, and each
# composition beside another program, or beside what its functions are known to make.
# examples.sh MILLRACE SOURCE_ROOT SANDBOX
set -euo pipefail
millrace=$(realpath "$1")
functions=$2/functions
sandbox=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export XDG_CACHE_HOME=$work/cache

if [ "$sandbox" = kvm ] && ! { [ -r /dev/kvm ] && [ -w /dev/kvm ]; }; then
	echo "SKIP: no /dev/kvm that may be opened"
	exit 77
fi
for example in sort logrender qoi2png; do
	"$millrace" test "$functions/$example" --sandbox "$sandbox"
done

run() {
	local composition=$1
	shift
	"$millrace" run "$functions/$composition/$composition.mr" --sandbox "$sandbox" --nodes 3 --quiet "$@"
}

# Lines of all lengths, many of them alike, in splits of many invocations on three nodes.
awk 'BEGIN {
	srand(7)
	for (i = 0; i < 60000; i++) {
		line = ""
		for (n = int(rand() * 12); n > 0; n--)
			line = line substr("ab \tz\303\251~", int(rand() * 8) + 1, 1)
		print line
	}
}' >lines
head -c 100000 "$millrace" >bytes # no text, and no end of its last line
run sort text="file:$work/lines?split=line&bytes=20KiB" --out sorted=sorted
LC_ALL=C sort lines | cmp - sorted
run sort text="file:$work/bytes" --out sorted=sorted
LC_ALL=C sort bytes | cmp - sorted

# The page of the cases' token and logs; and a token that opens nothing.
cases=$functions/logrender/test
logs() {
	run logrender token="file:$1" grants="file:$cases/authorise/granted/in/grants/grants" \
		logs="file:$cases/section/answers/in/log/*.log" --out page=page
}
logs "$cases/authorise/granted/in/token/token"
cmp page "$cases/render/page/out/page/logs.html"
if grep combination page; then
	echo "a log that the token does not open is in the page"
	exit 1
fi
printf 't-47' >token
logs "$work/token"
grep -q 'combination is 12345' page
printf 't-4' >token
if logs "$work/token" 2>said; then
	echo "a token that opens nothing was taken"
	exit 1
fi
grep -q 'the token opens no service' said

run qoi2png images="file:$functions/qoi2png/test/tiles/in/images/tiles.qoi" --out pngs=png
cmp png "$functions/qoi2png/test/tiles/out/pngs/tiles.png"
