/* Writes message heads into a buffer (RFC 9112 2 to 5). Pure.
 *
 * Nothing is checked: what is written was parsed before, or is ours. What does not fit sets the buffer's `over`.
 * Order of use: one of the lines, the fields, then write_end.
 */
#ifndef CAIRN_HTTP_WRITER_H
#define CAIRN_HTTP_WRITER_H

#include "base/strbuf.h"
#include "http/hdr.h"

/* Of HTTP/1.1, with the standard reason; the space before it stays where there is none (RFC 9112 4). */
void write_status_line(struct strbuf *b, int status);

void write_request_line(struct strbuf *b, struct str method, struct str target, int minor);

void write_field(struct strbuf *b, struct str name, struct str value);
void write_field_id(struct strbuf *b, enum hdr id, struct str value);

/* Of a field whose name is known here: `lit` is "Name: ". */
#define write_named(b, lit, value) write_known((b), (lit), sizeof(lit) - 1, (value))

__attribute__((always_inline)) static inline void
write_known(struct strbuf *b, const char *name, size_t n, struct str value)
{
	char *p = strbuf_room(b, n + value.n + sizeof "\r\n");

	if (p == NULL)
		return;
	memcpy(p, name, n);
	strbuf_took(b, str_put_lit(str_put(p + n, value), "\r\n"));
}

void write_date(struct strbuf *b, enum hdr id, int64_t seconds);

/* The empty line. */
void write_end(struct strbuf *b);

#endif
