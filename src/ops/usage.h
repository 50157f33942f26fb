/* What the process uses of the system, as the kernel says it. thread: any. */
#ifndef CAIRN_OPS_USAGE_H
#define CAIRN_OPS_USAGE_H

#include <stdint.h>

struct usage {
	int64_t cpu_ms;    /* user and system, all threads */
	uint64_t resident; /* bytes */
	uint64_t descriptors, descriptors_limit;
};

/* What cannot be told is 0. */
void usage_read(struct usage *out);

#endif
