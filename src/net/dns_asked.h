/* What name servers were asked in datagrams, and whether one that comes answers any of it: by the question's number,
 * and by the question as such (RFC 5452 9.1). c-ares looks at the same, and passes over what answers nothing without a
 * word; so this is for counting. That it comes from who was asked is the kernel's to see to: the sockets are connected.
 *
 * Pure; fuzzed. thread: local.
 */
#ifndef CAIRN_NET_DNS_ASKED_H
#define CAIRN_NET_DNS_ASKED_H

#include "base/str.h"

/* More than a resolver has under way. Should there be more yet, the one that is over first is forgotten, and until then
 * nothing is taken for unexpected. */
#define DNS_ASKED_MAX 1024

struct dns_asked {
	int64_t patience_ns; /* an answer is waited for so long at most */
	int64_t blind_until_ns;
	unsigned count;
	struct dns_asked_one {
		uint64_t what; /* hash of number and question */
		int64_t until_ns;
	} open[DNS_ASKED_MAX];
};

void dns_asked_init(struct dns_asked *a, int64_t patience_ns);

/* This was sent, for the first time or once more. */
void dns_asked_note(struct dns_asked *a, struct str query, int64_t now_ns);

/* This came: is it waited for? From now on it is not. */
bool dns_asked_expects(struct dns_asked *a, struct str reply, int64_t now_ns);

#endif
