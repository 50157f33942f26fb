#include "reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "count.h"

#define WINDOW 1000000 /* bytes: what is larger and not stored may leave a slow reader behind */

static const struct reply *current; /* what is wrong is told with its head */

void
reply_wrong(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "soak: WRONG: ");
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n%s", current != NULL ? current->said : "");
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
check_version(const struct ask *q, uint32_t version)
{
	if (version < q->floor || version > site_version(q->url))
		reply_wrong("%s /%u: version %u; at least %u may come, at most %u can", ask_name(q), q->url, version,
			    q->floor, site_version(q->url));
}

static void
check_rep(const struct reply *r, const struct ask *q, bool hit)
{
	struct traits t;

	site_traits(q->url, &t);
	if (r->rep.url != q->url)
		reply_wrong("%s /%u is answered with /%u", ask_name(q), q->url, r->rep.url);
	if (t.private && r->rep.user != q->user)
		reply_wrong("user %u is given what is user %u's: /%u", q->user, r->rep.user, q->url);
	if (hit && (t.private || t.no_store))
		reply_wrong("/%u is a hit, and may not be stored", q->url);
	check_version(q, r->rep.version);
}

/* HEAD says how long a body would be, or does not. */
static void
check_length(const struct reply *r, const struct ask *q, const struct head *h)
{
	uint64_t n;

	if (r->status == 200 && str_u64(head_get(h, HDR_CONTENT_LENGTH), &n) && n != site_length(r->rep))
		reply_wrong("HEAD /%u: %llu bytes, and there are %llu", q->url, (unsigned long long)n,
			    (unsigned long long)site_length(r->rep));
}

static void
check_not_modified(const struct ask *q)
{
	if (!q->conditional)
		reply_wrong("%s /%u: 304, and nobody asked for that", ask_name(q), q->url);
	check_version(q, q->known);
	count(COUNT_NOT_MODIFIED);
}

/* Which bytes are to come: those that were asked for. */
static void
check_part(struct reply *r, const struct ask *q, const struct head *h)
{
	struct content_range cr;
	struct range_run run;

	if (!q->ranged || (q->if_range && r->rep.version != q->base))
		reply_wrong("/%u: 206 of version %u, and nobody asked for that", q->url, r->rep.version);
	if (!content_range_parse(head_get(h, HDR_CONTENT_RANGE), &cr) || cr.unsatisfied || cr.complete != r->end)
		reply_wrong("/%u: a part without a place", q->url);
	if (!range_resolve(q->range, r->end, &run) || cr.first != run.first || cr.last != run.last)
		reply_wrong("/%u: %llu-%llu is not the part that was asked for", q->url, (unsigned long long)cr.first,
			    (unsigned long long)cr.last);
	r->at = cr.first;
	r->end = cr.last + 1;
	count(COUNT_PARTS);
}

static void
check_unsatisfied(const struct reply *r, const struct ask *q)
{
	struct range_run run;

	if (!q->ranged || (r->ours && range_resolve(q->range, site_length(r->rep), &run)))
		reply_wrong("/%u: 416, and there is such a part", q->url);
}

/* What the node may say on its own. */
static void
check_made_up(const struct reply *r, const struct ask *q)
{
	bool of_upstream = r->status == 502 || r->status == 504;
	bool too_slow = r->status == 408 && q->unfinished;

	if (q->kind == ASK_PURGE && r->status == 200)
		return;
	if (!of_upstream && !too_slow && r->status != 416)
		reply_wrong("%s /%u: %d, made up", ask_name(q), q->url, r->status);
	count(COUNT_MADE_UP);
}

static void
read_framing(struct reply *r, const struct ask *q, const struct head *h)
{
	static const enum method methods[] = { METHOD_GET, METHOD_HEAD, METHOD_POST, METHOD_OTHER };

	r->close = str_ieq(head_get(h, HDR_CONNECTION), STR("close"));
	if (body_of_response(h, methods[q->kind], &r->frame) != FAULT_NONE ||
	    r->frame.framing == (q->old ? FRAMING_CHUNKED : FRAMING_CLOSE))
		reply_wrong("%s /%u: a response without framing", ask_name(q), q->url);
	r->left = r->frame.length;
}

/* Which bytes there are, as far as one can know. */
static uint64_t
whole_length(const struct reply *r)
{
	if (r->error)
		return SITE_ERROR_BYTES;
	if (r->changed)
		return 0;
	return r->ours ? site_length(r->rep) : UINT64_MAX;
}

/* A change is confirmed by the version that there is now. */
static void
read_change(struct reply *r, const struct head *h)
{
	const struct field *f = head_named(h, STR("X-Changed"));
	uint64_t version = 0;

	r->changed = f != NULL && str_u64(field_value(f), &version);
	r->version = (uint32_t)version;
}

static void
read_head(struct reply *r, const struct ask *q, const struct head *h)
{
	bool hit = str_starts(head_get(h, HDR_X_CACHE), STR("HIT"));

	r->status = h->status;
	r->ours = read_rep(h, &r->rep);
	r->error = head_named(h, STR("X-Error")) != NULL;
	read_change(r, h);
	read_framing(r, q, h);
	count(COUNT_REPLIES);
	counts[COUNT_HITS] += hit;
	counts[COUNT_ERRORS] += r->error;
	if (r->ours)
		check_rep(r, q, hit);
	else if (!r->error && !r->changed)
		check_made_up(r, q);
	if (r->ours && q->kind == ASK_HEAD)
		check_length(r, q, h);
	r->at = 0;
	r->end = whole_length(r);
	if (r->status == 206)
		check_part(r, q, h);
	else if (r->status == 304)
		check_not_modified(q);
	else if (r->status == 416)
		check_unsatisfied(r, q);
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
	if (h.status < 200) {
		r->interim = true;
		count(COUNT_INTERIM);
		return used;
	}
	snprintf(r->said, sizeof r->said, "%.*s", STR_FMT(str_head(in, used)));
	read_head(r, q, &h);
	r->state = r->frame.framing == FRAMING_NONE ? REPLY_DONE : REPLY_BODY;
	if (r->frame.framing == FRAMING_LENGTH && r->left == 0)
		r->state = REPLY_DONE;
	return used;
}

/* ---- the body ---- */

__attribute__((noreturn)) static void
tell_whose(const struct reply *r, size_t right, struct str data)
{
	unsigned long long at = r->at + right;
	struct rep whose;
	uint64_t from;

	if (site_whose(data.p, data.n, &whose, &from))
		reply_wrong("/%u: bytes from %llu on are those of /%u from %llu on, version %u, user %u", r->rep.url,
			    at, whose.url, (unsigned long long)from, whose.version, whose.user);
	reply_wrong("/%u: bytes from %llu on are of no version: %.*s", r->rep.url, at,
		    STR_FMT(str_head(data, data.n < 200 ? data.n : 200)));
}

static void
check_bytes(struct reply *r, const struct ask *q, struct str data)
{
	static uint64_t bytes;

	bytes += data.n;
	counts[COUNT_MIB] = bytes >> 20;
	if (r->error) {
		for (size_t i = 0; i < data.n; i++)
			if (data.p[i] != 'e')
				reply_wrong("/%u: an error of other bytes", q->url);
	} else if (r->ours && r->status != 416) {
		size_t right = site_equals(r->rep, r->at, data.p, data.n);

		if (right < data.n)
			tell_whose(r, right, str_skip(data, right));
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
	if (r->frame.framing == FRAMING_CLOSE) {
		check_bytes(r, q, in);
		return in.n;
	}
	check_bytes(r, q, str_head(in, n));
	r->left -= n;
	if (r->left == 0)
		r->state = REPLY_DONE;
	return n;
}

size_t
reply_take(struct reply *r, const struct ask *q, struct str in, struct arena *a)
{
	size_t used;

	current = r;
	used = r->state == REPLY_HEAD ? take_head(r, q, in, a) : take_body(r, q, in);
	if (r->state == REPLY_DONE && r->frame.framing != FRAMING_NONE && q->kind != ASK_HEAD)
		check_whole(r, q);
	current = NULL;
	return used;
}

void
reply_ends(struct reply *r, const struct ask *q, enum reply_end how)
{
	if (q->unfinished)
		return;
	current = r;
	if (r->state == REPLY_HEAD)
		reply_wrong("%s /%u: no answer at all", ask_name(q), q->url);
	if (r->frame.framing == FRAMING_CLOSE && how == REPLY_END_PLAIN)
		check_whole(r, q);
	else if (how == REPLY_END_STALLED)
		count(COUNT_GIVEN_UP);
	else if (site_was_cut(q->url) || (r->ours && site_length(r->rep) > WINDOW))
		count(COUNT_CUTS);
	else
		reply_wrong("%s /%u: cut at %llu, and the origin cut nothing", ask_name(q), q->url,
			    (unsigned long long)r->at);
	current = NULL;
}
