#include "ask.h"

#include <stdarg.h>
#include <stdio.h>

#include "count.h"

#define MODIFIED "Wed, 01 Jan 2020 00:00:00 GMT"

struct page {
	char *p;
	size_t n, cap;
};

static void
say(struct page *out, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	out->n += (size_t)vsnprintf(out->p + out->n, out->cap - out->n, format, args);
	va_end(args);
}

/* Mostly the newest one; else the one before it. */
static uint32_t
some_version(const struct ask *q)
{
	return q->current > 0 && site_permille(200) ? q->current - 1 : q->current;
}

static void
say_condition(struct page *out, struct ask *q)
{
	if (!site_permille(60))
		return;
	count(COUNT_CONDITIONS);
	q->conditional = true;
	if (site_permille(200)) {
		say(out, "If-Modified-Since: " MODIFIED "\r\n");
		return;
	}
	q->known = some_version(q);
	say(out, "If-None-Match: \"%u.%u.0\"\r\n", q->url, q->known);
}

static struct range_spec
some_range(const struct ask *q)
{
	uint64_t length = site_length((struct rep){ q->url, q->current, 0 });
	unsigned first = length > 0 ? site_below(length < 1000000 ? (unsigned)length : 1000000) : 0;

	if (site_permille(200))
		return (struct range_spec){ RANGE_UNKNOWN, 1 + site_below(5000) };
	if (site_permille(300))
		return (struct range_spec){ first, RANGE_UNKNOWN };
	if (site_permille(20)) /* beyond the end, mostly */
		first += 1000000;
	return (struct range_spec){ first, first + site_below(20000) };
}

static void
say_range(struct page *out, struct ask *q)
{
	if (!site_permille(80))
		return;
	count(COUNT_RANGES);
	if (site_permille(30)) {
		say(out, "Range: bytes=0-9,20-29\r\n"); /* which nobody is to answer in parts */
		return;
	}
	q->ranged = true;
	q->range = some_range(q);
	say(out, "Range: bytes=");
	if (q->range.first != RANGE_UNKNOWN)
		say(out, "%llu", (unsigned long long)q->range.first);
	say(out, "-");
	if (q->range.last != RANGE_UNKNOWN)
		say(out, "%llu", (unsigned long long)q->range.last);
	say(out, "\r\n");
	if (!site_permille(200))
		return;
	q->if_range = true;
	q->base = some_version(q);
	say(out, "If-Range: \"%u.%u.0\"\r\n", q->url, q->base);
}

static void
say_wishes(struct page *out)
{
	static const char *const wishes[] = { "no-cache",     "max-stale=5",    "max-age=1",
					      "min-fresh=10", "only-if-cached", "no-store" };

	if (site_permille(40))
		say(out, "Cache-Control: %s\r\n", wishes[site_below(sizeof wishes / sizeof wishes[0])]);
	if (site_permille(100))
		say(out, "Accept-Encoding: %s\r\n", site_permille(500) ? "gzip" : "br, gzip;q=0.5");
}

static void
say_read(struct page *out, struct ask *q)
{
	if (q->user != 0)
		say(out, "Authorization: user %u\r\n", q->user);
	say_wishes(out);
	say_condition(out, q);
	if (q->kind == ASK_GET)
		say_range(out, q);
	else
		count(COUNT_HEADS);
}

/* The origin learns by X-Upload which bytes to expect. */
static void
say_change(struct page *out, struct ask *q)
{
	static uint32_t serial;

	q->upload = (struct rep){ q->url, ++serial, SITE_UPLOAD };
	q->upload_n = site_permille(100) ? site_below(300000) : site_below(800);
	q->chunked = site_permille(500);
	q->expects = site_permille(100);
	say(out, "X-Upload: %u.%u.%u\r\n", q->upload.url, q->upload.version, q->upload.user);
	if (q->expects)
		say(out, "Expect: 100-continue\r\n");
	if (q->chunked)
		say(out, "Transfer-Encoding: chunked\r\n");
	else
		say(out, "Content-Length: %llu\r\n", (unsigned long long)q->upload_n);
	count(COUNT_POSTS);
}

static void
say_purge(struct page *out, struct ask *q)
{
	q->soft = site_permille(300);
	if (q->soft)
		say(out, "Cairn-Purge: soft\r\n");
	count(COUNT_PURGES);
}

const char *
ask_name(const struct ask *q)
{
	static const char *const names[] = { "GET", "HEAD", "POST", "PURGE" };

	return names[q->kind];
}

size_t
ask_write(struct ask *q, char *out, size_t size)
{
	struct page page = { out, 0, size };

	q->floor = site_floor(q->url);
	q->current = site_version(q->url);
	say(&page, "%s /%u HTTP/1.%u\r\nHost: site.example\r\n", ask_name(q), q->url, q->old ? 0 : 1);
	if (q->last)
		say(&page, "Connection: close\r\n");
	if (q->kind == ASK_POST)
		say_change(&page, q);
	else if (q->kind == ASK_PURGE)
		say_purge(&page, q);
	else
		say_read(&page, q);
	say(&page, "\r\n");
	count(COUNT_ASKED);
	return page.n;
}

struct ask
ask_some(bool only_reads)
{
	struct ask q = { .kind = ASK_GET, .url = site_pick() };
	unsigned what = site_below(1000);

	if (what < 20)
		q.kind = ASK_HEAD;
	else if (what < 32 && !only_reads)
		q.kind = ASK_POST;
	else if (what < 48 && !only_reads)
		q.kind = ASK_PURGE;
	q.old = !only_reads && q.kind <= ASK_HEAD && site_permille(20);
	q.last = !only_reads && site_permille(10);
	counts[COUNT_OLD] += q.old;
	if (q.kind <= ASK_HEAD && site_permille(50))
		q.user = 1 + site_below(SITE_USERS);
	return q;
}
