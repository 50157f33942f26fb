/* Read-copy-update, the only place that knows liburcu (memb flavour). Readers take no lock and write no shared line.
 *
 * Every thread that touches the store calls rcu_thread_begin first and rcu_thread_end last. A reader brackets what it
 * does with rcu_read_begin / rcu_read_end and may not block in between; what it found stays valid inside the bracket.
 * Brackets nest.
 *
 * Deferred calls run on a thread of this file's own. liburcu's call_rcu would do the same, but gathers for ten
 * milliseconds and more, and memory that is given up must come back sooner: what is on its way has to be kept spare.
 */
#ifndef CAIRN_BASE_RCU_H
#define CAIRN_BASE_RCU_H

#include <urcu/urcu-memb.h>

#include <urcu/static/urcu-memb.h>

/* ThreadSanitizer does not look into liburcu: it is told that a deferred call comes after every reader that was inside
 * a bracket. Nothing in other builds. */
#if defined(__SANITIZE_THREAD__)
#define RCU_TOLD 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define RCU_TOLD 1
#endif
#endif
#ifndef RCU_TOLD
#define RCU_TOLD 0
#endif

void rcu_thread_begin(void);
void rcu_thread_end(void);

#if RCU_TOLD
void rcu_tell_left(void);

static inline void
rcu_read_begin(void)
{
	urcu_memb_read_lock();
}

static inline void
rcu_read_end(void)
{
	rcu_tell_left();
	urcu_memb_read_unlock();
}
#else
/* The forms that stand where they are called, as liburcu offers them to programs under any licence: each is a handful of
 * instructions, and the call would be some fifty, most of them to find the thread's own memory from a shared library. */
static inline void
rcu_read_begin(void)
{
	_urcu_memb_read_lock();
}

static inline void
rcu_read_end(void)
{
	_urcu_memb_read_unlock();
}
#endif

/* A call to come, inside what it will free. */
struct rcu_later {
	struct rcu_later *next;
	void (*fn)(struct rcu_later *);
};

/* Runs fn(later) after every reader that could see the object has left. */
void rcu_defer(struct rcu_later *later, void (*fn)(struct rcu_later *));

/* What is deferred is wanted back at once: the next round begins without the pause that spares the readers' threads. */
void rcu_hurry(void);

/* Waits until all deferred calls made before have run. Never inside a reader. */
void rcu_settle(void);

#endif
