/* Questions of an asker, and where they go. */
#include <stdlib.h>

#include "base/clock.h"
#include "net/addr.h"
#include "peer/ask_impl.h"
#include "peer/icp.h"

#define RESOLVE_MS (5 * MS_PER_S)

/* ---- addresses ---- */

static void
on_resolved(void *arg, const union addr *addrs, unsigned count, enum resolve_end e, const char *why)
{
	struct lookup *l = arg;

	(void)e;
	(void)why;
	l->found = count > 0;
	if (l->found)
		l->address = addrs[0];
	if (l->resolve == NULL)
		return; /* it was known */
	list_del(&l->node);
	l->asker->lookups_left++;
	free(l);
}

bool
asker_address(struct asker *a, const struct member *m, uint16_t port, union addr *out)
{
	union addr places[MEMBER_ADDRS_MAX];
	struct lookup *l;
	bool found;

	if (addr_parse_ip(m->host, port, out))
		return true;
	if (member_places(m, places) > 0) {
		*out = places[0];
		addr_set_port(out, port);
		return true;
	}
	l = a->lookups_left == 0 ? NULL : calloc(1, sizeof *l);
	if (l == NULL)
		return false;
	l->asker = a;
	l->resolve = resolve_start(a->resolver, m->host, port, RESOLVE_MS, on_resolved, l);
	if (l->resolve != NULL) {
		list_add_tail(&a->lookups, &l->node);
		a->lookups_left--;
		return false;
	}
	found = l->found;
	*out = l->address;
	free(l);
	return found;
}

/* ---- datagrams ---- */

static size_t
write_icp(const struct ask_about *about, uint32_t number, char *out)
{
	const struct icp m = { ICP_QUERY, number, about->url };

	return icp_write(&m, out, ICP_MAX);
}

struct htcp
asker_htcp(const struct ask_about *about, enum htcp_opcode opcode, uint32_t number)
{
	return (struct htcp){ .minor = 1,
			      .opcode = opcode,
			      .id = number,
			      .method = about->method,
			      .uri = about->url,
			      .version = STR("1/1"),
			      .fields = about->fields };
}

/* Without the fields where they are too long for a datagram. */
static size_t
write_htcp(const struct ask_about *about, uint32_t number, char *out)
{
	struct htcp m = asker_htcp(about, HTCP_TST, number);
	size_t n;

	m.wants = true;
	n = htcp_write(&m, out, HTCP_MAX);
	m.fields = STR_NONE;
	return n > 0 ? n : htcp_write(&m, out, HTCP_MAX);
}

struct query *
asker_send(struct asker *a, const struct ask_about *about, const struct ask_whom *whom)
{
	enum told by = whom->htcp != 0 ? TOLD_BY_HTCP : TOLD_BY_ICP;
	char out[ICP_MAX];
	union addr to;
	struct query *q;
	size_t n;

	if (!asker_address(a, whom->member, by == TOLD_BY_HTCP ? whom->htcp : whom->icp, &to))
		return NULL;
	q = query_new(a, whom->member, &to, by);
	if (q == NULL)
		return NULL;
	n = by == TOLD_BY_HTCP ? write_htcp(about, q->number, out) : write_icp(about, q->number, out);
	if (n == 0) {
		query_forget(a, q);
		return NULL;
	}
	atomic_fetch_add_explicit(&whom->member->neighbour.queries, 1, memory_order_relaxed);
	udp_send(a->udp, str_of(out, n), &to, NULL); /* one that is lost is not answered */
	return q;
}
