#include "cli/demo_origin.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/strbuf.h"
#include "http/head.h"
#include "http/range.h"
#include "http/status.h"
#include "http/writer.h"
#include "net/listener.h"

/* ---- the pages ---- */

/* What becomes of a page after its good answers. */
enum fate {
	FATE_NONE,
	FATE_503,
	FATE_HANG_UP,
};

struct page {
	struct str path;   /* one that ends in a slash stands for all below it */
	struct str fields; /* what its response says of itself */
	uint32_t size;
	enum fate fate;
	unsigned good; /* answers before its fate */
};

/* Age makes a page as old as a scene needs it, so that nobody has to wait. */
#define TAG "\"v1\""
#define ROW(path, fields, ...)                                       \
	{                                                            \
		STR_INIT(path), STR_INIT(fields "\r\n"), __VA_ARGS__ \
	}
#define TAGGED "\r\nETag: " TAG
static const struct page pages[] = {
	ROW("/account", "Cache-Control: private", 800),
	ROW("/film", "Cache-Control: max-age=3600" TAGGED, 100000),
	ROW("/flash", "Cache-Control: max-age=1, must-revalidate", 300),
	ROW("/forecast", "Cache-Control: max-age=3600\r\nAge: 600" TAGGED, 600),
	ROW("/frail/blog", "Cache-Control: max-age=60, stale-if-error=600\r\nAge: 60" TAGGED, 700, FATE_HANG_UP, 1),
	ROW("/frail/wall", "Cache-Control: max-age=60", 0, FATE_HANG_UP, 0),
	ROW("/news", "Cache-Control: max-age=60\r\nAge: 60" TAGGED, 900),
	ROW("/photos/large", "Cache-Control: max-age=3600" TAGGED, 500000),
	ROW("/photos/", "Cache-Control: max-age=3600" TAGGED, 250000),
	ROW("/prices", "Cache-Control: max-age=3600, no-cache" TAGGED, 500),
	ROW("/radar", "Cache-Control: max-age=60, stale-if-error=600\r\nAge: 60" TAGGED, 700, FATE_503, 1),
	ROW("/scores", "Cache-Control: max-age=60, stale-while-revalidate=600\r\nAge: 60" TAGGED, 400),
	ROW("/welcome", "Cache-Control: max-age=3600\r\nVary: Accept-Language" TAGGED, 500),
	ROW("/", "Cache-Control: max-age=3600" TAGGED, 1000),
};
#undef ROW

#define PAGES (sizeof pages / sizeof pages[0])

static unsigned
find_page(struct str target)
{
	for (unsigned i = 0; i < PAGES; i++) {
		struct str path = pages[i].path;

		if (str_ends(path, STR("/")) ? str_starts(target, path) : str_eq(target, path))
			return i;
	}
	return PAGES - 1;
}

/* ---- a connection ---- */

#define IN_MAX  16384
#define OUT_MAX 1024

struct demo_origin {
	struct loop *loop;
	struct listener *listener;
	struct list guests;
	pthread_t thread;
	struct mail stop;
	struct arena *arena; /* of the request being read */
	unsigned answers[PAGES];
	char text[16384]; /* what all pages are made of */
};

struct guest {
	struct demo_origin *origin;
	struct conn *conn;
	struct list node;
	char in[IN_MAX];
	size_t in_n;
	char out[OUT_MAX]; /* the head of the answer */
	size_t out_n, out_done;
	uint64_t body; /* bytes still to be sent behind it */
};

static const struct head_limits limits = { .head = IN_MAX, .target = IN_MAX, .fields = 200 };

static void
leave(struct guest *g)
{
	conn_close(&g->conn);
	list_del(&g->node);
	free(g);
}

/* Sends what the socket takes. False where the guest is gone. */
static bool
push(struct guest *g)
{
	while (g->out_done < g->out_n || g->body > 0) {
		size_t text = g->body < sizeof g->origin->text ? g->body : sizeof g->origin->text;
		size_t left = g->out_n - g->out_done;
		struct iovec iov[] = { { g->out + g->out_done, left }, { g->origin->text, text } };
		ssize_t n = conn_writev(g->conn, iov, 2);

		if (n == -EAGAIN)
			break;
		if (n < 0) {
			leave(g);
			return false;
		}
		g->out_done += (size_t)n < left ? (size_t)n : left;
		g->body -= (size_t)n < left ? 0 : (size_t)n - left;
	}
	conn_want(g->conn, true, g->out_done < g->out_n || g->body > 0);
	return true;
}

/* ---- an answer ---- */

/* The bytes that are asked for, of those pages that have a tag to ask by. False: all. */
static bool
wants_part(const struct head *request, const struct page *p, struct range_run *run)
{
	struct str only_if = head_get(request, HDR_IF_RANGE);
	struct range_set set;

	return range_parse(head_get(request, HDR_RANGE), &set) && set.count == 1 &&
	       (only_if.p == NULL || str_eq(only_if, STR(TAG))) && range_resolve(set.spec[0], p->size, run);
}

static void
begin(struct strbuf *b, int status, struct str fields)
{
	write_status_line(b, status);
	write_date(b, HDR_DATE, clock_now().wall_ms / MS_PER_S);
	write_field_id(b, HDR_CONTENT_TYPE, STR("text/plain"));
	strbuf_add(b, fields);
}

static void
answer_page(struct guest *g, const struct head *request, const struct page *p)
{
	struct strbuf b = strbuf_fixed(g->out, OUT_MAX);
	bool known = str_eq(head_get(request, HDR_IF_NONE_MATCH), STR(TAG));
	bool part;
	struct range_run run;

	part = !known && wants_part(request, p, &run);
	g->body = part ? run.last - run.first + 1 : p->size;
	begin(&b, known ? 304 : part ? 206 : 200, p->fields);
	if (part)
		strbuf_printf(&b, "Content-Range: bytes %llu-%llu/%u\r\n", (unsigned long long)run.first,
			      (unsigned long long)run.last, p->size);
	if (!known)
		strbuf_printf(&b, "Content-Length: %llu\r\n", (unsigned long long)g->body);
	write_end(&b);
	g->out_n = b.n;
	if (known || request->method == METHOD_HEAD)
		g->body = 0;
}

static void
answer_503(struct guest *g)
{
	struct strbuf b = strbuf_fixed(g->out, OUT_MAX);

	begin(&b, 503, STR("Content-Length: 0\r\n"));
	write_end(&b);
	g->out_n = b.n;
	g->body = 0;
}

/* False where the guest is gone. */
static bool
answer(struct guest *g, const struct head *request)
{
	unsigned i = find_page(request->target);
	const struct page *p = &pages[i];

	g->out_done = 0;
	if (p->fate == FATE_NONE || g->origin->answers[i]++ < p->good) {
		answer_page(g, request, p);
	} else if (p->fate == FATE_503) {
		answer_503(g);
	} else {
		leave(g);
		return false;
	}
	return push(g);
}

/* One request from what has been read; what follows it stays. Nodes do not send the next one before they have the
 * answer, nor bodies to this site. False where the guest is gone. */
static bool
take_request(struct guest *g)
{
	struct head_scan scan = { 0 };
	struct head request;
	enum head_result r;
	enum fault fault;
	size_t used;

	arena_reset(g->origin->arena);
	head_init(&request, g->origin->arena);
	r = head_parse_request(&request, str_of(g->in, g->in_n), &limits, &scan, &used, &fault);
	if (r == HEAD_MORE)
		return true;
	if (r == HEAD_BAD) {
		leave(g);
		return false;
	}
	if (!answer(g, &request))
		return false;
	memmove(g->in, g->in + used, g->in_n - used);
	g->in_n -= used;
	return true;
}

static void
on_readable(struct conn *c, void *owner)
{
	struct guest *g = owner;
	ssize_t n = g->in_n < IN_MAX ? conn_read(c, g->in + g->in_n, IN_MAX - g->in_n) : -EMSGSIZE;

	if (n == -EAGAIN)
		return;
	if (n <= 0) {
		leave(g);
		return;
	}
	g->in_n += (size_t)n;
	take_request(g);
}

static void
on_writable(struct conn *c, void *owner)
{
	(void)c;
	push(owner);
}

static const struct conn_events events = { .readable = on_readable, .writable = on_writable };

static void
on_guest(void *arg, int fd, const union addr *peer)
{
	struct demo_origin *o = arg;
	struct guest *g = calloc(1, sizeof *g);

	(void)peer;
	if (g != NULL)
		g->conn = conn_adopt(o->loop, fd, &events, g);
	if (g == NULL || g->conn == NULL) {
		free(g);
		close(fd);
		return;
	}
	g->origin = o;
	list_add_tail(&o->guests, &g->node);
	conn_want(g->conn, true, false);
}

/* ---- its life ---- */

static void
on_stop(struct mail *m)
{
	struct demo_origin *o = LIST_OF(m, struct demo_origin, stop);

	listener_free(&o->listener);
	LIST_EACH_SAFE(it, &o->guests)
		leave(LIST_OF(it, struct guest, node));
	loop_stop(o->loop);
}

static void *
run(void *arg)
{
	struct demo_origin *o = arg;

	loop_run(o->loop);
	return NULL;
}

static bool
listen_on(struct demo_origin *o, union addr *at)
{
	int fd, err;

	MUST(addr_parse(STR("127.0.0.1:0"), at));
	fd = listener_bind(at, 0);
	if (fd < 0)
		return false;
	listener_bound(fd, at);
	o->listener = listener_new(o->loop, fd, 64, on_guest, o, &err);
	return o->listener != NULL;
}

static void
destroy(struct demo_origin *o)
{
	listener_free(&o->listener);
	loop_free(&o->loop);
	arena_free(&o->arena);
	free(o);
}

struct demo_origin *
demo_origin_start(union addr *at)
{
	struct demo_origin *o = calloc(1, sizeof *o);

	if (o == NULL)
		return NULL;
	list_init(&o->guests);
	mail_init(&o->stop, on_stop);
	for (size_t i = 0; i < sizeof o->text; i++)
		o->text[i] = "a page of the demo\n"[i % 19];
	o->arena = arena_new(1 << 18);
	o->loop = loop_new();
	if (o->arena != NULL && o->loop != NULL && listen_on(o, at) && pthread_create(&o->thread, NULL, run, o) == 0)
		return o;
	destroy(o);
	return NULL;
}

void
demo_origin_stop(struct demo_origin **o)
{
	if (*o == NULL)
		return;
	loop_post((*o)->loop, &(*o)->stop);
	pthread_join((*o)->thread, NULL);
	destroy(*o);
	*o = NULL;
}
