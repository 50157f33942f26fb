/* What can be wrong with a message's syntax. Rows in tbl/faults.def. */
#ifndef CAIRN_HTTP_FAULT_H
#define CAIRN_HTTP_FAULT_H

#include "base/str.h"

enum fault {
#define FAULT(id, status, token, sentence, source) FAULT_##id,
#include "tbl/faults.def"
#undef FAULT
	FAULT_COUNT
};

/* What a client that sent it is answered. */
int fault_status(enum fault f);

/* The word for log and metrics; the sentence for people; the rule's place in the standard. */
struct str fault_token(enum fault f);
struct str fault_sentence(enum fault f);
struct str fault_source(enum fault f);

#endif
