/* One thread, many sockets: who is to be called when one is ready, or when a time has come. */
#ifndef CAIRN_TESTS_SOAK_REACTOR_H
#define CAIRN_TESTS_SOAK_REACTOR_H

#include <stdbool.h>
#include <stdint.h>

/* The first member of whatever is watched. */
struct watch {
	int fd;         /* -1: none */
	uint32_t wants; /* EPOLLIN, EPOLLOUT */
	int64_t due_ms; /* 0: no time is set */
	unsigned slot;
	void (*ready)(struct watch *w);
	void (*due)(struct watch *w);
};

void reactor_init(void);

/* Takes over the descriptor. */
void reactor_add(struct watch *w, int fd, uint32_t wants);
void reactor_want(struct watch *w, uint32_t wants);
void reactor_at(struct watch *w, int64_t ms_from_now); /* 0: never */

/* Closes; `reset`: so that the other end sees a reset. */
void reactor_close(struct watch *w, bool reset);

/* Waits for what comes next, and calls. */
void reactor_turn(void);

int64_t reactor_now_ms(void);

#endif
