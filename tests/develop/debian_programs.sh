#!/bin/bash
# Programs of Debian's archive, unmodified, as functions: they make of staged files what they make
# natively. debian_programs.sh MILLRACE [NAME...], of bzip2, cmark and minigzip; default: all
set -euo pipefail
millrace=$(realpath "$1")
shift
[ $# -gt 0 ] || set -- bzip2 cmark minigzip
wanted=" $* "
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export XDG_CACHE_HOME=$work/cache

skip() {
	echo "SKIP: $*"
	exit 77
}

# The sources of what the machine's own archive has, without a word in its configuration.
sources_fetch() {
	local apt=$work/apt file
	local where=(-o "Dir::State::lists=$apt/lists" -o "Dir::Etc::sourcelist=$apt/sources.list"
		-o "Dir::Etc::sourceparts=$apt")
	mkdir -p "$apt/lists/partial"
	cat /etc/apt/sources.list /etc/apt/sources.list.d/debian*.list 2>/dev/null |
		sed -n 's/^deb /deb-src /p' >"$apt/sources.list" || true
	for file in /etc/apt/sources.list.d/debian*.sources; do
		[ ! -f "$file" ] || sed 's/^Types:.*/Types: deb-src/' "$file" >"$apt/${file##*/}"
	done
	timeout 60 apt-get "${where[@]}" -qq update &&
		timeout 60 apt-get "${where[@]}" -qq --download-only source "$@"
}

command -v apt-get >/dev/null || skip "no apt-get, so no sources of programs"
sources_fetch bzip2 cmark zlib >fetched 2>&1 || skip "no Debian sources to be had: $(tail -n 1 fetched)"
for archive in ./*.orig.tar.*; do
	tar -xf "$archive"
done
bzip2=$(echo bzip2-*/)
cmark=$(echo cmark-*/src)
zlib=$(echo zlib-*/)

# What its cmake would have written.
mkdir cmark-made
cat >cmark-made/config.h <<'C'
#include <stdbool.h>
#define HAVE___BUILTIN_EXPECT
#define HAVE___ATTRIBUTE__
#define CMARK_ATTRIBUTE(list) __attribute__ (list)
#define CMARK_INLINE inline
C
sed 's/@PROJECT_VERSION_[A-Z]*@/0/g' "$cmark/cmark_version.h.in" >cmark-made/cmark_version.h
printf '#define CMARK_EXPORT\n#define CMARK_NO_EXPORT\n' >cmark-made/cmark_export.h

# build NAME SOURCE... -- ARGUMENT...: for the sandbox, and natively.
build() {
	local name=$1
	shift
	"$millrace" build --program "$name" "$@" 2>"$name.log" || { cat "$name.log"; exit 1; }
	local native=()
	for argument in "$@"; do
		[ "$argument" = -- ] || native+=("$argument")
	done
	gcc -O2 -w -o "$name.native" "${native[@]}"
	cat >"$name.mr" <<-MR
		function $name { in stdin; in args optional; out stdout; memory 32MiB + 8 x input; time 60s }
		composition job {
			in stdin; in args optional
			out stdout
			$name(stdin = all stdin, args = all args) -> (stdout)
		}
	MR
}

# same NAME INPUT ARGUMENT...
same() {
	local name=$1 input=$2
	shift 2
	printf '%s\n' "$@" >args
	"$millrace" run "$name.mr" stdin="file:$PWD/$input" args="file:$PWD/args" --out stdout=got --quiet
	"./$name.native" "$@" <"$input" >wanted
	cmp got wanted
	echo "$name $*: $(stat -c %s "$input") bytes in, $(stat -c %s got) bytes out, as natively"
}

asked() {
	[[ $wanted == *" $1 "* ]]
}

! asked bzip2 || build bzip2 "$bzip2"/{blocksort,huffman,crctable,randtable,compress,decompress,bzlib,bzip2}.c
! asked cmark || build cmark "$cmark"/*.c -- -Icmark-made "-I$cmark"
! asked minigzip || build minigzip "$zlib"/{adler32,crc32,deflate,inffast,inflate,inftrees,trees,zutil,compress,uncompr}.c \
	"$zlib"/gz{close,lib,read,write}.c "$zlib/test/minigzip.c" -- "-I$zlib" -DHAVE_UNISTD_H

cp "$millrace" binary
cat "$bzip2/manual.xml" "$zlib/README" >text
there_and_back() { # NAME INPUT ARGUMENT...
	local input=$2
	same "$@"
	cp got packed
	same "$1" packed -d
	cmp got "$input"
}
for input in binary text; do
	! asked bzip2 || there_and_back bzip2 $input -9 -c
	! asked minigzip || there_and_back minigzip $input -6
done
! asked cmark || same cmark text --smart
