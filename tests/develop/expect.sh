# shellcheck shell=bash disable=SC2034 # names are for who sources it
# What tests share that meet the commands as who writes functions does. To be sourced with MILLRACE
# SOURCE_ROOT as arguments: the working directory is then an empty folder, $work; $failed is the exit
# code.
set -u
millrace=$(realpath "$1")
root=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export XDG_CACHE_HOME=$work/cache
failed=0

# expect CODE TEXT COMMAND...: TEXT must be in what the command says.
expect() {
	local code=$1 text=$2 rc=0
	shift 2
	"$@" >"$work/said" 2>&1 </dev/null || rc=$?
	if [ "$rc" -ne "$code" ] || ! grep -qF -- "$text" "$work/said"; then
		failed=1
		echo "$*: exit code $rc, wanted $code and \"$text\"; it said:"
		cat "$work/said"
	fi
}
