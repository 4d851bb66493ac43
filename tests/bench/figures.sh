# shellcheck shell=bash
# What tests of `millrace bench` share: running it, and the figures it prints as JSON. To be sourced
# with MILLRACE as the first argument.
set -u
millrace=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
	echo "$*"
	cat "$work/out" "$work/err"
	exit 1
}
bench() { # NAME OPTIONS...
	timeout 120 "$millrace" bench "$@" >"$work/out" 2>"$work/err" </dev/null
}
median() { # CASE
	tr -d '\n\t' <"$work/out" | sed -nE "s/.*\"case\":\"$1\",\"unit\":\"[^\"]*\",\"median\":([^,]*),.*/\1/p"
}
between() { # CASE LEAST MOST
	local value
	value=$(median "$1")
	awk "BEGIN {exit !(\"$value\" + 0 > $2 && \"$value\" + 0 < $3)}" ||
		fail "$1 is \"$value\", not between $2 and $3"
}
two_cores_or_skip() {
	[ "$(nproc)" -ge 2 ] || { echo "SKIP: two workers that poll need two cores"; exit 77; }
}
# A case that was not measured says why.
measured_or_skip() { # CASE
	local reason
	reason=$(tr -d '\n\t' <"$work/out" | sed -nE 's/.*"case":"'"$1"'","reason":"([^"]*)".*/\1/p')
	[ -z "$reason" ] || { echo "SKIP: $reason"; exit 77; }
}
