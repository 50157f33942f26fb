#include "explain/input.h"

#include <stdlib.h>

#include "base/strbuf.h"
#include "explain/blocks.h"

struct input {
	struct input_sink sink;
	struct blocks *blocks;
	uint64_t bytes, exchanges, troubles;
};

/* ---- what is handed on ---- */

static void
on_exchange(void *arg, const struct exchange *x)
{
	struct input *in = arg;

	in->exchanges++;
	in->sink.exchange(in->sink.arg, x);
}

static void
on_trouble(void *arg, struct str where, struct str what)
{
	struct input *in = arg;

	if (++in->troubles <= INPUT_TROUBLES)
		in->sink.trouble(in->sink.arg, where, what);
}

struct input *
input_new(const struct input_sink *sink)
{
	struct input *in = calloc(1, sizeof *in);
	struct input_sink ours = { in, on_exchange, on_trouble };

	if (in == NULL)
		return NULL;
	in->sink = *sink;
	in->blocks = blocks_new(&ours);
	if (in->blocks == NULL)
		input_free(&in);
	return in;
}

void
input_free(struct input **inp)
{
	struct input *in = *inp;

	if (in == NULL)
		return;
	*inp = NULL;
	blocks_free(&in->blocks);
	free(in);
}

void
input_feed(struct input *in, struct str bytes)
{
	in->bytes += bytes.n;
	blocks_feed(in->blocks, bytes);
}

void
input_end(struct input *in)
{
	char text[64];
	struct strbuf more = strbuf_fixed(text, sizeof text);

	blocks_end(in->blocks);
	if (in->troubles > INPUT_TROUBLES) {
		strbuf_u64(&more, in->troubles - INPUT_TROUBLES);
		strbuf_lit(&more, " more that could not be read");
		in->sink.trouble(in->sink.arg, STR("and"), strbuf_str(&more));
	} else if (in->bytes == 0) {
		in->sink.trouble(in->sink.arg, STR("line 1"), STR("it is empty"));
	} else if (in->exchanges == 0 && in->troubles == 0) {
		in->sink.trouble(in->sink.arg, STR("line 1"), STR("no response headers from here to the end"));
	}
}
