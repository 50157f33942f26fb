#include "check.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

/* What a reply says about itself. */
struct words {
	bool hit;         /* X-Cache */
	char lookup[8];   /* X-Cache-Lookup */
	char status[512]; /* Cache-Status */
	char detail[32];
	int64_t hits, age; /* -1: the field is not there */
	bool has_ttl;
	int64_t ttl;
};

struct checked {
	struct world *w;
	const struct client *c;
	const struct ask *q;
	const struct reply *r;
	struct words words;
	struct history h;
	struct standing s; /* when the head came */
};

__attribute__((format(printf, 2, 3))) static void
wrong(const struct checked *k, const char *format, ...)
{
	char text[400];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	world_wrong(k->w, "ask %u (%s /%u), answered %d: %s", k->q->id, ask_method_name(k->q->method), k->q->url,
		    k->r->status, text);
}

/* ---- reading ---- */

static bool
parameter(const char *member, const char *name, char *out, size_t size)
{
	char wanted[32];
	const char *at;

	snprintf(wanted, sizeof wanted, "; %s=", name);
	at = strstr(member, wanted);
	if (at == NULL)
		return false;
	at += strlen(wanted);
	snprintf(out, size, "%.*s", (int)strcspn(at, ";"), at);
	return true;
}

static void
read_words(struct checked *k)
{
	struct words *v = &k->words;
	char text[64];

	if (text_field(k->r->head, "X-Cache", text, sizeof text))
		v->hit = strncmp(text, "HIT from sim", 12) == 0;
	else
		wrong(k, "no X-Cache");
	if (text_field(k->r->head, "X-Cache-Lookup", text, sizeof text))
		snprintf(v->lookup, sizeof v->lookup, "%.*s", (int)strcspn(text, " "), text);
	text_field(k->r->head, "Cache-Status", v->status, sizeof v->status);
	parameter(v->status, "detail", v->detail, sizeof v->detail);
	v->has_ttl = parameter(v->status, "ttl", text, sizeof text);
	v->ttl = v->has_ttl ? strtoll(text, NULL, 10) : 0;
	v->hits = text_number(k->r->head, "X-Cache-Hits", "");
	v->age = text_number(k->r->head, "Age", "");
}

static int
by_id(const void *a, const void *b)
{
	const struct answer *const *x = a, *const *y = b;

	return (*x)->id < (*y)->id ? -1 : 1;
}

/* X-Base and X-Up-<id> tell what the head was made of. */
static void
read_history(struct checked *k)
{
	int64_t base = text_number(k->r->head, "X-Base", "");

	k->h = (struct history){ .base = base < 0 ? NULL : world_answer_of(k->w, (unsigned)base) };
	for (const char *at = k->r->head; (at = strstr(at, "\r\nX-Up-")) != NULL && k->h.count < MODEL_UPDATES_MAX;
	     at++)
		k->h.updates[k->h.count++] = world_answer_of(k->w, (unsigned)strtoul(at + 7, NULL, 10));
	qsort(k->h.updates, k->h.count, sizeof k->h.updates[0], by_id);
}

/* ---- the trail's own word ---- */

static void
check_trail(const struct checked *k)
{
	const struct words *v = &k->words;
	bool formal = strncmp(v->status, "sim; hit", 8) == 0;

	if (v->hit && strcmp(v->lookup, "HIT") != 0)
		wrong(k, "X-Cache HIT with X-Cache-Lookup %s", v->lookup);
	if (v->hit != formal)
		wrong(k, "X-Cache and Cache-Status differ: %s", v->status);
	if (v->hit != (v->hits > 0))
		wrong(k, "X-Cache-Hits %lld", (long long)v->hits);
	if (v->hit && strstr(k->r->head, "\r\nX-Cache-Miss-From:") != NULL)
		wrong(k, "X-Cache-Miss-From on a HIT");
	if (strstr(k->r->head, "\r\nX-Hop:") != NULL)
		wrong(k, "a field of another connection");
}

/* ---- the body ---- */

static void
check_bytes(const struct checked *k, uint64_t first, uint64_t length)
{
	const struct reply *r = k->r;

	if (r->whole && r->content_n != length) {
		wrong(k, "%zu bytes of %llu, and it looks whole", r->content_n, (unsigned long long)length);
		return;
	}
	for (size_t i = 0; i < r->content_n; i++) {
		if ((unsigned char)r->content[i] != answer_byte(k->h.base->rep, first + i)) {
			wrong(k, "byte %zu is not that of answer %u", i, k->h.base->id);
			return;
		}
	}
}

static void
check_part(const struct checked *k)
{
	const struct ask *q = k->q;
	uint64_t length = k->h.base->length, first, last;
	char range[128], *dash;

	if (!text_field(k->r->head, "Content-Range", range, sizeof range) || (dash = strchr(range, '-')) == NULL) {
		wrong(k, "206 without a place");
		return;
	}
	first = strtoull(range + strlen("bytes "), NULL, 10);
	last = strtoull(dash + 1, NULL, 10);
	if (!q->ranged || (q->first != ASK_NONE && first != (uint64_t)q->first) ||
	    (q->first == ASK_NONE && (uint64_t)q->last < length && first != length - (uint64_t)q->last) ||
	    (q->first != ASK_NONE && q->last != ASK_NONE && last > (uint64_t)q->last))
		wrong(k, "not the range that was asked for: %s", range);
	if (q->if_range != 0 && (q->if_range != k->h.base->rep || k->h.base->etag != ETAG_STRONG))
		wrong(k, "a range of something else than If-Range names");
	check_bytes(k, first, last - first + 1);
}

/* A 304 where the client's copy is what is stored (RFC 9110 13.1.2, 13.1.3). */
static void
check_not_modified(const struct checked *k)
{
	const struct ask *q = k->q;
	const struct answer *base = k->h.base;
	int64_t modified = k->s.said.has & SAID_MODIFIED   ? k->s.said.modified
			   : k->s.said.date != ANSWER_NONE ? k->s.said.date
							   : k->s.last->came_ms / 1000;

	if (q->any_etag)
		return;
	if (q->etag != 0) {
		if (base->etag == ETAG_NONE || base->rep != q->etag)
			wrong(k, "304 for another ETag");
	} else if (q->since == ASK_NONE || modified > q->since) {
		wrong(k, "304, and what is stored is newer");
	}
}

static void
check_body(const struct checked *k)
{
	const struct answer *base = k->h.base;

	if (!k->r->whole && (k->words.hit || base->whole || base->done_at == 0))
		wrong(k, "cut, and what it is made of was not");
	if (k->r->status == 304)
		check_not_modified(k);
	else if (k->q->method == ASK_HEAD)
		return;
	else if (k->r->status == 206)
		check_part(k);
	else if (k->r->status != 416)
		check_bytes(k, 0, base->status == 204 ? 0 : base->length);
}

/* ---- where it may come from ---- */

static const struct {
	const char *detail;
	enum leave leave;
} leaves[] = {
	{ "refreshing", LEAVE_REFRESHING },
	{ "max-stale", LEAVE_MAX_STALE },
	{ "upstream-down", LEAVE_DOWN },
};

static enum leave
leave_of(const struct checked *k)
{
	if (strcmp(k->words.detail, "upstream-error") == 0)
		return strstr(k->words.status, "fwd-status=5") != NULL ? LEAVE_ERROR : LEAVE_SILENCE;
	for (unsigned i = 0; k->words.hit && i < sizeof leaves / sizeof leaves[0]; i++)
		if (strcmp(k->words.detail, leaves[i].detail) == 0)
			return leaves[i].leave;
	return LEAVE_FRESH;
}

/* Purges and changes that were over when the request came. */
static void
check_orders(const struct checked *k)
{
	const struct place *p = &k->w->places[k->q->url];
	unsigned group = k->s.said.has & SAID_GROUPS ? k->s.said.group : 0;

	if (k->c->asked_at > p->gone_at && k->h.base->sent_at < p->gone_at && k->h.base->came_at != p->gone_at)
		wrong(k, "it was purged or made invalid");
	if (k->c->asked_at > p->stale_at && k->s.last->sent_at < p->stale_at)
		wrong(k, "it was marked stale by an order");
	if (group != 0 && k->c->asked_at > k->w->group_stale_at[group] && k->s.last->done_at != 0 &&
	    k->s.last->done_at < k->w->group_stale_at[group])
		wrong(k, "its group was made invalid");
}

/* An answer that was given to somebody else. */
static void
check_reuse(const struct checked *k)
{
	const char *why = model_not_storable(&k->h);

	if (why != NULL)
		wrong(k, "it may not be shared: %s", why);
	if (!model_matches(&k->h, k->q))
		wrong(k, "it is another variant");
	why = model_not_usable(&k->s, k->q, leave_of(k));
	if (why != NULL)
		wrong(k, "it may not be used without asking: %s", why);
	if (k->s.last->ask != k->q && k->c->asked_at > k->s.last->sent_at && !k->words.hit &&
	    leave_of(k) == LEAVE_FRESH && (k->q->no_cache || k->q->max_age == 0))
		wrong(k, "a reload was given what was asked for before it came");
	check_orders(k);
	if (k->words.age < 0)
		wrong(k, "no Age");
}

/* What only the one who asked may see. */
static void
check_secrets(const struct checked *k)
{
	const unsigned named = SAYS_SECRET_PRIVATE | SAYS_SECRET_NO_CACHE;

	if (k->s.said.has & SAID_CC && !(k->s.said.has & SAID_CDN) && k->s.said.cc.bits & named &&
	    strstr(k->r->head, "\r\nX-Secret:") != NULL)
		wrong(k, "a field that the response keeps to one user");
}

static bool
own_update(const struct checked *k)
{
	return k->h.count > 0 && k->h.updates[k->h.count - 1]->ask == k->q;
}

static void
check_stored_word(const struct checked *k)
{
	bool said = strstr(k->words.status, "; stored") != NULL;
	bool doomed =
	    k->w->places[k->q->url].gone_at > k->c->asked_at || k->w->places[k->q->url].stale_at > k->c->asked_at;
	const char *why = model_not_storable(&k->h);

	if (said && why != NULL)
		wrong(k, "it is stored, and may not be: %s", why);
	if (said || why != NULL || !k->w->roomy || doomed || k->q->method != ASK_GET || k->h.base->status == 206)
		return;
	if (model_is_useful(&k->h, k->r->head_ms))
		wrong(k, "it might be stored, and is not");
}

static void
check_times(const struct checked *k)
{
	if (k->words.age >= 0 && k->words.age != k->s.age_ms / 1000)
		wrong(k, "Age is %lld, and should be %lld", (long long)k->words.age, (long long)(k->s.age_ms / 1000));
	if (k->words.has_ttl && k->words.ttl != model_ttl(&k->s))
		wrong(k, "ttl is %lld, and should be %lld", (long long)k->words.ttl, (long long)model_ttl(&k->s));
	if (k->words.hit && !k->words.has_ttl)
		wrong(k, "a hit without ttl");
}

/* Made by the node itself: there must be a reason. */
static void
check_made_up(const struct checked *k)
{
	bool fault = k->w->fault_at > k->c->asked_at || rig_mono_ns() - k->w->fault_ns < INT64_C(300000000000);

	if (k->words.hit)
		wrong(k, "a HIT of nothing");
	if (k->r->status == 504 && k->q->only_if_cached)
		return;
	if (k->r->status < 500 || !fault)
		wrong(k, "made up without a reason");
}

/* ---- expectations ---- */

/* Nothing else has come for this URL since, which may be stored by now and suit the same requests. */
static bool
is_latest(const struct checked *k)
{
	const struct answer *a;

	for (unsigned id = k->h.base->id + 1; (a = world_answer_of(k->w, id)) != NULL; id++)
		if (a->ask->url == k->q->url)
			return false;
	return true;
}

/* The newest response that the node says it stores, and nothing has happened to the URL since. */
static void
learn(const struct checked *k)
{
	struct place *p = &k->w->places[k->q->url];

	p->expected.base = NULL;
	if (k->h.base == NULL || p->gone_at > k->c->asked_at || p->stale_at > k->c->asked_at)
		return;
	p->known_rep = k->h.base->rep;
	p->varies = p->varies || k->h.base->said.has & SAID_VARY;
	if (k->h.base->ask == k->q && k->h.count == 0 && k->r->whole && k->r->status == k->h.base->status &&
	    k->q->method == ASK_GET && k->r->status != 206 && (!p->varies || k->h.base->said.vary != 0) &&
	    strstr(k->words.status, "; stored") != NULL && is_latest(k))
		p->expected = k->h;
}

void
check_expect(struct world *w, struct client *c)
{
	const struct history *h = &w->places[c->ask->url].expected;
	const struct ask *q = c->ask;
	struct standing s;

	c->expected.base = NULL;
	if (h->base == NULL || !w->roomy || q->method != ASK_GET || q->ranged || q->max_age == 0)
		return;
	for (unsigned i = 0; i < ASK_FIELDS; i++)
		if (q->wish[i] != h->base->ask->wish[i])
			return;
	model_stand(h, rig_now_ms(), &s);
	if (s.said.has & SAID_GROUPS && w->group_stale_at[s.said.group] > h->base->done_at)
		return;
	if (model_not_usable(&s, q, LEAVE_FRESH) == NULL)
		c->expected = *h;
}

static void
check_expected(const struct checked *k)
{
	const struct answer *base = k->c->expected.base;

	if (base != NULL && !rig_has_evicted(k->w->rig) && (!k->words.hit || k->h.base != base))
		wrong(k, "answer %u is stored and fresh, and was not used", base->id);
}

/* ---- all together ---- */

static void
check_content(struct checked *k)
{
	model_stand(&k->h, k->r->head_ms, &k->s);
	if (k->h.base->ask->url != k->q->url)
		wrong(k, "it belongs to /%u", k->h.base->ask->url);
	if (k->h.base->ask == k->q && k->h.count == 0) {
		if (k->words.hit)
			wrong(k, "a HIT of what was fetched for it");
		check_stored_word(k);
	} else {
		check_secrets(k);
		if (model_not_confirmed(&k->h) != NULL)
			wrong(k, "answer %u speaks of another representation", model_not_confirmed(&k->h)->id);
		if (own_update(k))
			check_orders(k);
		else
			check_reuse(k);
	}
	check_times(k);
	check_body(k);
}

void
check_reply(struct world *w, struct client *c)
{
	struct checked k = { .w = w, .c = c, .q = c->ask, .r = &c->reply };

	world_tell(w, "client %u: is answered, %zu bytes%s: %s", (unsigned)(c - w->clients), k.r->content_n,
		   k.r->whole ? "" : ", cut", k.r->head);
	read_words(&k);
	read_history(&k);
	w->hits += k.words.hit;
	check_trail(&k);
	if (k.h.base != NULL)
		check_content(&k);
	else if (k.h.count == 0)
		check_made_up(&k);
	else if (!own_update(&k))
		wrong(&k, "what was said about a representation, without it");
	check_expected(&k);
	learn(&k);
}

void
check_silence(struct world *w, const struct client *c)
{
	world_wrong(w, "ask %u (%s /%u) got no answer at all", c->ask->id, ask_method_name(c->ask->method),
		    c->ask->url);
}
