/* The node under test: a process of the program, what the system says about it, and what it says itself. */
#ifndef CAIRN_TESTS_SOAK_NODE_H
#define CAIRN_TESTS_SOAK_NODE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "origin.h"
#include "reactor.h"

struct soak_node {
	struct watch said; /* its standard error */
	pid_t pid;
	uint16_t port, admin;
	int file; /* its configuration: a file without a name */
	uint16_t origins[ORIGINS];
	unsigned patience_s; /* how long it waits for clients, and within bodies */
	unsigned reloads;
};

/* In front of `origins`, with `patience_s`. Ends the process where it does not come up. */
void node_start(struct soak_node *n, const char *program, const char *memory);

/* What it says of itself; valid until the next call. */
const char *node_status(const struct soak_node *n);

/* A number in that, by its key; the sum where the key stands there more often. */
int64_t status_sum(const char *status, const char *key);

/* All is purged, or marked stale. */
void node_purge_all(const struct soak_node *n, bool soft);

/* Another configuration, or a bad one, which it must refuse. */
void node_reload(struct soak_node *n);

bool node_runs(const struct soak_node *n);
unsigned node_descriptors(const struct soak_node *n);
uint64_t node_kib(const struct soak_node *n, const char *what); /* of /proc/PID/status: VmRSS, VmHWM */

/* Asks it to end, and waits: the exit status, or 128 and more for a signal. */
int node_stop(struct soak_node *n);

#endif
