/* A client: one connection, one exchange at a time, and a reply read by its own few lines. */
#ifndef CAIRN_TESTS_SIM_CLIENT_H
#define CAIRN_TESTS_SIM_CLIENT_H

#include "model.h"

struct world;

struct reply {
	int status;
	char head[TEXT_MAX]; /* start line and fields, each with its CRLF in front */
	bool has_head;
	int64_t head_ms; /* when it came */
	unsigned head_at;
	char *body; /* malloc'd: all that came behind the head, framing included */
	size_t n, cap;
	bool whole;    /* it came to its end, by its own framing */
	char *content; /* malloc'd, without framing */
	size_t content_n, content_cap;
};

struct client {
	int fd; /* -1: not connected */
	unsigned worker;
	const struct ask *ask; /* NULL: idle */
	unsigned asked_at;
	struct history expected; /* what it must be answered with from the store; base NULL: anything */
	struct reply reply;
};

/* Sends a request on an idle client. */
void client_ask(struct world *w, struct client *c, const struct ask *q);

/* Reads what is there; a reply that is complete is checked (check.h). True where something moved. */
bool client_pump(struct world *w, struct client *c);

/* Goes away, in the middle or not. */
void client_leave(struct client *c);

void client_free(struct client *c);

#endif
