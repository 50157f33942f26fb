/* The node under test: a process of the program, what the system says about it, and what it says itself. */
#ifndef CAIRN_TESTS_SOAK_NODE_H
#define CAIRN_TESTS_SOAK_NODE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "origin.h"

struct soak_node {
	pid_t pid;
	uint16_t port, admin;
	int said; /* its standard error */
};

/* In front of these origins. Ends the process where it does not come up. */
void node_start(struct soak_node *n, const char *program, const char *memory, const uint16_t origins[ORIGINS]);

/* A number in its status, by the key that it stands behind; found is the first behind `section`. */
int64_t node_status(const struct soak_node *n, const char *section, const char *key);

/* POST to the admin port. */
void node_order(const struct soak_node *n, const char *path);

void node_reload(const struct soak_node *n);

bool node_runs(const struct soak_node *n);
unsigned node_descriptors(const struct soak_node *n);
uint64_t node_kib(const struct soak_node *n, const char *what); /* of /proc/PID/status: VmRSS, VmHWM */

/* Asks it to end, and waits: the exit status, or 128 and more for a signal. */
int node_stop(struct soak_node *n);

#endif
