/* The page that --html writes, in place of text. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "cli/explain_impl.h"
#include "explain/page.h"

static struct str
title_of(struct arena *a, int count, char **operands)
{
	struct strbuf out = strbuf_in(a, 256);

	for (int i = 0; i < count; i++) {
		strbuf_add(&out, i > 0 ? STR(", ") : STR(""));
		strbuf_add(&out, strcmp(operands[i], "-") == 0 ? STR("standard input") : str_c(operands[i]));
	}
	return strbuf_str(&out);
}

bool
explain_page_begin(struct explain *e, int count, char **operands)
{
	if (e->html == NULL)
		return true;
	e->page = page_new(title_of(e->arena, count, operands));
	if (e->page == NULL)
		fprintf(stderr, "cairn explain: neither memory nor a temporary file can be had: %s\n", strerror(errno));
	return e->page != NULL;
}

void
explain_page_add(struct explain *e, const struct story *s)
{
	if (page_add(e->page, s))
		return;
	explain_complain(e, EXIT_FAILED, s->of->from, STR("there is no room left for the page"));
	e->deaf = true;
}

bool
explain_page_end(struct explain *e)
{
	FILE *out;
	bool written = false;

	if (e->page == NULL)
		return true;
	out = fopen(e->html, "w");
	if (out != NULL)
		written = page_write(e->page, out);
	if (out != NULL && fclose(out) != 0)
		written = false;
	if (!written)
		fprintf(stderr, "cairn explain: %s: cannot be written: %s\n", e->html, strerror(errno));
	page_free(&e->page);
	return written;
}
