#include "base/rcu.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#include "base/clock.h"
#include "base/must.h"

/* Before a round, so that it takes many calls along: each wakes this thread, often on a processor that a worker was
 * using, and makes the system interrupt every other that runs. Who runs short meanwhile hurries it (rcu_hurry). */
#define PAUSE_NS (5 * NS_PER_MS)

static _Atomic(struct rcu_later *) waiting; /* the latest first */
static sem_t bell;                          /* rung when the first begins to wait */
static sem_t hurry;                         /* ends the pause */
static atomic_bool hurried;                 /* it is posted */
static pthread_once_t once = PTHREAD_ONCE_INIT;

#if RCU_TOLD
#include <sanitizer/tsan_interface.h>

static char edge;

void
rcu_tell_left(void)
{
	__tsan_release(&edge);
}

static void
tell_all_left(void)
{
	__tsan_acquire(&edge);
}
#else
static void
tell_all_left(void)
{
}
#endif

/* All that wait, the earliest first. */
static struct rcu_later *
take_all(void)
{
	struct rcu_later *latest = atomic_exchange_explicit(&waiting, NULL, memory_order_acq_rel);
	struct rcu_later *first = NULL;

	while (latest != NULL) {
		struct rcu_later *next = latest->next;

		latest->next = first;
		first = latest;
		latest = next;
	}
	return first;
}

static void
pause_between(void)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until); /* the other may be set back, and what waits would wait for as long */
	until.tv_nsec += PAUSE_NS;
	if (until.tv_nsec >= NS_PER_S) {
		until.tv_nsec -= NS_PER_S;
		until.tv_sec++;
	}
	(void)sem_clockwait(&hurry, CLOCK_MONOTONIC, &until);
	atomic_store_explicit(&hurried, false, memory_order_relaxed);
}

static void *
rounds(void *arg)
{
	urcu_memb_register_thread();
	for (;;) {
		struct rcu_later *later;

		while (sem_wait(&bell) != 0)
			;
		pause_between();
		later = take_all();
		urcu_memb_synchronize_rcu();
		tell_all_left();
		while (later != NULL) {
			struct rcu_later *next = later->next;

			later->fn(later);
			later = next;
		}
	}
	return arg;
}

/* Signals are for other threads. */
static void
start(void)
{
	pthread_t thread;
	sigset_t all, was;

	MUST(sem_init(&bell, 0, 0) == 0 && sem_init(&hurry, 0, 0) == 0);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &was);
	MUST(pthread_create(&thread, NULL, rounds, NULL) == 0);
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	pthread_detach(thread);
}

void
rcu_defer(struct rcu_later *later, void (*fn)(struct rcu_later *))
{
	struct rcu_later *next = atomic_load_explicit(&waiting, memory_order_relaxed);

	pthread_once(&once, start);
	later->fn = fn;
	do
		later->next = next;
	while (
	    !atomic_compare_exchange_weak_explicit(&waiting, &next, later, memory_order_release, memory_order_relaxed));
	if (next == NULL)
		sem_post(&bell);
}

void
rcu_hurry(void)
{
	pthread_once(&once, start);
	if (!atomic_exchange_explicit(&hurried, true, memory_order_relaxed))
		sem_post(&hurry);
}

struct settle {
	struct rcu_later later;
	sem_t done;
};

static void
settled(struct rcu_later *later)
{
	sem_post(&((struct settle *)later)->done);
}

/* Calls run in the order in which they were deferred. */
void
rcu_settle(void)
{
	struct settle s;

	sem_init(&s.done, 0, 0);
	rcu_defer(&s.later, settled);
	rcu_hurry();
	while (sem_wait(&s.done) != 0)
		;
	sem_destroy(&s.done);
}

void
rcu_thread_begin(void)
{
	urcu_memb_register_thread();
}

void
rcu_thread_end(void)
{
	urcu_memb_unregister_thread();
}
