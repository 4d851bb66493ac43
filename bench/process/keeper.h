/*
 * Runs a benchmark in a process of its own, and clears up behind it however it ends: by itself, by
 * SIGINT, SIGTERM or SIGHUP sent to us, or killed. Should we be killed, it is killed with us, with
 * all it started; the next run then removes our folder (scratch.h).
 */
#ifndef KEEPER_H
#define KEEPER_H

/* Runs work(opaque) in a process group of its own, in a folder of its own (scratch.h). Returns its
 * exit code once no process of it lives; 4 when it could not be started or was killed. After a
 * signal to us it does not return: we end by that signal. */
int keeper_run(int (*work)(void *opaque), void *opaque);

#endif
