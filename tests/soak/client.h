/* The clients: each a connection, with requests of all sorts, sent and read at all paces, and left at any moment. */
#ifndef CAIRN_TESTS_SOAK_CLIENT_H
#define CAIRN_TESTS_SOAK_CLIENT_H

#include <stdint.h>

/* `exchanges` in all, by `many` clients on that port; `patience_ms`: how long the node waits for a client. */
void client_begin(uint16_t port, unsigned many, uint64_t exchanges, unsigned patience_ms);

/* How many exchanges are still to be begun, or not over. */
uint64_t client_left(void);

void client_end(void);

#endif
