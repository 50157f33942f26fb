/* What an entry's facts come to: times, sizes, and which of the browser's own caches gave the answer. */
#include "explain/har_impl.h"
#include "http/date_iso.h"

/* ---- caches of the browser ---- */

struct source {
	struct str word;
	enum browser_source browser;
	enum worker_source worker;
};

/* Chrome's `_fromCache`, and Safari's `_fetchType`. */
static const struct source sources[] = {
	{ STR_INIT("memory"), BROWSER_MEMORY, WORKER_NONE },
	{ STR_INIT("disk"), BROWSER_DISK, WORKER_NONE },
	{ STR_INIT("Memory Cache"), BROWSER_MEMORY, WORKER_NONE },
	{ STR_INIT("Disk Cache"), BROWSER_DISK, WORKER_NONE },
	{ STR_INIT("Service Worker"), BROWSER_NOT_TOLD, WORKER_UNKNOWN },
	{ STR_INIT("Network Load"), BROWSER_NOT_TOLD, WORKER_NONE },
	{ STR_INIT("Inspector Override"), BROWSER_NOT_TOLD, WORKER_NONE },
};

/* Chrome's `_serviceWorkerResponseSource`. */
static const struct source worker_sources[] = {
	{ STR_INIT("cache-storage"), BROWSER_NOT_TOLD, WORKER_CACHE_STORAGE },
	{ STR_INIT("http-cache"), BROWSER_NOT_TOLD, WORKER_HTTP_CACHE },
	{ STR_INIT("fallback-code"), BROWSER_NOT_TOLD, WORKER_MADE_UP },
	{ STR_INIT("network"), BROWSER_NOT_TOLD, WORKER_NETWORK },
};

static const struct source *
source_of(struct str word, const struct source *in, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(word, in[i].word))
			return &in[i];
	return NULL;
}

#define SOURCE_OF(word, in) source_of((word), (in), sizeof(in) / sizeof *(in))

static bool
is_none(int64_t n)
{
	return n == EXCHANGE_UNKNOWN || n == 0;
}

/* Firefox has no word for a response that it took from its cache: it came from no address, over no connection, in no
 * time, and moved no bytes, and yet there it is. */
static bool
came_from_nowhere(const struct har_facts *f)
{
	return f->server_ip.n == 0 && is_none(f->dns) && is_none(f->connect) && is_none(f->ssl) && is_none(f->send) &&
	       (is_none(f->wait) || f->wait <= 1000) && is_none(f->body_size) && !is_none(f->content_size);
}

/* Firebug and its exporter tell of the cache's entry where the response came from there, as HAR has it; others where no
 * byte came from anywhere else. */
static bool
came_from_cached(const struct har_facts *f)
{
	bool firebug = str_ieq(f->creator, STR("Firebug")) || str_istarts(f->creator, STR("NetExport"));

	return f->cached &&
	       (firebug || f->transfer_size == 0 || (f->transfer_size == EXCHANGE_UNKNOWN && f->body_size == 0));
}

static enum browser_source
browser_of(const struct har_facts *f)
{
	struct str word = f->from_cache.n > 0 ? f->from_cache : f->fetch_type;
	const struct source *s = SOURCE_OF(word, sources);

	if (s != NULL && s->browser != BROWSER_NOT_TOLD)
		return s->browser;
	if (f->status == 304)
		return BROWSER_VALIDATED;
	if (s == NULL && f->from_cache.n > 0 && !str_is(f->from_cache, "false"))
		return BROWSER_CACHE; /* one that we do not know */
	if (f->status >= 200 && f->status < 300 && s == NULL) {
		if (came_from_cached(f))
			return BROWSER_CACHE;
		if (str_is(f->creator, "Firefox") && came_from_nowhere(f))
			return BROWSER_CACHE;
	}
	return BROWSER_NOT_TOLD;
}

static enum worker_source
worker_of(const struct har_facts *f)
{
	const struct source *s = SOURCE_OF(f->fetch_type, sources);
	bool passed = str_is(f->by_worker, "true") || (s != NULL && s->worker != WORKER_NONE);

	if (!passed)
		return WORKER_NONE;
	s = SOURCE_OF(f->worker_source, worker_sources);
	return s == NULL ? WORKER_UNKNOWN : s->worker;
}

/* How often it was used; 0 is what those write who do not count. */
static int64_t
hits_of(const struct har_facts *f)
{
	int64_t n = is_none(f->hits) ? f->fetches : f->hits;

	return n == 0 ? EXCHANGE_UNKNOWN : n;
}

/* ---- times and sizes ---- */

/* Time for TLS is within `connect`. */
static int64_t
waited(const struct har_facts *f)
{
	const int64_t parts[] = { f->blocked, f->dns, f->connect, f->send, f->wait };
	int64_t sum = 0;

	if (f->wait == EXCHANGE_UNKNOWN)
		return EXCHANGE_UNKNOWN;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		sum += parts[i] == EXCHANGE_UNKNOWN ? 0 : parts[i];
	return sum;
}

static int64_t
moved(const struct har_facts *f)
{
	if (f->transfer_size != EXCHANGE_UNKNOWN || f->body_size == EXCHANGE_UNKNOWN)
		return f->transfer_size;
	return f->body_size + (f->headers_size == EXCHANGE_UNKNOWN ? 0 : f->headers_size);
}

static void
take_times(const struct har_facts *f, struct exchange *x)
{
	x->wait_us = waited(f);
	x->all_us = f->time;
	if (!date_parse_iso(f->started, &x->started_ms))
		return;
	x->came_ms = x->started_ms + (x->wait_us == EXCHANGE_UNKNOWN ? 0 : x->wait_us / 1000);
}

/* ---- the whole ---- */

static int
minor_of(struct str version)
{
	return !str_ieq(version, STR("HTTP/1.0"));
}

/* What comes behind the first comma of "data:image/png;base64,..." is the thing itself. */
static struct str
shown_url(struct str url)
{
	ptrdiff_t comma = str_chr(url, ',');

	return str_istarts(url, STR("data:")) && comma > 0 ? str_head(url, (size_t)comma + 1) : url;
}

void
har_conclude(const struct har_facts *f, struct draft *d)
{
	struct exchange *x = &d->x;

	x->has_request = x->request.count > 0 || f->method.n > 0;
	x->url = shown_url(f->url);
	x->method = x->request.method_text = f->method;
	x->request.method = method_id(f->method);
	x->request.minor = minor_of(f->request_version);
	x->response.minor = minor_of(f->response_version);
	x->response.reason = f->status_text;
	if (f->status >= 100 && f->status <= 999)
		x->response.status = (int)f->status;
	x->browser = browser_of(f);
	x->worker = worker_of(f);
	x->browser_hits = hits_of(f);
	take_times(f, x);
	x->wire_bytes = moved(f);
	x->body_bytes = f->content_size;
	x->server_ip = f->server_ip;
}
