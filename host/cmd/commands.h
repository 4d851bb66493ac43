/* The commands of `millrace`. Each takes its arguments, argv[0] being its name, and returns the
 * exit code. */
#ifndef COMMANDS_H
#define COMMANDS_H

int command_run(int argc, char **argv);
int command_new(int argc, char **argv);
int command_build(int argc, char **argv);
int command_test(int argc, char **argv);
int command_plan(int argc, char **argv);
int command_top(int argc, char **argv);
int command_bench(int argc, char **argv);
int command_keygen(int argc, char **argv);
int command_table(int argc, char **argv);
int command_devices(int argc, char **argv);

#endif
