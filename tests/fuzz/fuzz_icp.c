/* ICP datagrams. What is read lies within the datagram; written and read again it is the same. */
#include "fuzz.h"
#include "peer/icp.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = fuzz_str(data, size);
	char out[ICP_MAX];
	struct icp m, again;
	size_t n;

	if (icp_read(s, &m) != ICP_READ_OK) {
		MUST(m.url.n == 0);
		return 0;
	}
	MUST(fuzz_within(m.url, s) && memchr(m.url.p, 0, m.url.n) == NULL);
	n = icp_write(&m, out, sizeof out);
	if (m.opcode == ICP_HIT_OBJ) /* which we do not write */
		return 0;
	MUST(n == size && icp_read(str_of(out, n), &again) == ICP_READ_OK);
	MUST(again.opcode == m.opcode && again.number == m.number && str_eq(again.url, m.url));
	return 0;
}
