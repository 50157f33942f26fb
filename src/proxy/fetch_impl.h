/* The inside of a fetch, shared by fetch.c (the steps), fetch_head.c (the answer's head), fetch_life.c (birth, wake-ups
 * and end), fetch_events.c (what its connection tells), fetch_request.c (what is sent), fetch_judge.c (what to make of the
 * answer), fetch_keep.c (what is kept of it), fetch_forget.c (what it makes invalid), fetch_body.c (its body) and upload.c
 * (the request's). */
#ifndef CAIRN_PROXY_FETCH_IMPL_H
#define CAIRN_PROXY_FETCH_IMPL_H

#include "http/body.h"
#include "http/range.h"
#include "peer/pick.h"
#include "proxy/fetch.h"
#include "proxy/fetch_ask.h"
#include "proxy/req_impl.h"

#define FETCH_MAGIC 0x66657463u

enum fetch_step {
	FETCH_ASK,     /* does a neighbour hold it?         -> pick | connect */
	FETCH_PICK,    /* a member to ask                   -> connect | fail */
	FETCH_CONNECT, /* a connection to it                -> send | retry */
	FETCH_SEND,    /* the head; the body goes beside    -> head | retry */
	FETCH_HEAD,    /* wait for a final head             -> judge | retry */
	FETCH_JUDGE,   /* store? relay? refresh?            -> body | finish | fail */
	FETCH_BODY,    /* take what comes                   -> finish | fail */
	FETCH_FINISH,  /* put it into the store             -> end */
	FETCH_RETRY,   /* once more, elsewhere              -> pick | connect | ask | fail */
	FETCH_FAIL,    /* tell everybody                    -> end */
	FETCH_END,
	FETCH_WAIT,
};

struct fetch {
	unsigned magic;
	enum fetch_step step;
	bool running, again, killed;
	struct req *req; /* NULL: it has gone its way */
	struct flight *flight;

	/* What is asked. */
	const struct access_asked *guard; /* the host that was named may lead where this client may not go; NULL: it may */
	bool background;
	struct rest rest; /* of a body that another fetch brought the beginning of */
	struct entry *base; /* pinned: validated, filled up, or updated by HEAD */

	/* Whom. */
	const struct conf_upstream *to; /* the group asked now; NULL: the host that the request names */
	struct group *group;
	struct direct_host *direct_host; /* held, with the group; NULL where `to` has it */
	bool keeps_trail;
	struct flight_whom whom; /* who was asked last */
	struct pick pick;
	struct pick_wish wish;
	struct str url; /* fetch_url's, once it was wanted */
	int64_t await_until_ns; /* mono; 0: it has not waited */
	struct conf *lender;    /* whose members it picks from, where it had to wait for them; NULL: its own */
	struct hedge *hedge; /* another one that is asked as well, or will be; NULL: none */
	struct fetch_asking asking;
	unsigned attempts;
	bool fresh;   /* a new connection, since a reused one failed */
	bool instead; /* of a member that failed: out of the budget for that */
	struct member *member; /* the pick's */
	struct upconn *up;
	union addr peer; /* of the latest attempt */
	enum proxy_error error;
	uint8_t alert;      /* of a TLS alert that was received */
	struct str details; /* of the error, in words; STR_NONE: none */
	int fwd_status;

	/* What is sent. */
	struct strbuf out;
	size_t out_done;
	char *upload;
	size_t upload_n, upload_done;
	bool upload_began, upload_ended;

	/* What comes. */
	char *in;
	size_t in_pos, in_n, in_cap;
	struct head_scan scan;
	struct head answer;
	struct body_frame frame;
	struct chunked chunks;
	uint64_t left;
	uint64_t got;
	int64_t sent_ms, received_ms;
	int64_t sent_ns, head_ns;
	bool held_back; /* the window is full, or the store for a moment */
	bool pausing;   /* the latter */
	unsigned pauses;
	bool eof;
	struct resp *resp;
	struct stored *to_store; /* differs from resp->head where fields are for the first client alone; malloc'd */
	enum unstorable unstorable;

	/* From here on nothing is cleared at the start: it is filled in at once, but for what belongs to `base`. */
	struct worker *worker;
	struct list node; /* of the worker's fetches */
	struct list await; /* in worker.awaiting */
	struct arena *arena;
	struct conf *conf; /* the request's, and held once that has gone */
	struct mail wake; /* the flight's: waiters left, or readers went on */
	struct strbuf trailers; /* that came */
	struct meta base_meta;

	/* The request: borrowed as long as `req` is there. */
	struct head head;
	struct str scheme, host, target;
	union addr client; /* whose request it is */
	union addr sender; /* whom it came from: the client, or a proxy that told of it */
	bool client_trusted;
	const struct conf_route *route;
	const struct cache_policy *policy;
	struct str direct_to; /* the host that the request names, or where it was sent */
	bool may_go_direct; /* there */
	bool diverted;      /* of an intercepted connection */
	struct key key;
	struct decision decision;
	bool may_store;
	uint8_t uncacheable_why; /* as it was found: see struct found */
	uint32_t uncacheable_s;
	bool bypassed; /* by a rule of the route, whatever the method */
	bool unverified; /* nobody knows that the answer is its host's: it says nothing about what is stored */
	bool upgrade;
	bool has_range;
	struct range_spec range;
	struct body_frame request_frame;
};

#define FETCH_CLEARED offsetof(struct fetch, worker)

void fetch_run(struct fetch *f);

static inline struct store *
fetch_store(const struct fetch *f)
{
	return f->worker->node->store;
}

static inline int64_t
fetch_wall_ms(const struct fetch *f)
{
	return loop_now(f->worker->loop).wall_ms;
}

/* fetch_events.c: what a connection is opened with; and for hedge.c: takes over the events of f->up, and goes on with what has
 * come of its head. */
const struct upconn_events *fetch_events(const struct fetch *f);
void fetch_own(struct fetch *f);
void fetch_answers(struct fetch *f);

/* Who was asked, as an address: for the record. None is known where the name has none. */
void fetch_note_peer(struct fetch *f);

/* fetch_life.c: at its end. While it waits for mail that is on its way to it, nothing else is to run it. */
void fetch_fall_silent(struct fetch *f);

/* Gives everything back: after the last step, once no mail is on its way to it. */
void fetch_free(struct fetch *f);

/* The connection goes back to the pool, or not. */
void fetch_let_go(struct fetch *f, bool reusable);

/* Does it ask with conditions of our own? Then a 304 speaks of what is stored; else of the client's copy. */
static inline bool
fetch_asks_anew(const struct fetch *f)
{
	return f->base != NULL && f->head.method != METHOD_HEAD && f->decision.action == ACT_REVALIDATE;
}

/* Is it after certain bytes of a representation, of our own accord? Then what the client asked for is not passed on. */
static inline bool
fetch_wants_part(const struct fetch *f)
{
	return f->decision.fill || f->rest.validator.n > 0;
}

/* whom.c: asks another group from now on; NULL: the host that the request names, which is held. Whom of the one before it
 * has tried is forgotten; who was asked last stays told. */
void fetch_turn_to(struct fetch *f, const struct conf_upstream *to);

static inline bool
fetch_is_direct(const struct fetch *f)
{
	return f->to == NULL;
}

/* whom.c: what is asked for, as one URL; in the arena. STR_NONE where that is full. */
struct str fetch_url(struct fetch *f);

/* fetch_ask.c: the step; and its end, whatever became of it. */
enum fetch_step fetch_ask(struct fetch *f);
void fetch_ask_end(struct fetch *f);

/* The member was asked on somebody's word, which was kept; or not, and that is told to whom it concerns. Nothing else
 * changes, and where it was the group's choice nothing at all. */
void fetch_ask_kept(struct fetch *f);
void fetch_ask_broke(struct fetch *f);

/* Is the answer one to take? A sibling that does not hold it has none. */
bool fetch_ask_takes(const struct fetch *f);

/* A sibling did not give what was promised: whom to ask instead. And where it is not to be asked now. */
enum fetch_step fetch_ask_disappointed(struct fetch *f);
enum fetch_step fetch_ask_next(struct fetch *f);

static inline bool
fetch_asks_sibling(const struct fetch *f)
{
	return f->group->kind == GROUP_SIBLING;
}

/* fetch_fault.c: the connection could not be opened: notes why. */
void fetch_note_fault(struct fetch *f, enum upconn_fault fault, const char *why);

/* The connection failed under a read or a write: as TLS has it, which is noted, or `otherwise`. */
enum proxy_error fetch_broken_off(struct fetch *f, enum proxy_error otherwise);

/* fetch_open.c: a connection to a member of the group that is asked, as upconn_open gives it. */
struct upconn *fetch_open(const struct fetch *f, struct member *m, enum upconn_wish wish, const struct upconn_events *ev,
			  void *owner);

/* fetch_request.c: writes the head of the request to f->out. False where memory is short. */
bool fetch_write_request(struct fetch *f);
bool fetch_passes_token(const struct fetch *f);

/* Does the route, as far as it changes anything, write another in its place, or want none? `edit` may be NULL. */
bool fetch_replaces(const struct conf_edit *edit, struct str name);

/* fetch_sender.c: writes X-Forwarded-For, -Proto and -Host, and Forwarded. */
void fetch_write_sender(struct fetch *f, struct strbuf *b, const struct conf_edit *edit);

/* May the client say so? Some fields origins believe and no key covers: from strangers they would poison what is stored for
 * all. */
bool fetch_believes(const struct fetch *f, uint16_t id);

/* What is kept of an answer besides its fields. */
struct keeping {
	struct meta meta;
	struct str chain, miss_from, server_timing, vary_names, vary_values;
};

/* fetch_keep.c. `response`: the answer's head, or what it makes of a stored one. A draft packed lies in memory of its own;
 * NULL where there is none. */
void fetch_read_trail(struct fetch *f, struct keeping *k);
void fetch_read_vary(struct fetch *f, const struct head *response, struct keeping *k);
struct draft fetch_draft(struct fetch *f, const struct head *response, const struct keeping *k);
struct stored *fetch_pack(const struct draft *d);

/* fetch_forget.c: the answer to a method that may change things. */
void fetch_invalidate(struct fetch *f);

/* fetch_update.c: what a 304, or the answer to a HEAD, makes of the stored response. */
enum fetch_step fetch_refreshed(struct fetch *f);
void fetch_update_by_head(struct fetch *f, const struct keeping *k);

/* What was put while a purge came in between would outlive it: to be called after each store_put. */
void fetch_take_back_if_doomed(struct fetch *f);

/* No answer, or one that is none: the member's failure. */
void fetch_blame_member(struct fetch *f);

/* fetch_head.c */
enum fetch_step fetch_head(struct fetch *f);

/* The connection is the request's tunnel, without a word having been said over it. */
enum fetch_step fetch_tunnel(struct fetch *f);

/* fetch_judge.c */
enum fetch_step fetch_judge(struct fetch *f);
enum fetch_step fetch_finish(struct fetch *f);

/* fetch_body.c */
enum fetch_step fetch_body(struct fetch *f);

/* upload.c: sends what there is of the request's body. 0, or -errno of the upstream connection; -ECANCELED where the
 * client failed, -ENOMEM where memory did. */
int upload_pump(struct fetch *f);

/* Does what it returned end the fetch, and as what? PROXY_ERROR_NONE: it does not; what is wrong with the connection is
 * found by reading from it. */
enum proxy_error upload_failure(int err);

/* Is it the client's turn to send more of it? */
bool upload_is_awaited(const struct fetch *f);

/* Of the member asked, for the metrics. A body that fails counts here alone, and not against the member's health: it has
 * answered, and one page that always ends early would take it out for all others. */
static inline void
fetch_count_failure(struct fetch *f)
{
	atomic_fetch_add_explicit(&f->member->failures, 1, memory_order_relaxed);
}

static inline enum fetch_step
fetch_failed(struct fetch *f, enum proxy_error error)
{
	f->error = error;
	return FETCH_FAIL;
}

/* The connection, or who is at its other end. */
static inline enum fetch_step
fetch_lost(struct fetch *f, enum proxy_error error)
{
	f->error = error;
	return FETCH_RETRY;
}

#endif
