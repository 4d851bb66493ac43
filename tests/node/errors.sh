#!/bin/bash
# What goes wrong on the way of a job is said: what, where, and what to do; with its exit code.
# errors.sh MILLRACE GENTEXT BAD_DIR SOURCE_ROOT
set -u
export LC_ALL=C
millrace=$(realpath "$1")
gentext=$(realpath "$2")
bad_dir=$(realpath "$3")
cd "$4" || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
wordcount=functions/wordcount/wordcount.mr
failed=0

# expect CODE TEXT COMMAND...: TEXT, in which * is anything, must be in what the command says.
expect() {
	local code=$1 text=$2 rc=0
	shift 2
	"$@" >"$work/out" 2>"$work/err" </dev/null || rc=$?
	# shellcheck disable=SC2053 # a pattern on purpose
	if [ "$rc" -ne "$code" ] || [[ $(<"$work/err") != *$text* ]]; then
		failed=1
		echo "$*: exit code $rc, wanted $code and \"$text\"; it said:"
		cat "$work/err"
	fi
}
# run CODE TEXT ARGUMENTS...: of `millrace run`, in the least memory.
run() {
	local code=$1 text=$2
	shift 2
	expect "$code" "$text" "$millrace" run --memory 48MiB "$@"
}
# as_nobody COMMAND...: root reads whatever it likes.
as_nobody() {
	if [ "$(id -u)" -eq 0 ]; then
		set -- setpriv --reuid 65534 --regid 65534 --clear-groups \
			env XDG_CACHE_HOME="$work/cache" "$@"
	fi
	"$@"
}
# small_disk BYTES COMMAND...: with a disk of that size at $work/disk, seen by the command alone.
small_disk() {
	local bytes=$1 how=-m
	shift
	[ "$(id -u)" -eq 0 ] || how=-Urm
	unshare $how sh -c 'mount -t tmpfs -o size="$0" tmpfs "$1" && shift && exec "$@"' \
		"$bytes" "$work/disk" "$@"
}

echo 'some words' >"$work/text"
mkdir "$work/disk"

# Sources.
run 1 "file:$work/absent: no such file" $wordcount text="file:$work/absent"
# Nodes that have not heard of the job yet let its leader go at once.
expect 1 "file:$work/absent: no such file on any node" timeout 8 "$millrace" run --nodes 3 \
	--memory 144MiB $wordcount text="file:$work/absent"
run 1 "is a folder: write $work/** for all the files below it" $wordcount text="file:$work"
run 2 'nosuch:x' $wordcount text=nosuch:x
run 0 '0 invocations' $wordcount text="file:$work/absent*" --out counts="$work/counts"
[ -f "$work/counts" ] && [ ! -s "$work/counts" ] || { echo "no match: no empty result"; failed=1; }
run 0 '0 invocations' $wordcount text="file:$work/absent*" --nodes 3 --memory 144MiB
# Longer than an offset reaches, with memory for it: no 32 bits are cut off anywhere.
truncate -s 4294967430 "$work/sparse"
run 1 'has more than the [0-9]* bytes there is room for' \
	$wordcount text="file:$work/sparse?split=none" --memory 24GiB --workers 1
run 1 'more than 16 million items' $wordcount text="file:$work/sparse?split=line&bytes=1"
rm "$work/sparse"
cp "$work/text" "$work/secret"
chmod 0 "$work/secret"
mkdir -m 777 "$work/cache"
if as_nobody test -x "$millrace" && ! as_nobody test -r "$work/secret"; then
	expect 1 "count on $work/secret, item at byte 0: *Permission denied" \
		as_nobody "$millrace" run --memory 48MiB $wordcount text="file:$work/secret"
else
	echo 'an unreadable file: left out, no other user can be had here'
fi
"$gentext" 80000000 --distinct >"$work/distinct"
head -c 8000000 "$work/distinct" >"$work/some"
run 1 "distinct, item at byte 0: *has more than the * bytes there is room for: split it (?split=line" \
	$wordcount text="file:$work/distinct?split=none"

# Compositions and code.
cat >"$work/syntax.mr" <<'END'
function count { in text; out words }
composition wordcount {
	in text
	out words
	count(text = eech text) -> (words)
}
END
run 3 "syntax.mr:5:15: error: *'eech'*
	count(text = eech text) -> (words)
	             ^
hint: *'each'" "$work/syntax.mr" text="file:$work/text"
sed 's/eech/each/; s/count/nosuch/' "$work/syntax.mr" >"$work/unknown.mr"
run 3 'function nosuch: no nosuch.wasm; looked in*--functions' "$work/unknown.mr" text="file:$work/text"
run 2 'has no input set txt; it has: text' $wordcount txt="file:$work/text"
run 2 'has no output set words; it has: counts' $wordcount text="file:$work/text" --out words=-
run 2 'input set text of composition wordcount is not given' $wordcount
cat >"$work/trap.mr" <<'END'
function bad_division { in given; out made; retries 1 }
composition trap { in given; out made; bad_division(given = each given) -> (made) }
END
run 1 "bad_division on $work/text, item at byte 0: *by zero*attempt 2 of 2" \
	"$work/trap.mr" given="file:$work/text" --functions "$bad_dir"

# What a node is made of.
run 4 'no network interface "nosuch0" here; there are: ' $wordcount text="file:$work/text" --port nosuch0
run 2 '--nodes: "0"' $wordcount text="file:$work/text" --nodes 0
run 2 '--nodes: "65"' $wordcount text="file:$work/text" --nodes 65
run 2 '--nodes: "abc"' $wordcount text="file:$work/text" --nodes abc
run 2 'the seed comes first' $wordcount text="file:$work/text" --sim garbage
run 4 'too little memory: *at least 144 MiB are needed' $wordcount text="file:$work/text" --nodes 3
expect 4 'too little memory: *at least 48 MiB' "$millrace" run --memory 1MiB $wordcount \
	text="file:$work/text"

# Full disks.
if small_disk 64k true 2>"$work/err"; then
	expect 1 'counts: no space left on *free space' small_disk 64k "$millrace" run --memory 96MiB \
		$wordcount text="file:$work/some" --out counts="$work/disk/counts"
	expect 1 'cannot spill to disk: No space left*give --spill another' small_disk 4m \
		"$millrace" run --memory 48MiB $wordcount text="file:$work/distinct" --spill "$work/disk"
else
	echo "full disks: left out, no mount namespace is to be had: $(<"$work/err")"
fi
exit $failed
