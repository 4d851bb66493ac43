#!/bin/bash
# The programs have exactly the probes that docs/observe.md lists, with as many arguments.
# test_probes.sh ROOT PROGRAM...
set -uo pipefail
export LC_ALL=C
command -v readelf >/dev/null || { echo "SKIP: no readelf"; exit 77; }
documented=$(sed -nE 's/^\| `([a-z_]+)` \| ([a-z, ]+) \| .*/\1 \2/p' "$1/docs/observe.md" |
	awk '{ name = $1; $1 = ""; print name, gsub(/,/, ",") + 1 }' | sort)
[ "$(wc -l <<<"$documented")" -ge 11 ] || { echo "docs/observe.md has no table of probes"; exit 1; }
failed=0
shift
for program; do
	# A probe may be at several places, each with its own note.
	found=$(readelf -n "$program" | awk '
		$1 == "Provider:" { ours = $2 == "millrace" }
		$1 == "Name:" { name = $2 }
		$1 == "Arguments:" && ours { print name, NF - 1 }' | sort -u)
	if [ "$found" != "$documented" ]; then
		failed=1
		echo "$program (>) has other probes than docs/observe.md (<):"
		diff <(echo "$documented") <(echo "$found")
	fi
done
exit $failed
