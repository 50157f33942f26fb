/* Via and CDN-Loop. The first line is an incoming Via, the second an incoming CDN-Loop. What is written is one line; with
 * what was received left as it is, or without a name of ours; and this node finds itself in it, whatever stands before. */
#include "heads.h"
#include "http/fields.h"
#include "trail/via.h"

static struct trail_node node;

static struct str
response(const struct audience *who, struct str received, struct arena *a)
{
	struct strbuf b = strbuf_in(a, 256);
	struct str line;

	trail_via_response(&b, &node, who, 1, received);
	line = strbuf_str(&b);
	MUST(!b.over && str_starts(line, STR("Via: ")) && str_ends(line, STR(" (cairn)\r\n")));
	line = str_skip(str_head(line, line.n - 2), 5);
	MUST(str_chr(line, '\r') < 0 && str_chr(line, '\n') < 0);
	return line;
}

static unsigned
commas(struct str s)
{
	unsigned n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == ',';
	return n;
}

static void
check_response(struct str received, struct arena *a)
{
	struct audience plain = { .names = NAMES_PLAIN }, opaque = { .names = NAMES_OPAQUE }, off = { .names = NAMES_OFF };
	struct str once = response(&opaque, received, a);

	MUST(str_starts(response(&plain, received, a), received));
	MUST(commas(once) == commas(received) + (received.n > 0));
	MUST(str_starts(response(&opaque, once, a), once)); /* all that is ours in it is opaque already */
	response(&off, received, a);
}

/* As the request goes on, and comes back. */
static void
check_loop(struct str via, struct str cdn_loop, struct arena *a)
{
	struct strbuf line = strbuf_in(a, 256), loop = strbuf_in(a, 256);
	struct head by_via, by_loop;
	char own[TRAIL_CDN_LOOP_SIZE];

	trail_via_request(&line, &node, 1, via);
	trail_cdn_loop(&node, own);
	strbuf_add(&loop, cdn_loop);
	strbuf_lit(&loop, ", ");
	strbuf_add(&loop, str_of(own, sizeof own));
	head_init(&by_via, a);
	head_init(&by_loop, a);
	MUST(head_add(&by_via, STR("via"), str_skip(str_head(strbuf_str(&line), line.n - 2), 5)));
	MUST(head_add(&by_loop, STR("cdn-loop"), strbuf_str(&loop)));
	MUST(trail_is_loop(&node, &by_via) && trail_is_loop(&node, &by_loop));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str loop = fuzz_str(data, size), via;
	struct arena *a = arena_new((size_t)64 << 20);

	MUST(trail_node_init(&node, a, STR("edge-1"), STR("secret"), 0x0123456789abcdef));
	str_cut(&loop, '\n', &via);
	if (fuzz_is_value(via) && fuzz_is_value(loop)) {
		check_response(str_trim(via), a);
		check_loop(str_trim(via), str_trim(loop), a);
	}
	arena_free(&a);
	return 0;
}
