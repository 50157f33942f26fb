#include "peer/member.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/must.h"
#include "base/rcu.h"
#include "base/strbuf.h"
#include "http/uri.h"
#include "net/addr.h"
#include "net/tls.h"
#include "peer/choice.h"
#include "peer/digest_peer.h"
#include "peer/roster.h"

#define HTTP_PORT      80
#define HTTPS_PORT     443
#define MAX_DOUBLINGS  4 /* 16 times */
#define NAME_MAX_BYTES 253
#define LOST_A_FAILURE 4 /* so many in a row are a failure */
#define COLDEST        0.1 /* the share that a member comes back with */

/* ---- from a URL ---- */

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
fault_of(struct str url, bool secure, struct uri *u)
{
	if (!uri_parse_target(url, false, u) || u->form != URI_ABSOLUTE ||
	    !str_ieq(u->scheme, secure ? STR("https") : STR("http")))
		return "an upstream is written \"http://host[:port]\" or \"https://host[:port]\"";
	if (u->userinfo)
		return "an upstream has no user name";
	if (!u->bare)
		return "nothing may stand behind an upstream's host and port, a path neither";
	if (!is_name_or_address(u->host))
		return "an upstream's host is a name or an address";
	return NULL;
}

static struct str
copied(struct strbuf *out, struct str s)
{
	strbuf_add(out, s);
	return str_of(out->p + out->n - s.n, s.n);
}

/* One piece of memory with its label, which the host and the authority are parts of. `like`: another member that it is called
 * as, the texts of which stand behind it; or NULL. */
static struct member *
make(const struct uri *u, struct tls_context *tls, const struct member *like)
{
	uint16_t default_port = tls != NULL ? HTTPS_PORT : HTTP_PORT;
	struct str authority = like == NULL ? STR_NONE : like->authority, server = like == NULL ? STR_NONE : like->server;
	size_t room = u->host.n + sizeof ":65535" + authority.n + server.n;
	struct member *m = calloc(1, sizeof *m + room);
	struct strbuf label;
	struct str host;

	if (m == NULL)
		return NULL;
	label = strbuf_fixed(m->text, room);
	for (size_t i = 0; i < u->host.n; i++)
		strbuf_char(&label, ascii_lower(u->host.p[i]));
	host = strbuf_str(&label);
	m->scheme = tls != NULL ? STR("https") : STR("http");
	m->tls = tls != NULL ? tls_context_ref(tls) : NULL;
	m->host = unbracketed(host);
	m->port = u->port == 0 ? default_port : u->port;
	strbuf_printf(&label, ":%u", (unsigned)m->port);
	m->label = strbuf_str(&label);
	m->id = choice_hash(m->label);
	m->authority = like != NULL ? copied(&label, authority) : m->port == default_port ? host : m->label;
	m->server = like != NULL ? copied(&label, server) : m->host;
	atomic_init(&m->refs, 1);
	return m;
}

static struct member *
from_url(struct str url, struct tls_context *tls, const struct member *like, const char **why)
{
	bool secure = tls != NULL && str_istarts(url, STR("https:"));
	struct member *m;
	struct uri u;

	*why = fault_of(url, secure, &u);
	if (*why != NULL)
		return NULL;
	m = make(&u, secure ? tls : NULL, like);
	if (m == NULL)
		*why = "out of memory";
	return m;
}

bool
member_same(const struct member *a, const struct member *b)
{
	if (!str_eq(a->label, b->label) || (a->tls == NULL) != (b->tls == NULL))
		return false;
	return a->tls == NULL || tls_context_same(a->tls, b->tls);
}

struct member *
member_new(struct str url, struct tls_context *tls, const char **why)
{
	return from_url(url, tls, NULL, why);
}

struct member *
member_at(const struct member *m, const union addr *at)
{
	char url[sizeof "https://" + ADDR_TEXT_SIZE];
	char text[ADDR_TEXT_SIZE];
	struct strbuf out = strbuf_fixed(url, sizeof url);
	union addr with_port = *at;
	const char *why;

	addr_set_port(&with_port, m->port);
	strbuf_printf(&out, "%.*s://%.*s", STR_FMT(m->scheme), (int)addr_text_port(&with_port, text), text);
	return from_url(strbuf_str(&out), m->tls, m, &why);
}

struct member *
member_named(const struct member *m, struct str host, uint16_t port)
{
	char url[sizeof "https://:65535" + NAME_MAX_BYTES];
	struct strbuf out = strbuf_fixed(url, sizeof url);
	const char *why;

	strbuf_printf(&out, "%.*s://%.*s:%u", STR_FMT(m->scheme), STR_FMT(host), (unsigned)port);
	return from_url(strbuf_str(&out), m->tls, NULL, &why);
}

struct member *
member_hold(struct member *m)
{
	unsigned before = atomic_fetch_add_explicit(&m->refs, 1, memory_order_relaxed);

	MUST(before > 0);
	return m;
}

void
member_let_go(struct member **mp)
{
	struct member *m = *mp;

	if (m == NULL)
		return;
	*mp = NULL;
	if (atomic_fetch_sub_explicit(&m->refs, 1, memory_order_acq_rel) != 1)
		return;
	digest_peer_free(m);
	free(atomic_load_explicit(&m->addrs, memory_order_relaxed));
	tls_context_unref(&m->tls);
	free(m);
}

/* ---- where it is, and whether it still belongs ---- */

struct member_addrs {
	struct rcu_later later;
	unsigned count;
	union addr items[MEMBER_ADDRS_MAX];
};

static void
free_addrs(struct rcu_later *later)
{
	free(LIST_OF(later, struct member_addrs, later));
}

static bool
is_placed(const struct member *m, const union addr *addrs, unsigned count)
{
	const struct member_addrs *now = atomic_load_explicit(&m->addrs, memory_order_relaxed);

	return now != NULL && now->count == count && memcmp(now->items, addrs, count * sizeof *addrs) == 0;
}

void
member_place(struct member *m, const union addr *addrs, unsigned count)
{
	struct member_addrs *next = is_placed(m, addrs, count) ? NULL : calloc(1, sizeof *next), *before;

	if (next == NULL)
		return;
	MUST(count <= MEMBER_ADDRS_MAX);
	next->count = count;
	memcpy(next->items, addrs, count * sizeof *addrs);
	before = atomic_exchange_explicit(&m->addrs, next, memory_order_acq_rel);
	if (before != NULL)
		rcu_defer(&before->later, free_addrs);
}

unsigned
member_places(const struct member *m, union addr *out)
{
	const struct member_addrs *now;
	unsigned count;

	rcu_read_begin();
	now = atomic_load_explicit(&m->addrs, memory_order_acquire);
	count = now == NULL ? 0 : now->count;
	for (unsigned i = 0; i < count; i++) {
		out[i] = now->items[i];
		addr_set_port(&out[i], m->port);
	}
	rcu_read_end();
	return count;
}

void
member_leave(struct member *m)
{
	atomic_store_explicit(&m->left, true, memory_order_relaxed);
}

bool
member_has_left(const struct member *m)
{
	return atomic_load_explicit(&m->left, memory_order_relaxed);
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

	if (atomic_load_explicit(&m->sick, memory_order_relaxed))
		return false;
	return down == 0 || (down <= mono_ns && load(&m->trial_until) <= mono_ns);
}

void
member_succeeded(struct member *m)
{
	/* Nearly always there is nothing to change, and the line is shared by all workers. */
	if (atomic_load_explicit(&m->lost, memory_order_relaxed) != 0)
		atomic_store_explicit(&m->lost, 0, memory_order_relaxed);
	if (atomic_load_explicit(&m->fails, memory_order_relaxed) == 0)
		return;
	atomic_store_explicit(&m->fails, 0, memory_order_relaxed);
	if (load(&m->down_until) != 0)
		store(&m->up_since, load(&m->tried_at));
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
	atomic_fetch_add_explicit(&m->ejections, 1, memory_order_relaxed);
	doublings = fails - g->max_fails;
	if (doublings > MAX_DOUBLINGS)
		doublings = MAX_DOUBLINGS;
	store(&m->down_until, mono_ns + (g->down_ms << doublings) * NS_PER_MS);
	store(&m->trial_until, 0);
}

bool
member_found_sick(struct member *m)
{
	if (atomic_exchange_explicit(&m->sick, true, memory_order_relaxed))
		return false;
	atomic_fetch_add_explicit(&m->ejections, 1, memory_order_relaxed);
	return true;
}

bool
member_found_well(struct member *m, int64_t mono_ns)
{
	if (!atomic_load_explicit(&m->sick, memory_order_relaxed))
		return false;
	atomic_store_explicit(&m->fails, 0, memory_order_relaxed);
	store(&m->up_since, mono_ns);
	store(&m->down_until, 0);
	store(&m->trial_until, 0);
	atomic_store_explicit(&m->sick, false, memory_order_relaxed);
	return true;
}

void
member_forget_probes(struct member *m)
{
	atomic_store_explicit(&m->sick, false, memory_order_relaxed);
}

void
member_lost(const struct group *g, struct member *m, int64_t mono_ns)
{
	unsigned lost = atomic_fetch_add_explicit(&m->lost, 1, memory_order_relaxed) + 1;

	if (lost % LOST_A_FAILURE == 0 || load(&m->down_until) != 0)
		member_failed(g, m, mono_ns);
}

double
member_warmth(const struct group *g, const struct member *m, int64_t mono_ns)
{
	int64_t since = load(&m->up_since), whole = g->slow_start_ms * NS_PER_MS;
	double warmth;

	if (whole == 0)
		return 1;
	if (load(&m->down_until) != 0) /* it is tried by one request alone */
		return 1;
	if (since == 0 || mono_ns - since >= whole)
		return 1;
	warmth = (double)(mono_ns - since) / (double)whole;
	return warmth > COLDEST ? warmth : COLDEST;
}

static int64_t
trial_end(const struct group *g, int64_t mono_ns)
{
	return mono_ns + g->down_ms * NS_PER_MS;
}

/* A member that was down and whose time is over is one request's to try. */
bool
member_claim(const struct group *g, struct member *m, int64_t mono_ns)
{
	int64_t trial;

	if (load(&m->down_until) == 0)
		return true;
	trial = load(&m->trial_until);
	if (trial > mono_ns ||
	    !atomic_compare_exchange_strong_explicit(&m->trial_until, &trial, trial_end(g, mono_ns),
						     memory_order_relaxed, memory_order_relaxed))
		return false;
	store(&m->tried_at, mono_ns);
	return true;
}

/* When a trial ends tells whose it is. */
void
member_unclaim(const struct group *g, struct member *m, int64_t mono_ns)
{
	int64_t own = trial_end(g, mono_ns);

	atomic_compare_exchange_strong_explicit(&m->trial_until, &own, 0, memory_order_relaxed, memory_order_relaxed);
}
