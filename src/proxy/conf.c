#include "proxy/conf.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"

/* No name of the DNS is longer (RFC 1035 2.3.4), and no IP address as text. */
#define HOST_MAX 255

struct conf *
conf_ref(struct conf *c)
{
	unsigned before = atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);

	MUST(before > 0);
	return c;
}

void
conf_unref(struct conf **cp)
{
	struct conf *c = *cp;
	struct arena *a;

	if (c == NULL)
		return;
	*cp = NULL;
	if (atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) > 1)
		return;
	free(c->holds);
	a = c->arena; /* which holds the struct itself */
	arena_free(&a);
}

bool
conf_for_workers(struct conf *c, unsigned workers)
{
	size_t n = workers * sizeof c->holds[0];

	MUST(c->holds == NULL);
	c->holds = aligned_alloc(_Alignof(struct conf_hold), n);
	if (c->holds == NULL)
		return false;
	memset(c->holds, 0, n);
	c->hold_count = workers;
	return true;
}

struct conf *
conf_hold(struct conf *c, unsigned worker)
{
	MUST(worker < c->hold_count);
	if (c->holds[worker].count++ == 0)
		conf_ref(c);
	return c;
}

void
conf_let_go(struct conf **cp, unsigned worker)
{
	struct conf *c = *cp;

	if (c == NULL)
		return;
	*cp = NULL;
	MUST(worker < c->hold_count && c->holds[worker].count > 0);
	if (--c->holds[worker].count == 0)
		conf_unref(&c);
}

/* Patterns are in lower case. Most have no `*` in them, or are nothing else. */
bool
conf_host_matches(struct str host, struct str pattern)
{
	char lower[HOST_MAX];

	if (str_ieq(host, pattern))
		return true;
	if (str_chr(pattern, '*') < 0 || host.n > sizeof lower)
		return false;
	str_put_lower(lower, host);
	return str_glob(str_of(lower, host.n), pattern);
}

static bool
path_matches(struct str path, struct str pattern)
{
	if (str_chr(pattern, '*') < 0)
		return str_starts(path, pattern);
	return str_glob(path, pattern);
}

static bool
is_char(struct str s, char c)
{
	return s.n == 1 && s.p[0] == c;
}

/* OPTIONS * is about the site as a whole. */
static struct str
path_of(struct str target)
{
	struct str path;

	str_cut(&target, '?', &path);
	return is_char(path, '*') ? STR("/") : path;
}

static bool
route_takes(const struct conf_route *route, struct str host, struct str target)
{
	return (is_char(route->host, '*') || conf_host_matches(host, route->host)) &&
	       (is_char(route->path, '/') || path_matches(path_of(target), route->path));
}

const struct conf_route *
conf_route_for(const struct conf *c, struct str host, struct str target)
{
	for (unsigned i = 0; i < c->route_count; i++)
		if (route_takes(&c->routes[i], host, target))
			return &c->routes[i];
	return NULL;
}

bool
conf_forwards(const struct conf *c)
{
	for (unsigned i = 0; i < c->listener_count; i++)
		if (c->listeners[i].mode != CONF_mode_REVERSE)
			return true;
	return false;
}

bool
conf_adds_via(const struct conf *c, const struct conf_listener *l)
{
	return l->mode != CONF_mode_REVERSE || c->forwarding.via;
}

bool
net_list_has(const struct net_list *l, const union addr *a)
{
	for (unsigned i = 0; i < l->count; i++)
		if (net_contains(&l->items[i], a))
			return true;
	return false;
}
