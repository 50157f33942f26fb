#include "origin.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "http/body.h"
#include "http/range.h"
#include "reactor.h"
#include "site.h"

#define IN_MAX   16384
#define OUT_MAX  65536
#define MODIFIED "Wed, 01 Jan 2020 00:00:00 GMT"

struct origin_counts origin_counts;

/* A connection from the node. */
struct peer {
	struct watch watch;
	struct peer *next, *prev;
	struct arena *arena;
	size_t in_n;
	char in[IN_MAX];
	/* What is being sent: `out`, then bytes of `rep` from `at` to `end`, then `tail`. */
	bool busy, closes, error;
	size_t out_n, out_done;
	char out[OUT_MAX];
	struct rep rep;
	uint64_t at, end;
	uint64_t cut_at;  /* stops here and hangs up; UINT64_MAX: does not */
	uint64_t rest_at; /* rests here for a while; UINT64_MAX: does not */
	char tail[16];
	size_t tail_n;
};

static struct watch doors[ORIGINS];
static unsigned door_count;
static struct peer *peers;

static void take_request(struct peer *p);
static void go_on(struct peer *p);

/* ---- life ---- */

static void
drop(struct peer *p, bool reset)
{
	reactor_close(&p->watch, reset);
	*(p->prev != NULL ? &p->prev->next : &peers) = p->next;
	if (p->next != NULL)
		p->next->prev = p->prev;
	arena_free(&p->arena);
	free(p);
}

static void
on_due(struct watch *w)
{
	go_on((struct peer *)(void *)w);
}

static void
on_ready(struct watch *w)
{
	struct peer *p = (struct peer *)(void *)w;
	ssize_t n;

	if (w->wants & EPOLLOUT) {
		go_on(p);
		return;
	}
	n = recv(w->fd, p->in + p->in_n, IN_MAX - p->in_n, MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		drop(p, false);
		return;
	}
	p->in_n += (size_t)n;
	if (!p->busy)
		take_request(p);
}

static void
on_knock(struct watch *w)
{
	int fd;

	while ((fd = accept4(w->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct peer *p = calloc(1, sizeof *p);

		p->watch.ready = on_ready;
		p->watch.due = on_due;
		p->arena = arena_new(1 << 20);
		p->next = peers;
		if (peers != NULL)
			peers->prev = p;
		peers = p;
		reactor_add(&p->watch, fd, EPOLLIN);
	}
}

uint16_t
origin_open(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t n = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 1024) != 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &n) != 0)
		abort();
	doors[door_count].ready = on_knock;
	reactor_add(&doors[door_count++], fd, EPOLLIN);
	return ntohs(at.sin_port);
}

void
origin_close_all(void)
{
	while (peers != NULL)
		drop(peers, false);
}

/* ---- sending ---- */

/* The next bytes of the body into `out`. */
static void
refill(struct peer *p)
{
	uint64_t stop = p->end;
	size_t n;

	if (p->cut_at < stop)
		stop = p->cut_at;
	if (p->rest_at < stop && p->at < p->rest_at)
		stop = p->rest_at;
	n = stop - p->at < OUT_MAX ? (size_t)(stop - p->at) : OUT_MAX;
	if (p->error)
		memset(p->out, 'e', n);
	else
		site_fill(p->rep, p->at, p->out, n);
	p->out_n = n;
	p->out_done = 0;
	p->at += n;
}

static void
finish(struct peer *p)
{
	p->busy = false;
	if (p->closes) {
		drop(p, false);
		return;
	}
	reactor_want(&p->watch, EPOLLIN);
}

/* False where the socket takes no more, or the other end is gone. */
static bool
flush(struct peer *p)
{
	while (p->out_done < p->out_n) {
		ssize_t n =
		    send(p->watch.fd, p->out + p->out_done, p->out_n - p->out_done, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EAGAIN) {
			reactor_want(&p->watch, EPOLLOUT);
			return false;
		}
		if (n < 0) {
			drop(p, false);
			return false;
		}
		p->out_done += (size_t)n;
	}
	return true;
}

static void
go_on(struct peer *p)
{
	while (flush(p)) {
		if (p->at == p->cut_at) {
			drop(p, site_permille(500));
			return;
		}
		if (p->at == p->rest_at) {
			p->rest_at = UINT64_MAX;
			reactor_want(&p->watch, 0);
			reactor_at(&p->watch, 1 + site_below(30));
			return;
		}
		if (p->at < p->end) {
			refill(p);
		} else if (p->tail_n > 0) {
			memcpy(p->out, p->tail, p->tail_n);
			p->out_n = p->tail_n;
			p->out_done = p->tail_n = 0;
		} else {
			finish(p);
			return;
		}
	}
}

/* ---- answering ---- */

static void
say(struct peer *p, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	p->out_n += (size_t)vsnprintf(p->out + p->out_n, OUT_MAX - p->out_n, format, args);
	va_end(args);
}

static void
say_framing(struct peer *p)
{
	uint64_t n = p->end - p->at;
	unsigned how = site_below(100);

	if (site_permille(30) && how < 60) {
		say(p, "Connection: close\r\n");
		p->closes = true;
	}
	if (how < 60 || n == 0) {
		say(p, "Content-Length: %llu\r\n\r\n", (unsigned long long)n);
	} else if (how < 90) {
		say(p, "Transfer-Encoding: chunked\r\n\r\n%llx\r\n", (unsigned long long)n);
		memcpy(p->tail, "\r\n0\r\n\r\n", 7);
		p->tail_n = 7;
	} else {
		say(p, "Connection: close\r\n\r\n");
		p->closes = true;
	}
}

/* A body that ends with the connection is never cut: nobody could tell. */
static void
plan_faults(struct peer *p)
{
	uint64_t n = p->end - p->at;
	bool by_close = p->closes && p->tail_n == 0;

	if (n == 0)
		return;
	if (site_permille(10) && !by_close) {
		p->cut_at = p->at + site_below(n < 1000000 ? (unsigned)n : 1000000);
		site_note_cut(p->rep.url);
		origin_counts.cuts++;
	} else if (site_permille(20)) {
		p->rest_at = p->at + site_below(n < 1000000 ? (unsigned)n : 1000000);
		origin_counts.slow++;
	}
}

static void
say_traits(struct peer *p, const struct traits *t)
{
	say(p, "X-Rep: %u.%u.%u\r\n", p->rep.url, p->rep.version, p->rep.user);
	if (t->etag)
		say(p, "ETag: %s\"%u.%u.%u\"\r\n", t->weak ? "W/" : "", p->rep.url, p->rep.version, p->rep.user);
	if (t->modified && p->rep.version == 0)
		say(p, "Last-Modified: " MODIFIED "\r\n");
	if (t->max_age >= 0 || t->private || t->no_store)
		say(p, "Cache-Control: %s%smax-age=%d, stale-while-revalidate=%d, stale-if-error=%d\r\n",
		    t->private ? "private, " : "", t->no_store ? "no-store, " : "", t->max_age < 0 ? 0 : t->max_age,
		    t->swr, t->sie);
	if (p->rep.url % 50 == 0)
		say(p, "Vary: Accept-Encoding\r\n");
}

static void
answer_error(struct peer *p)
{
	static const int statuses[] = { 500, 502, 503, 504, 404 };

	origin_counts.errors++;
	p->error = true;
	p->end = SITE_ERROR_BYTES;
	say(p, "HTTP/1.1 %d Error\r\nX-Error: 1\r\n", statuses[site_below(5)]);
	say_framing(p);
}

static bool
is_known(const struct peer *p, const struct head *h, const struct traits *t)
{
	char tag[64];

	if (head_has(h, HDR_IF_NONE_MATCH)) {
		snprintf(tag, sizeof tag, "\"%u.%u.%u\"", p->rep.url, p->rep.version, p->rep.user);
		return t->etag && str_find(head_get(h, HDR_IF_NONE_MATCH), str_c(tag)) >= 0;
	}
	return t->modified && p->rep.version == 0 && str_eq(head_get(h, HDR_IF_MODIFIED_SINCE), STR(MODIFIED));
}

static bool
wants_part(const struct peer *p, const struct head *h, const struct traits *t, struct range_run *run)
{
	struct range_set set;
	struct str if_range = head_get(h, HDR_IF_RANGE);
	char tag[64];

	snprintf(tag, sizeof tag, "\"%u.%u.%u\"", p->rep.url, p->rep.version, p->rep.user);
	return site_permille(800) && range_parse(head_get(h, HDR_RANGE), &set) && set.count == 1 &&
	       (if_range.p == NULL || (t->etag && !t->weak && str_eq(if_range, str_c(tag)))) &&
	       range_resolve(set.spec[0], site_length(p->rep), run);
}

static void
answer_content(struct peer *p, const struct head *h, const struct traits *t)
{
	struct range_run run;

	if (is_known(p, h, t)) {
		origin_counts.not_modified++;
		say(p, "HTTP/1.1 304 Not Modified\r\n");
		say_traits(p, t);
		say(p, "\r\n");
		return;
	}
	p->end = site_length(p->rep);
	if (wants_part(p, h, t, &run)) {
		origin_counts.parts++;
		say(p, "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes %llu-%llu/%llu\r\n",
		    (unsigned long long)run.first, (unsigned long long)run.last, (unsigned long long)p->end);
		p->at = run.first;
		p->end = run.last + 1;
	} else {
		origin_counts.full++;
		say(p, "HTTP/1.1 200 OK\r\n");
	}
	say_traits(p, t);
	if (h->method == METHOD_HEAD) {
		say(p, "Content-Length: %llu\r\n\r\n", (unsigned long long)(p->end - p->at));
		p->at = p->end;
		return;
	}
	say_framing(p);
	plan_faults(p);
}

/* A change, confirmed by the version that there is now. */
static void
answer_change(struct peer *p)
{
	site_change(p->rep.url);
	say(p, "HTTP/1.1 200 OK\r\nX-Version: %u\r\nContent-Length: 0\r\n\r\n", site_version(p->rep.url));
}

static bool
answer_badly(struct peer *p)
{
	static const char *const nonsense[] = {
		"HTTP/1.1 2x0 OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
		"HTTP/1.1 500 Error\r\nX-Error: 1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"\1\2\3\4\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Le",
	};
	unsigned what = site_below(1000);

	if (what < 10) {
		origin_counts.resets++;
		drop(p, what % 2 == 0);
		return true;
	}
	if (what >= 18)
		return false;
	origin_counts.nonsense++;
	if (send(p->watch.fd, nonsense[what % 5], strlen(nonsense[what % 5]), MSG_NOSIGNAL) < 0)
		errno = 0;
	site_note_cut(p->rep.url); /* the third one's head is well-formed */
	drop(p, false);
	return true;
}

static void
answer(struct peer *p, const struct head *h)
{
	struct traits t;

	site_traits(p->rep.url, &t);
	if (h->method == METHOD_POST)
		answer_change(p);
	else if (site_permille(20))
		answer_error(p);
	else
		answer_content(p, h, &t);
	if (site_permille(40)) { /* late, head and all */
		origin_counts.slow++;
		reactor_want(&p->watch, 0);
		reactor_at(&p->watch, 1 + site_below(site_permille(50) ? 300 : 20));
		return;
	}
	go_on(p);
}

/* ---- requests ---- */

/* A chunked body is only looked for its end. */
static bool
is_complete(const struct peer *p, const struct head *h, size_t used)
{
	struct body_frame f;

	if (body_of_request(h, &f) != FAULT_NONE)
		abort(); /* the node sends no such thing */
	if (f.framing == FRAMING_CHUNKED)
		return str_find(str_of(p->in + used, p->in_n - used), STR("0\r\n\r\n")) >= 0;
	return p->in_n - used >= f.length;
}

static void
take_request(struct peer *p)
{
	static const struct head_limits limits = { IN_MAX, IN_MAX, 200 };
	struct head_scan scan = { 0 };
	enum fault fault;
	struct head h;
	size_t used;
	uint64_t url;

	arena_reset(p->arena);
	head_init(&h, p->arena);
	if (head_parse_request(&h, str_of(p->in, p->in_n), &limits, &scan, &used, &fault) != HEAD_OK)
		return;
	if (!is_complete(p, &h, used))
		return;
	if (!str_u64(str_skip(h.target, 1), &url) || url >= SITE_URLS)
		abort();
	origin_counts.requests++;
	p->rep = (struct rep){ (uint32_t)url, site_version((uint32_t)url), 0 };
	if (head_has(&h, HDR_AUTHORIZATION)) {
		struct traits t;

		site_traits(p->rep.url, &t);
		p->rep.user = t.private ? (uint32_t)(head_get(&h, HDR_AUTHORIZATION).p[5] - '0') : 0;
	}
	p->in_n = 0; /* the node sends the next one when it has its answer; `h` still lies in `in` */
	p->busy = true;
	p->closes = p->error = false;
	p->at = p->end = 0;
	p->cut_at = p->rest_at = UINT64_MAX;
	p->out_n = p->out_done = p->tail_n = 0;
	if (answer_badly(p))
		return;
	if (site_permille(10))
		say(p, "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
	answer(p, &h);
}
