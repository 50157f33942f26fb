#include "reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/range.h"

struct reply_counts reply_counts;

static struct str last_head; /* while it is being read: what is wrong is told with it */

void
reply_wrong(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "soak: WRONG: ");
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n%.*s", STR_FMT(last_head));
	va_end(args);
	exit(1);
}

void
reply_begin(struct reply *r)
{
	*r = (struct reply){ .state = REPLY_HEAD };
}

/* ---- the head ---- */

static bool
read_rep(const struct head *h, struct rep *out)
{
	const struct field *f = head_named(h, STR("X-Rep"));
	char text[64];

	if (f == NULL)
		return false;
	snprintf(text, sizeof text, "%.*s", STR_FMT(field_value(f)));
	return sscanf(text, "%u.%u.%u", &out->url, &out->version, &out->user) == 3;
}

static void
check_rep(const struct reply *r, const struct ask *q)
{
	struct traits t;

	site_traits(q->url, &t);
	if (r->rep.url != q->url)
		reply_wrong("/%u is answered with /%u", q->url, r->rep.url);
	if (t.private && r->rep.user != q->user)
		reply_wrong("user %u is given what is user %u's (/%u)", q->user, r->rep.user, q->url);
	if (r->rep.version < q->version || r->rep.version > site_version(q->url))
		reply_wrong("/%u: version %u came; at least %u may, at most %u can", q->url, r->rep.version, q->version,
			    site_version(q->url));
}

/* Which bytes are to come. */
static void
place(struct reply *r, const struct head *h)
{
	struct content_range cr;

	r->at = 0;
	r->end = r->error ? SITE_ERROR_BYTES : r->ours ? site_length(r->rep) : UINT64_MAX;
	if (r->status != 206)
		return;
	if (!content_range_parse(head_get(h, HDR_CONTENT_RANGE), &cr) || cr.unsatisfied || cr.last >= r->end)
		reply_wrong("/%u: a part without a place", r->rep.url);
	r->at = cr.first;
	r->end = cr.last + 1;
	reply_counts.parts++;
}

static const char *
ask_name(const struct ask *q)
{
	static const char *const names[] = { "GET", "HEAD", "POST", "PURGE" };

	return names[q->kind];
}

/* What the node may say on its own. */
static void
check_made_up(const struct reply *r, const struct ask *q)
{
	if (q->kind == ASK_PURGE ? r->status != 200 : r->status < 500 && r->status != 416 && r->status != 412)
		reply_wrong("%s /%u: %d, made up", ask_name(q), q->url, r->status);
	reply_counts.made_up += q->kind != ASK_PURGE;
}

static void
read_head(struct reply *r, const struct ask *q, const struct head *h)
{
	static const enum method methods[] = { METHOD_GET, METHOD_HEAD, METHOD_POST, METHOD_OTHER };

	r->status = h->status;
	r->ours = read_rep(h, &r->rep);
	r->error = head_named(h, STR("X-Error")) != NULL;
	r->close = str_ieq(head_get(h, HDR_CONNECTION), STR("close"));
	r->version = 0;
	if (head_named(h, STR("X-Version")) != NULL)
		str_u64(field_value(head_named(h, STR("X-Version"))), &r->version);
	if (body_of_response(h, methods[q->kind], &r->frame) != FAULT_NONE || r->frame.framing == FRAMING_CLOSE)
		reply_wrong("/%u: a response without framing", q->url);
	r->left = r->frame.length;
	reply_counts.replies++;
	reply_counts.hits += str_starts(head_get(h, HDR_X_CACHE), STR("HIT"));
	reply_counts.errors += r->error;
	reply_counts.not_modified += r->status == 304;
	if (r->status == 304 && !q->if_known)
		reply_wrong("/%u: 304, and nobody asked for that", q->url);
	if (r->ours)
		check_rep(r, q);
	else if (!r->error && q->kind != ASK_POST)
		check_made_up(r, q);
	place(r, h);
}

static size_t
take_head(struct reply *r, const struct ask *q, struct str in, struct arena *a)
{
	static const struct head_limits limits = { 65536, 65536, 500 };
	struct head_scan scan = { 0 };
	enum fault fault;
	struct head h;
	size_t used;

	head_init(&h, a);
	switch (head_parse_response(&h, in, &limits, &scan, &used, &fault)) {
	case HEAD_MORE:
		return 0;
	case HEAD_BAD:
		reply_wrong("/%u: a malformed head: %.*s", q->url, STR_FMT(str_head(in, in.n < 300 ? in.n : 300)));
	case HEAD_OK:
		break;
	}
	if (h.status < 200)
		return used;
	last_head = str_head(in, used);
	read_head(r, q, &h);
	r->state = r->frame.framing == FRAMING_NONE ? REPLY_DONE : REPLY_BODY;
	if (r->frame.framing == FRAMING_LENGTH && r->left == 0)
		r->state = REPLY_DONE;
	return used;
}

/* ---- the body ---- */

static void
check_bytes(struct reply *r, const struct ask *q, struct str data)
{
	reply_counts.bytes += data.n;
	if (r->error) {
		for (size_t i = 0; i < data.n; i++)
			if (data.p[i] != 'e')
				reply_wrong("/%u: an error of other bytes", q->url);
	} else if (r->ours && r->status != 416 && !site_equals(r->rep, r->at, data.p, data.n)) {
		reply_wrong("/%u: bytes from %llu on are not those of version %u", q->url, (unsigned long long)r->at,
			    r->rep.version);
	}
	r->at += data.n;
	if (r->at > r->end)
		reply_wrong("/%u: more bytes than there are", q->url);
}

/* It looks whole: then it must be. */
static void
check_whole(const struct reply *r, const struct ask *q)
{
	if ((r->ours || r->error) && r->status != 416 && r->at != r->end)
		reply_wrong("/%u: %d looks whole, and ends at %llu of %llu", q->url, r->status,
			    (unsigned long long)r->at, (unsigned long long)r->end);
}

static size_t
take_chunks(struct reply *r, const struct ask *q, struct str in)
{
	static const struct chunked_limits limits = { 4096, 4096 };
	size_t done = 0, used;
	struct str data;

	do {
		if (chunked_take(&r->chunks, str_skip(in, done), &limits, &used, &data, NULL) != FAULT_NONE)
			reply_wrong("/%u: a malformed chunk", q->url);
		check_bytes(r, q, data);
		done += used;
	} while (used > 0 && !r->chunks.done);
	if (r->chunks.done)
		r->state = REPLY_DONE;
	return done;
}

static size_t
take_body(struct reply *r, const struct ask *q, struct str in)
{
	size_t n = in.n < r->left ? in.n : (size_t)r->left;

	if (r->frame.framing == FRAMING_CHUNKED)
		return take_chunks(r, q, in);
	check_bytes(r, q, str_head(in, n));
	r->left -= n;
	if (r->left == 0)
		r->state = REPLY_DONE;
	return n;
}

size_t
reply_take(struct reply *r, const struct ask *q, struct str in, struct arena *a)
{
	size_t used = r->state == REPLY_HEAD ? take_head(r, q, in, a) : take_body(r, q, in);

	if (r->state == REPLY_DONE && r->frame.framing != FRAMING_NONE && q->kind != ASK_HEAD)
		check_whole(r, q);
	return used;
}

/* A huge body that is not stored may leave a slow reader behind. */
void
reply_ends(struct reply *r, const struct ask *q)
{
	if (r->state == REPLY_HEAD)
		reply_wrong("/%u: no answer at all", q->url);
	if (!site_was_cut(q->url) && r->end < 1000000)
		reply_wrong("/%u: cut at %llu, and the origin cut nothing", q->url, (unsigned long long)r->at);
	reply_counts.cuts++;
}
