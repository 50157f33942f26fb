#include "peer/icp.h"

#include "base/wire.h"

/* A datagram:
 *
 *     0 opcode   1 version   2 length   4 request number   8 options   12 option data   16 sender's address   20
 * payload
 *
 * The payload is a URL and a NUL, in a query with the requester's address before it (RFC 2186 2). The options say of a
 * query that whole objects or round-trip times are welcome in the answer; we neither say so nor heed it. */
#define VERSION      2
#define HEAD         20
#define AT_LENGTH    2
#define AT_NUMBER    4
#define REQUESTER    4
#define HIT_OBJ_SIZE 2 /* behind the URL of HIT_OBJ; then the object */

static bool
is_opcode(unsigned char b)
{
	switch ((enum icp_opcode)b) {
	case ICP_QUERY:
	case ICP_HIT:
	case ICP_MISS:
	case ICP_ERR:
	case ICP_SECHO:
	case ICP_DECHO:
	case ICP_MISS_NOFETCH:
	case ICP_DENIED:
	case ICP_HIT_OBJ:
		return true;
	}
	return false;
}

/* The URL up to its NUL, which is the datagram's last byte; but for HIT_OBJ, which has the object behind it. */
static bool
read_url(struct str payload, struct icp *out)
{
	if (out->opcode == ICP_QUERY && !wire_take(&payload, REQUESTER, &out->url))
		return false;
	if (!str_cut(&payload, '\0', &out->url))
		return false;
	return out->opcode == ICP_HIT_OBJ ? payload.n >= HIT_OBJ_SIZE : payload.n == 0;
}

enum icp_read
icp_read(struct str datagram, struct icp *out)
{
	struct str head, payload = datagram;

	*out = (struct icp){ 0 };
	if (datagram.n > ICP_MAX || !wire_take(&payload, HEAD, &head))
		return ICP_READ_BAD;
	if (!is_opcode((unsigned char)head.p[0]) || head.p[1] != VERSION ||
	    wire_get16(head.p + AT_LENGTH) != datagram.n)
		return ICP_READ_BAD;
	out->opcode = (enum icp_opcode)(unsigned char)head.p[0];
	out->number = wire_get32(head.p + AT_NUMBER);
	if (read_url(payload, out))
		return ICP_READ_OK;
	out->url = STR_NONE;
	return ICP_READ_BAD_URL;
}

size_t
icp_write(const struct icp *m, char *out, size_t room)
{
	size_t before = HEAD + (m->opcode == ICP_QUERY ? REQUESTER : 0), n = before + m->url.n + 1;

	if (n > room || n > ICP_MAX)
		return 0;
	memset(out, 0, before);
	out[0] = (char)m->opcode;
	out[1] = VERSION;
	wire_put16(out + AT_LENGTH, (uint16_t)n);
	wire_put32(out + AT_NUMBER, m->number);
	*str_put(out + before, m->url) = '\0';
	return n;
}
