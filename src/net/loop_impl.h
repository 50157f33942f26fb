/* What the files of net/ know of a loop beyond net/loop.h. thread: local, but for `mailbox`. */
#ifndef CAIRN_NET_LOOP_IMPL_H
#define CAIRN_NET_LOOP_IMPL_H

#include "base/mem.h"
#include "net/loop.h"

#define LOOP_MAGIC 0x6c6f6f70u

struct loop {
	unsigned magic;
	bool now_read; /* `now` is this round's */
	struct now now;
	struct list tasks;
	unsigned conns;        /* open, lingering ones included */
	struct list lingering; /* conns that have no owner any more */
	struct mem_spares spares; /* of conns */
	uv_loop_t uv;
	uv_async_t async;
	uv_prepare_t prepare;
	uv_idle_t idle;
	/* Written by all threads, so not beside what this one reads all the time. */
	_Alignas(64) _Atomic(struct mail *) mailbox;
};

/* The clock is read again when next asked: for what runs before the round's events do. */
static inline void
loop_forget_now(struct loop *l)
{
	l->now_read = false;
}

/* conn_end.c's part of loop_free: closes what lingers. */
void conn_end_lingering(struct loop *l);

#endif
