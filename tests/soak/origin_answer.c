/* What an origin says to a request, or does instead. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "count.h"
#include "http/range.h"
#include "origin_impl.h"
#include "reply.h"

#define MODIFIED "Wed, 01 Jan 2020 00:00:00 GMT"
#define NEVER    UINT64_MAX
#define LARGE    20000 /* more than the node takes of a head */

/* ---- faults before the head ---- */

static void
talk_nonsense(struct peer *p)
{
	static const char *const nonsense[] = {
		"HTTP/1.1 2x0 OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
		"HTTP/1.1 500 Error\r\nX-Error: 1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"\1\2\3\4\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Le",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello",
		"HTTP/1.1 200 OK\nno colon\n\n",
	};
	const char *text = nonsense[site_below(sizeof nonsense / sizeof nonsense[0])];

	count(COUNT_FAULT_HEADS);
	if (send(p->watch.fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		errno = 0;
	site_note_cut(p->rep.url); /* the third one's head is well-formed */
	origin_drop(p, false);
}

static void
say_too_much(struct peer *p)
{
	count(COUNT_FAULT_LARGE);
	origin_say(p, "HTTP/1.1 200 OK\r\nX-Large: ");
	memset(p->out + p->out_n, 'x', LARGE);
	p->out_n += LARGE;
	origin_say(p, "\r\nContent-Length: 0\r\n\r\n");
	p->closes = true;
	origin_go_on(p);
}

static bool
fail_at_once(struct peer *p)
{
	unsigned what = site_below(10000);

	if (what < 100) {
		count(COUNT_FAULT_DROPS);
		origin_drop(p, what % 2 == 0);
	} else if (what < 180) {
		talk_nonsense(p);
	} else if (what < 190) {
		say_too_much(p);
	} else if (what < 192) {
		count(COUNT_FAULT_SILENT);
		p->state = PEER_SILENT;
		reactor_want(&p->watch, EPOLLIN);
	} else {
		return false;
	}
	return true;
}

/* ---- the head ---- */

static void
say_framing(struct peer *p)
{
	uint64_t n = p->end - p->at;
	unsigned how = site_below(100);

	p->closes = how >= 90 || site_permille(20);
	if (p->closes)
		origin_say(p, "Connection: close\r\n");
	if (how < 60 || n == 0) {
		origin_say(p, "Content-Length: %llu\r\n", (unsigned long long)n);
	} else if (how < 90) {
		origin_say(p, "Transfer-Encoding: chunked\r\n");
		p->chunked = true;
	}
	origin_say(p, "\r\n");
}

/* In the body, anywhere: a chunked one may lack nothing but its last chunk. One that ends with the connection is never
 * cut: nobody could tell. */
static void
plan_faults(struct peer *p)
{
	uint64_t n = p->end - p->at, somewhere = p->at + site_below(n < 1000000 ? (unsigned)n : 1000000);
	unsigned what = site_below(10000);
	bool to_the_end = p->closes && !p->chunked;

	if (what < 100 && !to_the_end) {
		p->cut_at = p->chunked && site_permille(100) ? p->end : somewhere;
		site_note_cut(p->rep.url);
		count(COUNT_FAULT_CUTS);
	} else if (what < 101 && !to_the_end) {
		p->mute_at = somewhere;
		count(COUNT_FAULT_MUTE);
	} else if (what < 300) {
		p->rest_at = somewhere;
		count(COUNT_ORIGIN_RESTS);
	} else if (what < 330) {
		p->drip = 100;
		count(COUNT_ORIGIN_DRIPS);
	}
}

/* Bytes behind the end of a response are of no response, whatever they look like. They come in one piece with it:
 * nobody could tell otherwise. */
static void
say_more(struct peer *p)
{
	if (p->closes || p->chunked || p->end - p->at > 4000 || !site_permille(2))
		return;
	site_fill(p->rep, p->at, p->out + p->out_n, (size_t)(p->end - p->at));
	p->out_n += (size_t)(p->end - p->at);
	p->at = p->end;
	origin_say(p, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nBAD");
	count(COUNT_FAULT_MORE);
}

static void
say_traits(struct peer *p, const struct traits *t)
{
	origin_say(p, "X-Rep: %u.%u.%u\r\n", p->rep.url, p->rep.version, p->rep.user);
	if (t->etag)
		origin_say(p, "ETag: %s\"%u.%u.%u\"\r\n", t->weak ? "W/" : "", p->rep.url, p->rep.version, p->rep.user);
	if (t->modified && p->rep.version == 0)
		origin_say(p, "Last-Modified: " MODIFIED "\r\n");
	if (t->max_age >= 0 || t->private || t->no_store)
		origin_say(p, "Cache-Control: %s%smax-age=%d, stale-while-revalidate=%d, stale-if-error=%d\r\n",
			   t->private ? "private, " : "", t->no_store ? "no-store, " : "",
			   t->max_age < 0 ? 0 : t->max_age, t->swr, t->sie);
	if (p->rep.url % 50 == 0)
		origin_say(p, "Vary: Accept-Encoding\r\n");
}

/* ---- answers ---- */

static void
answer_error(struct peer *p)
{
	static const int statuses[] = { 500, 502, 503, 504, 404 };

	count(COUNT_FAULT_STATUS);
	p->error = true;
	p->end = SITE_ERROR_BYTES;
	origin_say(p, "HTTP/1.1 %d Error\r\nX-Error: 1\r\n", statuses[site_below(5)]);
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
answer_known(struct peer *p, const struct traits *t)
{
	count(COUNT_ORIGIN_NOT_MODIFIED);
	origin_say(p, "HTTP/1.1 304 Not Modified\r\n");
	say_traits(p, t);
	origin_say(p, "\r\n");
}

static void
answer_content(struct peer *p, const struct head *h, const struct traits *t)
{
	struct range_run run;

	p->end = site_length(p->rep);
	if (wants_part(p, h, t, &run)) {
		count(COUNT_ORIGIN_PARTS);
		origin_say(p, "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes %llu-%llu/%llu\r\n",
			   (unsigned long long)run.first, (unsigned long long)run.last, (unsigned long long)p->end);
		p->at = run.first;
		p->end = run.last + 1;
	} else {
		count(COUNT_ORIGIN_FULL);
		origin_say(p, "HTTP/1.1 200 OK\r\n");
	}
	say_traits(p, t);
	if (h->method == METHOD_HEAD) {
		origin_say(p, "Content-Length: %llu\r\n\r\n", (unsigned long long)(p->end - p->at));
		p->at = p->end;
		return;
	}
	say_framing(p);
	if (p->at < p->end)
		plan_faults(p);
	if (p->cut_at == NEVER && p->mute_at == NEVER && p->rest_at == NEVER && p->drip == 0)
		say_more(p);
}

static void
answer_change(struct peer *p)
{
	count(COUNT_ORIGIN_CHANGES);
	site_change(p->rep.url);
	origin_say(p, "HTTP/1.1 200 OK\r\nX-Changed: %u\r\nContent-Length: 0\r\n\r\n", site_version(p->rep.url));
	origin_go_on(p);
}

static void
answer(struct peer *p, const struct head *h)
{
	struct traits t;

	site_traits(p->rep.url, &t);
	if (site_permille(10))
		origin_say(p, "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
	if (site_permille(20))
		answer_error(p);
	else if (is_known(p, h, &t))
		answer_known(p, &t);
	else
		answer_content(p, h, &t);
	if (site_permille(960)) {
		origin_go_on(p);
		return;
	}
	count(COUNT_ORIGIN_LATE); /* head and all */
	origin_rest(p, 1 + site_below(site_permille(50) ? 300 : 20));
}

/* ---- requests ---- */

static void
check_upload(struct peer *p, struct str data)
{
	if (site_equals(p->upload, p->upload_at, data.p, data.n) != data.n)
		reply_wrong("POST /%u: the origin is sent other bytes than the client did, from %llu on", p->rep.url,
			    (unsigned long long)p->upload_at);
	p->upload_at += data.n;
}

static size_t
take_chunks(struct peer *p, struct str in)
{
	static const struct chunked_limits limits = { 4096, 4096 };
	size_t done = 0, used;
	struct str data;

	do {
		if (chunked_take(&p->chunks, str_skip(in, done), &limits, &used, &data, NULL) != FAULT_NONE)
			reply_wrong("POST /%u: the origin is sent a malformed chunk", p->rep.url);
		check_upload(p, data);
		done += used;
	} while (used > 0 && !p->chunks.done);
	return done;
}

static void
take_upload(struct peer *p)
{
	uint64_t left = p->frame.length - p->upload_at;
	size_t n = p->in_n < left ? p->in_n : (size_t)left;
	bool done;

	if (p->frame.framing == FRAMING_CHUNKED) {
		n = take_chunks(p, str_of(p->in, p->in_n));
		done = p->chunks.done;
	} else {
		check_upload(p, str_of(p->in, n));
		done = p->upload_at == p->frame.length;
	}
	p->in_n -= n;
	memmove(p->in, p->in + n, p->in_n);
	if (!done)
		return;
	p->state = PEER_ANSWERS;
	answer_change(p);
}

static void
read_upload(struct peer *p, const struct head *h)
{
	const struct field *f = head_named(h, STR("X-Upload"));
	char text[64] = "";

	if (f != NULL)
		snprintf(text, sizeof text, "%.*s", STR_FMT(field_value(f)));
	if (sscanf(text, "%u.%u.%u", &p->upload.url, &p->upload.version, &p->upload.user) != 3 ||
	    p->upload.url != p->rep.url)
		reply_wrong("POST /%u: the origin is sent %s", p->rep.url, text);
	p->upload_at = 0;
	p->chunks = (struct chunked){ 0 };
	p->state = PEER_UPLOAD;
}

static void
read_target(struct peer *p, const struct head *h)
{
	struct traits t;
	uint64_t url;

	if (!str_u64(str_skip(h->target, 1), &url) || url >= SITE_URLS || body_of_request(h, &p->frame) != FAULT_NONE)
		reply_wrong("the origin is sent %.*s", STR_FMT(str_of(p->in, p->in_n < 500 ? p->in_n : 500)));
	site_traits((uint32_t)url, &t);
	p->rep = (struct rep){ (uint32_t)url, site_version((uint32_t)url), 0 };
	if (t.private && head_has(h, HDR_AUTHORIZATION))
		p->rep.user = (uint32_t)(head_get(h, HDR_AUTHORIZATION).p[5] - '0');
}

static void
begin_answer(struct peer *p)
{
	count(COUNT_ORIGIN_REQUESTS);
	p->state = PEER_ANSWERS;
	p->closes = p->error = p->chunked = p->ended = false;
	p->at = p->end = 0;
	p->cut_at = p->rest_at = p->mute_at = NEVER;
	p->out_n = p->out_done = p->drip = 0;
}

static void
take_request(struct peer *p)
{
	static const struct head_limits limits = { PEER_IN, PEER_IN, 200 };
	struct head_scan scan = { 0 };
	enum fault fault;
	struct head h;
	size_t used;

	arena_reset(p->arena);
	head_init(&h, p->arena);
	switch (head_parse_request(&h, str_of(p->in, p->in_n), &limits, &scan, &used, &fault)) {
	case HEAD_MORE:
		return;
	case HEAD_BAD:
		reply_wrong("the origin is sent %.*s", STR_FMT(str_of(p->in, p->in_n < 500 ? p->in_n : 500)));
	case HEAD_OK:
		break;
	}
	read_target(p, &h);
	begin_answer(p);
	if (fail_at_once(p))
		return;
	if (h.method != METHOD_POST) {
		p->in_n = 0; /* the node sends the next one when it has its answer; `h` still lies there */
		answer(p, &h);
		return;
	}
	read_upload(p, &h);
	p->in_n -= used;
	memmove(p->in, p->in + used, p->in_n);
	take_upload(p);
}

void
origin_take(struct peer *p)
{
	switch (p->state) {
	case PEER_ASKED:
		take_request(p);
		return;
	case PEER_UPLOAD:
		take_upload(p);
		return;
	case PEER_ANSWERS:
		return;
	case PEER_SILENT:
		p->in_n = 0; /* an upload that goes on, or nothing */
		return;
	}
}
