/* Timers that cost nothing to push back. libuv's heap is touched only when a timer fires or is set earlier than before:
 * a connection that postpones its deadline on each request writes one number.
 *
 * thread: local. The memory is the caller's; timer_close gives it back through a callback, as libuv demands.
 */
#ifndef CAIRN_NET_TIMER_H
#define CAIRN_NET_TIMER_H

#include <stdbool.h>

#include "net/loop.h"

struct timer {
	uv_timer_t uv;
	struct loop *loop;
	void (*fn)(struct timer *);
	void (*closed)(struct timer *);
	int64_t deadline_ns; /* 0: not set */
	int64_t armed_ns;    /* when libuv will look, never after the deadline; 0: not at all */
};

void timer_init(struct timer *t, struct loop *l, void (*fn)(struct timer *));

/* fn runs once, `ms` from now (from the loop's time); set again it is moved. */
void timer_set(struct timer *t, int64_t ms);
void timer_stop(struct timer *t);

/* `closed` runs when the memory may be reused. */
void timer_close(struct timer *t, void (*closed)(struct timer *));

#endif
