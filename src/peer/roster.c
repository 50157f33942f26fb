#include "peer/roster.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "http/uri.h"
#include "net/addr.h"

#define DEFAULT_PORT      80
#define DEFAULT_MAX_FAILS 3
#define DEFAULT_DOWN_MS   (5 * MS_PER_S)
#define MAX_DOUBLINGS     4 /* 16 times */
#define NAME_MAX_BYTES    253

_Static_assert(GROUP_MEMBERS_MAX <= 64, "`tried` has a bit for each");

/* ---- members from URLs ---- */

static struct str
unbracketed(struct str host)
{
	return host.p[0] == '[' ? str_of(host.p + 1, host.n - 2) : host;
}

/* A URL's host may be more than can be looked up: percent-encoded bytes, addresses of the future. */
static bool
is_name_or_address(struct str host)
{
	union addr a;

	if (host.p[0] == '[')
		return addr_parse_ip(host, 0, &a);
	for (size_t i = 0; i < host.n; i++) {
		char c = ascii_lower(host.p[i]);

		if ((c < 'a' || c > 'z') && !ascii_digit(c) && c != '-' && c != '.' && c != '_')
			return false;
	}
	return host.n <= NAME_MAX_BYTES;
}

/* NULL where all is well. */
static const char *
fault_of(struct str url, struct uri *u)
{
	if (str_istarts(url, STR("https://")))
		return "https upstreams need TLS, which this version does not have";
	if (!uri_parse_target(url, false, u) || u->form != URI_ABSOLUTE || !str_ieq(u->scheme, STR("http")))
		return "an upstream is written \"http://host[:port]\"";
	if (u->userinfo)
		return "an upstream has no user name";
	if (!u->bare || !str_eq(u->path, STR("/")))
		return "nothing may stand behind an upstream's host and port, a path neither";
	if (!is_name_or_address(u->host))
		return "an upstream's host is a name or an address";
	return NULL;
}

/* One piece of memory with its label, which the host and the authority are parts of. */
static struct member *
new_member(const struct uri *u)
{
	size_t room = u->host.n + sizeof ":65535";
	struct member *m = calloc(1, sizeof *m + room);
	struct strbuf label;
	struct str host;

	if (m == NULL)
		return NULL;
	label = strbuf_fixed(m->text, room);
	for (size_t i = 0; i < u->host.n; i++)
		strbuf_char(&label, ascii_lower(u->host.p[i]));
	host = strbuf_str(&label);
	m->scheme = STR("http");
	m->host = unbracketed(host);
	m->port = u->port == 0 ? DEFAULT_PORT : u->port;
	strbuf_printf(&label, ":%u", (unsigned)m->port);
	m->label = strbuf_str(&label);
	m->authority = m->port == DEFAULT_PORT ? host : m->label;
	m->weight = 1;
	atomic_init(&m->refs, 1);
	return m;
}

static void
unref(struct member *m)
{
	if (atomic_fetch_sub_explicit(&m->refs, 1, memory_order_acq_rel) == 1)
		free(m);
}

/* A group's place for a member is cleared with the group's arena. */
static void
leave_place(void *place)
{
	unref(*(struct member **)place);
}

struct group *
group_new(struct arena *a, struct str name, enum group_kind kind)
{
	struct group *g = arena_zalloc(a, sizeof *g);

	if (g == NULL)
		return NULL;
	g->name = arena_str(a, name);
	g->members = arena_zalloc(a, GROUP_MEMBERS_MAX * sizeof(struct member *));
	if (g->name.p == NULL || g->members == NULL)
		return NULL;
	g->kind = kind;
	g->max_fails = DEFAULT_MAX_FAILS;
	g->down_ms = DEFAULT_DOWN_MS;
	return g;
}

struct member *
group_add(struct group *g, struct arena *a, struct str url, const char **why)
{
	struct member *m;
	struct uri u;

	*why = fault_of(url, &u);
	if (*why != NULL)
		return NULL;
	*why = "an upstream has at most 64 members";
	if (g->count == GROUP_MEMBERS_MAX)
		return NULL;
	*why = "out of memory";
	m = new_member(&u);
	if (m == NULL)
		return NULL;
	if (!arena_cleanup(a, leave_place, &g->members[g->count])) {
		unref(m);
		return NULL;
	}
	*why = NULL;
	g->members[g->count++] = m;
	return m;
}

/* A group may name one twice: these are two, before and after. */
static bool
has(const struct group *g, const struct member *m)
{
	for (unsigned i = 0; i < g->count; i++)
		if (g->members[i] == m)
			return true;
	return false;
}

/* What a member is beside its health is frozen: one whose weight has changed is another. */
static bool
same(const struct member *a, const struct member *b)
{
	return str_eq(a->label, b->label) && a->weight == b->weight;
}

static struct member *
same_in(const struct group *before, const struct group *g, const struct member *m)
{
	for (unsigned i = 0; i < before->count; i++)
		if (same(before->members[i], m) && !has(g, before->members[i]))
			return before->members[i];
	return NULL;
}

void
group_inherit(struct group *g, const struct group *before)
{
	for (unsigned i = 0; i < g->count; i++) {
		struct member *m = same_in(before, g, g->members[i]);

		if (m == NULL)
			continue;
		atomic_fetch_add_explicit(&m->refs, 1, memory_order_relaxed);
		unref(g->members[i]);
		g->members[i] = m;
	}
}

/* ---- health ---- */

static int64_t
load(const _Atomic int64_t *at)
{
	return atomic_load_explicit(at, memory_order_relaxed);
}

static void
store(_Atomic int64_t *at, int64_t v)
{
	atomic_store_explicit(at, v, memory_order_relaxed);
}

bool
member_is_up(const struct member *m, int64_t mono_ns)
{
	int64_t down = load(&m->down_until);

	return down == 0 || (down <= mono_ns && load(&m->trial_until) <= mono_ns);
}

void
member_succeeded(struct member *m)
{
	/* Nearly always there is nothing to change, and the line is shared by all workers. */
	if (atomic_load_explicit(&m->fails, memory_order_relaxed) == 0)
		return;
	atomic_store_explicit(&m->fails, 0, memory_order_relaxed);
	store(&m->down_until, 0);
	store(&m->trial_until, 0);
}

void
member_failed(const struct group *g, struct member *m, int64_t mono_ns)
{
	unsigned fails, doublings;

	if (load(&m->down_until) > mono_ns)
		return; /* many requests learn of the same failure */
	fails = atomic_fetch_add_explicit(&m->fails, 1, memory_order_relaxed) + 1;
	if (fails < g->max_fails)
		return;
	doublings = fails - g->max_fails;
	if (doublings > MAX_DOUBLINGS)
		doublings = MAX_DOUBLINGS;
	store(&m->down_until, mono_ns + (g->down_ms << doublings) * NS_PER_MS);
	store(&m->trial_until, 0);
}

/* A member that was down and whose time is over is one request's to try. */
static bool
claim(const struct group *g, struct member *m, int64_t mono_ns)
{
	int64_t trial;

	if (load(&m->down_until) == 0)
		return true;
	trial = load(&m->trial_until);
	return trial <= mono_ns &&
	       atomic_compare_exchange_strong_explicit(&m->trial_until, &trial, mono_ns + g->down_ms * NS_PER_MS,
						       memory_order_relaxed, memory_order_relaxed);
}

/* ---- choice ---- */

static uint64_t
all(const struct group *g)
{
	return g->count == 64 ? UINT64_MAX : ((uint64_t)1 << g->count) - 1;
}

static uint64_t
up(const struct group *g, int64_t mono_ns)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < g->count; i++)
		bits |= (uint64_t)member_is_up(g->members[i], mono_ns) << i;
	return bits;
}

static unsigned
weight_of(const struct group *g, uint64_t bits)
{
	unsigned sum = 0;

	for (; bits != 0; bits &= bits - 1)
		sum += g->members[__builtin_ctzll(bits)]->weight;
	return sum;
}

/* Of those whose bits are set, whose turn is it? Each has as many in a row as its weight says. */
static unsigned
in_turn(const struct group *g, uint64_t bits, unsigned turn)
{
	unsigned n = turn % weight_of(g, bits);

	for (;; bits &= bits - 1) {
		unsigned i = (unsigned)__builtin_ctzll(bits);

		if (n < g->members[i]->weight)
			return i;
		n -= g->members[i]->weight;
	}
}

struct member *
group_pick(struct group *g, uint64_t *tried, int64_t mono_ns)
{
	for (;;) {
		uint64_t ups = up(g, mono_ns);
		uint64_t left = (ups != 0 ? ups : all(g)) & ~*tried;
		unsigned turn, i;

		if (left == 0)
			return NULL;
		turn = atomic_fetch_add_explicit(&g->turn, 1, memory_order_relaxed);
		i = in_turn(g, left, turn);
		/* Another thread was quicker to try this one: it is down again for us, so look anew. */
		if (ups != 0 && !claim(g, g->members[i], mono_ns))
			continue;
		*tried |= (uint64_t)1 << i;
		return g->members[i];
	}
}

bool
group_is_down(const struct group *g, int64_t mono_ns)
{
	return up(g, mono_ns) == 0;
}
