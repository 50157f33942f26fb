/* Counts the instructions of a call, one by one: the program runs under a parent that lets the processor stop after each.
 * It needs neither a processor that tells its counters nor a program that runs fifty times slower, so a call into a store of
 * gigabytes can be counted. Instructions of the calling thread, outside the system, alone.
 *
 * Order of use: steps_begin, first of all; steps_of.
 */
#ifndef CAIRN_BENCH_STEPS_H
#define CAIRN_BENCH_STEPS_H

#include <stdint.h>

/* Returns in a child of the process, which ends with it. The thread that calls it is the one that is counted. */
void steps_begin(void);

/* How many instructions fn(arg) takes. */
uint64_t steps_of(void (*fn)(void *arg), void *arg);

#endif
