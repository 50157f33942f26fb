#include "explain/totals.h"

#include <stdlib.h>

#include "base/strbuf.h"
#include "explain/browser.h"
#include "explain/words.h"

#define ARENA_MAX ((size_t)1 << 30)
#define TEXT_MOST ((size_t)300) /* of each text of a worst miss */
#define TEXT_ROOM (4 * (TEXT_MOST + 48))
#define NAME_MOST ((size_t)100)

/* How long misses of one host waited. */
struct wait {
	int64_t us;
	uint64_t count;
};

/* What is kept beside what is read. */
struct ours {
	struct totals all; /* first: it is what the caller knows */
	size_t cap;
	unsigned char *host; /* of each entry: its place in all.hosts, before that is put in order */
	struct wait by_host[TOTALS_SUMS + 1], by_all;
	struct arena *a;
	char *worst_room[TOTALS_WORST]; /* one each for the texts of all.worst, in the same order */
};
_Static_assert(TOTALS_SUMS < 256, "a host's place fits a byte");

struct totals *
totals_new(void)
{
	struct ours *o = calloc(1, sizeof *o);

	if (o == NULL)
		return NULL;
	o->a = arena_new(ARENA_MAX);
	if (o->a == NULL) {
		free(o);
		return NULL;
	}
	return &o->all;
}

void
totals_free(struct totals **t)
{
	struct ours *o = (struct ours *)*t;

	if (o == NULL)
		return;
	for (unsigned i = 0; i < TOTALS_WORST; i++)
		free(o->worst_room[i]);
	arena_free(&o->a);
	free(o->all.entry);
	free(o->host);
	free(o);
	*t = NULL;
}

/* ---- who answered ---- */

static enum totals_kind
kind_of(const struct story *s)
{
	const struct tier *by = s->answered_by < 0 ? NULL : &s->tiers.tier[s->answered_by];

	if (by == NULL)
		return s->origin_asked && s->tiers.count > 0 ? TOTALS_ORIGIN : TOTALS_UNTOLD;
	if (by->served == TIER_SERVED_REVALIDATED)
		return TOTALS_CONFIRMED;
	return browser_owns(by) ? TOTALS_BROWSER : TOTALS_CACHE;
}

static struct str
who_of(const struct story *s, enum totals_kind kind)
{
	const struct tier *by;

	if (kind == TOTALS_ORIGIN)
		return STR("the origin");
	if (kind == TOTALS_UNTOLD)
		return STR("not told");
	by = &s->tiers.tier[s->answered_by];
	if (by->vendor == VENDOR_BROWSER && kind == TOTALS_CONFIRMED)
		return STR("the browser, confirmed");
	if (by->vendor == VENDOR_BROWSER && str_is(by->node, "memory"))
		return STR("the browser's memory");
	if (by->vendor == VENDOR_BROWSER && str_is(by->node, "disk"))
		return STR("the browser's disk");
	return vendor_title(by->vendor);
}

static struct str
edge_of(const struct story *s)
{
	for (unsigned i = 0; i < s->tiers.count; i++)
		if (!browser_owns(&s->tiers.tier[i]) && !s->tiers.tier[i].says_nothing)
			return s->tiers.tier[i].node;
	return STR("");
}

/* Host and port, without who logs in. */
static struct str
host_of(struct str url)
{
	ptrdiff_t at = str_find(url, STR("://"));
	struct str rest = at < 0 ? STR("") : str_skip(url, (size_t)at + 3);
	size_t n = 0;

	while (n < rest.n && strchr("/?#", rest.p[n]) == NULL)
		n++;
	rest = str_head(rest, n);
	at = str_rchr(rest, '@');
	return at < 0 ? rest : str_skip(rest, (size_t)at + 1);
}

/* ---- sums ---- */

static struct str
kept(struct ours *o, struct str text, size_t most)
{
	char room[2048];
	struct strbuf safe = strbuf_fixed(room, sizeof room);

	words_harmless(&safe, text, most);
	return arena_str(o->a, strbuf_str(&safe));
}

/* The place of a name, which is added where there is room for it. */
static unsigned
place(struct ours *o, struct totals_sums *sums, struct str name, enum totals_kind kind)
{
	struct str cut = str_head(name, NAME_MOST);
	unsigned i = 0;

	while (i < sums->count && !(sums->row[i].kind == kind && str_eq(sums->row[i].name, cut)))
		i++;
	if (i < sums->count)
		return i;
	if (sums->count > TOTALS_SUMS)
		return TOTALS_SUMS;
	if (sums->count == TOTALS_SUMS)
		cut = STR("others");
	sums->row[sums->count] = (struct totals_sum){ .name = arena_str(o->a, cut), .kind = kind };
	return sums->count++;
}

static uint64_t
known(int64_t v)
{
	return v > 0 ? (uint64_t)v : 0;
}

static void
count(struct totals_sum *sum, const struct totals_entry *e)
{
	sum->count++;
	sum->bytes += known(e->wire_bytes);
	sum->us += (int64_t)known(e->all_us);
}

static void
add_wait(struct wait *w, int64_t us)
{
	w->us += us;
	w->count++;
}

/* What the network was spared, or moved for want of a hit. `at_home`: the browser had the body. */
static void
count_costs(struct ours *o, const struct totals_entry *e, unsigned host, bool at_home)
{
	struct totals *t = &o->all;

	t->moved += known(e->wire_bytes);
	if (at_home && e->body_bytes > e->wire_bytes)
		t->spared += known(e->body_bytes) - known(e->wire_bytes);
	if (e->kind != TOTALS_ORIGIN)
		return;
	t->lost += known(e->wire_bytes);
	if (e->wait_us == EXCHANGE_UNKNOWN)
		return;
	t->waited_us += e->wait_us;
	add_wait(&o->by_all, e->wait_us);
	add_wait(&o->by_host[host], e->wait_us);
}

/* ---- the worst ---- */

static bool
is_worse(const struct totals_entry *a, const struct totals_entry *b)
{
	return a->all_us != b->all_us ? a->all_us > b->all_us : a->wire_bytes > b->wire_bytes;
}

static struct str
put(struct strbuf *room, struct str text, struct str source)
{
	size_t from = room->n;

	words_harmless(room, text, TEXT_MOST);
	if (source.n > 0) {
		strbuf_lit(room, " (");
		strbuf_add(room, source);
		strbuf_char(room, ')');
	}
	return str_skip(strbuf_str(room), from);
}

/* The place for one more among the worst, the others moved; its texts go where those of the last were. */
static unsigned
worst_place(struct ours *o, const struct totals_entry *e)
{
	struct totals *t = &o->all;
	unsigned last = t->worst_count < TOTALS_WORST ? t->worst_count : TOTALS_WORST - 1, at = last;
	char *room = o->worst_room[last];

	for (; at > 0 && is_worse(e, &t->worst[at - 1].entry); at--) {
		t->worst[at] = t->worst[at - 1];
		o->worst_room[at] = o->worst_room[at - 1];
	}
	o->worst_room[at] = room;
	t->worst_count += t->worst_count < TOTALS_WORST;
	return at;
}

static bool
note_miss(struct ours *o, const struct story *s, const struct totals_entry *e)
{
	struct totals *t = &o->all;
	struct totals_miss *m;
	struct strbuf room;
	unsigned at;

	if (e->kind != TOTALS_ORIGIN ||
	    (t->worst_count == TOTALS_WORST && !is_worse(e, &t->worst[TOTALS_WORST - 1].entry)))
		return true;
	if (t->worst_count < TOTALS_WORST && o->worst_room[t->worst_count] == NULL)
		o->worst_room[t->worst_count] = malloc(TEXT_ROOM);
	if (t->worst_count < TOTALS_WORST && o->worst_room[t->worst_count] == NULL)
		return false;
	at = worst_place(o, e);
	m = &t->worst[at];
	room = strbuf_fixed(o->worst_room[at], TEXT_ROOM);
	m->entry = *e;
	m->verdict = put(&room, s->verdict, STR(""));
	m->why = put(&room, s->why, STR(""));
	m->advice = s->advice == NULL ? STR("") : put(&room, s->advice->text, s->advice->source);
	return true;
}

/* ---- entries ---- */

static bool
make_room(struct ours *o)
{
	size_t cap = o->cap == 0 ? 256 : 2 * o->cap;
	struct totals_entry *entry;
	unsigned char *host;

	if (o->all.count < o->cap)
		return true;
	entry = realloc(o->all.entry, cap * sizeof *entry);
	if (entry != NULL)
		o->all.entry = entry;
	host = realloc(o->host, cap);
	if (host != NULL)
		o->host = host;
	if (entry == NULL || host == NULL)
		return false;
	o->cap = cap;
	return true;
}

bool
totals_add(struct totals *t, const struct story *s)
{
	struct ours *o = (struct ours *)t;
	const struct exchange *x = s->of;
	struct totals_entry e = { .kind = kind_of(s),
				  .number = t->count + 1,
				  .status = x->response.status,
				  .wait_us = x->wait_us,
				  .all_us = x->all_us,
				  .wire_bytes = x->wire_bytes,
				  .body_bytes = x->body_bytes };
	unsigned host;

	e.url = kept(o, x->url, TOTALS_URL_MOST);
	e.who = who_of(s, e.kind);
	e.edge = kept(o, edge_of(s), NAME_MOST);
	if (!make_room(o) || !note_miss(o, s, &e) || arena_failed(o->a))
		return false;
	host = place(o, &t->hosts, kept(o, host_of(x->url), NAME_MOST), 0);
	count(&t->hosts.row[host], &e);
	count(&t->tiers.row[place(o, &t->tiers, e.who, e.kind)], &e);
	if (s->why.n > 0)
		count(&t->reasons.row[place(o, &t->reasons, s->why, 0)], &e);
	count_costs(o, &e, host, s->answered_by >= 0 && browser_owns(&s->tiers.tier[s->answered_by]));
	o->host[t->count] = (unsigned char)host;
	t->by_kind[e.kind]++;
	t->entry[t->count++] = e;
	return true;
}

/* ---- the end ---- */

static int
by_count(const void *a, const void *b)
{
	const struct totals_sum *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return str_cmp(x->name, y->name);
}

static void
put_in_order(struct totals_sums *sums)
{
	qsort(sums->row, sums->count, sizeof sums->row[0], by_count);
}

/* What a hit would have waited, had it been a miss. */
static int64_t
wait_of_misses(const struct ours *o, size_t entry)
{
	const struct wait *w = &o->by_host[o->host[entry]];

	if (w->count == 0)
		w = &o->by_all;
	return w->count == 0 ? 0 : w->us / (int64_t)w->count;
}

void
totals_end(struct totals *t)
{
	struct ours *o = (struct ours *)t;

	for (size_t i = 0; i < t->count; i++) {
		const struct totals_entry *e = &t->entry[i];
		int64_t other = wait_of_misses(o, i);

		if ((e->kind == TOTALS_BROWSER || e->kind == TOTALS_CACHE) && e->wait_us != EXCHANGE_UNKNOWN &&
		    other > e->wait_us)
			t->saved_us += other - e->wait_us;
	}
	put_in_order(&t->tiers);
	put_in_order(&t->hosts);
	put_in_order(&t->reasons);
}
