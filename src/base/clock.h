/* Time. Below proxy/ it is always an argument; only the worker, the writers of logs, and who measures what goes on within
 * a round of the loop read a clock.
 *
 * wall: milliseconds since 1970, may jump: for dates and ages. mono: nanoseconds, never goes back: for durations.
 */
#ifndef CAIRN_BASE_CLOCK_H
#define CAIRN_BASE_CLOCK_H

#include <stdint.h>

struct now {
	int64_t wall_ms;
	int64_t mono_ns;
};

#define MS_PER_S  1000LL
#define NS_PER_MS 1000000LL
#define NS_PER_S  1000000000LL

struct now clock_now(void);
int64_t clock_mono_ns(void); /* the one alone */

#endif
