#include "net/resolve.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/must.h"
#include "net/addr.h"
#include "net/dns_impl.h"
#include "net/timer.h"

#define RESOLVER_MAGIC 0x72736c76u
#define BUCKETS        64

/* A forward proxy is asked for any name; this bounds what it remembers, and what it asks at once. */
#define NAMES_MAX 512

/* A name: asked for, or answered, or both. Those who wait for the same name share one question. */
struct name {
	struct list node;    /* in its bucket */
	struct list used;    /* in the order of use, the latest first */
	struct list waiting; /* struct resolve */
	struct list told;    /* in resolver.answered */
	struct resolver *resolver;
	struct dns_query query;
	bool asked; /* a question is on its way */
	int64_t expires_ns;
	struct dns_answer answer;
	size_t text_n;
	char text[DNS_NAME_MAX + 1]; /* in lower case */
};

struct resolver {
	unsigned magic;
	unsigned names;
	struct loop *loop;
	struct dns *dns;
	struct list bucket[BUCKETS];
	struct list used;
	struct list answered; /* names with someone to be told */
	struct task tell;
};

/* Somebody who waits. */
struct resolve {
	struct list node;
	resolve_fn *fn;
	void *arg;
	uint16_t port;
	struct timer timer;
};

static void
call(const struct dns_answer *answer, uint16_t port, resolve_fn *fn, void *arg)
{
	union addr addrs[RESOLVE_MAX];

	for (unsigned i = 0; i < answer->count; i++) {
		addrs[i] = answer->addrs[i];
		addr_set_port(&addrs[i], port);
	}
	fn(arg, addrs, answer->count, answer->end, answer->count == 0 ? answer->why : NULL);
}

static void
free_wait(struct timer *t)
{
	free(LIST_OF(t, struct resolve, timer));
}

static void
end_wait(struct resolve *h)
{
	list_del(&h->node);
	timer_close(&h->timer, free_wait);
}

static void
give_up(struct timer *t)
{
	struct resolve *h = LIST_OF(t, struct resolve, timer);

	end_wait(h);
	h->fn(h->arg, NULL, 0, RESOLVE_TIMEOUT, "the name servers did not answer in time");
}

/* What is told may ask again, cancel others, or push this name out: so from copies. */
static void
tell_name(struct name *n)
{
	struct dns_answer answer = n->answer;
	struct list waiting, *node;

	list_init(&waiting);
	list_move(&waiting, &n->waiting);
	while ((node = list_pop(&waiting)) != NULL) {
		struct resolve *h = LIST_OF(node, struct resolve, node);

		end_wait(h);
		call(&answer, h->port, h->fn, h->arg);
	}
}

static void
tell(struct task *t)
{
	struct resolver *r = LIST_OF(t, struct resolver, tell);
	struct list *node;

	while ((node = list_pop(&r->answered)) != NULL)
		tell_name(LIST_OF(node, struct name, told));
}

/* Called from inside c-ares, which must not be entered again: so who waits is told from a task. */
static void
on_answer(struct dns_query *q, const struct dns_answer *answer)
{
	struct name *n = LIST_OF(q, struct name, query);
	struct resolver *r = n->resolver;

	n->asked = false;
	n->answer = *answer;
	n->expires_ns = loop_now(r->loop).mono_ns + answer->ttl_ms * NS_PER_MS;
	if (list_empty(&n->waiting))
		return;
	list_del(&n->told);
	list_add_tail(&r->answered, &n->told);
	loop_defer(r->loop, &r->tell);
}

static void
free_name(struct name *n)
{
	list_del(&n->node);
	list_del(&n->used);
	list_del(&n->told);
	n->resolver->names--;
	free(n);
}

static bool
make_room(struct resolver *r)
{
	if (r->names < NAMES_MAX)
		return true;
	for (struct list *it = r->used.prev; it != &r->used; it = it->prev) {
		struct name *n = LIST_OF(it, struct name, used);

		if (!n->asked && list_empty(&n->waiting)) {
			free_name(n);
			return true;
		}
	}
	return false;
}

static struct name *
new_name(struct resolver *r, struct list *bucket, struct str text)
{
	struct name *n = make_room(r) ? calloc(1, sizeof *n) : NULL;

	if (n == NULL)
		return NULL;
	n->resolver = r;
	n->query.answered = on_answer;
	memcpy(n->text, text.p, text.n);
	n->text_n = text.n;
	list_init(&n->waiting);
	list_init(&n->told);
	list_add_head(bucket, &n->node);
	list_add_head(&r->used, &n->used);
	r->names++;
	return n;
}

static struct list *
bucket_of(struct resolver *r, struct str text)
{
	return &r->bucket[hash_plain(text).lo % BUCKETS];
}

/* `text` in lower case. */
static struct name *
remembered(struct resolver *r, struct str text)
{
	LIST_EACH(it, bucket_of(r, text)) {
		struct name *n = LIST_OF(it, struct name, node);

		if (str_eq(str_of(n->text, n->text_n), text))
			return n;
	}
	return NULL;
}

static struct name *
find_name(struct resolver *r, struct str host)
{
	char lower[DNS_NAME_MAX];
	struct str text = str_of(lower, host.n);
	struct name *n;

	str_put_lower(lower, host);
	n = remembered(r, text);
	if (n == NULL)
		return new_name(r, bucket_of(r, text), text);
	list_del(&n->used);
	list_add_head(&r->used, &n->used);
	return n;
}

static struct resolve *
wait_for(struct name *n, uint16_t port, int64_t timeout_ms, resolve_fn *fn, void *arg)
{
	struct resolve *h = malloc(sizeof *h);

	if (h == NULL) {
		fn(arg, NULL, 0, RESOLVE_FAILED, "out of memory");
		return NULL;
	}
	h->fn = fn;
	h->arg = arg;
	h->port = port;
	timer_init(&h->timer, n->resolver->loop, give_up);
	timer_set(&h->timer, timeout_ms);
	list_add_tail(&n->waiting, &h->node);
	return h;
}

struct resolver *
resolver_new(struct loop *l)
{
	struct resolver *r = calloc(1, sizeof *r);

	if (r == NULL)
		return NULL;
	r->dns = dns_new(l);
	if (r->dns == NULL) {
		free(r);
		return NULL;
	}
	r->magic = RESOLVER_MAGIC;
	r->loop = l;
	for (int i = 0; i < BUCKETS; i++)
		list_init(&r->bucket[i]);
	list_init(&r->used);
	list_init(&r->answered);
	task_init(&r->tell, tell);
	return r;
}

void
resolver_free(struct resolver **rp)
{
	struct resolver *r = *rp;

	if (r == NULL)
		return;
	MUST_OBJ(r, RESOLVER_MAGIC);
	*rp = NULL;
	dns_free(&r->dns);
	task_cancel(&r->tell);
	LIST_EACH_SAFE(it, &r->used) {
		struct name *n = LIST_OF(it, struct name, used);

		LIST_EACH_SAFE(waiting, &n->waiting)
			end_wait(LIST_OF(waiting, struct resolve, node));
		free_name(n);
	}
	r->magic = 0;
	free(r);
}

bool
resolver_servers(struct resolver *r, const char *list)
{
	MUST_OBJ(r, RESOLVER_MAGIC);
	return dns_servers(r->dns, list);
}

static bool
is_name(struct str host)
{
	return host.n > 0 && host.n <= DNS_NAME_MAX && str_chr(host, '\0') < 0;
}

struct resolve *
resolve_start(struct resolver *r, struct str host, uint16_t port, int64_t timeout_ms, resolve_fn *fn, void *arg)
{
	union addr literal;
	struct name *n;

	MUST_OBJ(r, RESOLVER_MAGIC);
	if (addr_parse_ip(host, port, &literal)) {
		fn(arg, &literal, 1, RESOLVE_OK, NULL);
		return NULL;
	}
	if (!is_name(host)) {
		fn(arg, NULL, 0, RESOLVE_FAILED, "this cannot be a host's name");
		return NULL;
	}
	n = find_name(r, host);
	if (n == NULL) {
		fn(arg, NULL, 0, RESOLVE_FAILED, "too many names are being looked up");
		return NULL;
	}
	if (!n->asked && loop_now(r->loop).mono_ns >= n->expires_ns) {
		n->asked = true;
		dns_ask(r->dns, n->text, &n->query);
	}
	if (n->asked)
		return wait_for(n, port, timeout_ms, fn, arg);
	call(&n->answer, port, fn, arg);
	return NULL;
}

bool
resolver_knows(struct resolver *r, struct str host, const union addr *a)
{
	char lower[DNS_NAME_MAX];
	const struct name *n;
	union addr literal;

	MUST_OBJ(r, RESOLVER_MAGIC);
	if (addr_parse_ip(host, 0, &literal))
		return addr_same_ip(&literal, a);
	if (!is_name(host))
		return false;
	str_put_lower(lower, host);
	n = remembered(r, str_of(lower, host.n));
	if (n == NULL || loop_now(r->loop).mono_ns >= n->expires_ns)
		return false;
	for (unsigned i = 0; i < n->answer.count; i++)
		if (addr_same_ip(&n->answer.addrs[i], a))
			return true;
	return false;
}

void
resolve_cancel(struct resolve **h)
{
	if (*h == NULL)
		return;
	end_wait(*h);
	*h = NULL;
}

void
resolver_ask(struct resolver *r, const char *name, enum dns_type type, struct question *q)
{
	MUST_OBJ(r, RESOLVER_MAGIC);
	dns_search(r->dns, name, type, q);
}

unsigned
resolver_hosts(struct resolver *r, const char *name, union addr *out, unsigned max)
{
	MUST_OBJ(r, RESOLVER_MAGIC);
	return dns_hosts(r->dns, name, out, max);
}
