/* The two nodes of the demo: this program, started again as `cairn serve -c FILE` with files in a temporary directory.
 * They end with the demo, however that ends.
 *
 * thread: the main one. Order of use: zeroed, demo_nodes_start, perhaps demo_nodes_keep, demo_nodes_stop whatever came
 * before.
 */
#ifndef CAIRN_CLI_DEMO_NODES_H
#define CAIRN_CLI_DEMO_NODES_H

#include <sys/types.h>

#include "net/addr.h"

#define DEMO_SHIELD "proxy.domain.tld"
#define DEMO_EDGE   "proxy.local"

struct demo_node {
	const char *name;
	char file[544];               /* its configuration */
	char listens[ADDR_TEXT_SIZE]; /* as it said itself */
	char admin[ADDR_TEXT_SIZE];
	union addr at;
	pid_t pid; /* 0: not running */
	int says;  /* its standard error */
};

struct demo_nodes {
	char dir[512];
	struct demo_node shield, edge;
};

/* The shield in front of the origin, the edge in front of the shield. False, and the user told, where one does not
 * start. */
bool demo_nodes_start(struct demo_nodes *n, const union addr *origin);

/* Passes on what they say until a signal comes. False where one ended before that. */
bool demo_nodes_keep(struct demo_nodes *n);

/* Ends them and removes the directory. False, and the user told, where one did not end well. */
bool demo_nodes_stop(struct demo_nodes *n);

#endif
