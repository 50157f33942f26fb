#include "peer/htcp.h"

#include "base/wire.h"

/* A datagram (RFC 2756 2):
 *
 *     HEADER  0 length of all    2 major    3 minor
 *     DATA    4 length of DATA   6 opcode, response   7 flags   8 transaction   12 what the opcode takes
 *     AUTH    length of AUTH, 2 where there is none */
#define HEADER      4
#define DATA        8
#define AUTH        2
#define MAJOR       0
#define MINOR_MAX   1
#define OPCODE_MAX  HTCP_CLR
#define FLAG_ANSWER 1 /* RR */
#define FLAG_OTHER  2 /* F1: RD in requests, MO in responses */
#define REASON_BITS 15

/* ---- reading ---- */

static bool
read_specifier(struct str *s, struct htcp *out)
{
	return wire_take_counted(s, &out->method) && wire_take_counted(s, &out->uri) &&
	       wire_take_counted(s, &out->version) && wire_take_counted(s, &out->fields);
}

static bool
read_detail(struct str *s, struct htcp *out)
{
	return wire_take_counted(s, &out->response_fields) && wire_take_counted(s, &out->entity_fields) &&
	       wire_take_counted(s, &out->cache_fields);
}

static bool
read_request(struct str *s, struct htcp *out)
{
	uint16_t reason;

	switch (out->opcode) {
	case HTCP_TST:
		return read_specifier(s, out);
	case HTCP_CLR:
		if (!wire_take16(s, &reason))
			return false;
		out->reason = reason & REASON_BITS;
		return read_specifier(s, out);
	default:
		return true;
	}
}

/* A miss has CACHE-HDRS alone by the RFC, an empty DETAIL by Squid, and nobody minds which. */
static bool
read_answer(struct str *s, struct htcp *out)
{
	struct str detail = *s;

	if (out->opcode != HTCP_TST || out->overall)
		return true;
	if (read_detail(&detail, out))
		return true;
	out->response_fields = out->entity_fields = STR_NONE;
	return out->response == HTCP_TST_MISS && wire_take_counted(s, &out->cache_fields);
}

static bool
read_data(struct str data, struct htcp *out)
{
	unsigned char what = (unsigned char)data.p[2], flags = (unsigned char)data.p[3];

	if (what >> 4 > OPCODE_MAX)
		return false;
	out->opcode = (enum htcp_opcode)(what >> 4);
	out->response = what & 15;
	out->answers = (flags & FLAG_ANSWER) != 0;
	out->wants = !out->answers && (flags & FLAG_OTHER) != 0;
	out->overall = out->answers && (flags & FLAG_OTHER) != 0;
	out->id = wire_get32(data.p + 4);
	data = str_skip(data, DATA);
	return out->answers ? read_answer(&data, out) : read_request(&data, out);
}

bool
htcp_read(struct str datagram, struct htcp *out)
{
	struct str rest = datagram, header, data;

	*out = (struct htcp){ 0 };
	if (datagram.n > HTCP_MAX || !wire_take(&rest, HEADER, &header))
		return false;
	if (wire_get16(header.p) != datagram.n || header.p[2] != MAJOR || (unsigned char)header.p[3] > MINOR_MAX)
		return false;
	out->minor = (uint8_t)header.p[3];
	if (rest.n < DATA || wire_get16(rest.p) < DATA || !wire_take(&rest, wire_get16(rest.p), &data))
		return false;
	if (rest.n < AUTH || wire_get16(rest.p) != rest.n)
		return false;
	return read_data(data, out);
}

/* ---- writing ---- */

/* What does not fit leaves `p` NULL, and so it stays. */
struct pen {
	char *p;
	size_t left;
};

static void
put16(struct pen *pen, size_t v)
{
	if (pen->p == NULL || pen->left < 2 || v > UINT16_MAX) {
		pen->p = NULL;
		return;
	}
	wire_put16(pen->p, (uint16_t)v);
	pen->p += 2;
	pen->left -= 2;
}

static void
put_counted(struct pen *pen, struct str s)
{
	put16(pen, s.n);
	if (pen->p == NULL || pen->left < s.n) {
		pen->p = NULL;
		return;
	}
	pen->p = str_put(pen->p, s);
	pen->left -= s.n;
}

static void
put_request(struct pen *pen, const struct htcp *m)
{
	if (m->opcode == HTCP_CLR)
		put16(pen, m->reason);
	if (m->opcode != HTCP_CLR && m->opcode != HTCP_TST)
		return;
	put_counted(pen, m->method);
	put_counted(pen, m->uri);
	put_counted(pen, m->version);
	put_counted(pen, m->fields);
}

static void
put_answer(struct pen *pen, const struct htcp *m)
{
	if (m->opcode != HTCP_TST || m->overall)
		return;
	put_counted(pen, m->response_fields);
	put_counted(pen, m->entity_fields);
	put_counted(pen, m->cache_fields);
}

static void
write_head(const struct htcp *m, char *out, size_t n)
{
	bool other = m->answers ? m->overall : m->wants;

	wire_put16(out, (uint16_t)n);
	out[2] = MAJOR;
	out[3] = (char)m->minor;
	wire_put16(out + HEADER, (uint16_t)(n - HEADER - AUTH));
	out[HEADER + 2] = (char)((unsigned)m->opcode << 4 | (m->response & 15u));
	out[HEADER + 3] = (char)((m->answers ? FLAG_ANSWER : 0) | (other ? FLAG_OTHER : 0));
	wire_put32(out + HEADER + 4, m->id);
}

size_t
htcp_write(const struct htcp *m, char *out, size_t room)
{
	size_t cap = room < HTCP_MAX ? room : HTCP_MAX, n;
	struct pen pen = { out + HEADER + DATA, 0 };

	if (cap < HEADER + DATA + AUTH)
		return 0;
	pen.left = cap - HEADER - DATA;
	if (m->answers)
		put_answer(&pen, m);
	else
		put_request(&pen, m);
	put16(&pen, AUTH);
	if (pen.p == NULL)
		return 0;
	n = (size_t)(pen.p - out);
	write_head(m, out, n);
	return n;
}
