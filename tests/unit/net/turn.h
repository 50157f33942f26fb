/* Waiting in tests of what runs on a loop: for something to become true, never for time to pass. */
#ifndef CAIRN_TESTS_NET_TURN_H
#define CAIRN_TESTS_NET_TURN_H

#include "unit.h"

#include <poll.h>

#include "net/loop.h"

#define TURN_LIMIT_NS (20 * NS_PER_S)
#define TURN_NAP_MS   1

/* One round; then, where nothing is ready, a short nap on the loop's own descriptor. */
static inline void
turn_once(struct loop *l)
{
	struct pollfd bell = { .fd = uv_backend_fd(loop_uv(l)), .events = POLLIN };
	int wait;

	loop_turn(l);
	wait = uv_backend_timeout(loop_uv(l));
	poll(&bell, 1, wait < 0 || wait > TURN_NAP_MS ? TURN_NAP_MS : wait);
}

/* Rounds until `cond` holds; the test fails where it does not within a generous limit. */
#define TURN_UNTIL(l, cond) TURN_UNTIL_BY(turn_once(l), cond)

/* The same, where a round is more than the loop's. */
#define TURN_UNTIL_BY(round, cond)                                        \
	do {                                                              \
		int64_t turn_end = clock_now().mono_ns + TURN_LIMIT_NS;   \
		while (!(cond)) {                                         \
			if (clock_now().mono_ns > turn_end)               \
				fail_msg("%s did not come about", #cond); \
			round;                                            \
		}                                                         \
	} while (0)

#endif
