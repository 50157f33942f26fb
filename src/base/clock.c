#include "base/clock.h"

#include <time.h>

struct now
clock_now(void)
{
	struct timespec wall, mono;

	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_MONOTONIC, &mono);
	return (struct now){
		.wall_ms = (int64_t)wall.tv_sec * MS_PER_S + wall.tv_nsec / NS_PER_MS,
		.mono_ns = (int64_t)mono.tv_sec * NS_PER_S + mono.tv_nsec,
	};
}
