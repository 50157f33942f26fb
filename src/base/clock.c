#include "base/clock.h"

#include <time.h>

int64_t
clock_mono_ns(void)
{
	struct timespec mono;

	clock_gettime(CLOCK_MONOTONIC, &mono);
	return (int64_t)mono.tv_sec * NS_PER_S + mono.tv_nsec;
}

struct now
clock_now(void)
{
	struct timespec wall;

	clock_gettime(CLOCK_REALTIME, &wall);
	return (struct now){
		.wall_ms = (int64_t)wall.tv_sec * MS_PER_S + wall.tv_nsec / NS_PER_MS,
		.mono_ns = clock_mono_ns(),
	};
}
