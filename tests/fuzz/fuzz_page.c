/* A response's head as it comes from the network, line by line (explain/visit), and what the page makes of its story:
 * tags and attributes of ours, text, and nothing that a header could have put there. The first line is the URL. */
#include "fuzz.h"

#include "explain/page_impl.h"
#include "explain/visit_impl.h"
#include "http/fields.h"

#define CAP (4 << 20)

/* ---- the head ---- */

static void
hear(struct hearing *h, struct str text)
{
	struct str line;

	while (text.n > 0) {
		str_cut(&text, '\n', &line);
		visit_hear_line(h, line);
	}
	for (uint32_t i = 0; i < h->head->count; i++)
		MUST(token_valid(field_name(&h->head->fields[i])) &&
		     str_chr(field_value(&h->head->fields[i]), '\n') < 0);
}

/* ---- the page ---- */

/* Behind one of `of`, which are separated by spaces, or NULL where `s` starts with none of them. */
static const char *
behind_one(struct str s, const char *of)
{
	struct str rest = str_c(of), one;

	while (rest.n > 0) {
		str_cut(&rest, ' ', &one);
		if (str_starts(s, one) && s.n > one.n && strchr(" =>", s.p[one.n]) != NULL)
			return s.p + one.n;
	}
	return NULL;
}

/* name="value" once or more, up to the '>', behind which it returns. */
static const char *
behind_attributes(const char *p, const char *end)
{
	while (*p == ' ') {
		p = behind_one(str_of(p + 1, (size_t)(end - p) - 1), "id class data-by data-host data-why href");
		MUST(p != NULL && end - p > 2 && p[0] == '=' && p[1] == '"');
		for (p += 2; *p != '"'; p++)
			MUST(p < end && *p != '<' && *p != '>');
		MUST(++p < end);
	}
	MUST(*p == '>');
	return p + 1;
}

/* Behind "&lt;" and the like. */
static const char *
behind_reference(const char *p, const char *end)
{
	static const struct str ours[] = { STR_INIT("&lt;"),   STR_INIT("&gt;"),  STR_INIT("&amp;"),
					   STR_INIT("&quot;"), STR_INIT("&#39;"), STR_INIT("&middot;") };

	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		if (str_starts(str_of(p, (size_t)(end - p)), ours[i]))
			return p + ours[i].n;
	MUST_NOT_REACH();
}

static void
check_markup(struct str html)
{
	const char *p = html.p, *end = html.p + html.n;

	while (p < end) {
		if (*p == '<') {
			p += p[1] == '/' ? 2 : 1;
			p = behind_one(str_of(p, (size_t)(end - p)),
				       "li details summary span b div p ol ul strong em a h3");
			MUST(p != NULL);
			p = behind_attributes(p, end);
		} else if (*p == '&') {
			p = behind_reference(p, end);
		} else {
			MUST(*p != '>' && *p != '"' && *p != '\'' && (*p == '\n' || (unsigned char)*p >= 0x20));
			p++;
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(CAP), *room = arena_new(CAP);
	struct exchange x = { .browser_hits = EXCHANGE_UNKNOWN, .came_ms = 1700000000000 };
	struct hearing h = { .arena = a, .head = &x.response };
	struct str text = fuzz_str(data, size);
	struct strbuf html = strbuf_in(room, 4096);
	struct story s;

	MUST(a != NULL && room != NULL);
	head_init(h.head, a);
	str_cut(&text, '\n', &x.url);
	hear(&h, text);
	x.method = x.server_ip = x.from = x.url;
	story_tell(&x, a, &s);
	page_entry_line(&html, &s, page_by(&s), 1);
	page_entry_story(&html, &s);
	if (!html.over)
		check_markup(strbuf_str(&html));
	arena_free(&a);
	arena_free(&room);
	return 0;
}
