/* Socket addresses as text, and networks to match them against. */
#ifndef CAIRN_NET_ADDR_H
#define CAIRN_NET_ADDR_H

#include "base/str.h"
#include "net/conn.h"

#define ADDR_TEXT_SIZE 64

/* "127.0.0.1:8080", ":8080", "[::1]:8080". Without an address it is any, IPv6 with IPv4; listener_bind takes IPv4 alone
 * where there is no IPv6. False for anything else: names are not looked up here. */
bool addr_parse(struct str s, union addr *out);

/* A bare IPv4 or IPv6 literal, the latter with or without brackets. */
bool addr_parse_ip(struct str s, uint16_t port, union addr *out);

/* Address alone; an IPv4 address mapped into IPv6 is written as IPv4, one that is not known as "-". Returns the length. */
size_t addr_text(const union addr *a, char out[ADDR_TEXT_SIZE]);

/* With the port, IPv6 in brackets. */
size_t addr_text_port(const union addr *a, char out[ADDR_TEXT_SIZE]);

uint16_t addr_port(const union addr *a);
void addr_set_port(union addr *a, uint16_t port);
bool addr_same(const union addr *a, const union addr *b); /* address and port */
socklen_t addr_size(const union addr *a);

/* An IPv4 address mapped into IPv6 becomes that IPv4 address; any other stays. */
void addr_unmap(union addr *a);

/* Are they the same address, whatever their ports? An IPv4 address mapped into IPv6 is that IPv4 address. */
bool addr_same_ip(const union addr *a, const union addr *b);

/* A network such as 10.0.0.0/8 or ::1; a plain address is a network of one. */
struct net {
	unsigned char bytes[16]; /* IPv4 as ::ffff:a.b.c.d */
	unsigned bits;
};

bool net_parse(struct str s, struct net *out);

/* An IPv6 network holds no IPv4 address, ::/0 neither: only one below ::ffff:0:0/96 does. */
bool net_contains(const struct net *n, const union addr *a);

/* Is all of `narrow` in `wide`? An IPv6 network is taken to hold no IPv4 here, too. */
bool net_holds(const struct net *wide, const struct net *narrow);

#endif
