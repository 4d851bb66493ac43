#!/bin/bash
# Ordinary programs in C and C++ as functions: program.sh MILLRACE SOURCE_ROOT
# shellcheck source=tests/develop/expect.sh
. "$(dirname "$0")/expect.sh"
here=$root/tests/develop

# case NAME [ARGUMENT]: the inputs that probe.c wants to find.
probe_case() {
	local dir=test/$1/in
	mkdir -p $dir/{text,args,env,stdin}
	printf 'two words\nsecond\n' >$dir/args/1
	[ $# -eq 1 ] || echo "$2" >$dir/args/2
	echo COLOUR=blue >$dir/env/e
	printf 'first line\nlast ' >$dir/stdin/1
	printf line >$dir/stdin/2
	echo 'plain text' >$dir/text/plain
	echo deeper >$dir/text/deep%2fer
}

cat >probe.mr <<'MR'
function probe {
	in args; in env; in stdin; in text
	out files; out stdout
	memory 4MiB + 2 x input
}
composition probe_all {
	in args; in env; in stdin; in text
	out files; out stdout
	probe(args = all args, env = all env, stdin = all stdin, text = all text) -> (files, stdout)
}
MR
probe_case exits
probe_case returns return
probe_case fails fail
probe_case aborts abort
expect 0 probe.wasm "$millrace" build --program probe "$here/probe.c" -- -Wall -Werror
for name in exits returns; do
	expect 0 "ok      probe $name" "$millrace" test . --case $name --out made
done
for made in made/exits made/returns; do
	for file in first second deep%2fthird flushed; do
		[ -s $made/files/$file ] || { echo "$made/files/$file is not there"; failed=1; }
	done
	[ "$(ls $made/files | wc -l)" -eq 4 ] || { ls $made/files; failed=1; }
	[ "$(cat $made/files/flushed)" = 'at exit' ] || failed=1
done
cmp made/exits/stdout/stdout made/returns/stdout/stdout || { echo "chance is not the same twice"; failed=1; }
expect 1 'exit code 7: asked to fail' "$millrace" test . --case fails
expect 1 'exit code 134: asked to abort' "$millrace" test . --case aborts

# On the whole platform, too.
printf 'two words\nsecond\n' >args
expect 1 'exit code 1: line' "$millrace" run probe.mr args="file:$work/args" env="file:$work/args" \
	stdin="file:$work/args" text="file:$work/args" --out files=f --out stdout=s

expect 3 'undefined symbol: fork' "$millrace" build --program forks "$here/forks.c"
printf 'int main(' >broken.c
expect 3 'broken.c: does not compile' "$millrace" build --program none broken.c
expect 2 '--program needs some' "$millrace" build --program none

exit $failed
