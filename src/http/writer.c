#include "http/writer.h"

#include "base/dec.h"
#include "http/date.h"

static void
version(struct strbuf *b, int minor)
{
	strbuf_add(b, minor == 0 ? STR("HTTP/1.0") : STR("HTTP/1.1"));
}

void
write_status_line(struct strbuf *b, int minor, int status, struct str reason)
{
	char *p = strbuf_room(b, sizeof "HTTP/1.1 " + DEC_MAX + reason.n + sizeof " \r\n"), *at;

	if (p == NULL)
		return;
	memcpy(p, minor == 0 ? "HTTP/1.0 " : "HTTP/1.1 ", 9);
	at = dec_put(p + 9, (uint64_t)status);
	*at++ = ' ';
	if (reason.n > 0)
		memcpy(at, reason.p, reason.n);
	at += reason.n;
	memcpy(at, "\r\n", 2);
	b->n += (size_t)(at + 2 - p);
}

void
write_request_line(struct strbuf *b, struct str method, struct str target, int minor)
{
	strbuf_add(b, method);
	strbuf_char(b, ' ');
	strbuf_add(b, target);
	strbuf_char(b, ' ');
	version(b, minor);
	write_end(b);
}

void
write_field(struct strbuf *b, struct str name, struct str value)
{
	strbuf_add(b, name);
	strbuf_lit(b, ": ");
	strbuf_add(b, value);
	write_end(b);
}

void
write_field_id(struct strbuf *b, enum hdr id, struct str value)
{
	write_field(b, hdr_name(id), value);
}

void
write_date(struct strbuf *b, enum hdr id, int64_t seconds)
{
	char text[DATE_SIZE];

	date_format(seconds, text);
	write_field_id(b, id, str_of(text, sizeof text));
}

void
write_end(struct strbuf *b)
{
	strbuf_lit(b, "\r\n");
}
