# shellcheck shell=bash
# Counts the steps of scripts/test and scripts/soak; sourced by them.
#
# What has many results prints them as lines "ok NAME", "not ok NAME" and "skip NAME: REASON".

tally_passed=0
tally_failures=()
tally_skips=()

tally_count() { # FILE: the result lines in it
	local line
	while IFS= read -r line; do
		case $line in
		'ok '*) tally_passed=$((tally_passed + 1)) ;;
		'not ok '*) tally_failures+=("${line#not ok }") ;;
		'skip '*) tally_skips+=("${line#skip }") ;;
		esac
	done <"$1"
}

# NAME COMMAND...: one result. Exit code 77 skips, with the reason in a line "SKIP: REASON".
tally_step() {
	local name=$1 start=$SECONDS log rc=0
	shift
	echo "== $name"
	log=$(mktemp)
	"$@" 2>&1 | tee "$log" || rc=${PIPESTATUS[0]}
	case $rc in
	0) echo "ok $name ($((SECONDS - start)) s)" ;;
	77) echo "skip $name: $(sed -n 's/^SKIP: //p' "$log" | tail -n 1)" ;;
	*) echo "not ok $name (exit code $rc)" ;;
	esac >"$log.result"
	cat "$log.result"
	tally_count "$log.result"
	rm -f "$log" "$log.result"
	return 0
}

# NAME COMMAND...: as many results as the command prints; one more if it fails without saying so.
tally_results() {
	local name=$1 start=$SECONDS log rc=0
	shift
	echo "== $name"
	log=$(mktemp)
	"$@" 2>&1 | tee "$log" | sed -u '/^[0-9]* passed, [0-9]* failed, /d' ||
		rc=${PIPESTATUS[0]}
	if [ "$rc" -ne 0 ] && ! grep -q '^not ok ' "$log"; then
		echo "not ok $name (exit code $rc)" | tee -a "$log"
	fi
	echo "-- $name took $((SECONDS - start)) s"
	tally_count "$log"
	rm -f "$log"
	return 0
}

# Says what failed and what was skipped, then the one line; the exit code is whether all passed.
tally_end() {
	echo
	[ ${#tally_skips[@]} -eq 0 ] || printf 'skipped: %s\n' "${tally_skips[@]}"
	[ ${#tally_failures[@]} -eq 0 ] || printf 'FAILED: %s\n' "${tally_failures[@]}"
	echo "$tally_passed passed, ${#tally_failures[@]} failed, ${#tally_skips[@]} skipped"
	[ ${#tally_failures[@]} -eq 0 ]
}
