/* What comes of a response, line by line from curl, and the request as it went out. A head of HTTP/2 reads like one of
 * HTTP/1.1 here, with "HTTP/2 200" for its first line. */
#include "base/clock.h"
#include "explain/visit_impl.h"
#include "http/fields.h"

/* ---- a head in lines ---- */

static struct str
without_end(struct str line)
{
	while (line.n > 0 && (line.p[line.n - 1] == '\r' || line.p[line.n - 1] == '\n'))
		line.n--;
	return line;
}

/* "HTTP/1.1 200 OK" */
static void
read_status_line(struct head *h, struct str line)
{
	struct str version, code;
	uint64_t status;

	str_cut(&line, ' ', &version);
	str_cut(&line, ' ', &code);
	h->minor = str_ends(version, STR("1.0")) ? 0 : 1;
	h->status = str_u64(code, &status) && status <= 999 ? (int)status : 0;
	h->reason = str_trim(line);
}

/* A line that goes on where the one before it ended (RFC 9112 5.2). */
static void
unfold(struct head *h, struct str more, struct arena *a)
{
	struct field *f = &h->fields[h->count - 1];
	struct str joined = arena_printf(a, "%.*s %.*s", STR_FMT(field_value(f)), STR_FMT(str_trim(more)));

	if (joined.p == NULL)
		return;
	f->value = joined.p;
	f->value_n = (uint32_t)joined.n;
}

/* A field's line, that outlives the head; what is none is left out. */
static void
read_field(struct head *h, struct str line, struct arena *a)
{
	struct str name;

	if (h->count > 0 && line.n > 0 && (line.p[0] == ' ' || line.p[0] == '\t'))
		unfold(h, line, a);
	else if (str_cut(&line, ':', &name) && token_valid(str_trim(name)))
		head_add(h, str_trim(name), str_trim(line));
}

/* ---- the response ---- */

void
visit_hear_line(struct hearing *h, struct str line)
{
	line = without_end(line);
	if (str_starts(line, STR("HTTP/"))) { /* interim ones have had theirs before */
		head_init(h->head, h->arena);
		h->came_ms = clock_now().wall_ms;
		h->whole = false;
		read_status_line(h->head, arena_str(h->arena, line));
	} else if (line.n == 0) {
		h->whole = h->head->status >= 200;
	} else if (!h->whole) {
		read_field(h->head, arena_str(h->arena, line), h->arena);
	}
}

static size_t
hear_line(char *p, size_t size, size_t n, void *arg)
{
	visit_hear_line(arg, str_of(p, size * n));
	return size * n;
}

static size_t
drop_body(char *p, size_t size, size_t n, void *arg)
{
	(void)p;
	(void)arg;
	return size * n;
}

/* ---- the request ---- */

static int
hear_sent(CURL *handle, curl_infotype type, char *p, size_t n, void *arg)
{
	struct hearing *h = arg;

	(void)handle;
	if (type != CURLINFO_HEADER_OUT)
		return 0;
	if (str_starts(str_of(p, n), STR("GET "))) /* a CONNECT to a proxy went before */
		h->sent.n = 0;
	strbuf_add(&h->sent, str_of(p, n));
	return 0;
}

bool
visit_sent(const struct hearing *h, struct head *out)
{
	struct str rest = strbuf_str(&h->sent), line;

	head_init(out, h->arena);
	str_cut(&rest, '\n', &line);
	str_cut(&line, ' ', &out->method_text);
	str_cut(&line, ' ', &out->target);
	out->method = method_id(out->method_text);
	out->minor = 1;
	while (str_cut(&rest, '\n', &line))
		read_field(out, without_end(line), h->arena);
	return !arena_failed(h->arena);
}

void
visit_hear(CURL *handle, struct hearing *h)
{
	h->sent = strbuf_in(h->arena, 512);
	h->came_ms = EXCHANGE_UNKNOWN;
	h->whole = false;
	head_init(h->head, h->arena);
	curl.easy_setopt(handle, CURLOPT_HEADERFUNCTION, hear_line);
	curl.easy_setopt(handle, CURLOPT_HEADERDATA, h);
	curl.easy_setopt(handle, CURLOPT_WRITEFUNCTION, drop_body);
	curl.easy_setopt(handle, CURLOPT_DEBUGFUNCTION, hear_sent);
	curl.easy_setopt(handle, CURLOPT_DEBUGDATA, h);
	curl.easy_setopt(handle, CURLOPT_VERBOSE, 1L);
}
