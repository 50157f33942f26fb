/* An origin that fails in every way: it is slow, resets, cuts, answers 5xx and nonsense, forgets how it frames. */
#ifndef CAIRN_TESTS_SOAK_ORIGIN_H
#define CAIRN_TESTS_SOAK_ORIGIN_H

#include <stdint.h>

#define ORIGINS 2

/* Listens; returns the port. At most ORIGINS times. */
uint16_t origin_open(void);

/* Closes what is open, and takes no more. */
void origin_close_all(void);

struct origin_counts {
	uint64_t requests, full, parts, not_modified, errors, resets, nonsense, cuts, slow;
};
extern struct origin_counts origin_counts;

#endif
