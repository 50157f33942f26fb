#include "cli/explain_out.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/text.h"
#include "explain/show_change.h"
#include "explain/show_json.h"
#include "explain/show_markdown.h"
#include "explain/show_text.h"
#include "explain/show_totals.h"
#include "explain/x_cache.h"

#define ROOM     ((size_t)1 << 18)
#define PAGE_MAX ((size_t)256 << 20) /* what the table of a page may take while it is composed */
#define FULL     (ROOM / 2)          /* from here on it is emptied */

struct explain_out {
	enum explain_form form;
	struct show_look look;
	struct strbuf buf; /* over `room`; a story that needs more grows it in its own arena */
	struct json json;
	struct totals *page;  /* of entries; NULL: there were none */
	struct totals *again; /* of one URL that is asked for several times; NULL: none is */
	unsigned long stories;
	int error; /* errno of a write that failed */
	char room[ROOM];
};

static void
write_all(struct explain_out *o)
{
	struct str rest = strbuf_str(&o->buf);

	while (rest.n > 0 && o->error == 0) {
		ssize_t n = write(STDOUT_FILENO, rest.p, rest.n);

		if (n >= 0)
			rest = str_skip(rest, (size_t)n);
		else if (errno != EINTR)
			o->error = errno;
	}
}

static void
empty(struct explain_out *o)
{
	if (o->buf.over && o->error == 0)
		o->error = ENOMEM;
	write_all(o);
	o->buf = strbuf_fixed(o->room, ROOM);
}

static struct explain_out *
new_out(enum explain_form form)
{
	struct explain_out *o = malloc(sizeof *o);

	if (o == NULL)
		return NULL;
	o->form = form;
	o->look = text_look(stdout);
	o->buf = strbuf_fixed(o->room, ROOM);
	o->page = NULL;
	o->again = NULL;
	o->stories = 0;
	o->error = 0;
	return o;
}

struct explain_out *
explain_out_begin(enum explain_form form)
{
	struct explain_out *o = new_out(form);

	if (o != NULL && form == EXPLAIN_JSON)
		show_json_begin(&o->json, &o->buf);
	return o;
}

bool
explain_out_story(struct explain_out *o, const struct story *s, struct arena *a)
{
	o->buf.arena = a;
	switch (o->form) {
	case EXPLAIN_TEXT:
		if (o->stories > 0)
			strbuf_char(&o->buf, '\n');
		show_text_story(s, &o->look, a, &o->buf);
		break;
	case EXPLAIN_MARKDOWN:
		show_markdown_story(s, &o->buf);
		break;
	case EXPLAIN_JSON:
		show_json_story(&o->json, s);
		break;
	}
	o->stories++;
	if (o->buf.p != o->room || o->buf.n > FULL)
		empty(o);
	o->buf.arena = NULL; /* it is the story's, which ends before the buffer */
	return o->error == 0;
}

bool
explain_out_entry(struct explain_out *o, const struct story *s, struct arena *a)
{
	if (o->page == NULL)
		o->page = totals_new();
	if (o->error == 0 && (o->page == NULL || !totals_add(o->page, s)))
		o->error = ENOMEM;
	return o->form == EXPLAIN_JSON ? explain_out_story(o, s, a) : o->error == 0;
}

bool
explain_out_again(struct explain_out *o, const struct story *s, struct arena *a)
{
	if (o->again == NULL)
		o->again = totals_new();
	if (o->error == 0 && (o->again == NULL || !totals_add(o->again, s)))
		o->error = ENOMEM;
	return explain_out_story(o, s, a);
}

void
explain_out_change(struct explain_out *o)
{
	if (o->again == NULL)
		return;
	if (o->again->count > 1 && o->form == EXPLAIN_TEXT)
		show_change_text(o->again, &o->look, &o->buf);
	if (o->again->count > 1 && o->form == EXPLAIN_MARKDOWN)
		show_change_markdown(o->again, &o->buf);
	totals_free(&o->again);
	empty(o);
}

/* What all entries come to, a large part of it in memory of its own. */
static void
put_page(struct explain_out *o)
{
	struct arena *a = arena_new(PAGE_MAX);

	o->buf.arena = a;
	totals_end(o->page);
	switch (o->form) {
	case EXPLAIN_TEXT:
		show_totals_text(o->page, &o->look, &o->buf);
		break;
	case EXPLAIN_MARKDOWN:
		show_totals_markdown(o->page, &o->buf);
		break;
	case EXPLAIN_JSON:
		show_totals_json(o->page, &o->json);
		break;
	}
	empty(o);
	arena_free(&a);
	totals_free(&o->page);
}

void
explain_out_flush(struct explain_out *o)
{
	empty(o);
}

static bool
finish(struct explain_out **o)
{
	int error;

	empty(*o);
	error = (*o)->error;
	free(*o);
	*o = NULL;
	if (error != 0 && error != EPIPE)
		fprintf(stderr, "cairn explain: cannot write: %s\n", strerror(error));
	return error == 0;
}

bool
explain_out_end(struct explain_out **o)
{
	bool json = (*o)->form == EXPLAIN_JSON;

	if (json)
		show_json_stories_end(&(*o)->json);
	if ((*o)->page != NULL)
		put_page(*o);
	if (json)
		show_json_end(&(*o)->json);
	return finish(o);
}

bool
explain_out_table(enum explain_form form)
{
	struct explain_out *o = new_out(form);

	if (o == NULL)
		return false;
	switch (form) {
	case EXPLAIN_TEXT:
		x_cache_text(&o->look, &o->buf);
		break;
	case EXPLAIN_MARKDOWN:
		x_cache_markdown(&o->buf);
		break;
	case EXPLAIN_JSON:
		x_cache_json(&o->buf);
		break;
	}
	return finish(&o);
}
