/* The clients: each a connection, with requests of all sorts, read at all paces, and left at any moment. */
#ifndef CAIRN_TESTS_SOAK_CLIENT_H
#define CAIRN_TESTS_SOAK_CLIENT_H

#include <stdint.h>

/* `exchanges` in all, by `many` clients on that port. */
void client_begin(uint16_t port, unsigned many, uint64_t exchanges);

/* How many exchanges are still to be begun, or not over. */
uint64_t client_left(void);

void client_end(void);

struct client_counts {
	uint64_t asked, aborted, pipelined, posts, purges, connections, slow;
};
extern struct client_counts client_counts;

#endif
