#include "net/addr.h"

#include <arpa/inet.h>
#include <endian.h>
#include <stdio.h>

#include "base/dec.h"

#define MAPPED_BITS 96 /* ::ffff:0:0/96 is IPv4 inside IPv6 */

/* inet_pton wants a terminated string. It takes no zone ("%eth0") and no short form ("127.1"). */
static bool
literal(int family, struct str s, void *out)
{
	char text[INET6_ADDRSTRLEN];

	if (s.n == 0 || s.n >= sizeof text || memchr(s.p, '\0', s.n) != NULL)
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	return inet_pton(family, text, out) == 1;
}

static struct str
without_brackets(struct str s)
{
	bool both = s.n >= 2 && s.p[0] == '[' && s.p[s.n - 1] == ']';

	return both ? str_of(s.p + 1, s.n - 2) : s;
}

bool
addr_parse_ip(struct str s, uint16_t port, union addr *out)
{
	union addr a = { 0 };

	if (literal(AF_INET, s, &a.in.sin_addr)) {
		a.in.sin_family = AF_INET;
		a.in.sin_port = htons(port);
	} else if (literal(AF_INET6, without_brackets(s), &a.in6.sin6_addr)) {
		a.in6.sin6_family = AF_INET6;
		a.in6.sin6_port = htons(port);
	} else {
		return false;
	}
	*out = a;
	return true;
}

bool
addr_parse(struct str s, union addr *out)
{
	ptrdiff_t colon = str_rchr(s, ':');
	struct str host;
	uint64_t port;

	if (colon < 0 || !str_u64(str_skip(s, (size_t)colon + 1), &port) || port > UINT16_MAX)
		return false;
	host = str_head(s, (size_t)colon);
	if (host.n == 0)
		host = STR("::");
	else if (host.p[0] != '[' && str_chr(host, ':') >= 0)
		return false; /* is "::1:80" a port, or the end of an address? */
	return addr_parse_ip(host, (uint16_t)port, out);
}

static const struct in_addr *
as_ipv4(const union addr *a)
{
	if (a->sa.sa_family == AF_INET)
		return &a->in.sin_addr;
	if (a->sa.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&a->in6.sin6_addr))
		return (const struct in_addr *)(const void *)&a->in6.sin6_addr.s6_addr[12];
	return NULL;
}

/* A log line and a forwarded request each hold one: too often for inet_ntop, which goes through printf. */
static size_t
ipv4_text(const struct in_addr *a, char *out)
{
	const unsigned char *octet = (const unsigned char *)a;
	char *p = out;

	for (int i = 0; i < 4; i++) {
		p = dec_put_few(p, octet[i]);
		*p++ = '.';
	}
	*--p = '\0';
	return (size_t)(p - out);
}

size_t
addr_text(const union addr *a, char out[ADDR_TEXT_SIZE])
{
	const struct in_addr *ipv4 = as_ipv4(a);

	if (ipv4 != NULL)
		return ipv4_text(ipv4, out);
	if (a->sa.sa_family == AF_INET6)
		inet_ntop(AF_INET6, &a->in6.sin6_addr, out, ADDR_TEXT_SIZE);
	else
		memcpy(out, "-", sizeof "-");
	return strlen(out);
}

size_t
addr_text_port(const union addr *a, char out[ADDR_TEXT_SIZE])
{
	bool brackets = a->sa.sa_family == AF_INET6 && as_ipv4(a) == NULL;
	char text[ADDR_TEXT_SIZE];
	int n;

	addr_text(a, text);
	n = snprintf(out, ADDR_TEXT_SIZE, brackets ? "[%.45s]:%u" : "%.45s:%u", text, (unsigned)addr_port(a));
	return (size_t)n;
}

uint16_t
addr_port(const union addr *a)
{
	if (a->sa.sa_family == AF_INET)
		return ntohs(a->in.sin_port);
	return a->sa.sa_family == AF_INET6 ? ntohs(a->in6.sin6_port) : 0;
}

void
addr_set_port(union addr *a, uint16_t port)
{
	if (a->sa.sa_family == AF_INET)
		a->in.sin_port = htons(port);
	else
		a->in6.sin6_port = htons(port);
}

bool
addr_same(const union addr *a, const union addr *b)
{
	if (a->sa.sa_family != b->sa.sa_family || addr_port(a) != addr_port(b))
		return false;
	if (a->sa.sa_family == AF_INET)
		return a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
	return IN6_ARE_ADDR_EQUAL(&a->in6.sin6_addr, &b->in6.sin6_addr);
}

socklen_t
addr_size(const union addr *a)
{
	return a->sa.sa_family == AF_INET ? sizeof a->in : sizeof a->in6;
}

/* All addresses in one shape: 16 bytes, IPv4 as ::ffff:a.b.c.d. False where there is no address. */
static bool
to_bytes(const union addr *a, unsigned char out[16])
{
	if (a->sa.sa_family == AF_INET) {
		memset(out, 0, 10);
		memset(out + 10, 0xff, 2);
		memcpy(out + 12, &a->in.sin_addr, 4);
		return true;
	}
	if (a->sa.sa_family == AF_INET6)
		memcpy(out, &a->in6.sin6_addr, 16);
	return a->sa.sa_family == AF_INET6;
}

void
addr_unmap(union addr *a)
{
	const struct in_addr *ipv4 = as_ipv4(a);
	union addr plain = { 0 };

	if (a->sa.sa_family != AF_INET6 || ipv4 == NULL)
		return;
	plain.in = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = a->in6.sin6_port, .sin_addr = *ipv4 };
	*a = plain;
}

bool
addr_same_ip(const union addr *a, const union addr *b)
{
	unsigned char x[16], y[16];

	return to_bytes(a, x) && to_bytes(b, y) && memcmp(x, y, sizeof x) == 0;
}

bool
net_parse(struct str s, struct net *out)
{
	struct str ip;
	bool has_bits = str_cut(&s, '/', &ip);
	union addr a;
	unsigned most;
	uint64_t bits;

	if (!addr_parse_ip(ip, 0, &a))
		return false;
	most = a.sa.sa_family == AF_INET ? 32 : 128;
	bits = most;
	if (has_bits && (!str_u64(s, &bits) || bits > most))
		return false;
	out->bits = (unsigned)bits + 128 - most;
	return to_bytes(&a, out->bytes);
}

/* Are the first `bits` of eight bytes, at most all, the same? */
static bool
same_bits(const unsigned char *a, const unsigned char *b, unsigned bits)
{
	uint64_t x, y;

	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return bits == 0 || be64toh(x ^ y) >> (64 - bits) == 0;
}

bool
net_contains(const struct net *n, const union addr *a)
{
	unsigned char bytes[16];

	if (!to_bytes(a, bytes) || (n->bits < MAPPED_BITS && as_ipv4(a) != NULL))
		return false;
	if (n->bits <= 64)
		return same_bits(bytes, n->bytes, n->bits);
	return same_bits(bytes, n->bytes, 64) && same_bits(bytes + 8, n->bytes + 8, n->bits - 64);
}

bool
net_holds(const struct net *wide, const struct net *narrow)
{
	union addr first = { 0 };

	first.in6.sin6_family = AF_INET6;
	memcpy(&first.in6.sin6_addr, narrow->bytes, sizeof narrow->bytes);
	return wide->bits <= narrow->bits && net_contains(wide, &first);
}
