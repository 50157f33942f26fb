/* Log lines: whatever bytes a request is made of, a record is one line, and each format's reader finds its columns. */
#include "fuzz.h"

#include <jansson.h>

#include "ops/log_line.h"
#include "proxy/conf.h"

static char room[1 << 20];

static struct str
line_of(int format, const struct record *r)
{
	struct strbuf out = strbuf_fixed(room, sizeof room);
	struct str line;

	log_line(&out, format, r);
	MUST(!out.over && out.n > 0);
	line = strbuf_str(&out);
	MUST(str_chr(line, '\n') == (ptrdiff_t)line.n - 1);
	for (size_t i = 0; i < line.n - 1; i++)
		MUST((unsigned char)line.p[i] >= ' ' && line.p[i] != 0x7f);
	return str_head(line, line.n - 1);
}

static void
check_json(const struct record *r)
{
	struct str line = line_of(CONF_format_JSON, r);
	json_t *got = json_loadb(line.p, line.n, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);

	MUST(json_is_object(got));
	MUST((r->method.n > 0) == (json_object_get(got, "method") != NULL));
	json_decref(got);
}

/* Three quoted columns, and no quote inside. */
static void
check_combined(const struct record *r)
{
	struct str line = line_of(CONF_format_COMBINED, r);
	unsigned quotes = 0;

	for (size_t i = 0; i < line.n; i++) {
		quotes += line.p[i] == '"';
		MUST((unsigned char)line.p[i] < 0x7f);
	}
	MUST(quotes == 6);
}

/* Ten columns, however many blanks stand between them. */
static void
check_squid(const struct record *r)
{
	struct str line = line_of(CONF_format_SQUID, r), column;
	unsigned columns = 0;

	while (line.n > 0) {
		str_cut(&line, ' ', &column);
		columns += column.n > 0;
	}
	MUST(columns == 10);
}

/* The next of the texts that the input is cut into. */
static struct str
piece(struct str *rest)
{
	struct str s = *rest;

	str_cut(rest, '|', &s);
	return s;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = fuzz_str(data, size);
	uint64_t state = fuzz_seed(rest);
	struct record r = { .status = (int)(fuzz_next(&state) % 1000), .minor = (int)(fuzz_next(&state) % 2) };

	if (size > 8192)
		return 0;
	r.wall_ms = (int64_t)(fuzz_next(&state) % 4102444800000);
	r.duration_ns = (int64_t)(fuzz_next(&state) >> 1);
	r.verdict.ttl = (int64_t)fuzz_next(&state);
	r.verdict.has_ttl = true;
	r.verdict.asked = true;
	r.direct = fuzz_next(&state) % 2;
	r.method = piece(&rest);
	r.scheme = piece(&rest);
	r.host = piece(&rest);
	r.target = piece(&rest);
	r.upstream_group = piece(&rest);
	r.upstream_member = piece(&rest);
	r.content_type = piece(&rest);
	r.referer = piece(&rest);
	r.user_agent = rest;
	check_json(&r);
	check_combined(&r);
	check_squid(&r);
	return 0;
}
