/* What the answer of a name server says, from its bytes (RFC 1035 4): addresses, or where a service is (RFC 2782), and
 * for how long that holds. c-ares has seen to the question and to who answers; its own readers drop the TTL of SRV.
 *
 * Pure: nothing is asked here.
 */
#ifndef CAIRN_NET_DNS_RECORDS_H
#define CAIRN_NET_DNS_RECORDS_H

#include "base/str.h"
#include "net/conn.h"

#define DNS_RECORDS_MAX 256
#define DNS_TARGET_MAX  253 /* as text, without the last dot */

enum dns_type {
	DNS_A = 1,
	DNS_AAAA = 28, /* RFC 3596 2.1 */
	DNS_SRV = 33,
};

struct dns_record {
	union addr addr; /* of A and AAAA; port 0 */
	/* Of SRV. A target of "." is told as the empty name: there is decidedly no such service. */
	uint16_t priority, weight, port;
	uint8_t target_n;
	char target[DNS_TARGET_MAX + 1]; /* in lower case, without the last dot, terminated */
};

struct dns_records {
	unsigned count;
	unsigned left_out; /* there were more of them than DNS_RECORDS_MAX */
	int64_t ttl_ms;    /* the shortest of those told, and of the aliases before them; 0 where there are none */
	struct dns_record items[];
};

/* All of that type, as they stand, but for those whose target is no host's name; malloc'd. NULL where the answer is
 * malformed or memory is short. */
struct dns_records *dns_records_read(const unsigned char *p, size_t n, enum dns_type type);

/* An answer has its records in any order, and another one each time: puts them into one, each once. */
void dns_records_tidy(struct dns_records *r);

/* Do both, tidy, say the same, but for their TTLs? NULL says nothing. */
bool dns_records_same(const struct dns_records *a, const struct dns_records *b);

#endif
