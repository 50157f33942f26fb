#include "cache/flight.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/must.h"
#include "cache/flights_impl.h"
#include "cache/station_impl.h"

/* Each request that is not answered from the store has one. */
static _Thread_local struct mem_spares spares = { .most = 64 };

void
call_init(struct call *c, struct flight *f, unsigned worker, void (*fn)(struct mail *))
{
	mail_init(&c->mail, fn);
	c->flight = f;
	c->worker = worker;
	atomic_init(&c->under_way, false);
}

void
call_post(struct call *c)
{
	/* Read and written in one step even where nothing changes: an answer that takes the flag down then sees all
	 * that was done before it was put up, or put up again. */
	if (atomic_exchange(&c->under_way, true))
		return;
	flight_ref(c->flight);
	flights_post(c->flight->table, c->worker, &c->mail);
}

void
call_answer(struct call *c)
{
	atomic_exchange(&c->under_way, false);
}

void
flight_ref(struct flight *f)
{
	MUST_OBJ(f, FLIGHT_MAGIC);
	atomic_fetch_add_explicit(&f->refs, 1, memory_order_relaxed);
}

/* Not inlined: two of three who let go of a flight have but the count to lower. */
static __attribute__((noinline)) void
destroy(struct flight *f)
{
	MUST(flight_phase(f) >= FLIGHT_DONE && atomic_load(&f->waiters) == 0);
	resp_unref(&f->result.resp);
	if (f->result.entry != NULL)
		entry_unpin(&f->result.entry);
	station_free_all(f);
	mem_room_fini(&f->room);
	f->magic = 0;
	mem_give_back(&spares, f);
}

void
flight_unref(struct flight **fp)
{
	struct flight *f = *fp;

	MUST_OBJ(f, FLIGHT_MAGIC);
	*fp = NULL;
	if (atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel) == 1)
		destroy(f);
}

static void
answer_lead(struct mail *m)
{
	struct call *c = LIST_OF(m, struct call, mail);
	struct flight *f = c->flight;

	call_answer(c);
	if (f->wake != NULL)
		f->wake->fn(f->wake);
	flight_unref(&f);
}

/* With two references: the leader's, and its waiter's. */
static struct flight *
begin(struct flights *fs, const struct flight_id *id, enum flight_join how, unsigned worker)
{
	void *spare = mem_spare(&spares);
	struct flight *f = spare != NULL ? spare : malloc(sizeof *f);

	if (f == NULL)
		return NULL;
	memset(f, 0, FLIGHT_CLEARED);
	f->magic = FLIGHT_MAGIC;
	f->table = fs;
	f->id = *id;
	f->how = how;
	list_init(&f->node);
	f->result.resp = NULL;
	f->result.entry = NULL;
	atomic_init(&f->refs, 2);
	call_init(&f->lead, f, worker, answer_lead);
	mem_room_init(&f->room, f->texts, sizeof f->texts);
	station_init(&f->first, f, worker);
	return f;
}

/* Before the lock is given back it counts, so that nobody abandons what somebody has just entered; and after the
 * station has it, and before the caller looks at the phase and the body: see wake(). */
static bool
put_in(struct flight *f, struct waiter *w)
{
	struct station *st = station_make(f, w->worker);

	if (st == NULL)
		return false;
	w->flight = f;
	station_add(st, w);
	atomic_fetch_add(&f->waiters, 1);
	return true;
}

static enum flight_role
lead(struct flights *fs, const struct flight_id *id, enum flight_join how, struct waiter *w)
{
	struct flight *f = begin(fs, id, how, w->worker);

	if (f == NULL)
		return FLIGHT_NO_ROOM;
	MUST(put_in(f, w)); /* its station is there */
	flights_add(fs, f);
	return FLIGHT_LEADS;
}

/* The waiter's side of entering, under the lock. */
static enum flight_role
follow_or_lead(struct flights *fs, const struct flight_id *id, enum flight_join how, struct waiter *w)
{
	struct flight *f = how == FLIGHT_JOIN ? flights_find(fs, id) : NULL;

	if (f == NULL)
		return lead(fs, id, how, w);
	if (!put_in(f, w))
		return FLIGHT_NO_ROOM;
	flight_ref(f);
	return FLIGHT_FOLLOWS;
}

enum flight_role
flight_enter(struct flights *fs, const struct flight_id *id, enum flight_join how, struct waiter *w)
{
	enum flight_role role;

	MUST(w->flight == NULL && w->fn != NULL && w->worker < flights_workers(fs));
	if (how == FLIGHT_ALONE)
		return lead(fs, id, how, w);
	flights_lock(fs, id->key);
	role = follow_or_lead(fs, id, how, w);
	flights_unlock(fs, id->key);
	return role;
}

void
flight_leave(struct waiter *w)
{
	struct flight *f = w->flight;

	if (f == NULL)
		return;
	w->flight = NULL;
	station_remove(station_at(f, w->worker), w);
	if (atomic_fetch_sub(&f->waiters, 1) == 1 && flight_phase(f) < FLIGHT_DONE)
		call_post(&f->lead);
	flight_unref(&f);
}

enum flight_phase
flight_phase(const struct flight *f)
{
	return atomic_load(&f->phase);
}

const struct flight_result *
flight_result(const struct flight *f)
{
	enum flight_phase phase = flight_phase(f);

	MUST_OBJ(f, FLIGHT_MAGIC);
	MUST(phase != FLIGHT_WAITING);
	return phase == FLIGHT_FAILED ? &f->failed : &f->result;
}

void
flight_lead(struct flight *f, unsigned worker, struct mail *wake)
{
	MUST_OBJ(f, FLIGHT_MAGIC);
	MUST(worker == f->lead.worker);
	f->wake = wake;
}

unsigned
flight_waiters(const struct flight *f)
{
	return atomic_load(&f->waiters);
}

bool
flight_abandon(struct flight *f)
{
	bool alone;

	MUST_OBJ(f, FLIGHT_MAGIC);
	flights_lock(f->table, f->id.key);
	alone = flight_waiters(f) == 0;
	if (alone)
		list_del(&f->node);
	flights_unlock(f->table, f->id.key);
	return alone;
}

void
flight_readers_went_on(struct flight *f)
{
	MUST_OBJ(f, FLIGHT_MAGIC);
	call_post(&f->lead);
}

/* Everybody looks again. The count is read by a step that also writes, and a waiter raises it before it looks: so of
 * the leader and a waiter who is just entering, whoever comes second sees what the first has done. */
static void
wake(struct flight *f)
{
	if (atomic_fetch_add(&f->waiters, 0) == 0)
		return;
	for (struct station *st = atomic_load_explicit(&f->stations, memory_order_acquire); st != NULL; st = st->older)
		station_wake(st);
}

/* For the record. */
static struct flight_whom
keep_whom(struct flight *f, struct flight_whom whom)
{
	whom.group = mem_room_str(&f->room, whom.group);
	whom.member = mem_room_str(&f->room, whom.member);
	return whom;
}

void
flight_answered(struct flight *f, int64_t mono_ns)
{
	MUST_OBJ(f, FLIGHT_MAGIC);
	MUST(flight_phase(f) == FLIGHT_WAITING);
	f->answered_ns = mono_ns;
}

void
flight_head(struct flight *f, struct resp *r, int fwd_status, struct flight_whom whom)
{
	MUST_OBJ(f, FLIGHT_MAGIC);
	MUST(flight_phase(f) == FLIGHT_WAITING);
	f->result = (struct flight_result){
		.resp = r,
		.shareable = r->shareable,
		.fwd_status = fwd_status,
		.answered_ns = f->answered_ns,
		.miss_from = r->miss_from,
		.whom = keep_whom(f, whom),
	};
	if (r->body != NULL && (!r->shareable || f->how == FLIGHT_ALONE))
		segs_private(r->body);
	atomic_store(&f->phase, FLIGHT_HEAD);
	wake(f);
}

void
flight_progress(struct flight *f)
{
	MUST_OBJ(f, FLIGHT_MAGIC);
	MUST(flight_phase(f) == FLIGHT_HEAD);
	wake(f);
}

/* Off the table it is by then: nobody is to enter what has ended. */
static void
end(struct flight **fp, enum flight_phase phase)
{
	struct flight *f = *fp;

	f->wake = NULL;
	atomic_store(&f->phase, phase);
	wake(f);
	flight_unref(fp);
}

void
flight_refreshed(struct flight **fp, struct entry *e, bool shareable, struct str miss_from, struct flight_whom whom)
{
	struct flight *f = *fp;

	MUST_OBJ(f, FLIGHT_MAGIC);
	MUST(flight_phase(f) == FLIGHT_WAITING);
	f->result = (struct flight_result){
		.entry = e,
		.shareable = shareable,
		.fwd_status = 304,
		.answered_ns = f->answered_ns,
		.miss_from = mem_room_str(&f->room, miss_from),
		.whom = keep_whom(f, whom),
	};
	flights_remove(f->table, f);
	end(fp, FLIGHT_DONE);
}

void
flight_done(struct flight **fp)
{
	struct flight *f = *fp;

	MUST_OBJ(f, FLIGHT_MAGIC);
	MUST(flight_phase(f) == FLIGHT_HEAD);
	MUST(f->result.resp->body == NULL || segs_state(f->result.resp->body) == SEGS_WHOLE);
	flights_remove(f->table, f);
	end(fp, FLIGHT_DONE);
}

void
flight_explain(struct flight *f, uint8_t alert, struct str details)
{
	MUST_OBJ(f, FLIGHT_MAGIC);
	f->alert = alert;
	f->details = mem_room_str(&f->room, details);
}

void
flight_fail(struct flight **fp, enum proxy_error error, int fwd_status, struct flight_whom whom)
{
	struct flight *f = *fp;
	struct resp *r = f->result.resp;

	MUST_OBJ(f, FLIGHT_MAGIC);
	MUST(flight_phase(f) <= FLIGHT_HEAD);
	flights_remove(f->table, f);
	if (r != NULL && r->body != NULL && segs_state(r->body) == SEGS_ARRIVING)
		segs_end(r->body, SEGS_CUT);
	f->failed = r != NULL ? f->result : (struct flight_result){ 0 };
	f->failed.error = error;
	f->failed.alert = f->alert;
	f->failed.details = f->details;
	f->failed.fwd_status = fwd_status;
	f->failed.answered_ns = f->answered_ns;
	f->failed.whom = keep_whom(f, whom);
	f->failed.cut = r != NULL;
	end(fp, FLIGHT_FAILED);
}

void
flights_thread_end(void)
{
	mem_free_spares(&spares);
	resp_thread_end();
}
