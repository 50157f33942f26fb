#include "http/fault.h"

static const struct {
	int status;
	struct str token, sentence, source;
} faults[FAULT_COUNT] = {
#define FAULT(id, status, token, sentence, source)                                                 \
	[FAULT_##id] = { status, STR_INIT(token), STR_INIT(sentence), STR_INIT(source) },
#include "tbl/faults.def"
#undef FAULT
};

int
fault_status(enum fault f)
{
	return faults[f].status;
}

struct str
fault_token(enum fault f)
{
	return faults[f].token;
}

struct str
fault_sentence(enum fault f)
{
	return faults[f].sentence;
}

struct str
fault_source(enum fault f)
{
	return faults[f].source;
}
