#include "net/dns_impl.h"

#include <ares.h>
#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/must.h"
#include "net/dns_sockets_impl.h"
#include "net/timer.h"

#define DNS_MAGIC 0x646e7361u

/* One lost packet is not to cost what a connection may take as a whole: c-ares would wait 5 s before it asks again. */
#define FIRST_WAIT_MS 1000
#define TRIES         3
#define LAST_WAIT_MS  (FIRST_WAIT_MS << (TRIES - 1)) /* it doubles */

#define LONGEST_TTL_S (24 * 3600)

/* One socket of c-ares. */
struct watch {
	uv_poll_t poll;
	struct list node;
	struct dns *dns;
	int fd;
	int events;
};

struct dns {
	unsigned magic;
	struct loop *loop;
	ares_channel channel;
	struct list watches;
	struct timer timer;
	struct dns_sockets sockets;
};

static void
load_library(void)
{
	ares_library_init(ARES_LIB_INIT_ALL);
}

/* c-ares knows when it wants to look again at what it has sent. */
static void
set_timer(struct dns *d)
{
	struct timeval room, *wait = ares_timeout(d->channel, NULL, &room);

	if (wait == NULL)
		timer_stop(&d->timer);
	else
		timer_set(&d->timer, wait->tv_sec * MS_PER_S + wait->tv_usec / 1000 + 1);
}

static void
on_timer(struct timer *t)
{
	struct dns *d = LIST_OF(t, struct dns, timer);

	ares_process_fd(d->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	set_timer(d);
}

static struct watch *
find_watch(struct dns *d, int fd)
{
	LIST_EACH(it, &d->watches) {
		struct watch *w = LIST_OF(it, struct watch, node);

		if (w->fd == fd)
			return w;
	}
	return NULL;
}

static void
free_watch(uv_handle_t *h)
{
	free(LIST_OF(h, struct watch, poll));
}

static void
on_socket(uv_poll_t *h, int status, int events)
{
	struct watch *w = LIST_OF(h, struct watch, poll);
	struct dns *d = w->dns;
	int fd = w->fd;

	if (status != 0)
		events = UV_READABLE | UV_WRITABLE; /* c-ares finds out what is wrong */
	ares_process_fd(d->channel, events & UV_READABLE ? fd : ARES_SOCKET_BAD,
			events & UV_WRITABLE ? fd : ARES_SOCKET_BAD);
	set_timer(d);
}

static struct watch *
new_watch(struct dns *d, int fd)
{
	struct watch *w = malloc(sizeof *w);

	if (w == NULL || uv_poll_init(loop_uv(d->loop), &w->poll, fd) != 0) {
		free(w);
		return NULL;
	}
	w->dns = d;
	w->fd = fd;
	list_add_tail(&d->watches, &w->node);
	return w;
}

/* c-ares says what it wants to know of a socket; nothing, before it closes it. */
static void
want(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct dns *d = arg;
	struct watch *w = find_watch(d, fd);

	if (readable == 0 && writable == 0) {
		if (w == NULL)
			return;
		list_del(&w->node);
		uv_close((uv_handle_t *)&w->poll, free_watch);
		return;
	}
	if (w == NULL)
		w = new_watch(d, fd);
	if (w == NULL)
		return; /* the query will run out of time */
	w->events = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
	uv_poll_start(&w->poll, w->events, on_socket);
}

static void
free_dns(struct timer *t)
{
	free(LIST_OF(t, struct dns, timer));
}

struct dns *
dns_new(struct loop *l)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	const int given = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
	struct ares_options options = { .timeout = FIRST_WAIT_MS, .tries = TRIES, .sock_state_cb = want };
	struct dns *d = calloc(1, sizeof *d);

	if (d == NULL)
		return NULL;
	pthread_once(&once, load_library); /* not safe with threads, and there is a resolver a worker */
	d->magic = DNS_MAGIC;
	d->loop = l;
	list_init(&d->watches);
	options.sock_state_cb_data = d;
	if (ares_init_options(&d->channel, &options, given) != ARES_SUCCESS) {
		free(d);
		return NULL;
	}
	dns_sockets_use(&d->sockets, l, d->channel, LAST_WAIT_MS);
	timer_init(&d->timer, l, on_timer);
	return d;
}

void
dns_free(struct dns **dp)
{
	struct dns *d = *dp;

	MUST_OBJ(d, DNS_MAGIC);
	*dp = NULL;
	d->magic = 0;
	ares_destroy(d->channel); /* tells each query so: answered() is not for that */
	MUST(list_empty(&d->watches));
	timer_close(&d->timer, free_dns);
}

bool
dns_servers(struct dns *d, const char *list)
{
	return ares_set_servers_ports_csv(d->channel, list) == ARES_SUCCESS;
}

static const char *
reason(int status)
{
	switch (status) {
	case ARES_SUCCESS:
	case ARES_ENODATA:
		return "the name has no address";
	case ARES_ENOTFOUND:
		return "the name does not exist";
	case ARES_ETIMEOUT:
		return "the name servers did not answer in time";
	case ARES_ECONNREFUSED:
		return "the name servers cannot be reached";
	case ARES_ESERVFAIL:
		return "the name server failed";
	default:
		return ares_strerror(status);
	}
}

static void
shorten(struct dns_answer *answer, int ttl_s)
{
	int64_t ttl_ms = (ttl_s < 0 ? 0 : ttl_s) * MS_PER_S;

	if (ttl_ms < answer->ttl_ms)
		answer->ttl_ms = ttl_ms;
}

static void
add_addr(struct dns_answer *answer, const struct ares_addrinfo_node *node)
{
	union addr *a = &answer->addrs[answer->count];

	if (answer->count == RESOLVE_MAX || node->ai_addrlen > sizeof *a)
		return;
	*a = (union addr){ 0 };
	memcpy(a, node->ai_addr, node->ai_addrlen);
	answer->count++;
	shorten(answer, node->ai_ttl);
}

static void
on_answer(void *arg, int status, int timeouts, struct ares_addrinfo *info)
{
	struct dns_answer answer = { .why = reason(status), .ttl_ms = LONGEST_TTL_S * MS_PER_S };
	struct dns_query *q = arg;

	(void)timeouts;
	if (status == ARES_EDESTRUCTION)
		return;
	if (status == ARES_SUCCESS && info != NULL) {
		for (const struct ares_addrinfo_node *it = info->nodes; it != NULL; it = it->ai_next)
			add_addr(&answer, it);
		for (const struct ares_addrinfo_cname *it = info->cnames; it != NULL; it = it->next)
			shorten(&answer, it->ttl);
	}
	if (info != NULL)
		ares_freeaddrinfo(info);
	if (answer.count == 0) {
		answer.end = status == ARES_ETIMEOUT ? RESOLVE_TIMEOUT : RESOLVE_FAILED;
		answer.ttl_ms = 0;
	}
	q->answered(q, &answer);
}

void
dns_ask(struct dns *d, const char *name, struct dns_query *q)
{
	const struct ares_addrinfo_hints hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };

	MUST_OBJ(d, DNS_MAGIC);
	ares_getaddrinfo(d->channel, name, NULL, &hints, on_answer, q);
	set_timer(d);
}

/* ---- what is followed ---- */

static enum question_end
end_of(int status)
{
	switch (status) {
	case ARES_SUCCESS:
	case ARES_ENODATA:
		return QUESTION_NO_DATA;
	case ARES_ENOTFOUND:
		return QUESTION_NO_NAME;
	default:
		return QUESTION_FAILED;
	}
}

static void
on_records(void *arg, int status, int timeouts, unsigned char *p, int n)
{
	struct question *q = arg;
	struct dns_records *r;

	(void)timeouts;
	if (status == ARES_EDESTRUCTION)
		return;
	if (status != ARES_SUCCESS) {
		q->answered(q, NULL, end_of(status), status == ARES_ENODATA ? "the name has no such records" : reason(status));
		return;
	}
	r = dns_records_read(p, (size_t)n, q->type);
	if (r == NULL) {
		q->answered(q, NULL, QUESTION_FAILED, "the answer is malformed");
	} else if (r->count == 0) {
		free(r);
		q->answered(q, NULL, QUESTION_NO_DATA, "the name has no such records");
	} else {
		q->answered(q, r, QUESTION_ANSWERED, NULL);
	}
}

void
dns_search(struct dns *d, const char *name, enum dns_type type, struct question *q)
{
	const int class_in = 1;

	MUST_OBJ(d, DNS_MAGIC);
	q->type = type;
	ares_search(d->channel, name, class_in, (int)type, on_records, q);
	set_timer(d);
}

static unsigned
hosts_of(struct dns *d, const char *name, int family, union addr *out, unsigned max)
{
	struct hostent *h;
	unsigned n = 0;

	if (ares_gethostbyname_file(d->channel, name, family, &h) != ARES_SUCCESS)
		return 0;
	for (char **it = h->h_addr_list; *it != NULL && n < max; it++, n++) {
		out[n] = (union addr){ 0 };
		out[n].sa.sa_family = (sa_family_t)family;
		if (family == AF_INET)
			memcpy(&out[n].in.sin_addr, *it, sizeof out[n].in.sin_addr);
		else
			memcpy(&out[n].in6.sin6_addr, *it, sizeof out[n].in6.sin6_addr);
	}
	ares_free_hostent(h);
	return n;
}

unsigned
dns_hosts(struct dns *d, const char *name, union addr *out, unsigned max)
{
	unsigned n;

	MUST_OBJ(d, DNS_MAGIC);
	n = hosts_of(d, name, AF_INET, out, max);
	return n + hosts_of(d, name, AF_INET6, out + n, max - n);
}
