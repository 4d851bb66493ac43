#!/bin/bash
# The oracle and its list of files on a small tree with links, hidden files and odd ends.
set -euo pipefail
scripts=$1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/tree/sub" "$work/tree/.hidden" "$work/outside"
printf 'One two' >"$work/tree/a.h"         # no newline at its end: "two" and "three" stay apart
printf 'three\nTWO_two\n' >"$work/tree/sub/b.h"
printf 'far\n' >"$work/outside/c.h"
printf 'never\n' | tee "$work/tree/.hidden/d.h" "$work/tree/.e.h" "$work/tree/f.c" >/dev/null
: >"$work/tree/empty.h"
ln -s a.h "$work/tree/again.h"             # a file reached again
ln -s sub "$work/tree/sub2"                # a folder reached again
ln -s ../../outside "$work/tree/sub/out"   # outside the tree, once
ln -s .. "$work/tree/sub/loop"             # a circle
ln -s nowhere "$work/tree/dangling.h"

expect() { # WHAT EXPECTED ACTUAL
	[ "$2" = "$3" ] || {
		printf '%s: expected\n%s\ngot\n%s\n' "$1" "$2" "$3" >&2
		exit 1
	}
}

expect list "$(printf '%s\n' outside/c.h tree/a.h tree/empty.h tree/sub/b.h)" \
	"$("$scripts/list-files" "$work/tree" '*.h' 2>/dev/null | tr '\0' '\n' | sed "s,^$work/,,")"
expect count "$(printf '%s\n' '3 two' '1 far' '1 one' '1 three')" \
	"$("$scripts/list-files" "$work/tree" '*.h' 2>/dev/null | "$scripts/oracle")"
expect names "$(printf '%s\n' '1 one' '1 two')" "$("$scripts/oracle" "$work/tree/a.h")"
expect nothing "" "$("$scripts/oracle" "$work/tree/empty.h")"
