/* Counts that cost an addition: each thread adds in a block of its own, readers add the blocks up. A block of a thread that
 * has ended is added to a common rest.
 *
 * thread: counter_add and histogram_observe on any thread between counter_thread_begin and counter_thread_end; on another
 * thread histogram_observe counts nothing. Sums anywhere.
 */
#ifndef CAIRN_BASE_COUNTER_H
#define CAIRN_BASE_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

enum counter {
#define COUNTER(id, name, help) COUNTER_##id,
#include "tbl/metrics.def"
#define ANSWER(id, protocol, word) COUNTER_ANSWERED_##id,
#include "tbl/answers.def"
#undef ANSWER
	COUNTER_COUNT
};

enum histogram {
#define HISTOGRAM(id, name, help) HISTOGRAM_##id,
#include "tbl/metrics.def"
	HISTOGRAM_COUNT
};

/* Upper bounds in nanoseconds: 0.5 ms doubling to 65 s; the last bucket is for all above. */
#define HISTOGRAM_BUCKETS 19
int64_t histogram_bound(unsigned bucket); /* INT64_MAX for the last */

/* Requests by how they were served and why: reason below COUNTER_REASONS. */
#define COUNTER_REASONS 48

void counter_thread_begin(void);
void counter_thread_end(void);

void counter_add(enum counter c, uint64_t n);
void counter_request(bool hit, unsigned reason);
void histogram_observe(enum histogram h, int64_t ns);

uint64_t counter_sum(enum counter c);
uint64_t counter_requests(bool hit, unsigned reason);

struct histogram_sum {
	uint64_t bucket[HISTOGRAM_BUCKETS]; /* not cumulative */
	uint64_t count;
	double seconds;
};
void histogram_sum(enum histogram h, struct histogram_sum *out);

#endif
