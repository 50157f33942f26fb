#include "origin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "world.h"

#define PLACE_OF_HOLDS   (UINT64_C(1) << 32)
#define PLACE_OF_ANSWERS (UINT64_C(2) << 32)

static void
drop(struct origin_conn *c)
{
	close(c->fd);
	free(c->out);
	c->out = NULL;
	c->phase = ORIGIN_FREE;
}

void
origin_close(struct origin *o)
{
	for (unsigned i = 0; i < ORIGIN_CONNS; i++)
		if (o->conns[i].phase != ORIGIN_FREE)
			drop(&o->conns[i]);
}

/* An exchange that the node will take for a failure of upstream. */
static void
fail(struct world *w, struct origin_conn *c, const char *how)
{
	world_tell(w, "origin: %s for ask %u", how, c->ask->id);
	w->fault_at = ++w->at;
	w->fault_ns = rig_mono_ns();
}

/* ---- what it answers ---- */

/* A method that changes something, answered without an error, makes what was known invalid (RFC 9111 4.4). */
static void
note_changes(struct world *w, const struct answer *a)
{
	if (ask_is_safe(a->ask) || a->status >= 400)
		return;
	w->places[a->ask->url].gone_at = a->came_at;
	if (a->location != 0)
		w->places[a->location - 1].gone_at = a->came_at;
	if (a->forgets != 0)
		w->group_stale_at[a->forgets] = a->came_at;
}

static uint64_t
rep_of(const struct world *w, const struct ask *q, int status)
{
	uint64_t rep = dice_mix(w->seed + q->url) + (uint64_t)status;

	rep = dice_mix(rep + w->places[q->url].version);
	for (unsigned i = 0; i < ASK_FIELDS; i++)
		rep = dice_mix(rep + q->wish[i]);
	return dice_mix(rep + q->user) | 1;
}

/* Does the request as it came hold what the origin has? */
static bool
is_known(const struct origin_conn *c, const struct answer *a)
{
	char tags[512], tag[32];

	snprintf(tag, sizeof tag, "%llx", (unsigned long long)a->rep);
	if (text_field(c->in, "If-None-Match", tags, sizeof tags))
		return a->etag != ETAG_NONE && strstr(tags, tag) != NULL;
	return text_date_field(c->in, "If-Modified-Since") >= a->said.modified;
}

static bool
if_range_holds(const struct origin_conn *c, const struct answer *a)
{
	char given[128], tag[32];

	if (!text_field(c->in, "If-Range", given, sizeof given))
		return true;
	snprintf(tag, sizeof tag, "\"%llx\"", (unsigned long long)a->rep);
	return a->etag == ETAG_STRONG && strcmp(given, tag) == 0;
}

/* Reads "bytes=a-b", "a-" or "-n". */
static bool
ask_for_range(const struct origin_conn *c, struct answer *a)
{
	char range[128], *dash;

	if (!text_field(c->in, "Range", range, sizeof range) || a->length == 0)
		return false;
	dash = strchr(range, '-');
	a->first = strtoull(range + strlen("bytes="), NULL, 10);
	a->last = dash[1] == '\0' ? a->length - 1 : strtoull(dash + 1, NULL, 10);
	if (dash == range + strlen("bytes=")) {
		a->first = a->last < a->length ? a->length - a->last : 0;
		a->last = a->length - 1;
	}
	if (a->last >= a->length)
		a->last = a->length - 1;
	return a->first <= a->last;
}

static int
some_status(struct dice *d, enum ask_method m)
{
	if (m != ASK_GET && m != ASK_HEAD)
		return (int)DICE_OF(d, 200, 200, 200, 201, 303, 400, 500);
	if (dice_percent(d, 80))
		return 200;
	return (int)DICE_OF(d, 203, 204, 299, 301, 302, 404, 404, 410, 499, 500, 503, 503);
}

static void
make_update(struct answer *a, struct dice *d, int status)
{
	a->kind = ANSWER_UPDATE;
	a->status = status;
	answer_say(&a->said, d, rig_now_ms() / 1000, a->said.modified, status == 304);
	if (dice_percent(d, 10))
		a->etag = ETAG_NONE;
}

static void
make_changes(struct answer *a, struct dice *d)
{
	a->located = dice_percent(d, 40);
	a->location = dice_percent(d, 20) ? 1 + dice_below(d, WORLD_URLS) : 0;
	a->forgets = dice_percent(d, 20) ? 1 + dice_below(d, WORLD_GROUPS - 1) : 0;
}

static struct answer *
compose(struct world *w, struct origin_conn *c, struct dice *d)
{
	struct answer *a = world_answer(w);
	const struct ask *q = c->ask;
	int64_t now = rig_now_ms();

	a->ask = q;
	a->sent_ms = c->sent_ms;
	a->sent_at = c->sent_at;
	a->no_store = strstr(c->in, "no-store") != NULL;
	text_field(c->in, "If-None-Match", a->given_etag, sizeof a->given_etag);
	a->given_since = text_date_field(c->in, "If-Modified-Since");
	a->came_ms = now;
	a->came_at = ++w->at;
	a->status = some_status(d, q->method);
	a->rep = rep_of(w, q, a->status);
	a->etag = (enum etag)(dice_mix(w->seed + q->url) % 3);
	a->length = a->status == 204 ? 0 : answer_length(a->rep);
	answer_say(&a->said, d, now / 1000, w->places[q->url].modified, false);
	if (!ask_is_safe(q))
		make_changes(a, d);
	else if (a->status == 200 && is_known(c, a) && dice_percent(d, 85))
		make_update(a, d, 304);
	else if (q->method == ASK_HEAD)
		make_update(a, d, a->status);
	else if (a->status == 200 && if_range_holds(c, a) && dice_percent(d, 75) && ask_for_range(c, a))
		a->status = 206;
	note_changes(w, a);
	return a;
}

/* ---- as bytes ---- */

static void
append(struct origin_conn *c, const void *p, size_t n)
{
	memcpy(c->out + c->out_n, p, n);
	c->out_n += n;
}

static void
append_body(struct origin_conn *c, const struct answer *a)
{
	uint64_t first = a->status == 206 ? a->first : 0;
	uint64_t end = a->status == 206 ? a->last + 1 : a->length;

	for (uint64_t at = first; at < end; at++)
		c->out[c->out_n++] = (char)answer_byte(a->rep, at);
}

static bool
has_body(const struct answer *a)
{
	return a->status != 304 && a->status != 204 && a->ask->method != ASK_HEAD;
}

enum framing {
	BY_LENGTH,
	BY_CHUNKS,
	BY_CLOSE,
};

static void
write_framing(struct origin_conn *c, struct text *t, enum framing how, uint64_t n)
{
	c->closes = how == BY_CLOSE;
	text_add(t, "Connection: x-hop%s\r\n", c->closes ? ", close" : "");
	if (how == BY_CHUNKS)
		text_add(t, "Transfer-Encoding: chunked\r\n\r\n%llx\r\n", (unsigned long long)n);
	else if (how == BY_LENGTH)
		text_add(t, "Content-Length: %llu\r\n\r\n", (unsigned long long)n);
	else
		text_add(t, "\r\n");
}

/* The whole message. A HEAD tells the length; a chunked body must not be empty, since then the chunk is the end. */
static void
write_out(struct origin_conn *c, const struct answer *a, struct dice *d)
{
	uint64_t n = a->status == 206 ? a->last - a->first + 1 : a->length;
	enum framing how = (enum framing)DICE_OF(d, BY_LENGTH, BY_LENGTH, BY_LENGTH, BY_CHUNKS, BY_CHUNKS, BY_CLOSE);
	struct text t = { 0 };

	if (dice_percent(d, 4))
		text_add(&t, "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\nX-Cache: HIT from nowhere\r\n\r\n");
	answer_write(a, &t);
	if (!has_body(a) || n == 0)
		how = BY_LENGTH;
	if (a->status == 304 || a->status == 204)
		text_add(&t, "Connection: x-hop\r\n\r\n");
	else
		write_framing(c, &t, how, n);
	c->out = malloc(t.n + n + 16);
	c->out_n = c->out_done = 0;
	append(c, t.p, t.n);
	if (has_body(a))
		append_body(c, a);
	if (how == BY_CHUNKS)
		append(c, "\r\n0\r\n\r\n", 7);
	c->out_stop = c->out_n;
	c->body_n = has_body(a) ? n : 0;
}

/* ---- an exchange ---- */

static void
answer_badly(struct world *w, struct origin_conn *c, struct dice *d)
{
	static const char garbage[] = "HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n";

	if (dice_percent(d, 70)) {
		fail(w, c, "an end without a word");
		drop(c);
		return;
	}
	fail(w, c, "a malformed head");
	if (write(c->fd, garbage, sizeof garbage - 1) < 0)
		errno = 0;
	drop(c);
}

/* A body may come in two parts, or only the first of them. */
static void
interrupt(struct world *w, struct origin_conn *c, struct dice *d)
{
	c->cuts = false;
	if (c->body_n == 0 || !dice_percent(d, 15))
		return;
	c->out_stop = c->out_n - 1 - dice_below(d, (unsigned)(c->body_n < 400 ? c->body_n : 400));
	c->cuts = dice_percent(d, 40);
	if (c->cuts && c->closes) /* a cut that nobody could see is the end */
		c->cuts = false;
	if (c->cuts)
		fail(w, c, "a body that is cut");
}

static void
answer(struct world *w, struct origin_conn *c)
{
	struct dice d = dice_at(w->seed, PLACE_OF_ANSWERS + c->ask->id * 64 + c->ask->tries);

	if (dice_percent(&d, 5)) {
		answer_badly(w, c, &d);
		return;
	}
	c->answer = compose(w, c, &d);
	write_out(c, c->answer, &d);
	interrupt(w, c, &d);
	world_tell(w, "origin: answer %u to ask %u, %zu of %zu bytes, of %llx: %.*s", c->answer->id, c->ask->id,
		   c->out_stop, c->out_n, (unsigned long long)c->answer->rep, (int)(c->out_n - c->body_n), c->out);
	c->phase = ORIGIN_WRITING;
}

static void
finish(struct world *w, struct origin_conn *c)
{
	if (c->out_stop < c->out_n && !c->cuts) {
		c->phase = ORIGIN_HALFWAY;
		return;
	}
	c->answer->whole = !c->cuts;
	c->answer->done_at = ++w->at;
	if (c->cuts || c->closes) {
		drop(c);
		return;
	}
	free(c->out);
	c->out = NULL;
	c->phase = ORIGIN_READING;
}

static void
take_request(struct world *w, struct origin_conn *c)
{
	struct dice d;
	int64_t id = text_number(c->in, "X-Ask", "");

	c->in_n = 0;
	c->ask = world_ask_of(w, (unsigned)id);
	if (c->ask == NULL) {
		world_wrong(w, "a request came to the origin that nobody sent: %s", c->in);
		return;
	}
	c->ask->tries++;
	c->sent_at = ++w->at;
	c->sent_ms = rig_now_ms();
	w->origin.exchanges++;
	world_tell(w, "origin: asked for ask %u: %s", c->ask->id, c->in);
	if (strstr(c->in, "only-if-cached") != NULL && ask_is_safe(c->ask))
		world_wrong(w, "ask %u says only-if-cached, and the origin was asked", c->ask->id);
	d = dice_at(w->seed, PLACE_OF_HOLDS + c->ask->id);
	c->phase = ORIGIN_HOLDING;
	if (!dice_percent(&d, 25))
		answer(w, c);
}

/* ---- sockets ---- */

static bool
accept_one(struct world *w)
{
	struct origin *o = &w->origin;
	int fd = rig_accept(w->rig);

	if (fd < 0)
		return false;
	for (unsigned i = 0; i < ORIGIN_CONNS; i++) {
		if (o->conns[i].phase == ORIGIN_FREE) {
			o->conns[i] = (struct origin_conn){ .phase = ORIGIN_READING, .fd = fd };
			return true;
		}
	}
	close(fd);
	return true;
}

static bool
is_complete(const struct origin_conn *c)
{
	const char *end = strstr(c->in, "\r\n\r\n");
	int64_t length = text_number(c->in, "Content-Length", "");

	return end != NULL && c->in_n >= (size_t)(end + 4 - c->in) + (length > 0 ? (size_t)length : 0);
}

static bool
read_some(struct world *w, struct origin_conn *c)
{
	ssize_t n = recv(c->fd, c->in + c->in_n, ORIGIN_IN - c->in_n, 0);

	if (n < 0 && errno == EAGAIN)
		return false;
	if (n <= 0) {
		drop(c);
		return true;
	}
	c->in_n += (size_t)n;
	c->in[c->in_n] = '\0';
	if (c->phase == ORIGIN_READING && is_complete(c))
		take_request(w, c);
	return true;
}

static bool
write_some(struct world *w, struct origin_conn *c)
{
	ssize_t n = send(c->fd, c->out + c->out_done, c->out_stop - c->out_done, MSG_NOSIGNAL);

	if (n < 0 && errno == EAGAIN)
		return false;
	if (n < 0) {
		drop(c);
		return true;
	}
	c->out_done += (size_t)n;
	if (c->out_done == c->out_stop)
		finish(w, c);
	return true;
}

bool
origin_pump(struct world *w)
{
	bool moved = false;

	while (accept_one(w))
		moved = true;
	for (unsigned i = 0; i < ORIGIN_CONNS; i++) {
		struct origin_conn *c = &w->origin.conns[i];

		if (c->phase != ORIGIN_FREE)
			moved = read_some(w, c) || moved;
		if (c->phase == ORIGIN_WRITING)
			moved = write_some(w, c) || moved;
	}
	return moved;
}

bool
origin_release(struct world *w, unsigned nth)
{
	struct origin_conn *held[ORIGIN_CONNS];
	unsigned count = 0;

	for (unsigned i = 0; i < ORIGIN_CONNS; i++)
		if (w->origin.conns[i].phase == ORIGIN_HOLDING || w->origin.conns[i].phase == ORIGIN_HALFWAY)
			held[count++] = &w->origin.conns[i];
	if (count == 0)
		return false;
	world_tell(w, "origin: goes on with ask %u", held[nth % count]->ask->id);
	held[nth % count]->out_stop = held[nth % count]->out_n;
	if (held[nth % count]->phase == ORIGIN_HOLDING)
		answer(w, held[nth % count]);
	else
		held[nth % count]->phase = ORIGIN_WRITING;
	return true;
}
