/* An asking is a URL's first response, and where that redirects, the responses of the hops behind it. A visit is as
 * many askings as the plan says. visit_next makes one hop. */
#include "explain/visit.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/must.h"
#include "explain/visit_impl.h"
#include "http/fields.h"

#define CONNECT_LIMIT_MS 10000
#define LIMIT_MS         60000
#define WHY_CAP          (1 << 16) /* bytes for the sentence of one hop */

struct visit {
	const struct visit_plan *plan;
	struct arena *arena; /* of one hop: its sentence, and where it leads */
	CURL *handle;        /* of one asking: connections of others are not used */
	CURLU *url;          /* the hop's; NULL: the next asking begins */
	unsigned asking, hop;
	bool crossed; /* a redirect has left the origin of the plan's URL */
	bool failed;
	struct str why;
	char details[CURL_ERROR_SIZE];
};

/* ---- URLs ---- */

static char *
part_of(CURLU *url, CURLUPart part, unsigned flags)
{
	char *text = NULL;

	return curl.url_get(url, part, &text, flags) == CURLUE_OK ? text : NULL;
}

static bool
same_part(CURLU *a, CURLU *b, CURLUPart part)
{
	char *x = part_of(a, part, CURLU_DEFAULT_PORT), *y = part_of(b, part, CURLU_DEFAULT_PORT);
	bool same = x != NULL && y != NULL && str_ieq(str_c(x), str_c(y));

	curl.free(x);
	curl.free(y);
	return same;
}

static bool
same_origin(CURLU *a, CURLU *b)
{
	return same_part(a, b, CURLUPART_SCHEME) && same_part(a, b, CURLUPART_HOST) && same_part(a, b, CURLUPART_PORT);
}

static bool
is_http(CURLU *url)
{
	char *scheme = part_of(url, CURLUPART_SCHEME, 0);
	bool is = scheme != NULL && (str_ieq(str_c(scheme), STR("http")) || str_ieq(str_c(scheme), STR("https")));

	curl.free(scheme);
	return is;
}

/* As it may be shown: without a password, and without what is not sent. */
static struct str
shown(CURLU *url, struct arena *a)
{
	CURLU *copy = curl.url_dup(url);
	struct str s = STR_NONE;
	char *text = NULL;

	if (copy != NULL && curl.url_set(copy, CURLUPART_USER, NULL, 0) == CURLUE_OK &&
	    curl.url_set(copy, CURLUPART_PASSWORD, NULL, 0) == CURLUE_OK &&
	    curl.url_set(copy, CURLUPART_FRAGMENT, NULL, 0) == CURLUE_OK)
		text = part_of(copy, CURLUPART_URL, 0);
	if (text != NULL)
		s = arena_str(a, str_c(text));
	curl.free(text);
	curl.url_cleanup(copy);
	return s;
}

/* ---- is the plan one that can be carried out? ---- */

static struct str
check_url(const char *text, struct arena *a)
{
	CURLU *url = curl.url();
	CURLUcode code = url == NULL ? CURLUE_OUT_OF_MEMORY : curl.url_set(url, CURLUPART_URL, text, CURLU_URLENCODE);
	struct str why = STR_NONE;

	if (code == CURLUE_UNSUPPORTED_SCHEME || (code == CURLUE_OK && !is_http(url)))
		why = arena_printf(a, "\"%s\" is neither http nor https", text);
	else if (code != CURLUE_OK)
		why = arena_printf(a, "\"%s\" is no URL: %s", text, curl.url_strerror(code));
	curl.url_cleanup(url);
	return why;
}

static bool
is_field(struct str line)
{
	struct str value = line, name;

	for (size_t i = 0; i < line.n; i++)
		if ((unsigned char)line.p[i] < 0x20 && line.p[i] != '\t')
			return false;
	return str_cut(&value, ':', &name) && token_valid(name);
}

static bool
is_resolve(const char *entry)
{
	struct str host_port = visit_host_port(entry);

	return host_port.n > 0 && strlen(entry) > host_port.n;
}

struct str
visit_check(const struct visit_plan *plan, struct arena *a)
{
	const char *why;

	for (unsigned i = 0; i < plan->field_count; i++)
		if (!is_field(str_c(plan->fields[i])))
			return arena_printf(a, "\"%s\" is no field: it is written 'Name: value'", plan->fields[i]);
	for (unsigned i = 0; i < plan->resolve_count; i++)
		if (!is_resolve(plan->resolve[i]))
			return arena_printf(a, "\"%s\" is no host:port:address", plan->resolve[i]);
	if (plan->repeat > VISIT_REPEAT_MAX)
		return arena_printf(a, "it is asked %d times at most", VISIT_REPEAT_MAX);
	return curl_load(&why) ? check_url(plan->url, a) : STR_NONE; /* visit_next will say that there is none */
}

/* ---- one hop ---- */

static void
set_up(const struct visit *v, CURL *handle)
{
	const struct visit_plan *plan = v->plan;

	curl.easy_setopt(handle, CURLOPT_CURLU, v->url);
	curl.easy_setopt(handle, CURLOPT_ERRORBUFFER, v->details);
	curl.easy_setopt(handle, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl.easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
	curl.easy_setopt(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl.easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
	curl.easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_LIMIT_MS);
	curl.easy_setopt(handle, CURLOPT_TIMEOUT_MS, plan->limit_ms == 0 ? (long)LIMIT_MS : (long)plan->limit_ms);
	if (plan->proxy != NULL)
		curl.easy_setopt(handle, CURLOPT_PROXY, plan->proxy);
}

static CURLcode
perform(const struct visit *v, struct hearing *h)
{
	struct curl_slist *fields = visit_fields(v->plan, v->crossed), *addresses = NULL;
	CURLcode code = CURLE_OUT_OF_MEMORY;

	if (fields != NULL && visit_addresses(v->plan, v->url, v->asking, &addresses)) {
		set_up(v, v->handle);
		visit_hear(v->handle, h);
		curl.easy_setopt(v->handle, CURLOPT_HTTPHEADER, fields);
		curl.easy_setopt(v->handle, CURLOPT_RESOLVE, addresses);
		code = curl.easy_perform(v->handle);
	}
	curl.easy_setopt(v->handle, CURLOPT_HTTPHEADER, NULL);
	curl.easy_setopt(v->handle, CURLOPT_RESOLVE, NULL);
	curl.slist_free_all(fields);
	curl.slist_free_all(addresses);
	return code;
}

static int64_t
number_of(CURL *handle, CURLINFO info)
{
	curl_off_t n = 0;

	return curl.easy_getinfo(handle, info, &n) == CURLE_OK ? (int64_t)n : EXCHANGE_UNKNOWN;
}

static struct str
place_of(const struct visit *v, struct arena *a)
{
	struct str which = STR("");

	if (v->plan->repeat > 1)
		which = arena_printf(a, "request %u of %u", v->asking + 1, v->plan->repeat);
	if (v->hop == 0)
		return which;
	return arena_printf(a, "%.*s%sredirect %u", STR_FMT(which), which.n > 0 ? ", " : "", v->hop);
}

static void
fill(const struct visit *v, const struct hearing *h, struct arena *a, struct exchange *x)
{
	const char *address = NULL;
	long head_bytes = 0;

	x->has_request = visit_sent(h, &x->request);
	x->method = x->request.method_text;
	x->url = shown(v->url, a);
	x->from = place_of(v, a);
	x->came_ms = h->came_ms;
	x->wait_us = number_of(v->handle, CURLINFO_STARTTRANSFER_TIME_T);
	x->all_us = number_of(v->handle, CURLINFO_TOTAL_TIME_T);
	x->body_bytes = number_of(v->handle, CURLINFO_SIZE_DOWNLOAD_T);
	curl.easy_getinfo(v->handle, CURLINFO_HEADER_SIZE, &head_bytes);
	x->wire_bytes = x->body_bytes + head_bytes;
	if (head_has(&x->response, HDR_CONTENT_ENCODING)) /* what it would be decoded we do not know */
		x->body_bytes = EXCHANGE_UNKNOWN;
	if (curl.easy_getinfo(v->handle, CURLINFO_PRIMARY_IP, &address) == CURLE_OK && address != NULL)
		x->server_ip = arena_str(a, str_c(address));
}

/* ---- from hop to hop ---- */

static void
end_asking(struct visit *v)
{
	curl.url_cleanup(v->url);
	curl.easy_cleanup(v->handle);
	v->url = NULL;
	v->handle = NULL;
	v->asking++;
}

/* Says why, where it cannot. */
static bool
begin_asking(struct visit *v)
{
	const char *why;

	if (!curl_load(&why)) {
		v->why = arena_printf(v->arena, "URLs are asked with libcurl, which cannot be used: %s", why);
		return false;
	}
	v->url = curl.url();
	v->handle = curl.easy_init();
	v->hop = 0;
	v->crossed = false;
	if (v->url != NULL && v->handle != NULL &&
	    curl.url_set(v->url, CURLUPART_URL, v->plan->url, CURLU_URLENCODE) == CURLUE_OK)
		return true;
	v->why = STR("there is no memory left");
	return false;
}

static bool
is_redirect(int status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* Goes to where the response points; says why, where it does not go there. */
static void
turn_to(struct visit *v, struct str location)
{
	CURLU *next = curl.url_dup(v->url);
	struct str text = arena_str(v->arena, location);

	if (v->hop == VISIT_HOPS_MAX)
		v->why = arena_printf(v->arena, "it redirects for the %uth time; that is where we stop", v->hop + 1);
	else if (next == NULL || text.p == NULL ||
		 curl.url_set(next, CURLUPART_URL, text.p, CURLU_URLENCODE) != CURLUE_OK || !is_http(next))
		v->why = STR("it redirects to what is no URL of http or https");
	if (v->why.n > 0) {
		curl.url_cleanup(next);
		end_asking(v);
		return;
	}
	v->crossed = v->crossed || !same_origin(v->url, next);
	curl.url_cleanup(v->url);
	v->url = next;
	v->hop++;
}

/* Behind a response that can be explained. */
/* Where it is by now, behind a redirect; empty for the URL that was asked for. */
static struct str
url_beyond(struct visit *v)
{
	return v->hop == 0 ? STR("") : shown(v->url, v->arena);
}

static void
go_on(struct visit *v, CURLcode code, const struct exchange *x)
{
	struct str location = head_get(&x->response, HDR_LOCATION);

	if (code != CURLE_OK)
		v->why = visit_sentence(v->arena, v->handle, code, url_beyond(v), str_c(v->details));
	if (code == CURLE_OK && is_redirect(x->response.status) && location.n > 0)
		turn_to(v, location);
	else
		end_asking(v);
}

static enum visit_result
hop(struct visit *v, struct arena *a, struct exchange *x)
{
	struct hearing h = { .arena = a, .head = &x->response };
	CURLcode code;

	x->started_ms = clock_now().wall_ms;
	v->details[0] = '\0';
	code = perform(v, &h);
	if (h.came_ms == EXCHANGE_UNKNOWN || !h.whole) {
		v->failed = true;
		v->why = visit_sentence(v->arena, v->handle, code == CURLE_OK ? CURLE_GOT_NOTHING : code,
					url_beyond(v), str_c(v->details));
		return VISIT_FAILED;
	}
	fill(v, &h, a, x);
	go_on(v, code, x);
	return VISIT_RESPONSE;
}

/* ---- the visit ---- */

struct visit *
visit_new(const struct visit_plan *plan)
{
	struct visit *v = calloc(1, sizeof *v);

	if (v == NULL)
		return NULL;
	v->plan = plan;
	v->arena = arena_new(WHY_CAP);
	if (v->arena == NULL)
		visit_free(&v);
	return v;
}

void
visit_free(struct visit **v)
{
	if (*v == NULL)
		return;
	if ((*v)->url != NULL || (*v)->handle != NULL)
		end_asking(*v);
	arena_free(&(*v)->arena);
	free(*v);
	*v = NULL;
}

enum visit_result
visit_next(struct visit *v, struct arena *a, struct exchange *out)
{
	unsigned times = v->plan->repeat == 0 ? 1 : v->plan->repeat;

	*out = (struct exchange){ .browser_hits = EXCHANGE_UNKNOWN };
	v->why = STR_NONE;
	arena_reset(v->arena);
	if (v->failed || (v->url == NULL && v->asking == times))
		return VISIT_END;
	if (v->url == NULL && !begin_asking(v)) {
		v->failed = true;
		return VISIT_FAILED;
	}
	return hop(v, a, out);
}

struct str
visit_why(const struct visit *v)
{
	return v->why;
}
