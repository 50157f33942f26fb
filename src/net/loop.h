/* One worker's event loop: libuv underneath, with a mailbox that other threads post to and a list of things to do before
 * the loop sleeps again.
 *
 * thread: local, but for loop_post, which any thread may call.
 * Order of use: loop_new, loop_run (blocks until loop_stop), loop_free.
 */
#ifndef CAIRN_NET_LOOP_H
#define CAIRN_NET_LOOP_H

#include <stdbool.h>
#include <uv.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/mail.h"

struct loop;

/* Something to do on this thread, soon, outside the current call chain. The owner may take it back. */
struct task {
	void (*fn)(struct task *);
	struct list node;
	bool queued;
};

/* NULL where the system gives none. */
struct loop *loop_new(void);

/* All that was opened on the loop is closed by now; what only lingers is closed here. No thread posts any more, and mail
 * that has not run never will. NULL is fine. */
void loop_free(struct loop **l);

/* Runs until loop_stop, then runs what is still closing. */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);

/* Runs one round without sleeping, for tests. */
void loop_turn(struct loop *l);

/* The time at which the current round of events began to be handled; read once a round, when first asked for. */
struct now loop_now(const struct loop *l);

/* The clock is read again when next asked for: where something outside has taken its time within the round. */
void loop_look_again(struct loop *l);

uv_loop_t *loop_uv(struct loop *l);

/* Any thread. `m->fn` runs on the loop's thread; what was written before the call is visible there. The flag is cleared
 * before fn runs, so a post from inside fn or after it is not lost. From the loop's own thread it costs no system call. */
void loop_post(struct loop *l, struct mail *m);

void task_init(struct task *t, void (*fn)(struct task *));

/* Runs t->fn once before the loop sleeps again; a task already queued stays where it is. */
void loop_defer(struct loop *l, struct task *t);
void task_cancel(struct task *t);

#endif
