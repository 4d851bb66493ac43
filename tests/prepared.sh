#!/bin/bash
# Prepares the code of the word count once for the tests that are about something else: gcc takes
# 9 s over it, and a node with an empty cache has to wait.
# prepared.sh MILLRACE SOURCE_ROOT STAMP: the cache of code is STAMP.cache/millrace, for all to copy
set -euo pipefail
millrace=$(realpath "$1")
stamp=$(realpath "$3")
cd "$2"
export XDG_CACHE_HOME=$stamp.cache
"$millrace" run functions/wordcount/wordcount.mr text=file:functions/sdk/millrace_function.h \
	--quiet --out counts=/dev/null
chmod -R go+rX "$XDG_CACHE_HOME" # nodes of other users copy it too
touch "$stamp"
