/* Every reply against the model: where it comes from, whether it might, and whether its words are true. */
#ifndef CAIRN_TESTS_SIM_CHECK_H
#define CAIRN_TESTS_SIM_CHECK_H

#include "client.h"

void check_reply(struct world *w, struct client *c);

/* The connection ended without a reply. */
void check_silence(struct world *w, const struct client *c);

/* What a client that asks now must be answered with, where that is known. */
void check_expect(struct world *w, struct client *c);

#endif
