#!/bin/bash
# The installed library: C programs find it by pkg-config, link, run two jobs at once, call functions.
# library.sh MESON BUILD SOURCE_ROOT CC...
set -euo pipefail
meson=$1
build=$2
root=$3
shift 3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

DESTDIR=$work/root "$meson" install -C "$build" --no-rebuild --quiet
pc=$(find "$work/root" -name millrace.pc)
lib=$(dirname "$(dirname "$pc")")
for file in bin/millrace bin/millraced include/millrace/millrace.h include/millrace/region.h \
	include/millrace/hash.h include/millrace/call.h; do
	[ -n "$(find "$work/root" -path "*/$file")" ] || { echo "$file is not installed"; exit 1; }
done
# The installed command finds the installed SDK, wherever it was installed to.
XDG_CACHE_HOME=$work/cache
export XDG_CACHE_HOME
installed=$(find "$work/root" -path '*/bin/millrace')
"$installed" new shout --dir "$work"
"$installed" build "$work/shout"
"$installed" test "$work/shout" --sandbox native
# Nothing but the public calls is to be seen.
symbols=$(nm -D --defined-only "$lib/libmillrace.so" | awk '{print $3}' | grep -vE '^(mr_|_init$|_fini$|__odr_asan)' || true)
[ -z "$symbols" ] || { echo "visible, though not public: $symbols"; exit 1; }

sanitizers=()
nm -D "$lib/libmillrace.so" >"$work/symbols"
if grep -q __asan_init "$work/symbols"; then
	sanitizers=("-fsanitize=address,undefined")
elif grep -q __tsan_init "$work/symbols"; then
	sanitizers=(-fsanitize=thread)
fi
export PKG_CONFIG_PATH=$lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$work/root
# A user's flags, not ours: the headers must do with any.
read -ra flags <<<"$(pkg-config --cflags --libs millrace)"
for program in library library_calls; do
	"$@" -std=c11 -pedantic -Wall -Wextra -Werror "${sanitizers[@]}" -pthread \
		-o "$work/$program" "$root/tests/cmd/$program.c" "${flags[@]}"
done
cp "$root/include/millrace/limits.h" "$work/text"
LD_LIBRARY_PATH=$lib "$work/library" "$root/functions/wordcount/wordcount.mr" "$build/functions" \
	"file:$work/text" "$work/out1" "$work/out2"
cmp "$work/out1" "$work/out2"
grep -q '^[0-9]* define$' "$work/out1" || { echo "no words were counted"; exit 1; }
LD_LIBRARY_PATH=$lib "$work/library_calls" "$root/functions/grep/grep.mr" "$build/functions"
