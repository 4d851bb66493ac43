#!/bin/bash
# check-layers finds each kind of wrong include, where it is, and lets the right ones pass.
set -euo pipefail
scripts=$1

if ! command -v git >/dev/null; then
	echo "SKIP: git is not installed"
	exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git -C "$work" init -q
mkdir -p "$work"/{include/millrace,dataplane/{region,port},host/{sched,compose},tests/region,odd}
cd "$work"
touch include/millrace/region.h dataplane/region/region.h dataplane/port/port.h
touch host/compose/compose.h tests/test.h

report() { # FILE TEXT: what check-layers says when FILE holds TEXT; it is removed again
	printf '%s\n' "$2" >"$1"
	"$scripts/check-layers" "$work" 2>&1 && echo passed
	rm "$1"
}

expect() { # FILE TEXT PATTERN
	local said
	said=$(report "$1" "$2" || true)
	grep -q -- "$3" <<<"$said" || {
		printf '%s with %s: expected "%s", got:\n%s\n' "$1" "$2" "$3" "$said" >&2
		exit 1
	}
}

expect dataplane/port/port.c '#include "region.h"' '^passed$'
expect dataplane/port/port.c '#include <millrace/region.h>' '^passed$'
expect dataplane/port/port.c '#include <rte_mbuf.h>' '^passed$'
expect host/sched/core.c '#include "compose.h"' '^passed$'
expect tests/region/region.c '#include "test.h"' '^passed$'
expect dataplane/region/region.c $'\n#include "port.h"' \
	'^dataplane/region/region.c:2: dataplane/region must not include dataplane/port'
expect dataplane/region/region.c '#  include <rte_mbuf.h>' ':1: .*must not include <rte_mbuf.h>'
expect host/sched/core.c '#include <pthread.h>' ':1: .*must not include <pthread.h>'
expect host/sched/core.c '#include "../compose/compose.h"' 'the target brings the path\|brings'
expect host/sched/core.c '#include "nobody.h"' 'is no header of ours'
expect odd/new.c '#include <stdio.h>' 'not in the table'
touch dataplane/region/port.h
expect tests/region/region.c '#include "port.h"' 'ambiguous'
rm dataplane/region/port.h
if dpkg -L libc6-dev >/dev/null 2>&1; then
	expect host/sched/sched.h '' 'hides <sched.h>'
fi
