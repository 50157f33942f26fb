/* Replies to an asker: which question each is about, and whether it may be believed. */
#include "base/counter.h"
#include "net/addr.h"
#include "peer/ask_impl.h"
#include "peer/icp.h"

static bool
same_address(const union addr *a, const union addr *b)
{
	if (a->sa.sa_family != b->sa.sa_family || addr_port(a) != addr_port(b))
		return false;
	return a->sa.sa_family == AF_INET ? a->in.sin_addr.s_addr == b->in.sin_addr.s_addr
					  : memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr, sizeof a->in6.sin6_addr) == 0;
}

/* False: no reply at all. */
static bool
read_icp(struct str datagram, uint32_t *number, enum neighbour_reply *r)
{
	struct icp m;

	if (icp_read(datagram, &m) == ICP_READ_BAD)
		return false;
	*number = m.number;
	switch (m.opcode) {
	case ICP_HIT:
	case ICP_HIT_OBJ:
		*r = REPLY_HIT;
		return true;
	case ICP_MISS:
	case ICP_MISS_NOFETCH:
		*r = REPLY_MISS;
		return true;
	case ICP_DENIED:
		*r = REPLY_DENIED;
		return true;
	case ICP_ERR:
		*r = REPLY_ERROR;
		return true;
	default:
		return false;
	}
}

static bool
read_htcp(struct str datagram, uint32_t *number, enum neighbour_reply *r)
{
	struct htcp m;

	if (!htcp_read(datagram, &m) || !m.answers || m.opcode != HTCP_TST)
		return false;
	*number = m.id;
	if (m.overall)
		*r = m.response == HTCP_DISALLOWED ? REPLY_DENIED : REPLY_ERROR;
	else
		*r = m.response == HTCP_TST_HIT ? REPLY_HIT : REPLY_MISS;
	return true;
}

/* The two protocols share the socket, and no datagram is one of both: ICP's first two bytes, opcode and version, would
 * be HTCP's length, which is that of the datagram, and so above 0xff; and HTCP's major version would be the high byte
 * of ICP's length, which is the same. */
static enum told
read_reply(struct str datagram, uint32_t *number, enum neighbour_reply *r)
{
	if (read_icp(datagram, number, r))
		return TOLD_BY_ICP;
	return read_htcp(datagram, number, r) ? TOLD_BY_HTCP : TOLD_BY_NOBODY;
}

void
asker_hear(void *owner, struct str datagram, const union addr *from, const union addr *to)
{
	struct asker *a = owner;
	uint32_t number = 0;
	enum neighbour_reply r = REPLY_ERROR;
	enum told by = read_reply(datagram, &number, &r);
	struct query *q = by == TOLD_BY_NOBODY ? NULL : query_find(a, number);

	(void)to;
	if (by == TOLD_BY_NOBODY)
		counter_add(COUNTER_REPLIES_MALFORMED, 1);
	else if (q == NULL)
		counter_add(COUNTER_REPLIES_UNASKED, 1);
	else if (q->by != by || !same_address(&q->to, from))
		counter_add(COUNTER_REPLIES_FOREIGN, 1);
	else
		query_answered(a, q, r);
}
