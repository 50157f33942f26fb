/* One worker's event loop: libuv underneath, with a mailbox that other threads post to and a list of things to do before
 * the loop sleeps again.
 *
 * thread: local, but for loop_post, which any thread may call.
 * Order of use: loop_new, loop_run (blocks until loop_stop), loop_free.
 */
#ifndef CAIRN_NET_LOOP_H
#define CAIRN_NET_LOOP_H

#include <stdatomic.h>
#include <uv.h>

#include "base/clock.h"
#include "base/list.h"

struct loop;

/* A wake-up from another thread. The sender owns the memory and keeps it until `fn` has run. Posted again before it ran,
 * it runs once: so one mail is one outstanding wake-up. */
struct mail {
	void (*fn)(struct mail *);
	struct mail *next;
	atomic_bool posted;
};

/* Something to do on this thread, soon, outside the current call chain. The owner may take it back. */
struct task {
	void (*fn)(struct task *);
	struct list node;
	bool queued;
};

/* NULL where the system gives none. */
struct loop *loop_new(void);
void loop_free(struct loop **l);

/* Runs until loop_stop, then runs what is still closing. */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);

/* Runs one round without sleeping, for tests. */
void loop_turn(struct loop *l);

/* The time at which the current round of events began to be handled; read once a round. */
struct now loop_now(const struct loop *l);

uv_loop_t *loop_uv(struct loop *l);

void mail_init(struct mail *m, void (*fn)(struct mail *));

/* Any thread. `m->fn` runs on the loop's thread; what was written before the call is visible there. The flag is cleared
 * before fn runs, so a post from inside fn or after it is not lost. */
void loop_post(struct loop *l, struct mail *m);

void task_init(struct task *t, void (*fn)(struct task *));

/* Runs t->fn once before the loop sleeps again; a task already queued stays where it is. */
void loop_defer(struct loop *l, struct task *t);
void task_cancel(struct task *t);

#endif
