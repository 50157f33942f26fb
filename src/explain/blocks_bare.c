/* Heads without a start line: fields alone, on a line each or with name and value on lines of their own, and the text
 * of a browser's panel, where they come in parts with labels. */
#include "explain/blocks_impl.h"

static bool
is_waiting(const struct blocks *b)
{
	return b->waiting.n > 0 || b->waiting_label != PANEL_NONE;
}

static void
wait_for(struct blocks *b, struct str name, enum panel_label label, bool colon)
{
	b->waiting = draft_keep(&b->draft, name);
	b->waiting_label = label;
	b->waiting_colon = colon;
}

/* ---- values ---- */

static void
take_label(struct blocks *b, enum panel_label label, struct str value)
{
	struct exchange *x = &b->draft.x;

	switch (label) {
	case PANEL_GENERAL:
		b->draft.head = &x->response;
		break;
	case PANEL_REQUEST:
		x->has_request = true;
		b->draft.head = &x->request;
		break;
	case PANEL_RESPONSE:
		b->draft.head = &x->response;
		break;
	case PANEL_URL:
		x->url = draft_keep(&b->draft, value);
		break;
	case PANEL_METHOD:
		x->method = draft_keep(&b->draft, value);
		break;
	case PANEL_STATUS:
		panel_status(x, value);
		break;
	case PANEL_ADDRESS:
		x->server_ip = draft_keep(&b->draft, value);
		break;
	case PANEL_SOURCE:
		panel_source(x, value);
		break;
	default:
		break;
	}
}

/* ":method" and its like are a request's; "Status: 200 OK" is what CGI has for a status line. */
static void
take_field(struct blocks *b, struct str name, struct str value)
{
	struct exchange *x = &b->draft.x;

	if (name.n > 0 && name.p[0] == ':') {
		x->has_request |= !str_is(name, ":status");
		b->draft.head = str_is(name, ":status") ? &x->response : &x->request;
	} else if (b->draft.head == &x->response && x->response.status == 0 && str_ieq(name, STR("Status"))) {
		panel_status(x, value);
		return;
	}
	blocks_field(b, name, value);
}

/* What waited has its value, which may be an empty one. */
static void
fulfil(struct blocks *b, struct str value)
{
	if (b->waiting_label != PANEL_NONE)
		take_label(b, b->waiting_label, value);
	else
		take_field(b, b->waiting, value);
	b->waiting = STR_NONE;
	b->waiting_label = PANEL_NONE;
}

/* ---- lines ---- */

static bool
is_section(enum panel_label label)
{
	return label == PANEL_GENERAL || label == PANEL_REQUEST || label == PANEL_RESPONSE;
}

/* Is the line the value that is waited for? One with a name of its own is not, unless it is clear that each has lines
 * of its own and this one does not end in a colon. */
static bool
is_value(const struct blocks *b, const struct line *l)
{
	if (l->kind != LINE_FIELD || (!b->waiting_colon && l->value.n > 0))
		return true;
	return b->pairs && l->value.n > 0;
}

static bool
take_panel(struct blocks *b, const struct line *l)
{
	struct str value;
	enum panel_label label = panel_label(l->text, b->panel, &value);

	if (label == PANEL_NONE)
		return false;
	b->panel = true;
	if (value.n > 0 || is_section(label))
		take_label(b, label, value);
	else
		wait_for(b, STR(""), label, false);
	return true;
}

/* False: it is nothing that a bare head has. */
static bool
take_line(struct blocks *b, const struct line *l)
{
	if (take_panel(b, l))
		return true;
	if (l->kind == LINE_FIELD && l->value.n > 0)
		take_field(b, l->name, l->value);
	else if (l->kind == LINE_FIELD)
		wait_for(b, l->name, PANEL_NONE, true);
	else if (l->kind == LINE_TEXT && panel_is_name(l->text))
		wait_for(b, l->text, PANEL_NONE, false);
	else
		return false;
	return true;
}

/* ---- beginning and end ---- */

bool
blocks_bare_begin(struct blocks *b, const struct line *l)
{
	struct str value;

	if (l->kind != LINE_FIELD && panel_label(l->text, false, &value) == PANEL_NONE &&
	    (l->kind != LINE_TEXT || !panel_is_name(l->text)))
		return false;
	draft_reset(&b->draft);
	b->asked = false;
	b->state = BLOCKS_BARE;
	b->begun = b->line;
	b->panel = b->pairs = b->told = b->odd = false;
	b->waiting = STR_NONE;
	b->waiting_label = PANEL_NONE;
	b->side = l->side;
	return take_line(b, l);
}

/* Has the panel begun to tell of another exchange? */
static bool
is_next(const struct blocks *b, const struct line *l)
{
	struct str value;
	enum panel_label label = b->panel ? panel_label(l->text, true, &value) : PANEL_NONE;

	return b->draft.x.response.count > 0 && (label == PANEL_GENERAL || label == PANEL_URL);
}

bool
blocks_bare_line(struct blocks *b, const struct line *l)
{
	if (l->kind == LINE_EMPTY) {
		if (is_waiting(b) && b->waiting_colon)
			fulfil(b, STR(""));
		if (!b->panel)
			blocks_bare_end(b);
		return true;
	}
	if (is_waiting(b) && is_value(b, l)) {
		b->pairs = true;
		fulfil(b, l->text);
		return true;
	}
	if (is_waiting(b))
		fulfil(b, STR(""));
	if (l->kind == LINE_STATUS || l->kind == LINE_REQUEST || is_next(b, l)) {
		blocks_bare_end(b);
		return false;
	}
	if (!take_line(b, l) && l->kind == LINE_TEXT && b->draft.x.response.present[0] != 0)
		blocks_trouble(b, "neither a field nor the end of the head");
	return true;
}

/* Prose has lines with colons too: a head has a field that somebody knows. */
static bool
is_head(const struct exchange *x)
{
	const struct head *h = &x->response;

	if (h->present[0] != 0 || h->present[1] != 0 || h->status != 0)
		return h->count > 0 || x->url.n > 0;
	for (uint32_t i = 0; i < h->count; i++)
		if (str_istarts(field_name(&h->fields[i]), STR("x-")) ||
		    str_find(field_name(&h->fields[i]), STR("ache")) >= 0)
			return true;
	return false;
}

void
blocks_bare_end(struct blocks *b)
{
	if (is_waiting(b))
		fulfil(b, STR(""));
	b->state = BLOCKS_OUTSIDE;
	if (is_head(&b->draft.x))
		blocks_tell(b);
	else
		b->asked = b->draft.x.has_request;
}
