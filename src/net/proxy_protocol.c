#include "net/proxy_protocol.h"

#include <arpa/inet.h>
#include <stdio.h>

#define V1_MOST 107
#define V2_HEAD 16

#define TYPE_CRC32C 0x03

enum { FAMILY_UNSPEC, FAMILY_INET, FAMILY_INET6, FAMILY_UNIX };
enum { TRANSPORT_UNSPEC, TRANSPORT_STREAM, TRANSPORT_DGRAM };
enum { COMMAND_LOCAL, COMMAND_PROXY };

static const char v1_mark[] = "PROXY ";
static const char v2_mark[12] = "\r\n\r\n\0\r\nQUIT\n";

/* --- version 1 --- */

/* A word up to the next space, of which there must be one. */
static bool
next_word(struct str *rest, struct str *word)
{
	return str_cut(rest, ' ', word) && word->n > 0;
}

static bool
read_port(struct str s, uint16_t *out)
{
	uint64_t n;

	if (!str_u64(s, &n) || n > UINT16_MAX || (s.n > 1 && s.p[0] == '0'))
		return false;
	*out = (uint16_t)n;
	return true;
}

static bool
read_address(struct str s, int family, uint16_t port, union addr *out)
{
	return str_chr(s, '[') < 0 && addr_parse_ip(s, port, out) && out->sa.sa_family == family;
}

/* Behind "PROXY ", without the end of the line. */
static bool
read_line(struct str rest, struct proxy_protocol *out)
{
	struct str kind, from, to, from_port;
	uint16_t p, q;
	int family;

	str_cut(&rest, ' ', &kind);
	if (str_eq(kind, STR("UNKNOWN")))
		return true; /* whatever follows */
	family = str_eq(kind, STR("TCP4")) ? AF_INET : AF_INET6;
	if (family == AF_INET6 && !str_eq(kind, STR("TCP6")))
		return false;
	return next_word(&rest, &from) && next_word(&rest, &to) && next_word(&rest, &from_port) &&
	       read_port(from_port, &p) && read_port(rest, &q) && read_address(from, family, p, &out->from) &&
	       read_address(to, family, q, &out->to);
}

static enum proxy_protocol_result
read_v1(struct str in, struct proxy_protocol *out)
{
	struct str head = str_head(in, in.n < V1_MOST ? in.n : V1_MOST);
	ptrdiff_t end = str_chr(head, '\n');

	if (end < 0)
		return in.n < V1_MOST ? PROXY_PROTOCOL_MORE : PROXY_PROTOCOL_BAD;
	if (head.p[end - 1] != '\r')
		return PROXY_PROTOCOL_BAD;
	out->size = (size_t)end + 1;
	head = str_skip(str_head(head, (size_t)end - 1), sizeof v1_mark - 1);
	return read_line(head, out) ? PROXY_PROTOCOL_OK : PROXY_PROTOCOL_BAD;
}

/* --- version 2 --- */

static unsigned
two_bytes(const char *p)
{
	return (unsigned)(unsigned char)p[0] << 8 | (unsigned char)p[1];
}

/* RFC 3720 appendix B.4: CRC-32C, reflected. */
static uint32_t
crc_add(uint32_t crc, unsigned char byte)
{
	crc ^= byte;
	for (int bit = 0; bit < 8; bit++)
		crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	return crc;
}

/* Of the whole header, with the four bytes at `own` taken for zeros. */
static uint32_t
crc_of(struct str header, const char *own)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < header.n; i++) {
		const char *p = header.p + i;

		crc = crc_add(crc, p >= own && p < own + 4 ? 0 : (unsigned char)*p);
	}
	return ~crc;
}

static bool
crc_is_right(struct str header, struct str value)
{
	uint32_t told = (uint32_t)two_bytes(value.p) << 16 | two_bytes(value.p + 2);

	return told == crc_of(header, value.p);
}

/* What stands behind the addresses: types and values, of which the checksum alone is looked at. */
static bool
skip_values(struct str rest, struct str header)
{
	while (rest.n > 0) {
		struct str value;

		if (rest.n < 3 || rest.n - 3 < two_bytes(rest.p + 1))
			return false;
		value = str_of(rest.p + 3, two_bytes(rest.p + 1));
		if (rest.p[0] == TYPE_CRC32C && (value.n != 4 || !crc_is_right(header, value)))
			return false;
		rest = str_skip(rest, 3 + value.n);
	}
	return true;
}

static void
take_ipv4(const char *p, uint16_t port, union addr *out)
{
	out->in = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port) };
	memcpy(&out->in.sin_addr, p, 4);
}

static void
take_ipv6(const char *p, uint16_t port, union addr *out)
{
	out->in6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(port) };
	memcpy(&out->in6.sin6_addr, p, 16);
}

/* `body`: addresses, and what follows them. */
static bool
read_proxied(struct str body, unsigned family, unsigned transport, struct str header, struct proxy_protocol *out)
{
	static const size_t sizes[] = { [FAMILY_UNSPEC] = 0, [FAMILY_INET] = 12, [FAMILY_INET6] = 36, [FAMILY_UNIX] = 216 };
	const char *p = body.p;

	if (family > FAMILY_UNIX || transport > TRANSPORT_DGRAM || body.n < sizes[family])
		return false;
	if (family == FAMILY_UNSPEC || transport == TRANSPORT_UNSPEC)
		return true; /* and who knows what the bytes are */
	if (family == FAMILY_INET && transport == TRANSPORT_STREAM) {
		take_ipv4(p, (uint16_t)two_bytes(p + 8), &out->from);
		take_ipv4(p + 4, (uint16_t)two_bytes(p + 10), &out->to);
	} else if (family == FAMILY_INET6 && transport == TRANSPORT_STREAM) {
		take_ipv6(p, (uint16_t)two_bytes(p + 32), &out->from);
		take_ipv6(p + 16, (uint16_t)two_bytes(p + 34), &out->to);
	}
	return skip_values(str_skip(body, sizes[family]), header);
}

static enum proxy_protocol_result
read_v2(struct str in, struct proxy_protocol *out)
{
	unsigned char command, family;
	struct str header;

	if (in.n > sizeof v2_mark && (unsigned char)in.p[12] >> 4 != 2)
		return PROXY_PROTOCOL_BAD;
	if (in.n < V2_HEAD)
		return PROXY_PROTOCOL_MORE;
	command = in.p[12] & 0x0f;
	family = (unsigned char)in.p[13];
	out->size = V2_HEAD + two_bytes(in.p + 14);
	if (command > COMMAND_PROXY || out->size > PROXY_PROTOCOL_MOST)
		return PROXY_PROTOCOL_BAD;
	if (in.n < out->size)
		return PROXY_PROTOCOL_MORE;
	if (command == COMMAND_LOCAL)
		return PROXY_PROTOCOL_OK; /* the sender's own, such as a health check: whatever follows */
	header = str_head(in, out->size);
	return read_proxied(str_skip(header, V2_HEAD), family >> 4, family & 0x0f, header, out) ? PROXY_PROTOCOL_OK
												 : PROXY_PROTOCOL_BAD;
}

static bool
begins(struct str in, const char *mark, size_t n)
{
	return memcmp(in.p, mark, in.n < n ? in.n : n) == 0;
}

enum proxy_protocol_result
proxy_protocol_read(struct str in, struct proxy_protocol *out)
{
	*out = (struct proxy_protocol){ .from.sa.sa_family = AF_UNSPEC, .to.sa.sa_family = AF_UNSPEC };
	if (in.n == 0)
		return PROXY_PROTOCOL_MORE;
	if (begins(in, v1_mark, sizeof v1_mark - 1))
		return in.n < sizeof v1_mark - 1 ? PROXY_PROTOCOL_MORE : read_v1(in, out);
	if (begins(in, v2_mark, sizeof v2_mark))
		return in.n < sizeof v2_mark ? PROXY_PROTOCOL_MORE : read_v2(in, out);
	return PROXY_PROTOCOL_BAD;
}

/* --- writing --- */

static size_t
write_v1(const union addr *from, const union addr *to, bool known, char *out)
{
	char a[ADDR_TEXT_SIZE], b[ADDR_TEXT_SIZE];
	int n;

	if (!known) {
		memcpy(out, "PROXY UNKNOWN\r\n", 15);
		return 15;
	}
	addr_text(from, a);
	addr_text(to, b);
	n = snprintf(out, PROXY_PROTOCOL_ROOM, "PROXY TCP%d %.45s %.45s %u %u\r\n", from->sa.sa_family == AF_INET ? 4 : 6,
		     a, b, (unsigned)addr_port(from), (unsigned)addr_port(to));
	return (size_t)n;
}

static char *
put(char *p, const void *bytes, size_t n)
{
	memcpy(p, bytes, n);
	return p + n;
}

static size_t
write_v2(const union addr *from, const union addr *to, bool known, char *out)
{
	bool four = from->sa.sa_family == AF_INET;
	unsigned size = !known ? 0 : four ? 12 : 36;
	unsigned family = !known ? 0 : (four ? FAMILY_INET : FAMILY_INET6) << 4 | TRANSPORT_STREAM;
	char *p = put(out, v2_mark, sizeof v2_mark);

	*p++ = (char)(2 << 4 | (known ? COMMAND_PROXY : COMMAND_LOCAL));
	*p++ = (char)family;
	*p++ = 0;
	*p++ = (char)size;
	if (known && four) {
		p = put(p, &from->in.sin_addr, 4);
		p = put(p, &to->in.sin_addr, 4);
		p = put(p, &from->in.sin_port, 2);
		p = put(p, &to->in.sin_port, 2);
	} else if (known) {
		p = put(p, &from->in6.sin6_addr, 16);
		p = put(p, &to->in6.sin6_addr, 16);
		p = put(p, &from->in6.sin6_port, 2);
		p = put(p, &to->in6.sin6_port, 2);
	}
	return (size_t)(p - out);
}

size_t
proxy_protocol_write(enum proxy_protocol_version v, const union addr *from, const union addr *to,
		     char out[PROXY_PROTOCOL_ROOM])
{
	union addr a = *from, b = *to;
	bool known;

	addr_unmap(&a);
	addr_unmap(&b);
	known = a.sa.sa_family == b.sa.sa_family && (a.sa.sa_family == AF_INET || a.sa.sa_family == AF_INET6);
	return v == PROXY_PROTOCOL_V1 ? write_v1(&a, &b, known, out) : write_v2(&a, &b, known, out);
}
