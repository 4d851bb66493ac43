#!/bin/bash
# checktext and checkcounts agree on a right answer, and checkcounts refuses each kind of wrong one.
set -euo pipefail
scripts=$1 checktext=$2 checkcounts=$3

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Longer than a block of checktext, with a word across its end; and a word longer than a block.
seq 1 200000 >"$work/numbers"
{
	head -c 3000000 /dev/zero | tr '\0' Q
	printf ' the The end_END'
} >"$work/long"
for text in numbers long; do
	"$scripts/oracle" "$work/$text" >"$work/counts"
	[ "$("$checktext" "$work/$text")" = "$("$checkcounts" "$work/counts")" ]
done
[ "$("$checktext" /dev/null)" = "$("$checkcounts" /dev/null)" ]

refuse() { # REASON LINES
	printf '%s' "$2" >"$work/wrong"
	if said=$("$checkcounts" "$work/wrong" 2>&1) || ! grep -q "$1" <<<"$said"; then
		printf 'checkcounts said "%s" to:\n%s\n' "$said" "$2" >&2
		exit 1
	fi
}
refuse 'not after' $'1 a\n2 b\n'
refuse 'not after' $'1 b\n1 a\n'
refuse 'not after' $'1 a\n1 a\n'
refuse 'came before' $'3 a\n2 b\n1 a\n'
refuse 'not of the form' $'1 a\n1 b'
refuse 'not of the form' $'1 A\n'
refuse 'not of the form' $'0 a\n'
refuse 'not of the form' $'99999999999999999999 a\n'
