#include "http/writer.h"

#include "http/date.h"
#include "http/status.h"

static void
version(struct strbuf *b, int minor)
{
	strbuf_add(b, minor == 0 ? STR("HTTP/1.0") : STR("HTTP/1.1"));
}

void
write_status_line(struct strbuf *b, int status)
{
	char odd[STATUS_LINE_ODD];

	strbuf_add(b, status_line(status, odd));
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
	char *p = strbuf_room(b, name.n + value.n + sizeof ": \r\n");

	if (p == NULL)
		return;
	p = str_put_lit(str_put(p, name), ": ");
	strbuf_took(b, str_put_lit(str_put(p, value), "\r\n"));
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
	char *p = strbuf_room(b, sizeof "\r\n" - 1);

	if (p != NULL)
		strbuf_took(b, str_put_lit(p, "\r\n"));
}
