/* A fetch's birth, the wake-ups that reach it from its flight and its request, and what it gives back. The story is in fetch.c. */
#include "base/counter.h"
#include "base/must.h"
#include "peer/limit.h"
#include "proxy/direct.h"
#include "proxy/fetch_impl.h"
#include "proxy/hedge.h"
#include "proxy/whom.h"

/* Nobody waits any more: is it worth finishing? */
static bool
worth_finishing(const struct fetch *f)
{
	uint64_t most = f->conf->store.finish_unwatched;

	if (f->background)
		return true;
	if (f->resp == NULL)
		return f->may_store;
	if (!f->resp->stored)
		return false;
	if (f->resp->length == RANGE_UNKNOWN)
		return f->got < most;
	return f->resp->length - f->got <= most || f->got >= f->resp->length / 2;
}

static void
on_wake(struct mail *m)
{
	struct fetch *f = LIST_OF(m, struct fetch, wake);

	MUST_OBJ(f, FETCH_MAGIC);
	if (f->step == FETCH_END) {
		fetch_free(f);
		return;
	}
	if (f->killed || (flight_waiters(f->flight) == 0 && !worth_finishing(f) && flight_abandon(f->flight))) {
		counter_add(COUNTER_ABANDONED, 1);
		f->error = PROXY_ERROR_PROXY_INTERNAL_ERROR;
		f->step = FETCH_FAIL;
		fetch_run(f);
		return;
	}
	if (f->held_back) {
		f->held_back = false;
		fetch_run(f);
	}
}

void
fetch_body_came(struct fetch *f)
{
	enum proxy_error failure;

	if (f->step != FETCH_HEAD && f->step != FETCH_BODY)
		return; /* it is taken once the head is out */
	failure = upload_failure(upload_pump(f));
	if (failure != PROXY_ERROR_NONE) {
		f->error = failure;
		f->step = FETCH_FAIL;
		fetch_run(f);
	}
}

/* The fetch goes on without the request: what was borrowed is copied. False where the arena is full: then nothing is borrowed
 * either, since a hedge's timer or an event of the connection may come before the fetch is ended. */
static bool
keep_request(struct fetch *f)
{
	struct arena *a = f->arena;
	struct head own;

	head_init(&own, a);
	head_copy(&own, &f->head); /* else it is empty */
	f->head = own;
	f->head.target = f->target = arena_str(a, f->target);
	f->scheme = arena_str(a, f->scheme);
	f->host = arena_str(a, f->host);
	f->key.text = f->wish.key = arena_str(a, f->key.text);
	f->direct_to = arena_str(a, f->direct_to);
	return !arena_failed(a);
}

void
fetch_leave(struct fetch **fp)
{
	struct fetch *f = *fp;
	bool unfinished = f->request_frame.framing != FRAMING_NONE && !f->upload_ended;

	*fp = NULL;
	f->req = NULL;
	conf_hold(f->conf, f->worker->index);
	if (f->step != FETCH_END && !keep_request(f)) {
		unfinished = true;
		f->step = FETCH_FAIL; /* whatever wakes it */
	}
	if (!unfinished && f->step != FETCH_END && !f->upgrade)
		return;
	/* It cannot go on without the request's body. Not from inside the request's own turn: its flight is still
	 * entered. */
	f->killed = true;
	loop_post(f->worker->loop, &f->wake);
}

void
fetch_kill_all(struct worker *w)
{
	LIST_EACH(it, &w->fetches) {
		struct fetch *f = LIST_OF(it, struct fetch, node);

		f->killed = true;
		loop_post(w->loop, &f->wake);
	}
}

/* --- birth --- */

/* What is asked is the request's own as long as that is there: see keep_request. */
static void
borrow_request(struct fetch *f, const struct req *r)
{
	f->head = r->head;
	f->head.target = f->target = r->target;
	f->scheme = r->scheme;
	f->host = r->host;
	f->key = r->key;
	f->direct_to = r->direct_to;
	f->client = *req_client(r);
	f->sender = *session_peer(r->session);
	f->route = r->route;
	f->policy = r->policy;
	f->may_go_direct = r->may_go_direct;
	f->diverted = session_destination(r->session) != NULL;
	f->decision = r->decision;
	f->uncacheable_why = r->uncacheable_why;
	f->uncacheable_s = r->uncacheable_s;
	f->has_range = r->has_range;
	f->range = r->range;
	f->upgrade = r->asked.upgrade;
	f->request_frame = r->frame;
	f->unverified = r->asked.unverified != REASON_NONE;
	f->bypassed = r->asked.bypass || f->unverified;
	f->may_store = r->decision.action != ACT_BYPASS && r->decision.lookup != LOOKUP_NONE;
}

/* The entry that was looked up, if any, has no part in it; and alone it is of no use to the store. */
static void
ask_for_rest(struct fetch *f, const struct rest *rest)
{
	f->rest = *rest;
	f->rest.validator = arena_str(f->arena, rest->validator);
	f->decision = (struct decision){ .action = ACT_FETCH };
	f->has_range = f->may_store = false;
}

/* `background`: the request goes on without it, from the start. */
static struct fetch *
fetch_new(struct req *r, bool background)
{
	struct worker *w = r->worker;
	struct arena *a = worker_arena(w);
	struct fetch *f = a == NULL ? NULL : arena_alloc(a, sizeof *f);

	if (f == NULL) {
		if (a != NULL)
			worker_arena_back(w, &a);
		return NULL;
	}
	memset(f, 0, FETCH_CLEARED);
	f->magic = FETCH_MAGIC;
	f->worker = w;
	f->arena = a;
	f->conf = r->conf;
	f->client_trusted = net_list_has(&f->conf->forwarding.trusted_nets, session_peer(r->session));
	f->trailers = strbuf_in(a, 0);
	mail_init(&f->wake, on_wake);
	borrow_request(f, r);
	if (background) {
		conf_hold(f->conf, f->worker->index);
		keep_request(f); /* a full arena is found out below */
	}
	if (access_guards(r->conf, r->listener)) {
		struct access_asked asked = req_access(r);

		f->guard = access_keep(&asked, a);
	}
	if (r->rest.validator.n > 0)
		ask_for_rest(f, &r->rest);
	if (arena_failed(a)) { /* what is left of a request is not sent */
		if (background)
			conf_let_go(&f->conf, w->index);
		worker_arena_back(w, &a);
		return NULL;
	}
	whom_begin(f, r);
	if (r->entry != NULL && f->rest.validator.n == 0) {
		f->base = r->entry;
		entry_pin(f->base);
		f->base_meta = r->meta;
	}
	list_init(&f->await);
	list_add_tail(&w->fetches, &f->node);
	w->fetch_count++;
	return f;
}

bool
fetch_begin(struct req *r, struct fetch **out)
{
	struct fetch *f = fetch_new(r, false);

	if (f == NULL)
		return false;
	f->flight = r->waiter.flight;
	f->req = r;
	*out = f;
	counter_add(COUNTER_FETCHES, 1);
	flight_lead(f->flight, f->worker->index, &f->wake);
	fetch_run(f);
	return true;
}

static void
nobody(struct waiter *w)
{
	(void)w;
}

void
fetch_refresh(struct req *r)
{
	struct waiter w = { .fn = nobody, .worker = r->worker->index };
	struct fetch *f;

	switch (flight_enter(r->worker->node->flights, &r->flight_id, FLIGHT_JOIN, &w)) {
	case FLIGHT_NO_ROOM:
		return;
	case FLIGHT_FOLLOWS:
		break;
	case FLIGHT_LEADS:
		f = fetch_new(r, true);
		if (f == NULL) {
			struct flight *alone = w.flight;

			flight_fail(&alone, PROXY_ERROR_PROXY_INTERNAL_ERROR, 0, (struct flight_whom){ 0 });
			break;
		}
		f->flight = w.flight;
		f->background = true;
		f->has_range = false;
		head_remove(&f->head, HDR_CACHE_CONTROL); /* that client has its answer; only-if-cached would get none */
		head_remove(&f->head, HDR_PRAGMA);
		f->decision.action = ACT_REVALIDATE;
		f->may_store = true;
		counter_add(COUNTER_FETCHES, 1);
		counter_add(COUNTER_REFRESHES, 1);
		flight_lead(f->flight, f->worker->index, &f->wake);
		fetch_run(f);
		break;
	}
	flight_leave(&w);
}

/* --- the end --- */

/* By these schemes a client says once who it is, and some servers take whatever comes over that connection for its own
 * from then on (RFC 4559 6, against RFC 9110 3.3). Nobody else's request may follow there. */
static bool
binds_connection(const struct head *request)
{
	for (const struct field *a = head_first(request, HDR_AUTHORIZATION); a != NULL; a = head_next(request, a)) {
		struct str rest = field_value(a), scheme;

		str_cut(&rest, ' ', &scheme);
		if (str_ieq(scheme, STR("NTLM")) || str_ieq(scheme, STR("Negotiate")))
			return true;
	}
	return false;
}

void
fetch_let_go(struct fetch *f, bool reusable)
{
	if (f->up == NULL)
		return;
	limit_leave(f->member);
	if (reusable && !binds_connection(&f->head))
		upconn_keep(&f->up);
	else
		upconn_drop(&f->up);
}

void
fetch_fall_silent(struct fetch *f)
{
	hedge_end(&f->hedge);
	fetch_let_go(f, false);
	fetch_ask_end(f);
	list_del(&f->await);
}

/* A request that is still there is told; the request and the fetch part. */
static void
part(struct fetch *f)
{
	struct req *r = f->req;

	f->req = NULL;
	if (r != NULL)
		req_fetch_ended(r);
}

void
fetch_free(struct fetch *f)
{
	struct worker *w = f->worker;
	bool holds_conf = f->req == NULL;

	part(f);
	if (f->background)
		fetch_account_refresh(f);
	pick_end(&f->pick);
	if (f->resp != NULL)
		resp_unref(&f->resp);
	if (f->base != NULL)
		entry_unpin(&f->base);
	free(f->to_store);
	list_del(&f->node);
	direct_let_go(&f->direct_host);
	conf_let_go(&f->lender, w->index);
	if (holds_conf)
		conf_let_go(&f->conf, w->index);
	f->magic = 0;
	worker_arena_back(w, &f->arena); /* f lay in it */
	worker_fetch_ended(w);
}
