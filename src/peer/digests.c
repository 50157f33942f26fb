#include "peer/digests.h"

#include <stdlib.h>

#include "base/counter.h"
#include "base/list.h"
#include "http/date.h"
#include "http/fields.h"
#include "peer/errand.h"

#define BODY_MAX     ((size_t)64 * 1024 * 1024)
#define LIMIT_MS     (60 * MS_PER_S)
#define AGAIN_MIN_MS MS_PER_S            /* Cairn's changes, at most so often */
#define SQUID_MIN_MS (10 * MS_PER_S)     /* whole digests, at most so often */
#define SQUID_MS     (5 * 60 * MS_PER_S) /* where nothing says when it expires */
#define FAILED_MS    MS_PER_S            /* doubling */
#define FAILED_MAX   (5 * 60 * MS_PER_S)
#define FAILURES_SAY 3 /* in a row: then the operator is told */
#define FAILURES_MAX 6 /* then it is not believed any more */

static const char no_room[] = "there is no memory for it";

/* One member's digest. */
struct watch {
	struct list node;
	struct digests *of;
	struct member *member; /* held */
	enum digest_wish wish;
	bool wanted;
	bool squid; /* asks in Squid's form now */
	unsigned failures;
	int64_t due_ns;
	struct errand *errand;
	/* What it has, for the next one to begin from. */
	uint64_t epoch, generation; /* 0: no digest of Cairn's */
	int64_t modified;           /* of Squid's; 0: none */
};

struct digests {
	struct loop *loop;
	struct upconn_pool *pool;
	struct list watches;
	uint64_t random;
	digests_say_fn *say;
	void *ctx;
};

/* ---- when ---- */

/* A tenth more or less, so that not all come at once. */
static int64_t
spread(struct digests *d, int64_t ms)
{
	d->random ^= d->random << 13;
	d->random ^= d->random >> 7;
	d->random ^= d->random << 17;
	return ms - ms / 10 + (int64_t)(d->random % (uint64_t)(ms / 5 + 1));
}

/* Whatever it was told: who says "in a year" may have been reinstalled by tomorrow. */
static int64_t
at_most_a_day(int64_t ms)
{
	const int64_t day = 24 * 3600 * MS_PER_S;

	return ms < day ? ms : day;
}

static void
rest(struct watch *w, int64_t ms)
{
	w->due_ns = loop_now(w->of->loop).mono_ns + spread(w->of, at_most_a_day(ms)) * NS_PER_MS;
}

static void
forget(struct watch *w)
{
	w->epoch = w->generation = 0;
	w->modified = 0;
	digest_peer_forget(w->member);
}

static void
tell(const struct watch *w, const char *what, const char *why)
{
	char text[512];
	struct strbuf line = strbuf_fixed(text, sizeof text);

	strbuf_printf(&line, "%.*s: %s%s", STR_FMT(w->member->label), what, why);
	w->of->say(w->of->ctx, strbuf_str(&line));
}

static void
failed(struct watch *w, const char *why)
{
	unsigned doublings = w->failures < 16 ? w->failures : 16;
	int64_t ms = FAILED_MS << doublings;

	counter_add(COUNTER_DIGEST_FAILURES, 1);
	w->squid = false;
	if (++w->failures == FAILURES_SAY)
		tell(w, "its digest cannot be had: ", why);
	if (w->failures >= FAILURES_MAX)
		forget(w);
	rest(w, ms < FAILED_MAX ? ms : FAILED_MAX);
}

static void
succeeded(struct watch *w, int64_t again_ms)
{
	if (w->failures >= FAILURES_SAY)
		tell(w, "its digest can be had again", "");
	w->failures = 0;
	w->squid = false; /* next time it may be a Cairn */
	rest(w, again_ms);
}

/* ---- Cairn's form ---- */

static bool
take_changes(struct watch *w, const struct digest_cairn *d, struct str changes, int64_t made_ms)
{
	return d->epoch == w->epoch && d->from == w->generation && digest_peer_change(w->member, d, changes, made_ms);
}

/* NULL where it was; otherwise why not. */
static const char *
take_cairn(struct watch *w, const struct errand_answer *a)
{
	struct digest_cairn d;
	struct str rest_of;
	const char *why = digest_cairn_read(a->body, &d, &rest_of);
	int64_t made_ms;
	bool taken;

	if (why != NULL || d.age_ms > INT32_MAX)
		return why != NULL ? why : "it is older than can be";
	made_ms = loop_now(w->of->loop).wall_ms - (int64_t)d.age_ms;
	taken = d.kind == DIGEST_CAIRN_WHOLE ? digest_peer_take_cairn(w->member, &d, rest_of, made_ms)
					     : take_changes(w, &d, rest_of, made_ms);
	if (!taken) {
		forget(w); /* what there is may have been changed in part */
		return d.kind == DIGEST_CAIRN_WHOLE ? no_room : "it does not go on from the one before";
	}
	counter_add(d.kind == DIGEST_CAIRN_WHOLE ? COUNTER_DIGEST_WHOLE : COUNTER_DIGEST_CHANGES, 1);
	w->epoch = d.epoch;
	w->generation = d.to;
	w->modified = 0;
	succeeded(w, d.again_ms > AGAIN_MIN_MS ? d.again_ms : AGAIN_MIN_MS);
	return NULL;
}

/* ---- Squid's form ---- */

static int64_t
expires_in(const struct head *h)
{
	int64_t date, expires, ms;

	if (!date_of_field(h, HDR_DATE, &date) || !date_of_field(h, HDR_EXPIRES, &expires))
		return SQUID_MS;
	ms = expires <= date ? 0 : (expires - date) * MS_PER_S;
	return ms < SQUID_MIN_MS ? SQUID_MIN_MS : ms;
}

static const char *
take_squid(struct watch *w, const struct errand_answer *a)
{
	struct digest_squid d;
	struct str mask;
	const char *why = digest_squid_read(a->body, &d, &mask);
	int64_t made;

	if (why != NULL)
		return why;
	if (!date_of_field(a->head, HDR_LAST_MODIFIED, &made))
		made = loop_now(w->of->loop).wall_ms / MS_PER_S;
	if (!digest_peer_take_squid(w->member, &d, mask, made * MS_PER_S))
		return no_room;
	counter_add(COUNTER_DIGEST_WHOLE, 1);
	w->epoch = w->generation = 0;
	w->modified = made;
	succeeded(w, expires_in(a->head));
	return NULL;
}

/* ---- an answer ---- */

static void
judge(struct watch *w, const struct errand_answer *a, const char *take(struct watch *w, const struct errand_answer *a))
{
	char text[96];
	const char *why = a->why;

	if (a->end == ERRAND_ANSWERED && a->head->status != 200) {
		snprintf(text, sizeof text, "the answer is %d; does it give digests, and to this node?", a->head->status);
		why = text;
	} else if (a->end == ERRAND_ANSWERED) {
		why = take(w, a);
	}
	if (why != NULL)
		failed(w, why);
}

/* No word of ours in it: whatever answers there, it makes no digest of Cairn's form. */
static bool
is_foreign(const struct errand_answer *a)
{
	return a->end == ERRAND_ANSWERED && a->head->status != 503 &&
	       !str_eq(head_get(a->head, HDR_CONTENT_TYPE), STR(DIGEST_CAIRN_TYPE));
}

static void
on_cairn(void *arg, const struct errand_answer *a)
{
	struct watch *w = arg;

	w->errand = NULL;
	if (is_foreign(a) && (w->wish & DIGEST_WANT_SQUID)) {
		w->squid = true;
		w->due_ns = 0;
	} else {
		judge(w, a, take_cairn);
	}
}

static void
on_squid(void *arg, const struct errand_answer *a)
{
	struct watch *w = arg;

	w->errand = NULL;
	if (a->end == ERRAND_ANSWERED && a->head->status == 304 && w->modified != 0)
		succeeded(w, expires_in(a->head));
	else
		judge(w, a, take_squid);
}

/* ---- asking ---- */

static void
ask_cairn(struct watch *w)
{
	char target[96];
	struct strbuf b = strbuf_fixed(target, sizeof target);
	struct errand_ask ask = { .member = w->member,
				  .lines = STR("Accept: " DIGEST_CAIRN_TYPE "\r\n"),
				  .body_max = BODY_MAX,
				  .limit_ms = LIMIT_MS };

	strbuf_lit(&b, DIGEST_CAIRN_PATH);
	if (w->generation != 0)
		strbuf_printf(&b, "?since=%llx.%llx", (unsigned long long)w->epoch, (unsigned long long)w->generation);
	ask.target = strbuf_str(&b);
	w->errand = errand_start(w->of->loop, w->of->pool, &ask, on_cairn, w);
}

static void
ask_squid(struct watch *w)
{
	char lines[128], date[DATE_SIZE];
	struct strbuf b = strbuf_fixed(lines, sizeof lines);
	struct errand_ask ask = {
		.member = w->member, .target = STR(DIGEST_SQUID_PATH), .body_max = BODY_MAX, .limit_ms = LIMIT_MS
	};

	strbuf_lit(&b, "Accept: " DIGEST_SQUID_TYPE "\r\n");
	if (w->modified != 0) {
		date_format(w->modified, date);
		strbuf_printf(&b, "If-Modified-Since: %.*s\r\n", DATE_SIZE, date);
	}
	ask.lines = strbuf_str(&b);
	w->errand = errand_start(w->of->loop, w->of->pool, &ask, on_squid, w);
}

static void
ask(struct watch *w)
{
	if (w->squid || w->wish == DIGEST_WANT_SQUID)
		ask_squid(w);
	else
		ask_cairn(w);
	if (w->errand == NULL)
		failed(w, no_room);
}

/* ---- who is watched ---- */

static struct watch *
find(struct digests *d, const struct member *m)
{
	LIST_EACH(it, &d->watches) {
		struct watch *w = LIST_OF(it, struct watch, node);

		if (w->member == m)
			return w;
	}
	return NULL;
}

static struct watch *
watch(struct digests *d, struct member *m)
{
	struct watch *w = calloc(1, sizeof *w);

	if (w == NULL)
		return NULL;
	w->of = d;
	w->member = member_hold(m);
	list_add_tail(&d->watches, &w->node);
	return w;
}

static void
drop(struct watch *w)
{
	errand_cancel(&w->errand);
	digest_peer_forget(w->member);
	member_let_go(&w->member);
	list_del(&w->node);
	free(w);
}

void
digests_want(struct digests *d, struct member *m, enum digest_wish wish)
{
	struct watch *w = find(d, m);

	if (w == NULL)
		w = watch(d, m);
	if (w == NULL)
		return; /* memory is short: another time */
	w->wanted = true;
	w->wish = wish;
}

void
digests_go(struct digests *d)
{
	LIST_EACH_SAFE(it, &d->watches) {
		struct watch *w = LIST_OF(it, struct watch, node);

		if (!w->wanted) {
			drop(w);
			continue;
		}
		w->wanted = false;
		if (w->errand == NULL && w->due_ns <= loop_now(d->loop).mono_ns)
			ask(w);
	}
}

struct digests *
digests_new(struct loop *l, struct upconn_pool *p, digests_say_fn *say, void *ctx)
{
	struct digests *d = calloc(1, sizeof *d);

	if (d == NULL)
		return NULL;
	d->loop = l;
	d->pool = p;
	d->say = say;
	d->ctx = ctx;
	d->random = (uint64_t)clock_now().mono_ns | 1;
	list_init(&d->watches);
	return d;
}

void
digests_free(struct digests **dp)
{
	struct digests *d = *dp;

	*dp = NULL;
	if (d == NULL)
		return;
	LIST_EACH_SAFE(it, &d->watches)
		drop(LIST_OF(it, struct watch, node));
	free(d);
}
