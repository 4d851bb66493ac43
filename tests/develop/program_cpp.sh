#!/bin/bash
# A program in C++ as a function: program_cpp.sh MILLRACE SOURCE_ROOT
set -euo pipefail
millrace=$(realpath "$1")
here=$2/tests/develop

if [ -z "$(find /usr/lib -path '*wasm32-wasi*' -name libc++.a 2>/dev/null)" ]; then
	echo "SKIP: no libc++ for wasm: install libc++-14-dev-wasm32 and libc++abi-14-dev-wasm32"
	exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export XDG_CACHE_HOME=$work/cache
mkdir -p test/words/{in/stdin,out/stdout}
cat >count.mr <<'MR'
function count { in stdin; out stdout; memory 16MiB + 4 x input }
composition words { in stdin; out stdout; count(stdin = all stdin) -> (stdout) }
MR
echo 'b a b' >test/words/in/stdin/text
printf 'a 1\nb 2\n' >test/words/out/stdout/stdout
"$millrace" build --program count "$here/count.cpp"
"$millrace" test .
