#include "base/counter.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/must.h"

#define FIRST_BOUND_NS (NS_PER_MS / 2)

struct times {
	atomic_ullong bucket[HISTOGRAM_BUCKETS];
	atomic_ullong ns;
};

struct block {
	struct list node;
	atomic_ullong counts[COUNTER_COUNT];
	atomic_ullong requests[2][COUNTER_REASONS];
	struct times times[HISTOGRAM_COUNT];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the list; and of `rest` while it is written */
static struct list blocks = { &blocks, &blocks };
static struct block rest; /* of threads that have ended */
static _Thread_local struct block *mine;

/* Only its own thread writes a block, so no atomic addition is needed; relaxed, so that a reader may look. */
static inline void
add(atomic_ullong *at, uint64_t n)
{
	atomic_store_explicit(at, atomic_load_explicit(at, memory_order_relaxed) + n, memory_order_relaxed);
}

void
counter_thread_begin(void)
{
	MUST(mine == NULL);
	mine = aligned_alloc(64, (sizeof *mine + 63) / 64 * 64);
	MUST(mine != NULL); /* at a thread's start, before it serves anybody */
	*mine = (struct block){ 0 };
	pthread_mutex_lock(&lock);
	list_add_tail(&blocks, &mine->node);
	pthread_mutex_unlock(&lock);
}

/* Every number of a block, as one array: they all have the same type. */
#define NUMBERS ((sizeof(struct block) - offsetof(struct block, counts)) / sizeof(atomic_ullong))

static atomic_ullong *
numbers(struct block *b)
{
	return (atomic_ullong *)(void *)((char *)b + offsetof(struct block, counts));
}

void
counter_thread_end(void)
{
	struct block *b = mine;

	mine = NULL;
	pthread_mutex_lock(&lock);
	list_del(&b->node);
	for (size_t i = 0; i < NUMBERS; i++)
		add(&numbers(&rest)[i], atomic_load_explicit(&numbers(b)[i], memory_order_relaxed));
	pthread_mutex_unlock(&lock);
	free(b);
}

void
counter_add(enum counter c, uint64_t n)
{
	add(&mine->counts[c], n);
}

void
counter_request(bool hit, unsigned reason)
{
	MUST(reason < COUNTER_REASONS);
	add(&mine->requests[hit][reason], 1);
}

static unsigned
bucket_of(int64_t ns)
{
	uint64_t times = ns <= FIRST_BOUND_NS ? 0 : (uint64_t)(ns - 1) / FIRST_BOUND_NS; /* that it exceeds the first bound */
	unsigned b = times == 0 ? 0 : 64 - (unsigned)__builtin_clzll(times);

	return b < HISTOGRAM_BUCKETS - 1 ? b : HISTOGRAM_BUCKETS - 1;
}

int64_t
histogram_bound(unsigned bucket)
{
	return bucket >= HISTOGRAM_BUCKETS - 1 ? INT64_MAX : FIRST_BOUND_NS << bucket;
}

void
histogram_observe(enum histogram h, int64_t ns)
{
	struct times *t;

	if (mine == NULL)
		return;
	t = &mine->times[h];
	ns = ns < 0 ? 0 : ns;
	add(&t->bucket[bucket_of(ns)], 1);
	add(&t->ns, (uint64_t)ns);
}

/* Adds up one number, given by its place in a block. */
static uint64_t
sum(size_t at)
{
	uint64_t n;

	pthread_mutex_lock(&lock);
	n = atomic_load_explicit(&numbers(&rest)[at], memory_order_relaxed);
	LIST_EACH(it, &blocks)
		n += atomic_load_explicit(&numbers(LIST_OF(it, struct block, node))[at], memory_order_relaxed);
	pthread_mutex_unlock(&lock);
	return n;
}

#define PLACE(member) ((offsetof(struct block, member) - offsetof(struct block, counts)) / sizeof(atomic_ullong))

uint64_t
counter_sum(enum counter c)
{
	return sum(PLACE(counts) + (size_t)c);
}

uint64_t
counter_requests(bool hit, unsigned reason)
{
	MUST(reason < COUNTER_REASONS);
	return sum(PLACE(requests) + (hit ? COUNTER_REASONS : 0) + reason);
}

void
histogram_sum(enum histogram h, struct histogram_sum *out)
{
	size_t at = PLACE(times) + (size_t)h * (sizeof(struct times) / sizeof(atomic_ullong));

	*out = (struct histogram_sum){ 0 };
	for (unsigned b = 0; b < HISTOGRAM_BUCKETS; b++) {
		out->bucket[b] = sum(at + b);
		out->count += out->bucket[b];
	}
	out->seconds = (double)sum(at + HISTOGRAM_BUCKETS) / (double)NS_PER_S;
}
