/* Who sent a request, how, and to whom: what the next hop is told of it, and whom we believe who says so. */
#include "http/writer.h"
#include "net/addr.h"
#include "proxy/fetch_impl.h"

bool
fetch_believes(const struct fetch *f, uint16_t id)
{
	const struct conf_forwarding *c = &f->conf->forwarding;

	switch (id) {
	case HDR_X_FORWARDED_HOST:
	case HDR_X_FORWARDED_PROTO:
	case HDR_X_FORWARDED_PORT:
		return f->client_trusted && c->x_forwarded != CONF_xff_REPLACE;
	case HDR_FORWARDED:
		return f->client_trusted && !c->forwarded; /* else it is written with ours */
	case HDR_X_FORWARDED_FOR: /* in disguise; else it is written by ourselves */
	case HDR_X_ORIGINAL_URL:
	case HDR_X_REWRITE_URL:
		return f->client_trusted;
	default:
		return true;
	}
}

static char *
put_for(char *p, const struct fetch *f, struct str before)
{
	int mode = f->conf->forwarding.x_forwarded;

	if (mode == CONF_xff_OFF && (before.n == 0 || !f->client_trusted))
		return p;
	p = str_put_lit(p, "X-Forwarded-For: ");
	if (before.n > 0 && mode != CONF_xff_REPLACE)
		p = str_put(p, before);
	if (before.n > 0 && mode == CONF_xff_APPEND)
		p = str_put_lit(p, ", ");
	if (mode != CONF_xff_OFF)
		p += addr_text(&f->sender, p);
	return str_put_lit(p, "\r\n");
}

/* Does the client claim it itself, and is believed? */
static bool
is_told(const struct fetch *f, enum hdr id)
{
	return head_has(&f->head, id) && fetch_believes(f, (uint16_t)id);
}

/* What we know ourselves, where nobody is believed who says otherwise. */
static char *
put_claims(char *p, const struct fetch *f, const struct conf_edit *edit)
{
	if (f->conf->forwarding.x_forwarded == CONF_xff_OFF)
		return p;
	if (!is_told(f, HDR_X_FORWARDED_PROTO) && !fetch_replaces(edit, hdr_name(HDR_X_FORWARDED_PROTO)))
		p = str_put_lit(str_put(str_put_lit(p, "X-Forwarded-Proto: "), f->scheme), "\r\n");
	if (!is_told(f, HDR_X_FORWARDED_HOST) && !fetch_replaces(edit, hdr_name(HDR_X_FORWARDED_HOST)))
		p = str_put_lit(str_put(str_put_lit(p, "X-Forwarded-Host: "), f->host), "\r\n");
	return p;
}

#define SENDER_SIZE (ADDR_TEXT_SIZE + sizeof "X-Forwarded-For: , \r\nX-Forwarded-Proto: \r\nX-Forwarded-Host: \r\n")

static void
write_forwarded(struct fetch *f, struct strbuf *b, const struct conf_edit *edit)
{
	char text[ADDR_TEXT_SIZE];
	struct str before, sender;
	bool six;

	if (!f->conf->forwarding.forwarded || fetch_replaces(edit, hdr_name(HDR_FORWARDED)))
		return;
	before = f->client_trusted ? head_joined(&f->head, HDR_FORWARDED, f->arena) : STR_NONE;
	sender = str_of(text, addr_text(&f->sender, text));
	six = str_chr(sender, ':') >= 0;
	strbuf_lit(b, "Forwarded: ");
	if (before.n > 0) {
		strbuf_add(b, before);
		strbuf_lit(b, ", ");
	}
	strbuf_printf(b, "for=%s%.*s%s;host=\"%.*s\";proto=%.*s\r\n", six ? "\"[" : "", STR_FMT(sender),
		      six ? "]\"" : "", STR_FMT(f->host), STR_FMT(f->scheme));
}

void
fetch_write_sender(struct fetch *f, struct strbuf *b, const struct conf_edit *edit)
{
	struct str before = head_joined(&f->head, HDR_X_FORWARDED_FOR, f->arena);
	char *p = strbuf_room(b, before.n + f->scheme.n + f->host.n + SENDER_SIZE);

	if (p == NULL)
		return;
	if (!fetch_replaces(edit, hdr_name(HDR_X_FORWARDED_FOR)))
		p = put_for(p, f, before);
	strbuf_took(b, put_claims(p, f, edit));
	write_forwarded(f, b, edit);
}
