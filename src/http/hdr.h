/* Header fields by number. Pure; rows in tbl/headers.def. */
#ifndef CAIRN_HTTP_HDR_H
#define CAIRN_HTTP_HDR_H

#include "base/str.h"

enum hdr {
	HDR_OTHER = 0, /* any field that is not in the table */
#define HDR(id, name, flags, source) HDR_##id,
#include "tbl/headers.def"
#undef HDR
	HDR_COUNT
};

enum hdr_flag {
	HDR_HOP = 1,
	HDR_TRAIL = 2,
	HDR_LIST = 4,
	HDR_SINGLE = 8,
	HDR_KEEP = 16,
	HDR_OWN = 32,
	HDR_QUIET = 64,
};

/* The number of a field name, ASCII case ignored; HDR_OTHER for one that is not in the table. */
enum hdr hdr_id(struct str name);

/* As the standards spell it; empty for HDR_OTHER. */
struct str hdr_name(enum hdr id);

/* The row's flags, an or of enum hdr_flag; 0 for HDR_OTHER. */
unsigned hdr_flags(enum hdr id);

#endif
