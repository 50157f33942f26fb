/* What the tests of segs and of its windows share: bodies of a pattern, written and checked in steps of any size. */
#ifndef CAIRN_TESTS_BODIES_H
#define CAIRN_TESTS_BODIES_H

#include "base/rcu.h"
#include "cache/segs.h"

#define KB   ((size_t)1024)
#define IOVS 8

static struct slots *slots;
static char pattern[1024 * 1024];

static inline int
setup(void **state)
{
	const char *why;
	uint32_t x = 1;

	(void)state;
	slots = slots_new(8 * 1024 * KB, SLOTS_AS_NEEDED, &why);
	for (size_t i = 0; i < sizeof pattern; i++) {
		x = x * 1664525 + 1013904223;
		pattern[i] = (char)(x >> 24);
	}
	return 0;
}

static inline uint64_t
used(void)
{
	struct slots_totals t;

	slots_totals(slots, &t);
	return t.used;
}

static inline int
teardown(void **state)
{
	(void)state;
	rcu_settle(); /* large runs are given back later */
	assert_int_equal(used(), 0);
	slots_free(&slots);
	return 0;
}

/* Writes at most `n` bytes of the pattern, in rooms of any size; returns how many there was room for. */
static inline size_t
put(struct segs *s, size_t n)
{
	size_t done = 0;

	while (done < n) {
		size_t room;
		bool full;
		char *p = segs_room(s, n - done, &room, &full);

		if (p == NULL)
			return done;
		assert_true(room > 0);
		if (room > n - done)
			room = n - done;
		memcpy(p, pattern + segs_length(s), room);
		segs_publish(s, room);
		done += room;
	}
	return done;
}

/* Reads and checks at most `n` bytes; returns how many. *last gets what the last peek said; *told whether any took did.
 */
static inline size_t
get(struct segs_reader *r, size_t n, enum segs_read *last, bool *told)
{
	size_t done = 0;

	*told = false;
	*last = SEGS_READ_DATA;
	while (done < n) {
		struct iovec iov[IOVS];
		int count = IOVS;
		size_t took = 0;

		*last = segs_reader_peek(r, n - done, iov, &count);
		if (*last != SEGS_READ_DATA)
			break;
		for (int i = 0; i < count; i++) {
			assert_memory_equal(iov[i].iov_base, pattern + r->at + took, iov[i].iov_len);
			took += iov[i].iov_len;
		}
		assert_in_range(took, 1, n - done);
		*told |= segs_reader_took(r, took);
		done += took;
	}
	return done;
}

static inline size_t
take(struct segs_reader *r, size_t n)
{
	enum segs_read last;
	bool told;

	return get(r, n, &last, &told);
}

static inline enum segs_read
peek(struct segs_reader *r)
{
	struct iovec iov[IOVS];
	int count = IOVS;

	return segs_reader_peek(r, 1, iov, &count);
}

static inline bool
is_full(struct segs *s)
{
	size_t n;
	bool full;

	return segs_room(s, 1, &n, &full) == NULL && full;
}

#endif
