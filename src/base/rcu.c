#include "base/rcu.h"

#include <stdlib.h>

#include "base/must.h"

#if RCU_TOLD
#include <sanitizer/tsan_interface.h>

/* What readers leave by and deferred calls enter by; what deferred calls leave by and rcu_settle enters by. */
static char edge;

/* What liburcu allocates, it hands from thread to thread in ways that ThreadSanitizer does not see. Our own frames are
 * never on top of such a stack. */
const char *__tsan_default_suppressions(void);

const char *
__tsan_default_suppressions(void)
{
	return "called_from_lib:liburcu-memb.so\n";
}

struct deferred {
	struct rcu_head own;
	struct rcu_head *head;
	void (*fn)(struct rcu_head *);
};

void
rcu_tell_left(void)
{
	__tsan_release(&edge);
}

static void
run(struct rcu_head *own)
{
	struct deferred *d = (struct deferred *)own;
	struct rcu_head *head;
	void (*fn)(struct rcu_head *);

	__tsan_acquire(d);
	__tsan_acquire(&edge);
	head = d->head;
	fn = d->fn;
	free(d);
	fn(head);
	__tsan_release(&edge);
}

void
rcu_defer(struct rcu_head *head, void (*fn)(struct rcu_head *))
{
	struct deferred *d = malloc(sizeof *d);

	MUST(d != NULL);
	d->head = head;
	d->fn = fn;
	__tsan_release(d);
	urcu_memb_call_rcu(&d->own, run);
}

void
rcu_settle(void)
{
	urcu_memb_barrier();
	__tsan_acquire(&edge);
}
#else
void
rcu_defer(struct rcu_head *head, void (*fn)(struct rcu_head *))
{
	urcu_memb_call_rcu(head, fn);
}

void
rcu_settle(void)
{
	urcu_memb_barrier();
}
#endif

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
