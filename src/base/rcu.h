/* Read-copy-update, the only place that knows liburcu (memb flavour). Readers take no lock and write no shared line.
 *
 * Every thread that touches the store calls rcu_thread_begin first and rcu_thread_end last. A reader brackets what it
 * does with rcu_read_begin / rcu_read_end and may not block in between; what it found stays valid inside the bracket.
 */
#ifndef CAIRN_BASE_RCU_H
#define CAIRN_BASE_RCU_H

#include <urcu/urcu-memb.h>
#include <urcu/rculfhash.h>

void rcu_thread_begin(void);
void rcu_thread_end(void);

static inline void
rcu_read_begin(void)
{
	urcu_memb_read_lock();
}

static inline void
rcu_read_end(void)
{
	urcu_memb_read_unlock();
}

/* Runs fn(head) on a thread of its own after every reader that could see the object has left. */
void rcu_defer(struct rcu_head *head, void (*fn)(struct rcu_head *));

/* Waits until all deferred calls made before have run. Never inside a reader. */
void rcu_settle(void);

#endif
